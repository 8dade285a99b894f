import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import GRDB
import Testing

@testable import ConnectorLogBlockStore

@Suite struct StoreBackupTests {
    @Test func aCopyIsTheStoreAtTheInstantOfItsBeginning() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let copy = TemporaryStore()
        defer { copy.remove() }
        try FileManager.default.createDirectory(atPath: copy.directory, withIntermediateDirectories: true)
        let store = try await temporary.open()
        let now = temporary.clock.now
        let before = Fixtures.entries(600, from: now, teams: 1)
        _ = try await store.append(Fixtures.batch(before), idempotency: nil)
        let expected = try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows

        let file = copy.directory + "/" + StoreDatabase.fileName
        let queue = store.catalog.pool
        try StoreBackup.copy(from: temporary.directory, to: file) { done, all in
            #expect(done <= all)
            // Beside it the store is written to, also between two steps.
            try queue.write { db in
                try db.execute(sql: "INSERT OR IGNORE INTO team (id, name, created_at) VALUES (7, 'later', 0)")
            }
        }
        _ = try await store.append(
            Fixtures.batch(Fixtures.entries(5, from: now.advanced(bySeconds: 99), teams: 1, seed: 2)), idempotency: nil)
        try await store.close()

        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        // Readable where nothing can be written: not in WAL mode (sqlite.org/fileformat.html, section 1.3.3).
        #expect([UInt8](try Data(contentsOf: URL(filePath: file)))[18...19] == [1, 1])
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy.directory) == [StoreDatabase.fileName])
        let report = try StoreCheck.run(copy.directory)
        #expect(report.isSound)
        #expect(report.entries == 600)
        let restored = try await copy.open()
        #expect(try await restored.entries(EntryQuery(teamID: 1, limit: 1000)).rows == expected)
        #expect(!restored.hasTeam(7))
        try await restored.close()
    }

    @Test func nothingIsOverwritten() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        try await temporary.open().close()
        let file = temporary.directory + "/there"
        try Data("text".utf8).write(to: URL(filePath: file))
        #expect(
            performing: {
                try StoreBackup.copy(from: temporary.directory, to: file) { _, _ in }
            }, throws: { ($0 as? StoreError)?.code == .conflict })
        #expect(try Data(contentsOf: URL(filePath: file)) == Data("text".utf8))
    }

    @Test func whatTheProgressThrowsEndsTheCopy() async throws {
        struct Stop: Error {}
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        // More than one step, so that there is one to stop at.
        try await store.catalog.pool.write { db in
            for _ in 0..<3 {
                try db.execute(sql: "INSERT INTO block_part (bytes) VALUES (zeroblob(4000000))")
            }
        }
        #expect(throws: Stop.self) {
            try StoreBackup.copy(from: temporary.directory, to: temporary.directory + "/copy") { _, _ in throw Stop() }
        }
        try await store.close()
    }
}
