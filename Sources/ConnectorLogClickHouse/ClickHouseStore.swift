package import ConnectorLogCore
package import Logging

/// Entries and root faults in ClickHouse; what has to be agreed on, in a ledger (docs/adr/0014).
///
/// Any number of servers may use one store. Nothing of it is in this process but what speeds it up.
package final class ClickHouseStore: Sendable {
    private let dialect: Dialect
    private let cluster: Cluster
    private let ledger: any CommitLedger
    private let catalog: any Catalog
    private let commits: GroupCommit
    private let standardRetention: Retention
    private let searchLimits: SearchLimits
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// Opens a store whose tables are there.
    /// - Parameter retention: for teams that say nothing of their own.
    package static func open(
        _ address: ClickHouseAddress, ledger: any CommitLedger, catalog: any Catalog, retention: Retention = .forever,
        searchLimits: SearchLimits = SearchLimits(), now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) async throws(StoreError) -> ClickHouseStore {
        let (cluster, dialect) = try await Cluster.open(address)
        return ClickHouseStore(
            dialect: dialect, cluster: cluster, ledger: ledger, catalog: catalog, retention: retention,
            searchLimits: searchLimits, now: now, logger: logger)
    }

    private init(
        dialect: Dialect, cluster: Cluster, ledger: any CommitLedger, catalog: any Catalog, retention: Retention,
        searchLimits: SearchLimits, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        (self.dialect, self.cluster) = (dialect, cluster)
        (self.ledger, self.catalog, self.standardRetention) = (ledger, catalog, retention)
        (self.searchLimits, self.now, self.logger) = (searchLimits, now, logger)
        commits = GroupCommit(
            run: CommitRun(
                dialect: dialect, cluster: cluster, ledger: ledger, times: CommitTimes(), now: now,
                logger: logger))
    }

    package func close() async {
        await commits.close()
        await cluster.client.close()
    }

    /// Whether entries can be taken now.
    package func isReady() async -> Bool {
        do {
            _ = try await ledger.snapshot()
            _ = try await cluster.client.query("SELECT 1", "whether it is there")
            return true
        } catch {
            return false
        }
    }
}

// MARK: - LogWriter

extension ClickHouseStore: LogWriter {
    package func append(
        _ batch: consuming RedactedBatch, idempotency: IdempotentAnswer?
    ) async throws(StoreError) -> AppendResult {
        guard !batch.isEmpty || idempotency != nil else { return .stored }
        return try await commits.commit(AppendedBatch(batch, idempotency))
    }
}

// MARK: - LogReader

extension ClickHouseStore: LogReader {
    private func search<Value: Sendable>(
        team: Int64, none: Value, _ body: (EntrySearch) async throws(ClickHouseFailure) -> Value
    ) async throws(StoreError) -> Value {
        guard catalog.hasTeam(team) else { return none }
        let snapshot = try await ledger.snapshot()
        do {
            return try await body(EntrySearch(cluster: cluster, dialect: dialect, snapshot: snapshot))
        } catch {
            throw StoreError(error)
        }
    }

    package func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry? {
        try await search(team: team, none: nil) { search throws(ClickHouseFailure) in
            try await search.entry(team: team, id: id)
        }
    }

    package func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> {
        guard catalog.hasTeam(query.teamID) else { return Page(rows: [], next: nil) }
        let (snapshot, extent) = try await ledger.snapshot(team: query.teamID, connector: query.connector)
        do {
            return try await EntrySearch(
                cluster: cluster, dialect: dialect, snapshot: snapshot, limits: searchLimits
            ).page(query, extent)
        } catch {
            throw StoreError(error)
        }
    }

    package func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault? {
        try await search(team: team, none: nil) { search throws(ClickHouseFailure) in
            try await search.fault(team: team, id: id)
        }
    }

    package func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault> {
        try await search(team: query.teamID, none: Page(rows: [], next: nil)) { search throws(ClickHouseFailure) in
            try await search.faults(query)
        }
    }

    package func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> {
        guard catalog.hasTeam(query.teamID) else { return NamedPage(rows: [], next: nil) }
        return try await ledger.flows(query)
    }

    package func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> {
        guard catalog.hasTeam(query.teamID) else { return NamedPage(rows: [], next: nil) }
        return try await ledger.states(query)
    }

    package func state(team: Int64, id: String) async throws(StoreError) -> FlowState? {
        guard catalog.hasTeam(team) else { return nil }
        return try await ledger.state(team: team, id: id)
    }

    package func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket] {
        let none = query.bucketStarts.map { OutcomeBucket(start: $0, ok: 0, failed: 0) }
        return try await search(team: query.teamID, none: none) { search throws(ClickHouseFailure) in
            try await search.outcomes(query)
        }
    }

    package func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] {
        guard catalog.hasTeam(query.teamID) else { return [] }
        return try await ledger.launches(query)
    }

    package func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int] {
        let none = Array(repeating: 0, count: query.buckets.count)
        return try await search(team: query.teamID, none: none) { search throws(ClickHouseFailure) in
            try await search.faultCounts(query)
        }
    }

    package func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics {
        let none = CallStatistics(
            buckets: Array(repeating: CallStatistics.Tally(), count: query.buckets.count), groups: [])
        return try await search(team: query.teamID, none: none) { search throws(ClickHouseFailure) in
            try await search.statistics(query)
        }
    }

    package func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts {
        let zeros = Array(repeating: 0, count: query.buckets.count)
        return try await search(team: query.entries.teamID, none: EntryCounts(ok: zeros, failed: zeros)) {
            search throws(ClickHouseFailure) in
            try await search.counts(query)
        }
    }
}

// MARK: - PendingCalls

extension ClickHouseStore: PendingCalls {
    package func pendingCounts(team: Int64?) async throws(StoreError) -> PendingCounts {
        try await ledger.pendingCounts(team: team)
    }

    package func pendingCalls(
        arrivedBefore time: Timestamp, limit: Int, bytes: Int
    ) async throws(StoreError) -> [[StoredPendingPart]] {
        try await ledger.pendingCalls(arrivedBefore: time, limit: limit, bytes: bytes)
    }
}

// MARK: - LogKeeper

extension ClickHouseStore: LogKeeper {
    private var mutations: Mutations { Mutations(dialect: dialect, cluster: cluster) }

    package func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        try await complete(ledger.beginErasure(target, team: team, keyID: keyID, at: at))
    }

    func complete(_ erasure: Erasure) async throws(StoreError) -> Erasure {
        try await ErasureRun(cluster: cluster, mutations: mutations, ledger: ledger, now: now).complete(erasure)
    }

    package func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure] {
        try await ledger.erasures(query)
    }

    package func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        try await RetentionRun(mutations: mutations, ledger: ledger).run(default: standard, at: now)
    }
}

// MARK: - Maintenance

extension ClickHouseStore {
    /// An insert that was given up may come so much later still: rows of abandoned commits stay hidden until then.
    private static let secondsOfLateInserts: Int64 = 600
    private static let secondsOfAnswers: Int64 = 86_400
    private static let timeBetweenChores = Duration.seconds(30)

    /// Works until its task is cancelled. Every server of a store may do so at once.
    package func runMaintenance() async {
        while !Task.isCancelled {
            do throws(StoreError) {
                try await chores()
            } catch {
                if Task.isCancelled { return }
                logger.error("maintenance failed", metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: Self.timeBetweenChores)
        }
    }

    private enum Chore: CaseIterable {
        case answers, erasures, abandonedCommits, retention
    }

    /// What fails does not keep the rest from being done; the first failure is thrown at the end.
    func chores() async throws(StoreError) {
        var failure: StoreError?
        for chore in Chore.allCases {
            do throws(StoreError) { try await run(chore) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private func run(_ chore: Chore) async throws(StoreError) {
        switch chore {
        case .answers: try await ledger.forgetAnswers(before: now().advanced(bySeconds: -Self.secondsOfAnswers))
        case .erasures: for erasure in try await ledger.openErasures() { _ = try await complete(erasure) }
        case .abandonedCommits: try await removeAbandoned(before: now().advanced(bySeconds: -Self.secondsOfLateInserts))
        case .retention: try await enforceRetention(default: standardRetention, at: now())
        }
    }

    /// Removes the rows of commits that were given up before `time`.
    func removeAbandoned(before time: Timestamp) async throws(StoreError) {
        let commits = try await ledger.abandoned(before: time)
        guard !commits.isEmpty else { return }
        let isOfThem = CommitRuns(commits).condition
        for table in Tables.all where try await mutations.countEverywhere(in: table, where: isOfThem) > 0 {
            try await mutations.delete(from: table, where: isOfThem)
        }
        try await ledger.forget(abandoned: commits)
    }
}
