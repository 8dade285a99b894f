import ConnectorLogTesting
import Testing

/// The battery of all stores on the catalog and the ledger; entries and faults, which are not theirs, lie in memory.
@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct ConformanceTests {
    /// These take a second each, and ask for entries alone.
    private static let others: Set = [
        "batchesOfTwentyThousand", "eachFilterTakesWhatItSays", "filtersTogetherTakeWhatAllTake",
    ]

    @Test(arguments: StoreConformance.cases.filter { !others.contains($0.name) })
    func passesTheBattery(_ example: StoreConformanceCase) async throws {
        try await TestDatabase.with { try await example.run(LedgerStore.underTest($0)) }
    }

    @Test(arguments: StoreConformance.durabilityCases)
    func passesTheBatteryOfWhatOutlivesAProcess(_ example: StoreConformanceCase) async throws {
        try await TestDatabase.with { try await example.run(LedgerStore.underTest($0)) }
    }
}
