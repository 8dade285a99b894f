import ConnectorLogCore
import GRDB

/// Makes what was deleted unreadable in the store's files: bytes of replaced blocks, of pages that became free earlier,
/// and of the write-ahead log.
struct PageScrubber {
    /// Pages that one transaction gives back.
    private static let pagesOfStep = 2048
    /// How long the writer waits for readers of old pages before it lets others write, in milliseconds.
    private static let patience = 100

    let pool: DatabasePool
    let directory: BlockDirectory
    let lane: AsyncSlots
    /// How long to wait for readers of the write-ahead log, a backup or a check of the store say. Longer, and the erasure
    /// is left open: it is ended in the background.
    let maximumWait: Duration

    func scrub() async throws {
        // Whoever reads a replaced block reads it to its end. Compaction does not wait for that.
        await directory.leasesEnd()
        try await cleanPages()
        let end = ContinuousClock.now + maximumWait
        while try await !emptyLog() {
            guard ContinuousClock.now < end else { throw StoreError(.overloaded, Self.readersHold) }
            try await Task.sleep(for: .milliseconds(Self.patience))
        }
    }

    static let readersHold = "readers still hold the write-ahead log"

    /// While nobody else replaces blocks, and so makes pages free.
    private func cleanPages() async throws {
        try await lane.acquire()
        defer { lane.release() }
        try await deleteReplaced()
        while try await giveBackPages() { try Task.checkCancellation() }
        try await expectNoFreePages()
    }

    /// Overwrites the pages of replaced blocks with zeros (sqlite.org/pragma.html#pragma_secure_delete).
    private func deleteReplaced() async throws {
        let ids = directory.takeDeletable()
        do {
            try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA secure_delete = ON")
                defer { try? db.execute(sql: "PRAGMA secure_delete = FAST") }
                try db.inTransaction(.immediate) {
                    try BlockWriter.delete(ids, in: db)
                    return .commit
                }
            }
        } catch {
            directory.retire(ids)
            throw error
        }
    }

    /// Pages that became free before still hold what was in them: compaction may have moved the erased rows. False when
    /// none is left.
    private func giveBackPages() async throws -> Bool {
        try await pool.writeWithoutTransaction { db in
            let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            guard free > 0 else { return false }
            try db.execute(sql: "PRAGMA incremental_vacuum(\(Self.pagesOfStep))")
            return try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0 < free
        }
    }

    /// A file that was made without `auto_vacuum` keeps its free pages and what is in them: the erasure is not complete.
    private func expectNoFreePages() async throws {
        let (free, mode) = try await pool.writeWithoutTransaction { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0,
                try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") ?? 0
            )
        }
        guard free > 0 else { return }
        throw StoreError(.failed, "\(free) free pages cannot be given back (auto_vacuum is \(mode))")
    }

    /// Moves the write-ahead log into the database and cuts it to nothing; false when a reader still needs it.
    private func emptyLog() async throws -> Bool {
        try await pool.writeWithoutTransaction { db in
            // While it waits, nobody writes.
            try db.execute(sql: "PRAGMA busy_timeout = \(Self.patience)")
            defer { try? db.execute(sql: "PRAGMA busy_timeout = \(StoreDatabase.busySeconds * 1000)") }
            do {
                _ = try db.checkpoint(.truncate)
                return true
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                return false
            }
        }
    }
}
