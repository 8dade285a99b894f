import ConnectorLogCore
import Foundation
import GRDB

/// Copies a store's database while a server uses it, by SQLite's online backup (sqlite.org/backup.html).
///
/// The copy is the store at one instant, that of the beginning: one read transaction is held from the first page to the
/// last, so that no write makes the copy begin again. As long as it lasts, the write-ahead log grows by what is stored.
package enum StoreBackup {
    package static let fileName = StoreDatabase.fileName
    /// 4 MiB: between two steps the caller hears of the progress and may end it.
    static let pagesOfStep: Int32 = 1024

    /// - Parameters:
    ///   - source: a data directory, or a database's file.
    ///   - file: made, with mode 0600; must not exist. Whole and synced when this returns; removed again when this throws,
    ///     unless somebody else had made it.
    ///   - progress: told after each step how many pages of how many are copied.
    package static func copy(
        from source: String, to file: String, progress: @escaping (_ done: Int, _ all: Int) throws -> Void
    ) throws {
        do {
            let queue = try StoreDatabase.openForReading(source)
            defer { try? queue.close() }
            try queue.read(StoreVersion.check)
            try make(file)
            do {
                try fill(file, from: queue, progress)
                try detach(file)
                try sync(file)
            } catch {
                try? FileManager.default.removeItem(atPath: file)
                throw error
            }
        } catch let error as DatabaseError {
            throw error.isWantOfRoom
                ? StoreError(.full, "there is no room for the copy", cause: SQLiteFailure(error))
                : StoreError(reading: error)
        }
    }

    private static func fill(
        _ file: String, from queue: DatabaseQueue, _ progress: @escaping (_ done: Int, _ all: Int) throws -> Void
    ) throws {
        let target = try DatabaseQueue(path: file)
        try target.writeWithoutTransaction { copy in
            // Until it is whole the copy is of no use, so that it needs neither a journal nor a sync before the end.
            try copy.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            try queue.read { db in
                // The first read begins the transaction.
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema")
                try db.backup(to: copy, pagesPerStep: pagesOfStep) { step in
                    try progress(step.totalPageCount - step.remainingPageCount, step.totalPageCount)
                }
            }
        }
        try target.close()
    }

    private static func make(_ file: String) throws {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? StoreError(.conflict, "\(file) exists") : StoreError(.failed, "cannot make \(file)")
        }
        close(descriptor)
    }

    /// The copy is in WAL mode like its source, and so could be read only where files can be made beside it. A store that
    /// is opened on it goes back to that mode.
    private static func detach(_ file: String) throws {
        let copy = try DatabaseQueue(path: file)
        try copy.writeWithoutTransaction { db in
            _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
        }
        try copy.close()
    }

    private static func sync(_ file: String) throws {
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(.failed, "cannot open \(file)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StoreError(.failed, "cannot sync \(file)") }
    }
}
