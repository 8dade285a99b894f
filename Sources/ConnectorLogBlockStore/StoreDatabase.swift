import ConnectorLogCore
import Foundation
import GRDB

/// Opens the store's SQLite database with the settings that its promises rest on.
enum StoreDatabase {
    static let fileName = "connectorlog.sqlite"
    /// The write-ahead log is moved into the database when it has so many pages.
    static let checkpointPages = 4000
    /// Bytes that the write-ahead log keeps on the disk after that.
    static let walBytes = 64 << 20
    static let readers = 4
    /// How long a connection waits for a lock.
    static let busySeconds = 10

    static func open(directory: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(TimeInterval(busySeconds))
        configuration.label = "connectorlog"
        configuration.prepareDatabase { db in
            // Holds for a new file only, before anything is written to it.
            if !db.configuration.readonly {
                try db.execute(sql: "PRAGMA page_size = \(Schema.pageSize); PRAGMA auto_vacuum = INCREMENTAL")
            }
            try db.execute(sql: "PRAGMA cache_size = -16000")
        }
        let pool = try DatabasePool(path: directory + "/" + fileName, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // Deleted rows are overwritten within pages that are written anyway; whole pages that become free are not, which
            // would double what compaction writes (sqlite.org/pragma.html#pragma_secure_delete). Erasure sees to those.
            try db.execute(sql: "PRAGMA secure_delete = FAST")
            // The pool sets NORMAL after `prepareDatabase`. In WAL mode only FULL syncs at each commit
            // (sqlite.org/pragma.html#pragma_synchronous), and "acknowledged" rests on that.
            try db.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA wal_autocheckpoint = \(checkpointPages);
                    PRAGMA journal_size_limit = \(walBytes);
                    """)
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2,
                try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal"
            else { throw StoreError(.failed, "SQLite does not sync at each commit") }
        }
        try Schema.migrator.migrate(pool)
        return pool
    }
}

extension DatabasePool {
    /// Writes in one transaction, and calls `after` with its value, still in the writer's turn, when the transaction is on
    /// the disk: what changes in memory changes in the order of the disk, and not at all when the commit fails.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value, after: @escaping @Sendable (Value) -> Void
    ) async throws -> Value {
        try await writeWithoutTransaction { db in
            var written: Value?
            try db.inTransaction(.immediate) {
                written = try body(db)
                return .commit
            }
            guard let written else { throw StoreError(.failed, "a transaction had no outcome") }
            after(written)
            return written
        }
    }
}
