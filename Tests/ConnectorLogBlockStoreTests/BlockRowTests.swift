import ConnectorLogCore
import ConnectorLogTesting
import GRDB
import Testing

@testable import ConnectorLogBlockStore

/// The rows of blocks lie under a checksum, and are made anew from their blocks when they are damaged.
@Suite struct BlockRowTests {
    /// A store of one merged block a team and one as it was committed; then `sql`, and what a restart makes of it.
    private func reopened(after sql: String, _ body: (BlockStore, _ before: [BlockSummary]) async throws -> Void)
        async throws
    {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        var store = try await temporary.open()
        for number in 0..<3 {
            if number == 2 {
                while try await store.maintenance.compactor.step(isQuiet: true) {}
            }
            let entries = Fixtures.entries(
                12, from: temporary.clock.now.advanced(bySeconds: Int64(number)), teams: 2, seed: UInt64(number + 1))
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
        }
        let before = store.directory.blocks
        #expect(before.map(\.level).sorted() == [0, 1, 1])
        try await store.close()
        let queue = try DatabaseQueue(path: temporary.directory + "/" + StoreDatabase.fileName)
        // As damage does it: no trigger sees it.
        try await queue.write { db in
            let trigger = try String.fetchOne(
                db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'block_retirement'")
            try db.execute(sql: "DROP TRIGGER block_retirement")
            try db.execute(sql: sql)
            try db.execute(sql: trigger ?? "")
        }
        try queue.close()
        store = try await temporary.open()
        try await body(store, before)
        try await store.close()
    }

    @Test(arguments: [
        "team_id = 77", "team_id = NULL", "team_id = 1", "rows = 5", "rows = rows * 1000", "first_time = 0",
        "last_time = last_time + 4096", "first_id = x'00'", "last_id = zeroblob(16)", "ok = -4", "failed = failed + 64",
        "level = 2", "level = 0", "first_time = 1, last_time = 2, ok = 0, failed = 0, rows = 9, team_id = 4",
    ])
    func aDamagedRowIsMadeAnewFromItsBlock(_ change: String) async throws {
        try await reopened(after: "UPDATE block SET \(change)") { store, before in
            #expect(store.directory.quarantined == [])
            func facts(_ blocks: [BlockSummary]) -> Set<BlockSummary> { Set(blocks) }
            #expect(facts(store.directory.blocks) == facts(before))
        }
    }

    @Test func aRowThatCannotBeMadeAnewIsQuarantinedAndTheRestIsServed() async throws {
        try await reopened(after: "UPDATE block SET checksum = checksum + 1 WHERE level = 0") { store, before in
            let damaged = before.filter { $0.level == 0 }.map(\.id)
            #expect(store.directory.quarantined.map(\.id) == damaged)
            #expect(Set(store.directory.blocks) == Set(before.filter { $0.level == 1 }))
            #expect(try await store.entries(EntryQuery(teamID: 1, limit: 100)).rows.count > 0)
            // Its entries may lie there: none of them passes for absent.
            let lost = try #require(before.first { $0.level == 0 })
            await #expect(throws: StoreError.self) { try await store.entry(team: 1, id: lost.firstID) }
        }
    }

    /// It may hold any id, which says nothing of how far the erasure has to reach.
    @Test func anErasureLeavesWhatComesLaterAlsoBesideABlockOfUnknownIDs() async throws {
        try await reopened(after: "UPDATE block SET checksum = checksum + 1 WHERE level = 0") { store, before in
            let known = try #require(before.filter { $0.level == 1 }.map(\.lastID).max())
            let erasure = try await store.erase(
                .connector("conn1"), team: 1, keyID: "key", at: Timestamp(microseconds: 0))
            #expect(erasure.unreadableBlocks == 1)
            let reach = try await store.catalog.pool.read { db in
                try Row.fetchOne(db, sql: "SELECT last_id FROM erasure")?.bytes("last_id")
            }
            #expect(reach.flatMap(EntryID.init(databaseBytes:)) == known)
        }
    }

    /// Else a turned bit would delete a block when the store opens.
    @Test func aMarkOfRetirementWithoutItsChecksumDeletesNothing() async throws {
        try await reopened(after: "UPDATE block SET retired = 1") { store, before in
            try await store.maintenance.compactor.deleteReplacedInTurn()
            #expect(Set(store.directory.blocks) == Set(before))
            // Nor would the mark be missing when the block is replaced, and bring it back.
            let rows = try await store.catalog.pool.write { db in
                let marked = try Int.fetchOne(db, sql: "SELECT count(*) FROM block WHERE retired") ?? 0
                try db.execute(sql: "UPDATE block SET retired = 1")
                return (marked, try Row.fetchAll(db, sql: BlockRow.order).map { try BlockRow($0).condition })
            }
            #expect(rows.0 == 0)
            #expect(rows.1 == Array(repeating: .retired, count: before.count))
        }
    }

    @Test func aBlockThatLostItsMarkOfRetirementDoesNotComeBack() async throws {
        try await reopened(after: "UPDATE block SET checksum = ~checksum WHERE level = 0") { store, before in
            #expect(Set(store.directory.blocks) == Set(before.filter { $0.level == 1 }))
            #expect(store.directory.quarantined == [])
        }
    }

    @Test func rowsOfAnOlderStoreHaveNoChecksumAndAreTaken() async throws {
        try await reopened(after: "UPDATE block SET checksum = NULL; UPDATE block SET retired = 1 WHERE level = 0") {
            store, before in
            #expect(Set(store.directory.blocks) == Set(before.filter { $0.level == 1 }))
        }
    }

    @Test func theMarkOfRetirementTurnsTheChecksum() async throws {
        try await TemporaryStore.with { store, clock in
            _ = try await store.append(Fixtures.batch(Fixtures.entries(3, from: clock.now)), idempotency: nil)
            let rows = try await store.catalog.pool.write { db in
                try db.execute(sql: "UPDATE block SET retired = 1")
                return try Row.fetchAll(db, sql: BlockRow.order).map { try BlockRow($0).condition }
            }
            #expect(rows == [.retired])
        }
    }
}
