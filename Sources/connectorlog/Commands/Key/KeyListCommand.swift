import ArgumentParser
import ConnectorLogAPI
import ConnectorLogCore

struct KeyListCommand: ContextualCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List a team's keys.")

    @OptionGroup var team: TeamOption
    @OptionGroup var paging: PagingOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        try await connection.withClient(in: context) { client in
            let answer = try await client.keys(team: team, cursor: paging.cursor)
            let listing = Listing(columns: Self.columns, page: answer, identifier: \.id)
            try context.console.render(listing, as: output.format)
        }
    }

    private static let columns: [Column<KeyDocument>] = [
        Column("ID") { $0.id },
        Column("NAME", isFlexible: true) { $0.name },
        Column("ROLE") { $0.role.rawValue },
        Column("KEY") { $0.prefix + "…" },
        Column("CREATED (UTC)") { DisplayTime.seconds($0.createdAt) },
        Column("LAST USED (UTC)") { $0.lastUsedAt.map(DisplayTime.seconds) ?? "never" },
        Column("EXPIRES (UTC)") { $0.expiresAt.map(DisplayTime.seconds) ?? "never" },
    ]
}
