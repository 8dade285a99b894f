import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import GRDB
import Testing

@testable import ConnectorLogBlockStore

@Suite struct StoreFailureTests {
    @Test(arguments: [
        (ResultCode.SQLITE_FULL, StoreError.Code.full), (.SQLITE_IOERR_WRITE, .full), (.SQLITE_IOERR_SHMSIZE, .full),
        (.SQLITE_CORRUPT, .damaged), (.SQLITE_CORRUPT_INDEX, .damaged), (.SQLITE_NOTADB, .damaged),
        (.SQLITE_IOERR_SHORT_READ, .damaged), (.SQLITE_IOERR_DATA, .damaged),
        (.SQLITE_IOERR, .failed), (.SQLITE_IOERR_FSYNC, .failed), (.SQLITE_IOERR_READ, .failed),
        (.SQLITE_BUSY, .failed),
    ])
    func codesOfSQLiteHaveTheirMeaning(_ code: ResultCode, _ expected: StoreError.Code) {
        let error = DatabaseError(resultCode: code, message: "secret", sql: "secret")
        for failure in [StoreError(writing: error), StoreError(reading: error), StoreError(opening: error)] {
            #expect(failure.code == expected)
            #expect(!failure.description.contains("secret"))
        }
    }

    @Test func aStoreThatDoesNotOpenSaysWhatIsDamagedAndWhereToLook() {
        for error in [
            BlockError(.value, "table grdb_migrations") as any Error,
            DatabaseError(resultCode: .SQLITE_CORRUPT), DatabaseError(resultCode: .SQLITE_ERROR),
        ] {
            let failure = StoreError(opening: error)
            #expect(failure.code == .damaged)
            #expect(failure.message.contains("connectorlog.sqlite is damaged"))
            #expect(failure.message.contains("connectorlog check"))
        }
        #expect(StoreError(opening: BlockError(.value, "table x")).message.contains("table x"))
    }

    @Test func aStoreOfANewerVersionIsRefused() async throws {
        let changes = [
            "INSERT INTO grdb_migrations VALUES ('99 something new')",
            "UPDATE block_part SET bytes = CAST(substr(bytes, 1, 4) || x'03' || substr(bytes, 6) AS BLOB)",
        ]
        for sql in changes {
            let temporary = TemporaryStore()
            defer { temporary.remove() }
            let store = try await temporary.open()
            _ = try await store.append(
                Fixtures.batch(Fixtures.entries(3, from: temporary.clock.now)), idempotency: nil)
            try await store.close()
            let queue = try DatabaseQueue(path: temporary.directory + "/" + StoreDatabase.fileName)
            try await queue.write { db in try db.execute(sql: sql) }
            let before = try await queue.read(Self.contents)
            try queue.close()
            let failure = await #expect(throws: StoreError.self) { _ = try await temporary.open() }
            #expect(failure?.code == .newer)
            #expect(failure?.message.contains("newer version of connectorlog") == true)
            #expect(throws: StoreError.self) { try StoreCheck.run(temporary.directory) }
            let after = try DatabaseQueue(path: temporary.directory + "/" + StoreDatabase.fileName)
            #expect(try await after.read(Self.contents) == before)
            try after.close()
        }
    }

    /// As a server's end cancels its maintenance.
    @Test func aCancelledTaskDoesNotKeepTheStoreFromClosing() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        store.catalog.pool.interrupt()
        try await store.close()
    }

    @Test func aDamagedListOfMigrationsIsNoNewerVersion() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        try await temporary.open().close()
        let queue = try DatabaseQueue(path: temporary.directory + "/" + StoreDatabase.fileName)
        try await queue.write { db in
            try db.execute(sql: "UPDATE grdb_migrations SET identifier = '3 catalof' WHERE identifier = '3 catalog'")
        }
        try queue.close()
        let failure = await #expect(throws: StoreError.self) { _ = try await temporary.open() }
        #expect(failure?.code == .damaged)
    }

    private static func contents(_ db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: "SELECT identifier FROM grdb_migrations UNION ALL SELECT hex(bytes) FROM block_part UNION ALL "
                + "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
    }
}
