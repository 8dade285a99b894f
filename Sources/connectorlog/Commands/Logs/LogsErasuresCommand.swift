import ArgumentParser
import ConnectorLogAPI

struct LogsErasuresCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "erasures", abstract: "List what was erased, latest first (with an admin's key).")

    @OptionGroup var team: TeamOption
    @OptionGroup var paging: PagingOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in context: CommandContext) async throws {
        let team = try team.resolve(in: context)
        try await connection.withClient(in: context) { client in
            let answer = try await client.erasures(team: team, cursor: paging.cursor)
            let listing = Listing(columns: Self.columns, page: answer, identifier: { String($0.number) })
            try context.console.render(listing, as: output.format)
        }
    }

    static let columns: [Column<ErasureDocument>] = [
        Column("NO", alignment: .right) { String($0.number) },
        Column("REQUESTED (UTC)") { DisplayTime.seconds($0.requestedAt) },
        Column("COMPLETED (UTC)") { $0.completedAt.map(DisplayTime.seconds) ?? "under way" },
        Column("KIND") { $0.kind },
        Column("TARGET", isFlexible: true) { $0.target },
        Column("KEY") { $0.keyID },
        Column("CALLS", alignment: .right) { String($0.entries) },
        Column("FAULTS", alignment: .right) { String($0.faults) },
        Column("RUNS", alignment: .right) { String($0.states) },
    ]
}
