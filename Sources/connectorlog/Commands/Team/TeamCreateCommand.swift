import ArgumentParser
import ConnectorLogAPI

struct TeamCreateCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a team (with an owner's key).")

    @Argument(help: "The team's name.")
    var name: String

    @Option(help: ArgumentHelp("The team's id, 1 or more; the next free one without it.", valueName: "n"))
    var id: Int64?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let id, id < 1 { throw ValidationError("--id has to be 1 or more") }
    }

    func run(in context: CommandContext) async throws {
        try await connection.withClient(in: context) { client in
            let answer = try await client.createTeam(NewTeamDocument(name: name, id: id))
            let listing = Listing(
                columns: TeamCommand.columns, rows: [answer.content], document: answer.document,
                identifier: { String($0.id) })
            try context.console.render(listing, as: output.format)
        }
    }
}
