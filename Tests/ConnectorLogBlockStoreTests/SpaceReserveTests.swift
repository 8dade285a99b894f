import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import GRDB
import Synchronization
import Testing

@testable import ConnectorLogBlockStore

@Suite struct SpaceReserveTests {
    private final class Volume: Sendable {
        let free = Mutex<Int?>(nil)
    }

    private func withReserve(
        bytes: Int = 65_536, _ body: (SpaceReserve, Volume, _ file: String) throws -> Void
    ) throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        try FileManager.default.createDirectory(atPath: temporary.directory, withIntermediateDirectories: true)
        let volume = Volume()
        let reserve = SpaceReserve(directory: temporary.directory, bytes: bytes) { volume.free.withLock { $0 } }
        try body(reserve, volume, temporary.directory + "/" + SpaceReserve.fileName)
    }

    private func size(_ file: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? Int
    }

    @Test func isSetAsideAndGivenFree() throws {
        try withReserve { reserve, volume, file in
            #expect(reserve.prepare())
            #expect(size(file) == 65_536)
            reserve.release()
            #expect(size(file) == nil)
            #expect(reserve.isFull)
        }
    }

    /// What was set free is not for entries.
    @Test func takesEntriesOnlyWhenThereIsRoomForItAndAsMuchAgain() throws {
        try withReserve { reserve, volume, file in
            #expect(reserve.prepare())
            reserve.release()
            volume.free.withLock { $0 = 65_536 }
            #expect(!reserve.mayStore())
            volume.free.withLock { $0 = 2 * 65_536 - 1 }
            #expect(!reserve.mayStore())
            #expect(size(file) == nil)
            volume.free.withLock { $0 = 2 * 65_536 }
            #expect(reserve.mayStore())
            #expect(size(file) == 65_536)
            #expect(!reserve.isFull)
        }
    }

    @Test func aDiskThatIsNearlyFullAtTheStartTakesNoEntries() throws {
        try withReserve { reserve, volume, file in
            volume.free.withLock { $0 = 1000 }
            #expect(!reserve.prepare())
            volume.free.withLock { $0 = nil }
            #expect(reserve.mayStore())
        }
    }

    @Test func isFoundAgainAfterARestart() throws {
        try withReserve { reserve, volume, file in
            #expect(reserve.prepare())
            volume.free.withLock { $0 = 0 }
            #expect(reserve.prepare())
        }
    }

    @Test func storesOnlyWhereThereIsRoomAndMergesNothingMeanwhile() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open(reservedBytes: 65_536)
        let file = temporary.directory + "/" + SpaceReserve.fileName
        let now = temporary.clock.now
        let before = Fixtures.entries(300, from: now)
        _ = try await store.append(Fixtures.batch(before), idempotency: nil)
        #expect(size(file) == 65_536)

        let pages = try await store.limitPages(to: 0)
        for round in 0..<3 {
            do throws(StoreError) {
                _ = try await store.append(
                    Fixtures.batch(Fixtures.entries(300, from: now.advanced(bySeconds: 10), seed: 2)), idempotency: nil)
                Issue.record("the batch was stored")
            } catch {
                #expect(error.code == .full)
            }
            #expect(size(file) == nil, "round \(round)")
            #expect(await store.isReady() == false)
        }
        try await store.maintenance.makeRoom()
        #expect(
            try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows.count == before.count { $0.teamID == 1 })

        _ = try await store.limitPages(to: pages)
        #expect(await store.isReady())
        #expect(size(file) == 65_536)
        _ = try await store.append(
            Fixtures.batch(Fixtures.entries(300, from: now.advanced(bySeconds: 10), seed: 2)), idempotency: nil)
        try await store.close()
        #expect(try StoreCheck.run(temporary.directory).entries == 600)
    }

    @Test func makingRoomDeletesWhatWasReplacedAndShrinksTheFile() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        for number in 0..<8 {
            let entries = Fixtures.entries(
                256, from: temporary.clock.now.advanced(bySeconds: Int64(number)), teams: 1, seed: UInt64(number))
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
        }
        // A reader holds what compaction replaces.
        try await store.directory.withLease { _ in
            while try await store.maintenance.compactor.step(isQuiet: true) {}
        }
        let file = temporary.directory + "/" + StoreDatabase.fileName
        let all = store.directory.blocks.map(\.id)
        try await store.maintenance.makeRoom()
        let stored = try await store.catalog.pool.read { db in
            try Int64.fetchAll(db, sql: "SELECT id FROM block ORDER BY id")
        }
        #expect(stored == all.sorted())
        #expect(size(file + "-wal") == 0)
        let (pages, free) = try await store.pages()
        #expect(free <= max(256, pages / 50))
        try await store.close()
    }

    /// A shorter retention, say, is what makes room.
    @Test func theCatalogGivesTheReserveFree() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open(reservedBytes: 65_536)
        let file = temporary.directory + "/" + SpaceReserve.fileName
        #expect(size(file) == 65_536)
        let pages = try await store.limitPages(to: 0)
        let error = await #expect(throws: StoreError.self) {
            _ = try await store.createTeam(
                name: String(repeating: "n", count: 100_000), id: nil, at: temporary.clock.now)
        }
        #expect(error?.code == .full)
        #expect(size(file) == nil)
        #expect(store.reserve.isFull)
        _ = try await store.limitPages(to: pages)
        try await store.close()
    }

    @Test func tellsWhetherItMadeRoom() throws {
        try withReserve { reserve, _, _ in
            #expect(reserve.prepare())
            #expect(reserve.release())
            #expect(!reserve.release())
        }
    }
}
