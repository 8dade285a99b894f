import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import GRDB
import Testing

@testable import ConnectorLogBlockStore

@Suite struct StoreCheckTests {
    /// A closed store of a merged block of each team, blocks as committed, faults and states; removed at the end.
    private func withClosedStore(_ body: (String) async throws -> Void) async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        try await fill(store, at: temporary.clock.now)
        try await store.close()
        try await body(temporary.directory)
    }

    private func fill(_ store: BlockStore, at now: Timestamp) async throws {
        for number in 0..<4 {
            let entries = Fixtures.entries(20, from: now.advanced(bySeconds: Int64(number)), seed: UInt64(number + 1))
            let fault = Fixtures.fault(team: 1, at: now.advanced(bySeconds: Int64(number)), state: entries[0].stateID)
            _ = try await store.append(Fixtures.batch(entries, faults: [fault]), idempotency: nil)
            if number == 2 {
                while try await store.maintenance.compactor.step(isQuiet: true) {}
            }
        }
    }

    private func change(_ directory: String, _ sql: String, _ arguments: StatementArguments = []) throws {
        let queue = try DatabaseQueue(path: directory + "/" + StoreDatabase.fileName)
        try queue.write { db in try db.execute(sql: sql, arguments: arguments) }
        try queue.close()
    }

    private func faults(_ directory: String) throws -> [CheckReport.Fault] { try StoreCheck.run(directory).faults }

    // MARK: - Sound stores

    @Test func aSoundStoreIsCountedWhole() async throws {
        try await withClosedStore { directory in
            let report = try StoreCheck.run(directory)
            #expect(report.faults == [])
            #expect(report.isSound)
            #expect((report.blocks, report.entries, report.rootFaults) == (4, 80, 4))
            #expect(report.bytes > 1000 && report.flowStates > 3)
            #expect(report.notes == [])
            #expect(try StoreCheck.run(directory + "/" + StoreDatabase.fileName) == report)
        }
    }

    @Test func runsBesideAnOpenStoreThatIsWrittenTo() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, at: clock.now)
            let path = try await store.catalog.pool.read { db in
                try String.fetchOne(db, sql: "SELECT file FROM pragma_database_list WHERE name = 'main'")
            }
            let report = try StoreCheck.run(try #require(path))
            #expect(report.isSound)
            #expect(report.entries == 80)
            // Goes on, as before.
            _ = try await store.append(Fixtures.batch(Fixtures.entries(3, from: clock.now, seed: 9)), idempotency: nil)
            #expect(try StoreCheck.run(try #require(path)).entries == 83)
        }
    }

    @Test func aStoreThatIsNotThereIsNoEmptyOne() {
        #expect(
            performing: {
                _ = try StoreCheck.run("/nonexistent/store")
            }, throws: { ($0 as? StoreError)?.code == .missing })
    }

    // MARK: - Damage

    @Test(arguments: BlockFormat.Part.allCases)
    func aTurnedBitNamesBlockAndColumn(_ part: BlockFormat.Part) async throws {
        try await withClosedStore { directory in
            let queue = try DatabaseQueue(path: directory + "/" + StoreDatabase.fileName)
            let (id, stored) = try await queue.read { db in
                let id = try Int64.fetchOne(db, sql: "SELECT max(id) FROM block WHERE level > 0") ?? 0
                let row = try Row.fetchOne(
                    db, sql: "SELECT bytes FROM block_part WHERE id = ?", arguments: [part.rowID(block: id)])
                return (id, row?.bytes(0) ?? [])
            }
            // The last byte is of the column that comes last in the directory.
            let last = BlockFormat.headerSize + (Int(stored[6]) - 1) * BlockFormat.directoryEntrySize
            let column = stored[last]
            for (position, wanted) in [(stored.count - 1, column == 0 ? nil : Int(column)), (9, nil)] {
                var damaged = stored
                damaged[position] ^= 4
                let bytes = damaged.databaseBytes
                try await queue.write { db in
                    try db.execute(
                        sql: "UPDATE block_part SET bytes = ? WHERE id = ?", arguments: [bytes, part.rowID(block: id)])
                }
                let found = try faults(directory)
                #expect(found.count == 1, "\(found)")
                #expect(found.first?.block == id)
                #expect(found.first?.column == wanted)
                #expect(found.first?.place == wanted.map { "column \($0)" } ?? found.first?.place)
            }
            try queue.close()
        }
    }

    @Test(arguments: [
        ("UPDATE block SET ok = ok + 1 WHERE id = 6", "row", "does not have its checksum"),
        ("DELETE FROM block_part WHERE id = (6 << 2) + 1", "part 1", "is missing"),
        ("DELETE FROM block_part WHERE id = (6 << 2) + 3", "part 3", "is missing"),
        ("DELETE FROM block WHERE id = 6", "row", "is missing, but the block has parts"),
        ("DELETE FROM block_part WHERE id = 6 << 2", "row", "tells another number of stored bytes"),
        ("INSERT INTO block_part VALUES (99 << 2, x'00')", "row", "is missing, but the block has parts"),
    ])
    func whatABlockLacksIsNamed(_ sql: String, _ place: String, _ what: String) async throws {
        try await withClosedStore { directory in
            try change(directory, sql)
            let found = try faults(directory)
            #expect(
                found.contains { ($0.block == 6 || $0.block == 99) && $0.place == place && $0.what == what }, "\(found)"
            )
        }
    }

    /// As a fault of this program would write it: with a checksum that is right.
    @Test func aRowThatTellsOtherTimesIsNamed() async throws {
        for (isFirst, name) in [(true, "first_time"), (false, "last_time")] {
            try await withClosedStore { directory in
                try rewrite(block: 6, in: directory) { summary in
                    if isFirst { summary.firstTime += 1 } else { summary.lastTime += 1 }
                }
                #expect(
                    try faults(directory) == [
                        CheckReport.Fault(block: 6, place: "row", what: "\(name) is not what the columns say")
                    ])
            }
        }
    }

    @Test func countsThatDifferAreNamed() async throws {
        try await withClosedStore { directory in
            try rewrite(block: 6, in: directory) { summary in
                summary.ok += 1
                summary.failed -= 1
                summary.teamID = 9
                summary.lastID = summary.lastID.advanced(by: 1)
            }
            let names = Set(try faults(directory).map { $0.what.prefix { $0 != " " } })
            #expect(names == ["ok", "failed", "team_id", "last_id"])
        }
    }

    private func rewrite(block id: Int64, in directory: String, _ body: (inout BlockSummary) -> Void) throws {
        let queue = try DatabaseQueue(path: directory + "/" + StoreDatabase.fileName)
        try queue.write { db in
            let row = try #require(try Row.fetchOne(db, sql: "SELECT * FROM block WHERE id = ?", arguments: [id]))
            var summary = try BlockRow(row).summary
            body(&summary)
            try db.execute(
                sql: """
                    UPDATE block SET first_time = ?, last_time = ?, ok = ?, failed = ?, team_id = ?, last_id = ?, checksum = ?
                    WHERE id = ?
                    """,
                arguments: [
                    summary.firstTime, summary.lastTime, summary.ok, summary.failed, summary.teamID,
                    summary.lastID.databaseBytes, BlockRow.checksum(of: summary), id,
                ])
        }
        try queue.close()
    }

    @Test func wordsThatTheFilterLacksAreFound() async throws {
        try await withClosedStore { directory in
            // A filter that holds nothing, in as many bytes.
            let queue = try DatabaseQueue(path: directory + "/" + StoreDatabase.fileName)
            try await queue.write { db in
                let row = try #require(try Row.fetchOne(db, sql: "SELECT bytes FROM block_part WHERE id = 6 << 2"))
                var part = row.bytes(0)
                let start = BlockFormat.headerSize + BlockFormat.directoryEntrySize
                for index in start..<part.count { part[index] = 0 }
                func write(_ crc: UInt32, at place: Int) {
                    for byte in 0..<4 { part[place + byte] = UInt8(truncatingIfNeeded: crc >> UInt32(byte * 8)) }
                }
                write(Checksum.crc32(part[start...]), at: start - 4)
                let header = Checksum.crc32(part[..<12])
                write(Checksum.crc32(part[BlockFormat.headerSize..<start], continuing: header), at: 12)
                try db.execute(
                    sql: "UPDATE block_part SET bytes = ? WHERE id = 6 << 2", arguments: [part.databaseBytes])
            }
            try queue.close()
            #expect(
                try faults(directory) == [
                    CheckReport.Fault(block: 6, place: "part 0", what: "lacks a key of an entry")
                ])
        }
    }

    @Test func aFilterThatLacksAKeyIsFound() async throws {
        try await withClosedStore { directory in
            // That of another block with as many rows.
            try change(
                directory,
                """
                UPDATE block_part SET bytes = (SELECT bytes FROM block_part WHERE id = (5 << 2) + 3)
                WHERE id = (6 << 2) + 3
                """)
            let queue = try DatabaseQueue(path: directory + "/" + StoreDatabase.fileName)
            let rows = try await queue.read { db in
                try Int.fetchAll(db, sql: "SELECT rows FROM block WHERE id IN (6, 5)")
            }
            try queue.close()
            let found = try faults(directory)
            #expect(rows.count == 2)
            let wanted = rows[0] == rows[1] ? "lacks a key of an entry" : "has an impossible length"
            #expect(found.contains { $0.block == 6 && $0.place == "part 3" && $0.what == wanted }, "\(found)")
        }
    }

    @Test func entriesThatAreStoredTwiceAreFound() async throws {
        try await withClosedStore { directory in
            try change(
                directory,
                """
                INSERT INTO block (id, level, team_id, rows, first_time, last_time, first_id, last_id, ok, failed,
                    raw_bytes, stored_bytes, checksum)
                SELECT 99, level, team_id, rows, first_time, last_time, first_id, last_id, ok, failed, raw_bytes,
                    stored_bytes, checksum FROM block WHERE id = 6;
                INSERT INTO block_part SELECT id + (93 << 2), bytes FROM block_part WHERE id >> 2 = 6;
                """)
            let found = try faults(directory)
            #expect(
                found.contains { $0.block == 99 && $0.place == "ids" && $0.what.hasSuffix("also in block 6") },
                "\(found)")
        }
    }

    @Test(arguments: [
        ("UPDATE flow_state SET calls = calls - 1 WHERE calls > 1", "count fewer calls than there are entries"),
        (
            "UPDATE flow_state SET first_call = first_call + 2 WHERE calls > 1",
            "tell other times than their entries"
        ),
        (
            "UPDATE flow_state SET last_action = last_action + 7200000 WHERE calls > 1",
            "have another hour than their last action"
        ),
        ("UPDATE flow_state SET marks = 9", "have a status that there is not"),
        ("UPDATE flow_state SET id = randomblob(15)", "have an id of another form"),
        ("DELETE FROM flow_state WHERE calls > 1", "have entries, but no row"),
        ("UPDATE flow_state SET faults = 0", "count fewer root faults than there are"),
        ("DELETE FROM flow_text", "name a flow that there is not"),
    ])
    func flowStatesAreHeldAgainstTheEntries(_ sql: String, _ what: String) async throws {
        try await withClosedStore { directory in
            try change(directory, sql)
            let found = try faults(directory)
            #expect(found.contains { $0.place == "flow states" && $0.what.hasSuffix(what) }, "\(found)")
        }
    }

    @Test func callsWithoutEntriesAreNoDamage() async throws {
        try await withClosedStore { directory in
            try change(
                directory, "UPDATE flow_state SET calls = calls + 1, failed_calls = failed_calls + 1 WHERE calls > 0")
            let report = try StoreCheck.run(directory)
            #expect(report.isSound)
            #expect(report.notes.count == 1)
        }
    }

    @Test func aDamagedRootFaultIsFound() async throws {
        try await withClosedStore { directory in
            try change(directory, "UPDATE fault SET record = x'0011223344' WHERE rowid = 2")
            #expect(try faults(directory) == [CheckReport.Fault(place: "root fault 2", what: "is damaged")])
        }
    }

    @Test func aDamagedKeyIsFound() async throws {
        try await withClosedStore { directory in
            try change(directory, "INSERT INTO api_key VALUES ('k', 1, 'n', 'wizard', 'clk_', x'00', 0, NULL, NULL)")
            let found = try faults(directory)
            #expect(found.map(\.place) == ["table api_key"])
        }
    }

    @Test func whatSQLiteItselfFindsIsTold() async throws {
        try await withClosedStore { directory in
            let path = directory + "/" + StoreDatabase.fileName
            let queue = try DatabaseQueue(path: path)
            let page = try await queue.read { db in
                try Int.fetchOne(db, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'flow_state_activity'") ?? 0
            }
            try queue.close()
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            let start = (page - 1) * Schema.pageSize
            for offset in start..<start + 64 { bytes[offset] = 0xEE }
            try Data(bytes).write(to: URL(filePath: path))
            #expect(try faults(directory).contains { $0.place == "SQLite" })
        }
    }

    @Test func aFileThatIsNoDatabaseIsDamaged() async throws {
        try await withClosedStore { directory in
            let path = directory + "/" + StoreDatabase.fileName
            try Data(repeating: 7, count: 9000).write(to: URL(filePath: path))
            #expect(try faults(directory).map(\.place) == ["SQLite"])
        }
    }
}
