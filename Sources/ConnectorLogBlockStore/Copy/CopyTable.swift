import ConnectorLogCore
import Foundation
import GRDB

/// Table `store_copy`: how far a copy into this store has come. One row at most, which stays when the copy is finished.
enum CopyTable {
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE store_copy (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    source BLOB NOT NULL,
                    started_at INTEGER NOT NULL,
                    kind INTEGER,
                    place BLOB,
                    rows INTEGER NOT NULL,
                    finished_at INTEGER
                ) STRICT;
                """)
    }

    static func progress(in db: Database) throws -> CopyProgress? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM store_copy") else { return nil }
        var progress = CopyProgress(
            source: row.bytes("source"), startedAt: Timestamp(microseconds: try row.value("started_at")), kind: nil)
        if let kind: Int64 = try row.valueIfAny("kind") {
            guard let kind = CopyKind(rawValue: kind) else { throw BlockError(.value, "table store_copy") }
            progress.kind = kind
        }
        progress.place = (try row.valueIfAny("place") as Data?).map { CopyPlace(bytes: [UInt8]($0)) }
        progress.rows = try row.value("rows")
        progress.finishedAt = (try row.valueIfAny("finished_at") as Int64?).map(Timestamp.init(microseconds:))
        return progress
    }

    static func write(_ progress: CopyProgress, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO store_copy (id, source, started_at, kind, place, rows, finished_at)
                VALUES (1, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            progress.source.databaseBytes, progress.startedAt.microseconds, progress.kind?.rawValue,
            progress.place?.bytes.databaseBytes, progress.rows, progress.finishedAt?.microseconds,
        ])
    }

    /// Throws `unfinished`: what is there is a part of something.
    static func refuseUnfinished(_ db: Database) throws {
        guard try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM store_copy WHERE finished_at IS NULL)") ?? false
        else { return }
        throw StoreError.unfinishedCopy("the data directory")
    }

    private static let filled = [
        "team", "api_key", "connector", "secret", "sealed_key", "redaction_rules", "audit", "erasure", "idempotency",
        "told_event", "pending_part", "flow_state", "fault", "block",
    ]

    static func isEmpty(_ db: Database) throws -> Bool {
        for table in filled + ["store_copy"] {
            if try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM \(table))") ?? true { return false }
        }
        return true
    }
}
