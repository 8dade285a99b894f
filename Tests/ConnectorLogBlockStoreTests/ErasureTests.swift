import ConnectorLogCore
import ConnectorLogTesting
import Dispatch
import Foundation
import GRDB
import Logging
import Testing

@testable import ConnectorLogBlockStore

@Suite struct ErasureTests {
    /// Bytes that compression leaves as they are, so that they are found in the files as long as they lie there.
    private static func marker(_ number: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: 1000 + number)
        return (0..<1024).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// Whether a piece of the marker lies in one of the store's files.
    private func isOnDisk(_ marker: [UInt8], _ temporary: TemporaryStore) throws -> Bool {
        let pieces = stride(from: 0, through: marker.count - 32, by: 100).map { Data(marker[$0..<$0 + 32]) }
        for name in try FileManager.default.contentsOfDirectory(atPath: temporary.directory) {
            let file = try Data(contentsOf: URL(fileURLWithPath: temporary.directory + "/" + name))
            if pieces.contains(where: { file.range(of: $0) != nil }) { return true }
        }
        return false
    }

    private func markedEntry(_ number: Int, at time: Timestamp, connector: String = "marked") -> SampleEntry {
        var entry = SampleEntry(
            team: 1, at: time.advanced(byMicroseconds: Int64(number)), connector: connector)
        entry.stateID = "state-\(number / 10)"
        entry.requestBody = .binary(Self.marker(UInt64(number)))
        return entry
    }

    private func markedFault(_ number: Int, at time: Timestamp) -> RootFault {
        var fault = Fixtures.fault(team: 1, at: time, state: "state-\(number / 10)")
        fault.connectorIdentifier = "marked"
        // A column of its own, so that it lies in the files as it is.
        fault.name = Self.faultMarker(number)
        return fault
    }

    private static func faultMarker(_ number: Int) -> String {
        var random = SeededRandom(seed: UInt64(5000 + number))
        return (0..<20).map { _ in String(random.next(), radix: 36) }.joined()
    }

    @Test(arguments: [false, true])
    func erasedBytesAreGoneFromTheFiles(isCompacted: Bool) async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        let others = Fixtures.entries(600, from: temporary.clock.now, teams: 1)
        // Small commits and large ones: the bytes come to lie in leaves and in overflow pages of the tables, and, once
        // compacted, in free ones.
        for number in 0..<60 {
            var batch = Array(others[number * 10..<number * 10 + 10])
            batch.append(markedEntry(number, at: temporary.clock.now))
            let faults = number % 20 == 0 ? [markedFault(number, at: temporary.clock.now)] : []
            _ = try await store.append(Fixtures.batch(batch, faults: faults), idempotency: nil)
            if isCompacted, number % 16 == 15 { while try await store.maintenance.compactor.step(isQuiet: true) {} }
        }
        let marked = try await store.entries(
            {
                var query = EntryQuery(teamID: 1, order: .oldestFirst, limit: 1000); query.connector = "marked";
                return query
            }())
        #expect(marked.rows.count == 60)
        for number in [0, 7, 15, 25, 59] { #expect(try isOnDisk(Self.marker(UInt64(number)), temporary)) }
        #expect(try isOnDisk(Array(Self.faultMarker(20).utf8), temporary))

        let one = try await store.erase(.entry(marked.rows[7].id), team: 1, keyID: "key", at: temporary.clock.now)
        #expect(one.entries == 1)
        #expect(try !isOnDisk(Self.marker(7), temporary))
        #expect(try isOnDisk(Self.marker(8), temporary))

        let state = try await store.erase(.state("state-2"), team: 1, keyID: "key", at: temporary.clock.now)
        #expect((state.entries, state.faults, state.states) == (10, 1, 1))
        for number in 20..<30 { #expect(try !isOnDisk(Self.marker(UInt64(number)), temporary), "\(number)") }
        #expect(try !isOnDisk(Array(Self.faultMarker(20).utf8), temporary))
        #expect(try isOnDisk(Self.marker(30), temporary))
        #expect(try isOnDisk(Array(Self.faultMarker(40).utf8), temporary))

        let log = try await store.erase(.connector("marked"), team: 1, keyID: "key", at: temporary.clock.now)
        #expect((log.entries, log.faults) == (49, 2))
        for number in 0..<60 { #expect(try !isOnDisk(Self.marker(UInt64(number)), temporary), "\(number)") }
        for number in [0, 20, 40] { #expect(try !isOnDisk(Array(Self.faultMarker(number).utf8), temporary)) }
        #expect(try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows.count == 600)
        try await store.close()
    }

    @Test func theNameOfAnErasedStateIsLeftInItsTombstoneAlone() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        for number in 0..<400 {
            var entry = SampleEntry(team: 1, at: temporary.clock.now, connector: "c")
            (entry.stateID, entry.flowID) = ("run-of-person-\(number)-end", "flow-of-person-\(number)-end")
            entry.flowName = "shared"
            _ = try await store.append(Fixtures.batch([entry]), idempotency: nil)
        }
        func isFlowOnDisk(_ number: Int) throws -> Bool {
            let file = try Data(
                contentsOf: URL(fileURLWithPath: temporary.directory + "/" + StoreDatabase.fileName))
            return file.range(of: Data("flow-of-person-\(number)-end".utf8)) != nil
        }
        for number in 100..<120 {
            let id = "run-of-person-\(number)-end"
            _ = try await store.erase(.state(id), team: 1, keyID: "key", at: temporary.clock.now)
            #expect(try !isFlowOnDisk(number))
        }
        #expect(try isFlowOnDisk(99))
        // The name that all share is still that of the others.
        #expect(try await store.state(team: 1, id: "run-of-person-99-end")?.flowName == "shared")
        // The numbers of removed texts are not used for others' texts.
        var again = SampleEntry(team: 1, at: temporary.clock.now, connector: "c")
        (again.stateID, again.flowID) = ("again", "flow-of-person-110-end")
        _ = try await store.append(Fixtures.batch([again]), idempotency: nil)
        #expect(try await store.state(team: 1, id: "again")?.flowID == "flow-of-person-110-end")
        try await store.close()
    }

    @Test func noBlockIsChangedInPlace() async throws {
        try await TemporaryStore.with { store, clock in
            _ = try await store.append(Fixtures.batch(Fixtures.entries(900, from: clock.now)), idempotency: nil)
            let before = store.directory.blocks
            let entry = try #require(try await store.entries(EntryQuery(teamID: 2)).rows.first)
            _ = try await store.erase(.entry(entry.id), team: 2, keyID: "key", at: clock.now)
            let after = store.directory.blocks
            let gone = before.filter { block in !after.contains { $0.id == block.id } }
            let new = after.filter { block in !before.contains { $0.id == block.id } }
            #expect(gone.count == 1)
            #expect(new.allSatisfy { $0.id > before.map(\.id).max() ?? 0 && $0.teamID != nil && $0.level > 0 })
            #expect(Set(after.map(\.id)).intersection(before.map(\.id)).count == before.count - 1)
            #expect(new.reduce(0) { $0 + $1.rows } == gone[0].rows - 1)
            #expect(try await store.rowsStored(in: gone.map(\.id)) == 0)
        }
    }

    @Test func waitsForTheReadersOfWhatItErases() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(40, from: clock.now, teams: 1)
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
            let (events, report) = AsyncStream<String>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await store.directory.withLease { blocks async throws in
                    group.addTask {
                        let entry = try #require(try await store.entries(EntryQuery(teamID: 1)).rows.first)
                        _ = try await store.erase(.entry(entry.id), team: 1, keyID: "key", at: clock.now)
                        report.yield("erased")
                        report.finish()
                    }
                    // The rows are gone from answers, and their bytes are there, as long as somebody reads them.
                    while store.directory.blocks.map(\.id) == blocks.map(\.id) { await Task.yield() }
                    for _ in 0..<1000 { await Task.yield() }
                    #expect(try await store.rowsStored(in: blocks.map(\.id)) == 40)
                    report.yield("read")
                }
                try await group.waitForAll()
            }
            #expect(await events.reduce(into: []) { $0.append($1) } == ["read", "erased"])
        }
    }

    /// What a crash leaves: the erasure is written down, and nothing, some or all of it is done.
    @Test(arguments: [0, 1, 2])
    func endsWhatACrashCutShort(steps: Int) async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        var store = try await temporary.open()
        for number in 0..<30 {
            _ = try await store.append(
                Fixtures.batch(
                    [markedEntry(number, at: temporary.clock.now)],
                    faults: number == 3 ? [markedFault(number, at: temporary.clock.now)] : []), idempotency: nil)
        }
        let lastID = try #require(store.directory.blocks.map(\.lastID).max())
        let number = try await store.catalog.pool.write { [clock = temporary.clock] db in
            try ErasureRows.begin(
                .connector("marked"), team: 1, keyID: "key", at: clock.now, lastID: lastID.advanced(by: 10), in: db
            ).erasure.number
        }
        if steps > 0 {
            // Replaced, some or all; nothing overwritten.
            try await store.eraseBlocks(of: number, atMost: steps == 1 ? 7 : 100)
        }
        // No close: the process is gone.
        store = try await temporary.open()
        // What is stored before the erasure is ended was not there when it was asked for.
        temporary.clock.advance(bySeconds: 1)
        _ = try await store.append(
            Fixtures.batch([markedEntry(100, at: temporary.clock.now)]), idempotency: nil)
        let open = try #require(try await store.erasures(ErasureQuery(teamID: 1)).first)
        #expect(open.completedAt == nil)
        #expect(open.entries == [0, 7, 30][steps])
        try await store.maintenance.eraser.resume()
        let erasure = try #require(try await store.erasures(ErasureQuery(teamID: 1)).first)
        #expect((erasure.entries, erasure.faults) == (30, 1))
        #expect(erasure.completedAt == temporary.clock.now)
        #expect(try await store.entries(EntryQuery(teamID: 1)).rows.map(\.stateID) == ["state-10"])
        #expect(try await store.state(team: 1, id: "state-0")?.calls == 0)
        #expect(try await store.state(team: 1, id: "state-0")?.faults == 0)
        for number in 0..<30 { #expect(try !isOnDisk(Self.marker(UInt64(number)), temporary), "\(number)") }
        try await store.close()
    }

    /// One of unknown target, one of unknown reach, and one that fails each time stand in no other's way.
    @Test func endsTheErasuresBesideThoseThatCannotBeEnded() async throws {
        try await TemporaryStore.with { store, clock in
            _ = try await store.append(
                Fixtures.batch(Fixtures.entries(60, from: clock.now, teams: 1)), idempotency: nil)
            let lastID = try #require(store.directory.blocks.map(\.lastID).max())
            try await store.catalog.pool.write { db in
                for name in ["conn0", "conn1", "conn2", "conn3"] {
                    _ = try ErasureRows.begin(
                        .connector(name), team: 1, keyID: "key", at: clock.now, lastID: lastID, in: db)
                }
                try db.execute(
                    sql: """
                        UPDATE erasure SET kind = 'nothing' WHERE target = 'conn0';
                        UPDATE erasure SET last_id = x'00' WHERE target = 'conn1';
                        CREATE TRIGGER refusal BEFORE UPDATE ON erasure WHEN OLD.target = 'conn2' BEGIN
                            SELECT RAISE(ABORT, 'refused');
                        END;
                        """)
            }
            try await store.maintenance.eraser.resume()
            let erasures = try await store.erasures(ErasureQuery(teamID: 1))
            #expect(erasures.map(\.target) == [.connector("conn3"), .connector("conn2"), .connector("conn1")])
            #expect(erasures.map { $0.completedAt != nil } == [true, false, false])
            try await store.catalog.pool.write { db in
                try db.execute(sql: "UPDATE erasure SET kind = 'nothing' WHERE target = 'conn3'")
            }
            let page = try await store.erasures(ErasureQuery(teamID: 1, limit: 2))
            #expect(page.map(\.target) == [.connector("conn2"), .connector("conn1")])
        }
    }

    /// A file that cannot give its free pages back keeps the bytes in them.
    @Test func anErasureIsNotCompleteWhileFreePagesAreLeft() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        try FileManager.default.createDirectory(atPath: temporary.directory, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: temporary.directory + "/" + StoreDatabase.fileName)
        try await queue.writeWithoutTransaction { db in
            // Makes the file, so that the store does not choose how it is made.
            try db.execute(sql: "PRAGMA auto_vacuum = NONE; CREATE TABLE first (id); DROP TABLE first")
        }
        try queue.close()
        let store = try await temporary.open()
        for number in 0..<4 {
            _ = try await store.append(
                Fixtures.batch([markedEntry(number, at: temporary.clock.now)]), idempotency: nil)
        }
        while try await store.maintenance.compactor.step(isQuiet: true) {}
        await #expect(throws: StoreError.self) {
            try await store.erase(.connector("marked"), team: 1, keyID: "key", at: temporary.clock.now)
        }
        #expect(try await store.erasures(ErasureQuery(teamID: 1)).map(\.completedAt) == [nil])
        try await store.close()
    }

    @Test func anErasureThatFailsLeavesAllRowsOrNone() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(300, from: clock.now, teams: 1)
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
            let before = try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows
            // The first writes down that it was asked for.
            try await store.refusingCommits(after: 1) {
                await #expect(throws: StoreError.self) {
                    try await store.erase(.state("state-1-0"), team: 1, keyID: "key", at: clock.now)
                }
            }
            #expect(try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows == before)
            let open = try await store.erasures(ErasureQuery(teamID: 1))
            #expect(open.map(\.completedAt) == [nil])
            #expect(open.map(\.entries) == [0])
            let erasure = try await store.erase(.state("state-1-0"), team: 1, keyID: "key", at: clock.now)
            #expect(erasure.entries == 20)
        }
    }

    @Test func saysWhichBlocksItCouldNotRead() async throws {
        try await TemporaryStore.with { store, clock in
            // Two compacted blocks: those of a commit have no filter.
            for start in stride(from: Int64(0), to: 4, by: 1) {
                let entries = Fixtures.entries(600, from: clock.now.advanced(bySeconds: start * 100), teams: 1)
                _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
                if start % 2 == 1 { while try await store.maintenance.compactor.step(isQuiet: true) {} }
            }
            #expect(store.directory.blocks.count == 2)
            let damaged = try #require(store.directory.blocks.first)
            try await store.damage(block: damaged.id, part: .detail)
            let erasure = try await store.erase(.connector("conn1"), team: 1, keyID: "key", at: clock.now)
            #expect(erasure.unreadableBlocks == 1)
            #expect(erasure.entries > 0)
            var query = EntryQuery(teamID: 1, limit: 1000)
            query.connector = "conn1"
            #expect(try await store.entries(query).rows.isEmpty)
            // A filter that is whole says that the damaged block has nothing of it.
            let other = try await store.erase(.connector("no such"), team: 1, keyID: "key", at: clock.now)
            #expect(other.unreadableBlocks == 0)
        }
    }

    @Test func readersHoldNeitherWriterNorErasureForEver() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(50, from: clock.now, teams: 1)
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
            let entry = try #require(try await store.entries(EntryQuery(teamID: 1)).rows.first)
            // A transaction that reads pages of the write-ahead log, and needs no block.
            let (begun, begin) = AsyncStream<Void>.makeStream()
            let (ended, end) = AsyncStream<Void>.makeStream()
            let gate = DispatchSemaphore(value: 0)
            let reader = Task {
                try await store.catalog.pool.read { db in
                    _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM block")
                    begin.finish()
                    gate.wait()
                }
                end.finish()
            }
            for await _ in begun {}
            async let erasure = store.erase(.entry(entry.id), team: 1, keyID: "key", at: clock.now)
            // The writer takes batches while the erasure waits.
            for number in 0..<5 {
                _ = try await store.append(
                    Fixtures.batch([markedEntry(number, at: clock.now)]), idempotency: nil)
            }
            gate.signal()
            for await _ in ended {}
            #expect(try await erasure.entries == 1)
            try await reader.value
        }
    }

    /// Retention may have removed the row, and later calls have made it anew.
    @Test func callsThatARowDoesNotCountAreNotTakenFromIt() async throws {
        try await TemporaryStore.with { store, clock in
            func append(after seconds: Int64) async throws {
                var entry = SampleEntry(team: 1, at: clock.now.advanced(bySeconds: seconds))
                entry.stateID = "s"
                _ = try await store.append(Fixtures.batch([entry]), idempotency: nil)
            }
            try await append(after: 0)
            #expect(try await store.state(team: 1, id: "s")?.calls == 1)
            try await store.catalog.pool.write { db in try db.execute(sql: "DELETE FROM flow_state") }
            try await append(after: 10)
            try await append(after: 20)
            let rows = try await store.entries(EntryQuery(teamID: 1, order: .oldestFirst)).rows
            _ = try await store.erase(.entry(rows[0].id), team: 1, keyID: "key", at: clock.now)
            #expect(try await store.state(team: 1, id: "s")?.calls == 2)
            _ = try await store.erase(.entry(rows[1].id), team: 1, keyID: "key", at: clock.now)
            let state = try await store.state(team: 1, id: "s")
            #expect(state?.calls == 1)
            #expect(state?.firstCallAt == rows[2].logTime)
        }
    }

    /// What a state had said of its flow before goes with it, as does whatever else no state says any more.
    @Test func textsThatNobodyNamesGoWithAnErasure() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        var number = 0
        func change(_ state: String, name: String) async throws {
            number += 1
            var change = Fixtures.change(
                team: 1, state: state, at: temporary.clock.now.advanced(bySeconds: Int64(number)), flow: "flow")
            change.flowName = name
            _ = try await store.append(Fixtures.batch(states: [change]), idempotency: nil)
        }
        for index in 0..<300 {
            try await change("kept", name: "earlier name \(index) of a state that stays")
            try await change("erased", name: "earlier name \(index) of a state that goes")
        }
        try await change("kept", name: "last name")
        try await change("other", name: "another name")
        _ = try await store.erase(.state("erased"), team: 1, keyID: "key", at: temporary.clock.now)
        for index in 0..<300 {
            #expect(try !isOnDisk(text: "earlier name \(index) of a state", temporary), "\(index)")
        }
        #expect(try await store.state(team: 1, id: "kept")?.flowName == "last name")
        // The numbers of texts that are gone are forgotten, those of the others are as before.
        try await change("new", name: "earlier name 7 of a state that goes")
        try await change("new 2", name: "another name")
        #expect(try await store.state(team: 1, id: "new")?.flowName == "earlier name 7 of a state that goes")
        #expect(try await store.state(team: 1, id: "new 2")?.flowName == "another name")
        try await store.close()
        #expect(try StoreCheck.run(temporary.directory).faults == [])
    }

    private func isOnDisk(text: String, _ temporary: TemporaryStore) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: temporary.directory).contains { name in
            try Data(contentsOf: URL(fileURLWithPath: temporary.directory + "/" + name)).range(of: Data(text.utf8))
                != nil
        }
    }

    /// A backup, say, or a check of a large store.
    @Test func doesNotWaitForEverForReadersOfTheLog() async throws {
        try await TemporaryStore.with { store, clock in
            let pool = store.catalog.pool
            _ = try await store.append(Fixtures.batch(Fixtures.entries(10, from: clock.now)), idempotency: nil)
            let scrubber = PageScrubber(
                pool: pool, directory: store.directory, lane: AsyncSlots(count: 1), maximumWait: .milliseconds(200))
            do {
                let reader = try pool.makeSnapshot()
                _ = try await store.append(
                    Fixtures.batch(Fixtures.entries(10, from: clock.now, seed: 2)), idempotency: nil)
                let error = await #expect(throws: StoreError.self) { try await scrubber.scrub() }
                #expect(error?.code == .overloaded)
                try reader.close()
            }
            try await scrubber.scrub()
        }
    }

    @Test func refusesMoreErasuresThanAreUnderWayAtATime() async throws {
        try await TemporaryStore.with { store, clock in
            let gate = DispatchSemaphore(value: 0)
            let (begun, begin) = AsyncStream<Void>.makeStream()
            async let held: Void = store.catalog.pool.write { _ in
                begin.finish()
                gate.wait()
            }
            for await _ in begun {}
            let erasures = (0..<Eraser.maximumUnderWay).map { number in
                Task { try await store.erase(.state("\(number)"), team: 1, keyID: "key", at: clock.now) }
            }
            while store.maintenance.eraser.callerCount < Eraser.maximumUnderWay { await Task.yield() }
            let error = await #expect(throws: StoreError.self) {
                try await store.erase(.state("one more"), team: 1, keyID: "key", at: clock.now)
            }
            #expect(error?.code == .overloaded)
            gate.signal()
            try await held
            for erasure in erasures { #expect(try await erasure.value.completedAt != nil) }
            _ = try await store.erase(.state("one more"), team: 1, keyID: "key", at: clock.now)
        }
    }
}

extension BlockStore {
    /// Does what an erasure does before it overwrites, for at most so many blocks.
    fileprivate func eraseBlocks(of number: Int64, atMost limit: Int) async throws {
        try await catalog.pool.write { [directory, recent, tally] db in
            try tally.writeAll(in: db)
            let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            let open = try ErasureRows.open(in: db, logger: logger)
            guard let erasure = open.first(where: { $0.erasure.number == number }) else { return }
            let zstandard = Zstandard()
            let entries = EntrySearch(
                db: db, zstandard: zstandard, filters: FilterCache(logger: logger),
                quarantine: Quarantine(directory: directory, logger: logger), recent: recent)
            let search = ErasureSearch(
                target: erasure.erasure.target, team: 1, limit: erasure.limit, search: entries,
                encoder: BlockEncoder(zstandard: zstandard))
            let found = try directory.blocks.compactMap(search.find).prefix(limit)
            _ = try ErasureTransaction(
                erasure: erasure.erasure, limit: erasure.limit, search: entries, blocks: directory.blocks
            )
            .replace(Array(found))
        }
    }
}
