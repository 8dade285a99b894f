import ArgumentParser
import ConnectorLogAPI
import ConnectorLogCore

struct TeamRetentionCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Show or set how long a team's records are kept.",
        discussion: """
            Without options it shows. To set it takes an admin's key. Entries, faults and flow states go when they are \
            older than --entries-days; their headers, bodies, attributes and receipts when they are older than \
            --details-days. What is over age is removed within a day and an hour.
            """)

    @Option(help: ArgumentHelp("Days that entries are kept, 1...36500, or forever.", valueName: "n"))
    var entriesDays: RetentionDays?

    @Option(
        help: ArgumentHelp("Days that details are kept, 1...36500, or forever: as long as entries.", valueName: "n"))
    var detailsDays: RetentionDays?

    @Flag(help: "Leave it to the server's default again.")
    var reset = false

    @OptionGroup var team: TeamOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if reset, entriesDays != nil || detailsDays != nil {
            throw ValidationError("--reset and days exclude each other")
        }
        if let entries = entriesDays?.days, let details = detailsDays?.days, details > entries {
            throw ValidationError("--details-days has to be at most --entries-days")
        }
    }

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        try await connection.withClient(in: context) { client in
            let answer = try await change(team, client)
            let listing = Listing(
                columns: Self.columns, rows: [answer.content], document: answer.document,
                identifier: { _ in String(team) })
            try context.console.render(listing, as: output.format)
        }
    }

    private func change(
        _ team: Int64, _ client: APIClient
    ) async throws(APIFailure) -> APIClient.Answer<RetentionDocument> {
        if reset { try await client.resetRetention(team: team) }
        let current = try await client.retention(team: team)
        guard entriesDays != nil || detailsDays != nil else { return current }
        // What is not given stays.
        return try await client.setRetention(
            team: team,
            NewRetentionDocument(
                entriesDays: entriesDays.map(\.days) ?? current.content.entriesDays,
                detailsDays: detailsDays.map(\.days) ?? current.content.detailsDays))
    }

    private static let columns: [Column<RetentionDocument>] = [
        Column("ENTRIES") { $0.entriesDays.map { "\($0) days" } ?? "forever" },
        Column("DETAILS") { $0.detailsDays.map { "\($0) days" } ?? "as entries" },
        Column("SAID BY") { $0.isDefault ? "server" : "team" },
    ]
}

/// A number of days, or no end.
struct RetentionDays: ExpressibleByArgument, Equatable, Sendable {
    /// Nil: for ever.
    var days: Int?

    init?(argument: String) {
        if argument == "forever" { return }
        guard let days = Int(argument), Retention.days.contains(days) else { return nil }
        self.days = days
    }
}
