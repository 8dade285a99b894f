import ArgumentParser
import ConnectorLogAPI
import ConnectorLogCore

struct LogsEraseCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Erase a call, a run or a connector's log (with an admin's key).",
        discussion: """
            It ends when nothing of it is left in the store's files; backups and what others copied are out of its \
            reach. It cannot be undone. What is left is a line in logs erasures. When --timeout ends first, the server \
            goes on.
            """)

    @Argument(help: "The call's id.")
    var id: String?

    @Option(
        help: ArgumentHelp("Erase this run instead: the flow state, its calls and its root faults.", valueName: "id"))
    var stateID: String?

    @Option(
        help: ArgumentHelp("Erase all calls and root faults of this connector instead.", valueName: "identifier"))
    var connector: String?

    @Flag(help: "Yes, erase it.")
    var yes = false

    @OptionGroup var team: TeamOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard [id, stateID, connector].compactMap(\.self).count == 1 else {
            throw ValidationError("give one of: a call's id, --state-id, --connector")
        }
        if let id, EntryID(id) == nil { throw ValidationError("a call's id is a UUID, as logs list shows it") }
        if let connector, !Connector.isIdentifier(connector) {
            throw ValidationError("a connector's identifier has 1 to 100 of A-Z a-z 0-9 _ -")
        }
        guard yes else { throw ValidationError("an erasure cannot be undone: say --yes") }
    }

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        try await connection.withClient(in: context) { client in
            let answer =
                if let stateID {
                    try await client.erase(.eraseState, team: team, "state_id", stateID)
                } else if let connector {
                    try await client.erase(.eraseConnectorLog, team: team, "connector_identifier", connector)
                } else {
                    try await client.erase(.eraseEntry, team: team, "log_id", id ?? "")
                }
            let listing = Listing(
                columns: LogsErasuresCommand.columns, rows: [answer.content], document: answer.document,
                identifier: { String($0.number) })
            try context.console.render(listing, as: output.format)
            if answer.content.unreadableBlocks > 0 {
                try context.console.tell(
                    "\(answer.content.unreadableBlocks) damaged blocks could not be searched: see the server's log")
            }
        }
    }
}
