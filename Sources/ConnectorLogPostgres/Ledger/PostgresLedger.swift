package import ConnectorLogCore
import Logging

/// The ledger of commits in PostgreSQL (docs/adr/0014). Any number of servers have one each on the same database.
///
/// - A commit holds a connection until its entries are written; two of the configuration's are left for questions.
/// - Waiting for another commit's token or connector ends with `lockTimeout`, as `overloaded`.
/// - A commit of a server that is gone gives its tokens and connectors free when PostgreSQL notices that: at once
///   where the process ended, within half a minute where the machine did. Until `abandoned` meets it, its rows are
///   hidden as those of any open commit are.
package final class PostgresLedger: CommitLedger {
    let pool: PostgresPool
    /// For what is written while commits hold their connections.
    let reserve: PostgresPool
    private let places: CommitPlaces
    private let timing: PostgresTiming
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    init(
        pool: PostgresPool, reserve: PostgresPool, timing: PostgresTiming, now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.timing = timing
        (self.pool, self.reserve, self.now, self.logger) = (pool, reserve, now, logger)
        let connections = max(pool.configuration.connections, PostgresConfiguration.fewestConnections)
        places = CommitPlaces(count: connections - 2, pool: pool)
    }

    // MARK: - Commits

    package func begin(_ proposal: CommitProposal) async throws(StoreError) -> any OpenCommit {
        let place = try await places.take()
        let (lease, admission) = try await pool.lease { try CommitAdmission(proposal, $0) }
        let numbers = CommitNumbers(pool: reserve)
        let drawn: CommitNumbers.Drawn
        do throws(StoreError) {
            drawn = try await numbers.draw(at: proposal.at)
        } catch {
            _ = await lease.run { $0.rollback() }
            lease.end()
            throw error
        }
        let commit = PostgresOpenCommit(
            drawn, admission, begunAt: proposal.at, lease: lease, place: place, numbers: numbers,
            timing: timing, now: now, logger: logger)
        let number = drawn.number
        let lock = await lease.run { try $0.take(AdvisoryLock.commit(number)) }
        if case .failure(let error) = lock {
            await commit.abandon()
            throw StoreError(postgres: error)
        }
        return commit
    }

    package func snapshot() async throws(StoreError) -> CommitSnapshot { try await pool.read(CommitSnapshot.read) }

    package func snapshot(
        team: Int64, connector: String?
    ) async throws(StoreError) -> (snapshot: CommitSnapshot, extent: EntryExtent) {
        try await pool.read { connection in
            // In this order: the extent is that of the snapshot or of more.
            let snapshot = try CommitSnapshot.read(connection)
            let extent = try connection.first(
                """
                SELECT max(latest), CASE WHEN count(entries) = count(*) THEN coalesce(sum(entries), 0)::int8 END
                FROM connector_times WHERE team_id = $1 AND ($2::bytea IS NULL OR identifier = $2)
                """, [.integer(team), .text(connector)]
            ) { row in
                EntryExtent(latest: try row.timeIfAny(0), entries: try row.integerIfAny(1).map { Int($0) })
            }
            return (snapshot, extent ?? EntryExtent(latest: nil, entries: nil))
        }
    }

    package func abandoned(before time: Timestamp) async throws(StoreError) -> [UInt64] {
        try await CommitNumbers(pool: pool).abandonOrphans(grace: timing.grace, at: now())
        return try await pool.read { connection in
            try connection.query(
                "SELECT number FROM open_commit WHERE is_abandoned AND abandoned_at < $1 ORDER BY number",
                [.integer(time.microseconds)]
            ) { UInt64(clamping: try $0.integer(0)) }
        }
    }

    package func forget(abandoned commits: [UInt64]) async throws(StoreError) {
        if commits.isEmpty { return }
        _ = try await pool.write { connection in
            try connection.execute(
                "DELETE FROM open_commit WHERE number = ANY ($1) AND is_abandoned",
                [.integers(commits.map { Int64(clamping: $0) })])
        }
    }

    // MARK: - What is forgotten with time

    /// Rows that one transaction removes.
    private static let rowsAtOnce = 10_000

    package func forgetAnswers(before time: Timestamp) async throws(StoreError) {
        try await inSteps(
            """
            DELETE FROM idempotency WHERE ctid = ANY (ARRAY (
                SELECT ctid FROM idempotency WHERE created_at < $1 ORDER BY created_at LIMIT \(Self.rowsAtOnce)
                FOR UPDATE SKIP LOCKED))
            """, [.integer(time.microseconds)])
    }

    package func removeStates(team: Int64, lastActionBefore time: Timestamp) async throws(StoreError) {
        // Those that a commit changes have their last action now.
        try await inSteps(
            """
            DELETE FROM flow_state WHERE ctid = ANY (ARRAY (
                SELECT ctid FROM flow_state WHERE team_id = $1 AND last_action_at < $2
                    AND last_action_hour <= \(FlowStateColumns.hour("$2")) ORDER BY last_action_hour
                LIMIT \(Self.rowsAtOnce) FOR UPDATE SKIP LOCKED))
            """, [.integer(team), .integer(time.microseconds)])
    }

    /// Runs a statement that removes `rowsAtOnce` again and again, until it removes fewer. Rows go by their places,
    /// which locks keep: by their keys, PostgreSQL would read the whole table each time.
    private func inSteps(_ sql: String, _ values: [PostgresValue]) async throws(StoreError) {
        while !Task.isCancelled {
            let removed = try await pool.write { try $0.execute(sql, values) }
            if removed < Self.rowsAtOnce { return }
        }
    }

    /// Forgets events of parts of calls that may be told again.
    func forgetEvents() async throws(StoreError) {
        let oldest = now().advanced(byMicroseconds: -PendingPartTable.eventLife)
        while !Task.isCancelled {
            let forgotten = try await pool.write { connection in
                try connection.take(AdvisoryLock.pendingParts)
                return try PendingPartTable(connection: connection).forgetEvents(before: oldest)
            }
            if forgotten < PendingPartTable.mostForgotten { return }
        }
    }

    // MARK: - Retention

    package func retentions() async throws(StoreError) -> [Int64: Retention] {
        try await pool.read { connection in
            let rows = try connection.query(
                "SELECT entry_days, detail_days, id FROM team WHERE has_retention AND NOT is_deleted"
            ) { (team: try $0.integer(2), retention: try RetentionColumns.retention($0)) }
            return Dictionary(rows.map { ($0.team, $0.retention) }) { first, _ in first }
        }
    }

    package func teamIDs() async throws(StoreError) -> [Int64] {
        try await pool.read { connection in
            try connection.query("SELECT id FROM team WHERE NOT is_deleted ORDER BY id") { try $0.integer(0) }
        }
    }
}

// MARK: - Flow states

extension PostgresLedger {
    package func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> {
        try await pool.read { try FlowStateQueries(connection: $0).flows(query) }
    }

    package func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> {
        try await pool.read { try FlowStateQueries(connection: $0).states(query) }
    }

    package func state(team: Int64, id: String) async throws(StoreError) -> FlowState? {
        try await pool.read { try FlowStateQueries(connection: $0).state(team: team, id: id) }
    }

    package func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] {
        try await pool.read { try FlowStateQueries(connection: $0).launches(query) }
    }
}

// MARK: - Parts of calls

extension PostgresLedger {
    package func pendingCounts(team: Int64?) async throws(StoreError) -> PendingCounts {
        try await pool.read { try PendingPartTable(connection: $0).counts(team: team) }
    }

    package func pendingCalls(
        arrivedBefore time: Timestamp, limit: Int, bytes: Int
    ) async throws(StoreError) -> [[StoredPendingPart]] {
        try await pool.read {
            try PendingPartTable(connection: $0).calls(arrivedBefore: time, limit: limit, bytes: bytes)
        }
    }
}

// MARK: - Erasures

extension PostgresLedger {
    package func beginErasure(
        _ target: ErasureTarget, team: Int64, keyID: String, at time: Timestamp
    ) async throws(StoreError) -> Erasure {
        try await pool.write { try ErasureTable(connection: $0).begin(target, team: team, keyID: keyID, at: time) }
    }

    package func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure] {
        try await pool.read { try ErasureTable(connection: $0).page(query) }
    }

    package func openErasures() async throws(StoreError) -> [Erasure] {
        try await pool.read { try ErasureTable(connection: $0).open() }
    }

    package func takeUp(_ erasure: Erasure) async throws(StoreError) -> ErasureProgress {
        try await pool.write { try ErasureTable(connection: $0).takeUp(erasure) }
    }

    package func note(_ plan: ErasurePlan, of erasure: Erasure) async throws(StoreError) -> ErasureProgress {
        try await pool.write { try ErasureTable(connection: $0).note(plan, of: erasure) }
    }

    package func complete(
        _ erasure: Erasure, states: Set<FlowStateKey>,
        losses: @Sendable (CommitSnapshot) async throws(StoreError) -> [FlowStateLoss]
    ) async throws(StoreError) {
        let (lease, snapshot) = try await pool.lease { connection in
            try connection.command("BEGIN", at: "complete(_:states:losses:)")
            let isOpen = try ErasureTable(connection: connection).hold(erasure, states: Array(states))
            return isOpen ? try CommitSnapshot.read(connection) : nil
        }
        do {
            if let snapshot {
                let losses = try await losses(snapshot)
                try await lease.run { try ErasureTable(connection: $0).complete(erasure, losses: losses) }.get()
            }
            try await lease.run { try $0.commit(at: "complete(_:states:losses:)") }.get()
            lease.end()
        } catch {
            _ = await lease.run { $0.rollback() }
            lease.end()
            throw StoreError(postgres: error)
        }
    }
}

extension CommitSnapshot {
    /// One statement sees one moment.
    static func read(_ connection: PostgresConnection) throws -> CommitSnapshot {
        let rows = try connection.query(
            """
            SELECT last, number FROM commit_clock LEFT JOIN open_commit ON number <= last ORDER BY number
            """
        ) { (last: UInt64(clamping: try $0.integer(0)), hidden: try $0.integerIfAny(1)) }
        guard let last = rows.first?.last else { throw PostgresError(.answer, at: "snapshot()") }
        return CommitSnapshot(last: last, hidden: rows.compactMap { $0.hidden.map(UInt64.init(clamping:)) })
    }
}
