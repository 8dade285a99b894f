import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct EntryIDSourceTests {
    @Test func idsRiseThoughTheClockStandsStillOrGoesBack() {
        var source = EntryIDSource(last: EntryID(high: 0, low: 0), random: SeededRandom(seed: 1))
        var last = EntryID(high: 0, low: 0)
        for microseconds: Int64 in [5_000_000, 5_000_000, 4_000_000, 6_000_000, 6_000_999] {
            let first = source.next(100, at: Timestamp(microseconds: microseconds))
            #expect(first > last)
            last = first.advanced(by: 99)
            #expect(last > first)
            #expect(last.counter - first.counter == 99)
        }
    }

    @Test func theCounterDoesNotWrap() {
        let last = EntryID(milliseconds: 7, counter: .max - 2, random: 1)
        var source = EntryIDSource(last: last, random: SeededRandom(seed: 1))
        let first = source.next(10, at: Timestamp(microseconds: 7000))
        #expect(first > last)
        #expect(first.milliseconds == 8)
    }
}

@Suite struct BlockDirectoryTests {
    private func block(_ id: Int64, lastTime: Int64 = 0) -> BlockSummary {
        let entry = EntryID(milliseconds: UInt64(id), counter: 0, random: 0)
        return BlockSummary(
            id: id, level: 0, teamID: nil, rows: 1, firstTime: 0, lastTime: lastTime, firstID: entry, lastID: entry,
            ok: 1, failed: 0, rawBytes: 1, storedBytes: 1)
    }

    @Test func keepsBlocksInOrderOfTheirLastTime() {
        let directory = BlockDirectory()
        directory.insert([block(1, lastTime: 30), block(2, lastTime: 10), block(3, lastTime: 20)])
        #expect(directory.blocks.map(\.id) == [2, 3, 1])
    }

    @Test func replacedBlocksStayUntilTheirLastReaderIsDone() async {
        let directory = BlockDirectory()
        directory.insert([block(1), block(2)])
        await directory.withLease { blocks in
            #expect(blocks.map(\.id) == [1, 2])
            directory.replace([1, 2], with: [block(3)])
            #expect(directory.takeDeletable().isEmpty)
            await directory.withLease { later in
                #expect(later.map(\.id) == [3])
            }
            #expect(directory.takeDeletable().isEmpty)
        }
        #expect(Set(directory.takeDeletable()) == [1, 2])
        #expect(directory.takeDeletable().isEmpty)
    }
}

@Suite struct DurabilityTests {
    @Test func theWriterSyncsAtEachCommit() async throws {
        try await TemporaryStore.with { store, _ in
            let synchronous = try await store.writerSynchronous()
            #expect(synchronous == 2)
        }
    }

    @Test func whatWasAppendedIsThereAfterReopening() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let entries = Fixtures.entries(700, from: temporary.clock.now)
        var store = try await temporary.open()
        _ = try await store.append(Fixtures.batch(Array(entries[..<600])), idempotency: nil)
        _ = try await store.append(Fixtures.batch(Array(entries[600...])), idempotency: nil)
        try await store.close()
        store = try await temporary.open()
        var found = 0
        for team in Int64(1)...3 {
            found += try await store.entries(EntryQuery(teamID: team, limit: 1000)).rows.count
        }
        #expect(found == 700)
        try await store.close()
    }

    @Test func aClosedStoreRefuses() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        try await store.close()
        await #expect(throws: StoreError.self) {
            try await store.append(
                Fixtures.batch([SampleEntry(team: 1, at: temporary.clock.now)]), idempotency: nil)
        }
    }

    @Test func aDamagedBlockIsQuarantinedAndAllElseGoesOn() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(30 * 300, from: clock.now, teams: 1)
            for start in stride(from: 0, to: entries.count, by: 300) {
                _ = try await store.append(Fixtures.batch(Array(entries[start..<start + 300])), idempotency: nil)
            }
            let damaged = try #require(store.directory.blocks.first)
            try await store.damage(block: damaged.id, part: .summary)
            var query = EntryQuery(teamID: 1, order: .oldestFirst, limit: 1000)
            query.to = entries[600].logTime
            let rows = try await store.entries(query).rows
            #expect(rows.count == 300)
            #expect(store.directory.quarantined.map(\.id) == [damaged.id])
            let error = await #expect(throws: StoreError.self) { try await store.entry(team: 1, id: damaged.firstID) }
            #expect(error?.code == .damaged)
            // Compaction and ingest of the same connectors, also far back in time, go on.
            while try await store.maintenance.compactor.step(isQuiet: true) {}
            let compacted = store.directory.blocks
            #expect(compacted.contains { $0.level > 0 })
            #expect(compacted.reduce(0) { $0 + $1.rows } == 29 * 300)
            _ = try await store.append(Fixtures.batch([entries[0]]), idempotency: nil)
            #expect(try await store.entries(query).rows.count == 301)
        }
    }

    @Test func aDamagedFilterHidesNothing() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(300, from: clock.now, teams: 1)
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
            try await store.damage(block: try #require(store.directory.blocks.first).id, part: .filter)
            var query = EntryQuery(teamID: 1, limit: 1000)
            query.connector = "conn1"
            #expect(try await store.entries(query).rows.count == entries.count { $0.connector == "conn1" })
            #expect(store.directory.quarantined.isEmpty)
        }
    }

    @Test func aDamagedFaultIsLeftOutOfPagesAndToldByItself() async throws {
        try await TemporaryStore.with { store, clock in
            let faults = (0..<5).map {
                Fixtures.fault(team: 1, at: clock.now.advanced(bySeconds: Int64($0)), name: "Fault \($0)")
            }
            _ = try await store.append(Fixtures.batch(faults: faults), idempotency: nil)
            let whole = try await store.faults(FaultQuery(teamID: 1, limit: 10)).rows
            try await store.damage(fault: whole[2].id)
            let first = try await store.faults(FaultQuery(teamID: 1, limit: 3))
            #expect(first.rows == [whole[0], whole[1]])
            var next = FaultQuery(teamID: 1, limit: 3)
            next.after = first.next
            #expect(next.after != nil)
            #expect(try await store.faults(next).rows == [whole[3], whole[4]])
            let error = await #expect(throws: StoreError.self) { try await store.fault(team: 1, id: whole[2].id) }
            #expect(error?.code == .damaged)
        }
    }

    @Test func aLargeBatchBecomesBlocksOfBoundedSize() async throws {
        try await TemporaryStore.with { store, clock in
            _ = try await store.append(
                Fixtures.batch(Fixtures.entries(5000, from: clock.now, teams: 1)), idempotency: nil)
            var bulky = Fixtures.entries(60, from: clock.now, teams: 1)
            for row in bulky.indices { bulky[row].responseBody = .text(String(repeating: "x", count: 200_000)) }
            _ = try await store.append(Fixtures.batch(bulky), idempotency: nil)
            let blocks = store.directory.blocks
            #expect(blocks.allSatisfy { $0.rows <= BlockPieces.rows })
            #expect(blocks.allSatisfy { $0.rawBytes <= BlockPieces.bytes + 1_000_000 })
            #expect(blocks.reduce(0) { $0 + $1.rows } == 5060)
        }
    }
}
