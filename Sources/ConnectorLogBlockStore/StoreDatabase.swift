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
    /// Compaction has one of them, searches that may read all blocks have two at most, and batches that look for stored times
    /// as many as come at once: whoever asks a question should still find one free. Each is opened when it is first wanted.
    static let readers = 8
    /// How long a connection waits for a lock.
    static let busySeconds = 10

    /// Opens a database that may be in use by a server, and changes nothing in it.
    /// - Parameter path: a data directory, or the file itself.
    static func openForReading(_ path: String) throws -> DatabaseQueue {
        var isDirectory: ObjCBool = false
        let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        let file = exists && isDirectory.boolValue ? path + "/" + fileName : path
        guard FileManager.default.fileExists(atPath: file) else { throw StoreError(.missing, "there is no \(file)") }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        configuration.label = "connectorlog"
        return try DatabaseQueue(path: file, configuration: configuration)
    }

    static func open(directory: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(TimeInterval(busySeconds))
        configuration.label = "connectorlog"
        configuration.prepareDatabase { db in
            // Holds for a new file only, before anything is written to it.
            if !db.configuration.readonly, try Int.fetchOne(db, sql: "PRAGMA page_count") == 0 {
                try db.execute(sql: "PRAGMA page_size = \(Schema.pageSize); PRAGMA auto_vacuum = INCREMENTAL")
            }
            // Kilobytes. Blocks are read once, and what is asked for again is kept decoded: readers need few pages.
            try db.execute(sql: "PRAGMA cache_size = \(db.configuration.readonly ? -2000 : -16000)")
        }
        let pool = try DatabasePool(path: directory + "/" + fileName, configuration: configuration)
        // Not by a reader: it would keep the schema as it was before the migrations, and `sqlite3_blob_open` trusts that.
        try pool.writeWithoutTransaction(StoreVersion.check)
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

extension Database {
    /// A task that is cancelled interrupts its connection, also when its last statement has just ended. Statements that begin
    /// later forget that (sqlite.org/c3ref/interrupt.html); a checkpoint is none, and would fail.
    func forgetInterruption() throws {
        try execute(sql: "SELECT 1")
    }
}

extension DatabasePool {
    /// Writes in one transaction, and calls `after` with its value, still in the writer's turn, when the transaction is on
    /// the disk: what changes in memory changes in the order of the disk, and not at all when the commit fails.
    /// - Parameter onFailure: called, in the writer's turn as well, when the transaction was rolled back. GRDB's observers of
    ///   transactions are not told when that happens within a statement.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value, after: @escaping @Sendable (Value) -> Void,
        onFailure: @escaping @Sendable () -> Void = {}
    ) async throws -> Value {
        try await writeWithoutTransaction { db in
            var written: Value?
            do {
                try db.inTransaction(.immediate) {
                    written = try body(db)
                    return .commit
                }
            } catch {
                onFailure()
                throw error
            }
            guard let written else { throw StoreError(.failed, "a transaction had no outcome") }
            after(written)
            return written
        }
    }
}
