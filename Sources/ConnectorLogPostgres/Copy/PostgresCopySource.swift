package import ConnectorLogCore

/// All that a shared store has in PostgreSQL, while no server changes it.
package final class PostgresCopySource: CopyLedgerSource {
    /// Minutes that a statement may take: counts read whole tables.
    private static let statementMinutes = 30

    package let snapshot: CommitSnapshot
    package let teams: [Int64]
    private let pool: PostgresPool

    /// - Parameter allowsUnfinished: whether it may be a copy that is not finished itself.
    package static func open(
        _ configuration: PostgresConfiguration, allowsUnfinished: Bool = false
    ) async throws(StoreError) -> PostgresCopySource {
        var configuration = configuration
        configuration.statementTimeout = statementMinutes * 60_000
        let pool = PostgresPool(configuration, connections: 2)
        do throws(StoreError) {
            let (snapshot, teams) = try await pool.read { connection in
                try PostgresMigrations.check(connection)
                if !allowsUnfinished { try CopyTable.refuseUnfinished(connection) }
                let teams = try connection.query("SELECT id FROM team WHERE NOT is_deleted ORDER BY id") {
                    try $0.integer(0)
                }
                return (try CommitSnapshot.read(connection), teams)
            }
            return PostgresCopySource(pool, snapshot, teams)
        } catch {
            pool.close()
            throw error
        }
    }

    private init(_ pool: PostgresPool, _ snapshot: CommitSnapshot, _ teams: [Int64]) {
        (self.pool, self.snapshot, self.teams) = (pool, snapshot, teams)
    }

    package func close() async { pool.close() }

    package func chunk(_ kind: CopyKind, after place: CopyPlace?) async throws(StoreError) -> CopyChunk? {
        try await pool.read { try CopiedTables.chunk(kind, after: place, $0) }
    }

    /// Of the ledger at this moment, not at that of the snapshot: so that who asks again learns what was committed since.
    package func logPosition() async throws(StoreError) -> [UInt8] {
        try await pool.read { connection in
            let now = try CommitSnapshot.read(connection)
            var texts = ["\(now.last) \(now.hidden.sorted())"]
            for sql in [
                """
                SELECT count(*), coalesce(sum(calls * 3 + failed_calls * 5 + faults * 7 + status), 0)::int8,
                    coalesce(max(last_action_at), 0), coalesce(max(changed_at), 0) FROM flow_state
                """,
                "SELECT count(*), coalesce(max(created_at), 0), 0::int8, 0::int8 FROM idempotency",
                "SELECT count(*), coalesce(max(told_at), 0), 0::int8, 0::int8 FROM pending_event",
            ] {
                texts += try connection.query(sql) { row in
                    "\(try row.integer(0)) \(try row.integer(1)) \(try row.integer(2)) \(try row.integer(3))"
                }
            }
            return Array(texts.joined(separator: ";").utf8)
        }
    }

    package func rowCount() async throws(StoreError) -> Int {
        try await pool.read { connection in
            Int(try connection.first("SELECT count(*) FROM flow_state") { try $0.integer(0) } ?? 0)
        }
    }

    package func contradictions() async throws(StoreError) -> [String] { [] }
}
