import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct CompactionPlanTests {
    private func block(_ id: Int64, level: Int, team: Int64?, rows: Int, raw: Int = 1000) -> BlockSummary {
        let entry = EntryID(milliseconds: UInt64(id), counter: 0, random: 0)
        return BlockSummary(
            id: id, level: level, teamID: team, rows: rows, firstTime: id, lastTime: id, firstID: entry, lastID: entry,
            ok: rows, failed: 0, rawBytes: raw, storedBytes: raw)
    }

    @Test func leavesFewFreshRowsAlone() {
        let few = (1..<Int64(CompactionPlan.levelZeroRows / 1000)).map { block($0, level: 0, team: nil, rows: 1000) }
        #expect(CompactionPlan.next(few, isQuiet: false) == nil)
        let small = (1..<Int64(CompactionPlan.levelZeroRows / CompactionPlan.leastLoad)).map {
            block($0, level: 0, team: nil, rows: 1)
        }
        #expect(CompactionPlan.next(small, isQuiet: false) == nil)
        let long = [
            block(1, level: 0, team: nil, rows: 1, raw: CompactionPlan.levelZeroRows * CompactionPlan.bytesOfRow)
        ]
        #expect(CompactionPlan.next(long, isQuiet: false)?.blocks == long)
    }

    @Test func mergesFewBlocksWhenNothingIsStored() {
        let fresh = (1...2).map { block($0, level: 0, team: nil, rows: 10) }
        #expect(CompactionPlan.next(fresh, isQuiet: true)?.blocks == fresh)
        #expect(CompactionPlan.next(Array(fresh.prefix(1)), isQuiet: true) == nil)
        let small = (1...2).map { block($0, level: 2, team: 7, rows: 10) }
        #expect(CompactionPlan.next(small, isQuiet: true)?.blocks == small)
        #expect(CompactionPlan.next(small, isQuiet: false) == nil)
    }

    @Test func takesFreshBlocksInOrderOfTheirIDs() {
        let count = Int64(CompactionPlan.levelZeroRows / CompactionPlan.leastLoad)
        let blocks = (1...count).reversed().map { block($0, level: 0, team: nil, rows: 10) }
        #expect(CompactionPlan.next(blocks, isQuiet: false)?.blocks.map(\.id) == Array(1...count))
    }

    @Test func aStepIsBoundedInBytes() {
        let half = CompactionPlan.maximumRawBytes / 2
        let blocks = (1...40).map { block($0, level: 0, team: nil, rows: 10, raw: half) }
        #expect(CompactionPlan.next(blocks, isQuiet: false)?.blocks.count == 2)
    }

    @Test func mergesSmallNeighboursOfOneTeamOnly() {
        let mine = (1...Int64(CompactionPlan.smallNeighbours)).map { block($0, level: 1, team: 4, rows: 50) }
        let large = block(100, level: 1, team: 4, rows: CompactionPlan.targetRows)
        let others = (200..<204).map { block($0, level: 1, team: 5, rows: 50) }
        #expect(CompactionPlan.next(mine + [large] + others, isQuiet: false)?.blocks == mine)
        #expect(CompactionPlan.next(Array(mine.dropLast()) + [large] + others, isQuiet: false) == nil)
    }
}

@Suite struct CompactionTests {
    /// Answers of every kind, to compare before and after.
    private func answers(_ store: BlockStore) async throws -> [String] {
        var answers: [String] = []
        for team in Int64(1)...3 {
            for order in [PageOrder.newestFirst, .oldestFirst] {
                var query = EntryQuery(teamID: team, order: order, limit: 1000)
                query.connector = team == 2 ? "conn1" : nil
                for (number, row) in try await store.entries(query).rows.enumerated() {
                    answers.append("\(row)")
                    if number % 10 > 0 { continue }
                    let whole = try await store.entry(team: team, id: row.id)
                    answers.append("\(String(describing: whole))")
                }
            }
            var vendor = EntryQuery(teamID: team)
            vendor.requestID = "vendor-77"
            answers.append("\(try await store.entries(vendor).rows)")
            let start = ManualClock().now
            answers.append(
                "\(try await store.outcomes(OutcomeQuery(teamID: team, interval: .minute, from: start, to: start.advanced(bySeconds: 600))))"
            )
        }
        return answers
    }

    @Test func changesNoAnswer() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(1200, from: clock.now)
            for batch in stride(from: 0, to: entries.count, by: 50) {
                _ = try await store.append(Fixtures.batch(Array(entries[batch..<batch + 50])), idempotency: nil)
            }
            let before = try await answers(store)
            #expect(store.directory.blocks.count == 24)
            while try await store.maintenance.compactor.step(isQuiet: true) {}
            #expect(store.directory.blocks.count < 12)
            #expect(store.directory.blocks.filter { $0.level > 0 }.allSatisfy { $0.teamID != nil })
            #expect(try await answers(store) == before)
        }
    }

    @Test func replacedBlocksAreGoneAfterReopening() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        var store = try await temporary.open()
        let entries = Fixtures.entries(800, from: temporary.clock.now)
        for batch in stride(from: 0, to: entries.count, by: 40) {
            _ = try await store.append(Fixtures.batch(Array(entries[batch..<batch + 40])), idempotency: nil)
        }
        let before = try await answers(store)
        while try await store.maintenance.compactor.step(isQuiet: true) {}
        try await store.close()
        store = try await temporary.open()
        #expect(store.directory.blocks.reduce(0) { $0 + $1.rows } == 800)
        #expect(try await answers(store) == before)
        try await store.close()
    }

    @Test func aReaderKeepsItsBlocksWhileTheyAreReplaced() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(800, from: clock.now, teams: 1)
            for batch in stride(from: 0, to: entries.count, by: 40) {
                _ = try await store.append(Fixtures.batch(Array(entries[batch..<batch + 40])), idempotency: nil)
            }
            try await store.directory.withLease { blocks in
                while try await store.maintenance.compactor.step(isQuiet: true) {}
                #expect(try await store.rowsStored(in: blocks.map(\.id)) == 800)
            }
            _ = try await store.maintenance.compactor.step(isQuiet: true)
            #expect(try await store.rowsStored(in: Array(1...20)) == 0)
        }
    }

    /// A block that a quarantine kept out of one merge comes into a later one, behind blocks whose ids are greater.
    @Test func blocksThatLieBetweenEachOtherAreMergedInOrderOfTheirIDs() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        var store = try await temporary.open()
        let entries = Fixtures.entries(4000, from: temporary.clock.now, teams: 1)
        var rest = entries[...]
        func append(_ batches: Int) async throws {
            for _ in 0..<batches {
                _ = try await store.append(Fixtures.batch(Array(rest.prefix(10))), idempotency: nil)
                rest = rest.dropFirst(10)
            }
        }
        try await append(5)
        let kept = try #require(store.directory.blocks.last)
        #expect(store.directory.quarantine(kept.id))
        for _ in 0..<CompactionPlan.smallNeighbours {
            try await append(32)
            _ = try await store.maintenance.compactor.step(isQuiet: true)
        }
        try await store.close()
        store = try await temporary.open()
        try await append(32)
        while try await store.maintenance.compactor.step(isQuiet: true) {}
        let stored = entries.count - rest.count
        #expect(store.directory.blocks.reduce(0) { $0 + $1.rows } == stored)
        let rows = try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows
        for row in rows {
            #expect(try await store.entry(team: 1, id: row.id)?.summary.id == row.id)
        }
        #expect(rows.count == min(1000, stored))
        try await store.close()
    }

    /// As after a COMMIT that the disk refuses: nothing in memory may speak of what was not written, then or later.
    @Test func aMergeThatCannotBeWrittenChangesNothing() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(800, from: clock.now)
            for batch in stride(from: 0, to: entries.count, by: 40) {
                _ = try await store.append(Fixtures.batch(Array(entries[batch..<batch + 40])), idempotency: nil)
            }
            let before = try await answers(store)
            let blocks = store.directory.blocks
            try await store.refusingCommits {
                await #expect(throws: (any Error).self) { try await store.maintenance.compactor.step(isQuiet: true) }
            }
            #expect(store.directory.blocks == blocks)
            _ = try await store.createTeam(name: "next transaction", id: 50, at: clock.now)
            #expect(store.directory.blocks == blocks)
            #expect(try await answers(store) == before)
            while try await store.maintenance.compactor.step(isQuiet: true) {}
            #expect(store.directory.blocks.reduce(0) { $0 + $1.rows } == 800)
            #expect(try await answers(store) == before)
        }
    }

    @Test func givesFreePagesBackWhenNothingIsStored() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(40 * 300, from: clock.now)
            for batch in stride(from: 0, to: entries.count, by: 300) {
                _ = try await store.append(Fixtures.batch(Array(entries[batch..<batch + 300])), idempotency: nil)
            }
            let before = try await answers(store)
            while try await store.maintenance.compactor.step(isQuiet: true) {}
            let (pages, free) = try await store.pages()
            #expect(free > 50)
            while try await store.maintenance.compactor.shrink() {}
            let (pagesLeft, freeLeft) = try await store.pages()
            #expect(freeLeft <= 16)
            #expect(pagesLeft <= pages - free + freeLeft + 8)
            #expect(try await answers(store) == before)
        }
    }

    @Test func givesFreePagesBackWhenItCloses() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        var store = try await temporary.open()
        let entries = Fixtures.entries(40 * 300, from: temporary.clock.now)
        for batch in stride(from: 0, to: entries.count, by: 300) {
            _ = try await store.append(Fixtures.batch(Array(entries[batch..<batch + 300])), idempotency: nil)
        }
        let before = try await answers(store)
        while try await store.maintenance.compactor.step(isQuiet: true) {}
        #expect(try await store.pages().free > 50)
        try await store.close()
        store = try await temporary.open()
        #expect(try await store.pages().free <= 16)
        #expect(try await answers(store) == before)
        try await store.close()
    }
}
