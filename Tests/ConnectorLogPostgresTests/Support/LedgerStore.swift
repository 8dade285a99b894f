import ConnectorLogCore
import ConnectorLogTesting
import Synchronization

@testable import ConnectorLogPostgres

/// All ports of a store whose entries and faults lie in memory, and everything else in PostgreSQL: so that the battery
/// of all stores can be run on what PostgreSQL holds.
final class LedgerStore: LogWriter, LogReader, LogKeeper, PendingCalls {
    let postgres: PostgresStore
    let rows: InMemoryStore
    private let clock: ManualClock
    /// One batch at a time takes times and goes to `rows`.
    private let turn = AsyncSlots(count: 1)
    private let taken: Mutex<[ConnectorKey: Set<Int64>]>

    init(_ postgres: PostgresStore, rows: InMemoryStore, clock: ManualClock, taken: [ConnectorKey: Set<Int64>] = [:]) {
        (self.postgres, self.rows, self.clock) = (postgres, rows, clock)
        self.taken = Mutex(taken)
    }

    private var ledger: PostgresLedger { postgres.ledger }

    static func underTest(_ database: TestDatabase) async throws -> StoreUnderTest {
        let store = LedgerStore(
            try await database.open(), rows: InMemoryStore(clock: database.clock), clock: database.clock)
        return store.underTest(database)
    }

    private func underTest(_ database: TestDatabase) -> StoreUnderTest {
        StoreUnderTest(
            writer: self, reader: self, catalog: MirroredCatalog(catalog: postgres.catalog, rows: rows), keeper: self,
            pending: self, clock: clock,
            reopen: { [self] in
                await postgres.close()
                let next = LedgerStore(
                    try await database.open(), rows: rows, clock: clock, taken: taken.withLock { $0 })
                return next.underTest(database)
            })
    }

    // MARK: - LogWriter

    struct WrongTimes: Error {}

    func append(
        _ batch: consuming RedactedBatch, idempotency: IdempotentAnswer?
    ) async throws(StoreError) -> AppendResult {
        let batch = batch
        var columns = batch.entries
        let keys = Self.keys(columns)
        let teams = Set(columns.teamIDs + batch.faults.map(\.teamID) + batch.states.map(\.teamID))
            .union(batch.pendingParts.map(\.key.teamID))
        let commit = try await ledger.begin(
            CommitProposal(answers: [idempotency], connectors: Set(keys), teams: teams, at: clock.now))
        guard case .success(.stored) = commit.results[0] else {
            await commit.abandon()
            return try commit.results[0].get()
        }
        var changes = CommitChanges()
        changes.connectors = Set(keys)
        try await turn.acquire()
        taken.withLock { taken in
            for (row, key) in keys.enumerated() where commit.teams.contains(key.teamID) {
                // The ledger has to know as much as is known here.
                precondition(commit.times[key]?.latest == nil || taken[key]?.isEmpty == false)
                var time = columns.logTimes[row]
                while !taken[key, default: []].insert(time).inserted { time += 1 }
                columns.logTimes[row] = time
                changes.latestTimes[key] = max(changes.latestTimes[key] ?? time, time)
            }
        }
        let result: Result<AppendResult, any Error>
        do { result = .success(try await rows.append(batch, idempotency: nil)) } catch { result = .failure(error) }
        turn.release()
        do { _ = try result.get() } catch { throw StoreError(postgres: error) }
        var deltas = FlowStateDeltas(columns)
        for fault in batch.faults {
            deltas.add(fault)
            if let identifier = fault.connectorIdentifier {
                changes.connectors.insert(ConnectorKey(teamID: fault.teamID, identifier: Array(identifier.utf8)))
            }
        }
        changes.states = [CommitChanges.States(deltas: deltas, changes: batch.states)]
        (changes.pendingParts, changes.releasedParts) = (batch.pendingParts, batch.releasedParts)
        try await commit.finish(changes)
        return .stored
    }

    private static func keys(_ columns: EntryColumns) -> [ConnectorKey] {
        (0..<columns.count).map { row in
            ConnectorKey(teamID: columns.teamIDs[row], identifier: Array(columns[.connector][row] ?? []))
        }
    }

    // MARK: - LogReader

    func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> { try await ledger.flows(query) }
    func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> { try await ledger.states(query) }
    func state(team: Int64, id: String) async throws(StoreError) -> FlowState? {
        try await ledger.state(team: team, id: id)
    }
    func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] { try await ledger.launches(query) }
    func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry? {
        try await rows.entry(team: team, id: id)
    }
    func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> { try await rows.entries(query) }
    func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault? {
        try await rows.fault(team: team, id: id)
    }
    func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault> { try await rows.faults(query) }
    func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket] { try await rows.outcomes(query) }
    func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int] { try await rows.faultCounts(query) }
    func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics {
        try await rows.statistics(query)
    }
    func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts { try await rows.counts(query) }

    // MARK: - PendingCalls

    func pendingCounts(team: Int64?) async throws(StoreError) -> PendingCounts {
        try await ledger.pendingCounts(team: team)
    }
    func pendingCalls(
        arrivedBefore time: Timestamp, limit: Int, bytes: Int
    ) async throws(StoreError) -> [[StoredPendingPart]] {
        try await ledger.pendingCalls(arrivedBefore: time, limit: limit, bytes: bytes)
    }
}
