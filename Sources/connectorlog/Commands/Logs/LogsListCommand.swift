import ArgumentParser
import ConnectorLogAPI
import ConnectorLogCore

struct LogsListCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List calls, newest first.",
        discussion: "The filters are those of the API; all that are given have to hold.")

    @OptionGroup var team: TeamOption

    @OptionGroup var filters: EntryFilterOptions

    @Option(help: ArgumentHelp("Calls to list, 1...1000.", valueName: "n"))
    var limit = 100

    @OptionGroup var paging: PagingOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit has to be 1...1000") }
    }

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        try await connection.withClient(in: context) { client in
            let page: APIClient.Query = [("limit", String(limit))] + (paging.cursor.map { [("cursor", $0)] } ?? [])
            let answer = try await client.entries(team: team, filters: filters.query + page)
            let listing = Listing(columns: Self.columns, page: answer, identifier: \.id.description)
            try context.console.render(listing, as: output.format)
        }
    }

    private static let columns: [Column<EntrySummaryDocument>] = [
        Column("TIME (UTC)") { DisplayTime.milliseconds($0.logTime) },
        Column("OUTCOME", style: { TextStyle($0.outcome) }) { $0.outcome.name },
        Column("STATUS", alignment: .right, style: { TextStyle($0.outcome) }) { $0.status.map(String.init) ?? "none" },
        Column("MS", alignment: .right) { $0.durationMilliseconds.map { String(Int($0.rounded())) } ?? "-" },
        Column("CONNECTOR", isFlexible: true) { $0.connectorIdentifier },
        Column("METHOD") { $0.method ?? "-" },
        Column("URI", isFlexible: true) { $0.uri ?? "-" },
        Column("ID", style: { _ in .faint }) { $0.id.description },
    ]
}
