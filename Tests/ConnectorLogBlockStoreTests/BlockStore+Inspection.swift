import ConnectorLogCore
import GRDB

@testable import ConnectorLogBlockStore

/// What tests look at, or break, behind the ports.
extension BlockStore {
    /// `PRAGMA synchronous` of the writer: 2 is FULL.
    func writerSynchronous() async throws -> Int? {
        try await catalog.pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
    }

    /// Rows of those of the blocks that still lie in the database.
    func rowsStored(in blocks: [Int64]) async throws -> Int {
        try await catalog.pool.read { db in
            try blocks.reduce(0) { sum, id in
                sum + (try Int.fetchOne(db, sql: "SELECT rows FROM block WHERE id = ?", arguments: [id]) ?? 0)
            }
        }
    }

    /// Turns one bit of a stored part: of the byte at `offset`, or in its midst.
    func damage(block id: Int64, part: BlockFormat.Part, at offset: Int? = nil) async throws {
        try await catalog.pool.write { db in
            let row = part.rowID(block: id)
            guard
                var bytes = try Row.fetchOne(db, sql: "SELECT bytes FROM block_part WHERE id = ?", arguments: [row])?
                    .bytes(0), !bytes.isEmpty
            else { return }
            bytes[offset ?? bytes.count / 2] ^= 1
            try db.execute(
                sql: "UPDATE block_part SET bytes = ? WHERE id = ?", arguments: [bytes.databaseBytes, row])
        }
        recent.remove([id])
    }

    /// Pages of the database, and those of them that are free.
    func pages() async throws -> (all: Int, free: Int) {
        try await catalog.pool.read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0,
                try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            )
        }
    }

    /// Turns one bit of a stored fault.
    func damage(fault id: EntryID) async throws {
        try await catalog.pool.write { db in
            let row = try Row.fetchOne(db, sql: "SELECT record FROM fault WHERE id = ?", arguments: [id.databaseBytes])
            guard var bytes = row?.bytes(0), !bytes.isEmpty else { return }
            bytes[bytes.count / 2] ^= 1
            try db.execute(
                sql: "UPDATE fault SET record = ? WHERE id = ?", arguments: [bytes.databaseBytes, id.databaseBytes])
        }
    }

    /// Makes the disk full for the writer when the database has so many pages; returns the limit that it had.
    func limitPages(to count: Int) async throws -> Int {
        try await catalog.pool.writeWithoutTransaction { db in
            let limit = try Int.fetchOne(db, sql: "PRAGMA max_page_count") ?? 0
            // SQLite takes no limit below the pages that there are.
            try db.execute(sql: "PRAGMA max_page_count = \(max(1, count))")
            return limit
        }
    }

    /// Runs `body` while every transaction of the writer fails at its COMMIT.
    /// - Parameter allowed: commits that succeed first.
    func refusingCommits(after allowed: Int = 0, _ body: () async throws -> Void) async throws {
        let observer = CommitRefusal(after: allowed)
        catalog.pool.add(transactionObserver: observer)
        try await body()
        catalog.pool.remove(transactionObserver: observer)
    }
}

private final class CommitRefusal: TransactionObserver {
    struct Refused: Error {}

    private var allowed: Int

    init(after allowed: Int) { self.allowed = allowed }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseWillCommit() throws {
        allowed -= 1
        if allowed < 0 { throw Refused() }
    }
    func databaseDidCommit(_ db: Database) {}
    func databaseDidRollback(_ db: Database) {}
}
