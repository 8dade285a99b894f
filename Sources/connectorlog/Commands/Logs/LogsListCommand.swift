import ArgumentParser
import ConnectorLogAPI
import ConnectorLogCore

struct LogsListCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List calls, newest first.",
        discussion: "The filters are those of the API; all that are given have to hold.")

    @OptionGroup var team: TeamOption

    @Option(help: ArgumentHelp("Calls of this connector.", valueName: "identifier"))
    var connector: String?

    @Option(help: ArgumentHelp("Calls of this run.", valueName: "id"))
    var stateID: String?

    @Option(help: ArgumentHelp("Calls of this flow.", valueName: "id"))
    var flowID: String?

    @Option(help: "ok or failed.")
    var outcome: String?

    @Option(help: "Calls with this method.")
    var method: String?

    @Option(help: ArgumentHelp("404, 5xx, or none for calls without a response.", valueName: "status"))
    var status: String?

    @Option(help: "What the connector was doing, such as data.load.")
    var event: String?

    @Option(help: ArgumentHelp("The sender's request id, or the vendor's.", valueName: "id"))
    var requestID: String?

    @Option(help: "A part of the URI, the error or a body.")
    var text: String?

    @Option(help: "A whole word, id or phrase of the URI, the error or a body; faster than --text.")
    var word: String?

    @Option(help: ArgumentHelp("Not before this instant (RFC 3339).", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this instant (RFC 3339).", valueName: "time"))
    var to: String?

    @Option(help: ArgumentHelp("Calls to list, 1...1000.", valueName: "n"))
    var limit = 100

    @OptionGroup var paging: PagingOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let outcome, Outcome(name: outcome) == nil { throw ValidationError("--outcome is ok or failed") }
        if let status, EntryQuery.StatusFilter(status) == nil {
            throw ValidationError("--status is 100...599, 1xx...5xx, or none")
        }
        for (name, time) in [("from", from), ("to", to)] {
            if let time, Timestamp(time, missingOffset: .utc) == nil {
                throw ValidationError("--\(name) has to be an RFC 3339 time such as 2026-01-31T12:00:00Z")
            }
        }
        guard (1...1000).contains(limit) else { throw ValidationError("--limit has to be 1...1000") }
    }

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        try await connection.withClient(in: context) { client in
            let answer = try await client.entries(team: team, filters: filters)
            let listing = Listing(columns: Self.columns, page: answer, identifier: \.id.description)
            try context.console.render(listing, as: output.format)
        }
    }

    private var filters: APIClient.Query {
        // A bare date or a time without offset means UTC here; the API wants it said.
        func instant(_ text: String?) -> String? {
            text.flatMap { Timestamp($0, missingOffset: .utc)?.description }
        }
        let given: [(name: String, value: String?)] = [
            ("connector", connector), ("state_id", stateID), ("flow_id", flowID), ("outcome", outcome),
            ("method", method), ("status", status), ("event", event), ("request_id", requestID), ("text", text),
            ("word", word), ("from", instant(from)), ("to", instant(to)), ("limit", String(limit)),
            ("cursor", paging.cursor),
        ]
        return given.compactMap { name, value in value.map { (name, $0) } }
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
