import ArgumentParser

struct LogsGetCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show one call with its headers and bodies.")

    @Argument(help: "The call's id.")
    var id: String

    @OptionGroup var team: TeamOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        try await connection.withClient(in: context) { client in
            let answer = try await client.entry(team: team, id: id)
            let layout = EntryLayout(answer.content)
            let listing = Listing(
                columns: Self.columns, rows: output.format == .quiet ? Array(layout.members.prefix(1)) : layout.members,
                document: answer.document, identifier: \.value)
            try context.console.render(listing, as: output.format)
            guard output.format == .table else { return }
            for section in layout.sections {
                try context.console.say("\n" + section.title)
                for line in section.lines { try context.console.say("  " + line.withoutControls) }
            }
        }
    }

    private static let columns: [Column<EntryLayout.Member>] = [
        Column("FIELD") { $0.name },
        Column("VALUE", style: { $0.outcome.map(TextStyle.init) }) { $0.value },
    ]
}
