import ConnectorLogCore

/// Table `store_copy`: how far a copy into this store has come.
enum CopyTable {
    static func progress(_ connection: PostgresConnection) throws -> CopyProgress? {
        try connection.first(
            "SELECT source, started_at, kind, place, copied_rows, finished_at FROM store_copy"
        ) { row in
            var progress = CopyProgress(source: try row.bytes(0), startedAt: try row.time(1), kind: nil)
            if let kind = try row.integerIfAny(2) {
                guard let kind = CopyKind(rawValue: kind) else { throw PostgresError(.answer, at: row.place) }
                progress.kind = kind
            }
            progress.place = try row.bytesIfAny(3).map(CopyPlace.init(bytes:))
            progress.rows = Int(try row.integer(4))
            progress.finishedAt = try row.timeIfAny(5)
            return progress
        }
    }

    static func write(_ progress: CopyProgress, _ connection: PostgresConnection) throws {
        try connection.execute(
            """
            INSERT INTO store_copy (source, started_at, kind, place, copied_rows, finished_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (is_one) DO UPDATE SET source = excluded.source, started_at = excluded.started_at,
                kind = excluded.kind, place = excluded.place, copied_rows = excluded.copied_rows,
                finished_at = excluded.finished_at
            """,
            [
                .bytes(progress.source), .integer(progress.startedAt.microseconds), .integer(progress.kind?.rawValue),
                .bytes(progress.place?.bytes), .integer(Int64(progress.rows)),
                .integer(progress.finishedAt?.microseconds),
            ])
    }

    /// Throws `unfinished`: what is there is a part of something.
    static func refuseUnfinished(_ connection: PostgresConnection) throws {
        if let progress = try progress(connection), progress.finishedAt == nil {
            throw StoreError.unfinishedCopy("the databases")
        }
    }

    /// Whether nobody has stored anything: no commit was begun, and the catalog is empty.
    static func isEmpty(_ connection: PostgresConnection) throws -> Bool {
        let tables = [
            "team", "api_key", "connector", "secret", "sealed_key", "redaction_rules", "audit", "erasure",
            "idempotency", "pending_event", "pending_part", "flow_state", "open_commit", "connector_times",
            "store_copy",
        ]
        let isFilled = tables.map { "EXISTS (SELECT 1 FROM \($0))" }.joined(separator: " OR ")
        let isEmpty = try connection.first(
            "SELECT NOT (\(isFilled) OR (SELECT max(last) FROM commit_clock) > 0)"
        ) { try $0.boolean(0) }
        return isEmpty ?? false
    }
}
