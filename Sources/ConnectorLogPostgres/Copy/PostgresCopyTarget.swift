package import ConnectorLogCore

/// Fills the part of an empty shared store that PostgreSQL has, and keeps the ledger of what is copied into the store of
/// entries.
///
/// One connection does all of it, and holds an advisory lock: whoever has lost the one has lost the other, so that two copies
/// never write into one store.
package final class PostgresCopyTarget: CopyLedger {
    private static let statementMinutes = 30

    private let pool: PostgresPool
    private let lease: PostgresLease
    private let now: @Sendable () -> Timestamp

    /// Throws `overloaded` when another copy into the database is under way.
    package static func open(
        _ configuration: PostgresConfiguration, now: @escaping @Sendable () -> Timestamp
    ) async throws(StoreError) -> PostgresCopyTarget {
        var configuration = configuration
        configuration.statementTimeout = statementMinutes * 60_000
        let pool = PostgresPool(configuration, connections: 2)
        do throws(StoreError) {
            let (lease, isFree) = try await pool.lease { connection in
                try PostgresMigrations.check(connection)
                let isFree = try connection.first(
                    "SELECT pg_try_advisory_lock($1)", [.integer(AdvisoryLock.copy)]
                ) { try $0.boolean(0) }
                return isFree ?? false
            }
            guard isFree else {
                lease.end()
                throw StoreError(.overloaded, "another copy into this store is under way")
            }
            return PostgresCopyTarget(pool, lease, now: now)
        } catch {
            pool.close()
            throw error
        }
    }

    private init(_ pool: PostgresPool, _ lease: PostgresLease, now: @escaping @Sendable () -> Timestamp) {
        (self.pool, self.lease, self.now) = (pool, lease, now)
    }

    /// Closes the connection, and so lets go of the lock.
    package func close() async {
        lease.end(isKept: false)
        pool.close()
    }

    private func write<Value: Sendable>(
        at place: String = #function, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await lease.run { try $0.transaction(at: place, body) }.get()
        } catch {
            throw StoreError(postgres: error)
        }
    }

    // MARK: - CopyTarget

    /// Gives up what an earlier run left open: it writes no more, since it would have to hold the lock.
    package func progress() async throws(StoreError) -> CopyProgress? {
        let time = now().microseconds
        return try await write { connection in
            guard let progress = try CopyTable.progress(connection) else { return nil }
            if progress.finishedAt == nil {
                try connection.execute(
                    "UPDATE open_commit SET is_abandoned = true, abandoned_at = $1 WHERE NOT is_abandoned",
                    [.integer(time)])
            }
            return progress
        }
    }

    package func begin(_ progress: CopyProgress) async throws(StoreError) {
        try await write { connection in
            guard try CopyTable.isEmpty(connection) else {
                throw StoreError(.conflict, "the databases are not empty")
            }
            try CopyTable.write(progress, connection)
        }
    }

    package func write(_ rows: CopiedRows?, _ progress: CopyProgress) async throws(StoreError) {
        try await write { connection in
            if let rows, rows.count > 0 || progress.kind == .numbers { try CopiedTables.insert(rows, connection) }
            try CopyTable.write(progress, connection)
        }
    }

    // MARK: - CopyLedger

    package func open() async throws(StoreError) -> UInt64 {
        try await CommitNumbers(pool: pool).draw(at: now()).number
    }

    package func finish(
        _ commit: UInt64, times: [ConnectorKey: GivenTimes], lastID: EntryID, _ progress: CopyProgress
    ) async throws(StoreError) {
        let number = Int64(clamping: commit)
        try await write { connection in
            let keys = times.keys.sorted()
            if !keys.isEmpty {
                try connection.execute(
                    """
                    INSERT INTO connector_times (team_id, identifier, latest, last_commit, entries)
                    SELECT team_id, identifier, time, $4, entries
                    FROM unnest($1, $2, $3, $5) AS given (team_id, identifier, time, entries)
                    ON CONFLICT (team_id, identifier) DO UPDATE SET
                        latest = greatest(connector_times.latest, excluded.latest), last_commit = excluded.last_commit,
                        entries = connector_times.entries + excluded.entries
                    """,
                    [
                        .integers(keys.map(\.teamID)), .byteStrings(keys.map(\.identifier)),
                        .integers(keys.map { times[$0]?.latest }), .integer(number),
                        .integers(keys.map { times[$0].map { Int64($0.count) } }),
                    ])
            }
            try connection.execute(
                "UPDATE commit_clock SET milliseconds = greatest(milliseconds, $1)",
                [.integer(Int64(clamping: lastID.milliseconds))])
            let struck = try connection.execute(
                "DELETE FROM open_commit WHERE number = $1 AND NOT is_abandoned", [.integer(number)])
            guard struck == 1 else { throw StoreError(.failed, "a commit of the copy was abandoned") }
            try CopyTable.write(progress, connection)
        }
    }

    package func abandon(_ commit: UInt64) async throws(StoreError) {
        let time = now().microseconds
        try await write { connection in
            _ = try connection.execute(
                "UPDATE open_commit SET is_abandoned = true, abandoned_at = $2 WHERE number = $1 AND NOT is_abandoned",
                [.integer(Int64(clamping: commit)), .integer(time)])
        }
    }
}
