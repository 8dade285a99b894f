import ConnectorLogCore
import ConnectorLogTesting
import GRDB
import Logging
import Testing

@testable import ConnectorLogBlockStore

@Suite struct RetentionPlanTests {
    private let now = Timestamp(microseconds: 1_000 * RetentionPlan.patience)

    /// - Parameters:
    ///   - first: days before now of the earliest row.
    ///   - last: of the latest.
    private func block(
        _ id: Int64, team: Int64?, from first: Double, to last: Double, level: Int = 2, detailsRemoved: Bool = false
    ) -> BlockSummary {
        let entry = EntryID(milliseconds: UInt64(id), counter: 0, random: 0)
        func time(_ days: Double) -> Int64 { now.microseconds - Int64(days * Double(RetentionPlan.patience)) }
        return BlockSummary(
            id: id, level: level, teamID: team, rows: 10, firstTime: time(first), lastTime: time(last), firstID: entry,
            lastID: entry, ok: 10, failed: 0, rawBytes: 1000, storedBytes: 1000,
            detailsRemovedAt: detailsRemoved ? 1 : nil)
    }

    private func next(
        _ blocks: [BlockSummary], damaged: [BlockSummary] = [], settled: Set<Int64> = []
    ) throws -> RetentionPlan? {
        let policies = RetentionPolicies(
            standard: .forever,
            byTeam: [
                1: try #require(Retention(entryDays: 30, detailDays: 7)),
                2: try #require(Retention(entryDays: 5, detailDays: nil)),
            ])
        return RetentionPlan.next(blocks, damaged: damaged, policies: policies, now: now) { settled.contains($0.id) }
    }

    @Test func leavesYoungBlocksAlone() throws {
        #expect(try next([block(1, team: 1, from: 6, to: 0), block(2, team: 2, from: 4, to: 1)]) == nil)
        #expect(try next([block(3, team: 9, from: 900, to: 800)]) == nil)
    }

    @Test func dropsBlocksWhoseLatestRowIsOverAge() throws {
        let old = [block(1, team: 1, from: 32, to: 31), block(2, team: 2, from: 7, to: 5.5)]
        let young = block(3, team: 1, from: 1, to: 0)
        #expect(try next(old + [young]) == .drop(old))
    }

    @Test func dropsDamagedBlocksToo() throws {
        let damaged = block(1, team: 1, from: 32, to: 31)
        #expect(try next([], damaged: [damaged]) == .drop([damaged]))
    }

    @Test func dropsManyBlocksInSteps() throws {
        let old = (1...100).map { block($0, team: 1, from: 40, to: 39) }
        #expect(try next(old) == .drop(Array(old.prefix(RetentionPlan.droppedAtOnce))))
    }

    @Test func removesDetailsOnce() throws {
        let old = block(1, team: 1, from: 9, to: 8)
        #expect(try next([old]) == .removeDetails([old]))
        #expect(try next([block(1, team: 1, from: 9, to: 8, detailsRemoved: true)]) == nil)
    }

    @Test func waitsADayForTheLatestRowOfABlock() throws {
        #expect(try next([block(1, team: 2, from: 5.9, to: 4.9)]) == nil)
        let long = block(1, team: 2, from: 6.1, to: 0)
        #expect(try next([long]) == .rewrite(long))
        let longDetails = block(2, team: 1, from: 8.1, to: 0)
        #expect(try next([longDetails]) == .rewrite(longDetails))
        #expect(try next([block(2, team: 1, from: 8.1, to: 0, detailsRemoved: true)]) == nil)
    }

    @Test func writesFreshBlocksAnewToRemoveTheirDetails() throws {
        let fresh = block(1, team: 1, from: 8, to: 7.5, level: 0)
        #expect(try next([fresh]) == .rewrite(fresh))
    }

    @Test func looksIntoBlocksOfSeveralTeamsOnceAtATime() throws {
        let mixed = block(1, team: nil, from: 6.5, to: 0, level: 0)
        #expect(try next([mixed]) == .rewrite(mixed))
        #expect(try next([mixed], settled: [1]) == nil)
        #expect(try next([block(1, team: nil, from: 5.5, to: 0, level: 0)]) == nil)
    }
}

@Suite struct RetentionTests {
    private func retention(_ entryDays: Int?, _ detailDays: Int? = nil) throws -> Retention {
        try #require(Retention(entryDays: entryDays, detailDays: detailDays))
    }

    private func compact(_ store: BlockStore) async throws {
        while try await store.maintenance.compactor.step(isQuiet: true) {}
    }

    /// Ten days of one team, a hundred entries a day, a compacted block a day.
    private func fill(_ store: BlockStore, _ clock: ManualClock) async throws {
        _ = try await store.createTeam(name: "Team", id: 1, at: clock.now)
        for day in (0..<10).reversed() {
            let start = clock.now.advanced(bySeconds: -Int64(day) * 86_400 - 7200)
            let entries = Fixtures.entries(1100, from: start, teams: 1, seed: UInt64(day))
            for half in [entries[..<550], entries[550...]] {
                _ = try await store.append(Fixtures.batch(Array(half)), idempotency: nil)
            }
            try await compact(store)
        }
    }

    @Test func dropsWholeBlocksWithoutWritingOthersAnew() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock)
            let before = store.directory.blocks
            #expect(before.count == 10)
            try await store.enforceRetention(default: try retention(4), at: clock.now)
            // Two hours before the fourth day: over age.
            #expect(store.directory.blocks == Array(before.suffix(4)))
            try await compact(store)
            #expect(try await store.rowsStored(in: before.prefix(6).map(\.id)) == 0)
        }
    }

    @Test func removesDetailsWithoutDecodingSummaries() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock)
            let before = store.directory.blocks
            try await store.enforceRetention(default: try retention(nil, 4), at: clock.now)
            let after = store.directory.blocks
            #expect(after.count == 10)
            #expect(after.suffix(4) == before.suffix(4))
            for (old, new) in zip(before.prefix(6), after.prefix(6)) {
                #expect(new.id != old.id)
                #expect(new.detailsRemovedAt == clock.now.microseconds)
                #expect((new.rows, new.ok, new.failed, new.firstID) == (old.rows, old.ok, old.failed, old.firstID))
                #expect(new.storedBytes < old.storedBytes)
            }
            try await compact(store)
            let parts = try await store.catalog.pool.read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM block_part") ?? 0
            }
            #expect(parts == 40)
        }
    }

    @Test func compactionKeepsRowsWithoutDetailsApart() async throws {
        try await TemporaryStore.with { store, clock in
            _ = try await store.createTeam(name: "Team", id: 1, at: clock.now)
            for day in [9, 8, 2, 0] as [Int64] {
                let start = clock.now.advanced(bySeconds: -day * 86_400 - 7200)
                for batch in 0..<2 {
                    let entries = Fixtures.entries(
                        40, from: start.advanced(bySeconds: Int64(batch) * 60), teams: 1, seed: UInt64(day))
                    _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
                }
            }
            try await compact(store)
            #expect(store.directory.blocks.count == 1)
            try await store.enforceRetention(default: try retention(nil, 5), at: clock.now)
            try await compact(store)
            #expect(store.directory.blocks.map(\.rows) == [160, 160])
            #expect(store.directory.blocks.map { $0.detailsRemovedAt != nil } == [true, false])
            // More come over age, and join those that are without.
            clock.advance(bySeconds: 5 * 86_400 - 10_000)
            try await store.enforceRetention(default: try retention(nil, 5), at: clock.now)
            try await compact(store)
            #expect(store.directory.blocks.map(\.rows) == [240, 80])
            #expect(store.directory.blocks[0].detailsRemovedAt == clock.now.microseconds)
            for row in try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows {
                let entry = try #require(try await store.entry(team: 1, id: row.id))
                #expect(entry.requestHeaders.isEmpty == (entry.detailsRemovedAt != nil))
            }
        }
    }

    @Test func aBlockOfManyDaysLosesItsOldRows() async throws {
        try await TemporaryStore.with { store, clock in
            _ = try await store.createTeam(name: "Team", id: 1, at: clock.now)
            let entries = (0..<100).map { number -> SampleEntry in
                var entry = SampleEntry(team: 1, at: clock.now.advanced(bySeconds: -Int64(number) * 43_200 - 60))
                entry.uri = "/\(number)"
                return entry
            }
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
            try await store.enforceRetention(default: try retention(20, 10), at: clock.now)
            let rows = try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows
            #expect(rows.map(\.uri) == (0..<40).map { "/\($0)" })
            #expect(store.directory.blocks.map(\.rows).sorted() == [20, 20])
            // Half a day later one more is over age; nothing is written anew for it yet.
            let blocks = store.directory.blocks
            try await store.enforceRetention(
                default: try retention(20, 10), at: clock.now.advanced(bySeconds: 43_200))
            #expect(store.directory.blocks == blocks)
            try await store.enforceRetention(
                default: try retention(20, 10), at: clock.now.advanced(bySeconds: 2 * 86_400))
            #expect(try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows.count == 36)
        }
    }

    @Test func dropsManyFaultsAndStates() async throws {
        try await TemporaryStore.with { store, clock in
            _ = try await store.createTeam(name: "Team", id: 1, at: clock.now)
            for day in [20, 1] as [Int64] {
                let time = clock.now.advanced(bySeconds: -day * 86_400)
                let faults = (0..<2500).map { number in
                    Fixtures.fault(team: 1, at: time, state: "state-\(day)-\(number)")
                }
                var states = (0..<300).map { number in
                    Fixtures.change(team: 1, state: "without-\(day)-\(number)", at: time)
                }
                states += (0..<2500).map { number in
                    Fixtures.change(
                        team: 1, state: "state-\(day)-\(number)", at: time, flow: "flow-\(number % 7)")
                }
                _ = try await store.append(Fixtures.batch(faults: faults, states: states), idempotency: nil)
            }
            try await store.enforceRetention(default: try retention(10), at: clock.now)
            let left = try await store.catalog.pool.read { db in
                (
                    try Int.fetchOne(
                        db, sql: "SELECT count(*) FROM fault WHERE occurred_at < ?",
                        arguments: [
                            clock.now.advanced(bySeconds: -2 * 86_400).microseconds
                        ]), try Int.fetchOne(db, sql: "SELECT count(*) FROM fault"),
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM flow_state"),
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM flow_state WHERE state_id LIKE '%-20-%'")
                )
            }
            #expect(left == (0, 2500, 2800, 0))
        }
    }

    @Test func aDamagedBlockStandsInNobodysWay() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock)
            let blocks = store.directory.blocks
            try await store.damage(block: blocks[2].id, part: .summary)
            var query = EntryQuery(teamID: 1, order: .oldestFirst, limit: 1000)
            query.from = Timestamp(microseconds: blocks[2].firstTime)
            _ = try await store.entries(query)
            #expect(store.directory.quarantined.count == 1)
            try await store.enforceRetention(default: try retention(4), at: clock.now)
            #expect(store.directory.quarantined.isEmpty)
            #expect(store.directory.blocks.count == 4)
        }
    }

    @Test func maintenanceDropsWhatIsOverAge() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await BlockStore.open(
            directory: temporary.directory, retention: try retention(4), now: temporary.clock.source,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await fill(store, temporary.clock)
        let maintenance = Task { await store.runMaintenance() }
        while store.directory.blocks.count > 4 { await Task.yield() }
        maintenance.cancel()
        await maintenance.value
        #expect(store.directory.blocks.count == 4)
        try await store.close()
    }

    @Test func aTeamWhoseRetentionIsDamagedLosesNothingAndIsTold() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let log = CapturedLog()
        let store = try await BlockStore.open(
            directory: temporary.directory, now: temporary.clock.source, logger: log.logger)
        let old = temporary.clock.now.advanced(bySeconds: -40 * 86_400)
        for team in 1...2 as ClosedRange<Int64> {
            _ = try await store.createTeam(name: "Team", id: team, at: temporary.clock.now)
            _ = try await store.setRetention(try retention(4), team: team)
            _ = try await store.append(Fixtures.batch([SampleEntry(team: team, at: old)]), idempotency: nil)
        }
        try await store.catalog.pool.write { db in try db.execute(sql: "UPDATE team SET entry_days = -7 WHERE id = 1") }
        try await store.enforceRetention(default: try retention(4), at: temporary.clock.now)
        try await store.enforceRetention(default: try retention(4), at: temporary.clock.now)
        #expect(try await store.entries(EntryQuery(teamID: 1)).rows.count == 1)
        #expect(try await store.entries(EntryQuery(teamID: 2)).rows.isEmpty)
        #expect(log.messages.count { $0.contains("retention is damaged") } == 1)
        try await store.close()
    }

    /// As a damaged page gives them.
    @Test func rowsOfFaultsWithValuesOfOtherTypesStandInNobodysWay() async throws {
        try await TemporaryStore.with { store, clock in
            _ = try await store.createTeam(name: "Team", id: 1, at: clock.now)
            let old = clock.now.advanced(bySeconds: -40 * 86_400)
            let faults = (0..<5).map { number in Fixtures.fault(team: 1, at: old, state: "state-\(number)") }
            _ = try await store.append(Fixtures.batch(faults: faults), idempotency: nil)
            try await store.catalog.pool.write { db in
                try db.execute(
                    sql: """
                        CREATE TABLE loose AS SELECT * FROM fault;
                        DROP TABLE fault;
                        ALTER TABLE loose RENAME TO fault;
                        UPDATE fault SET details_removed_at = 'x' WHERE state_id = 'state-0';
                        UPDATE fault SET id = 'x' WHERE state_id = 'state-1';
                        UPDATE fault SET state_id = x'ff' WHERE state_id = 'state-2';
                        """)
            }
            #expect(try await store.faults(FaultQuery(teamID: 1, limit: 10)).rows.count == 2)
            try await store.enforceRetention(default: try retention(nil, 4), at: clock.now)
            let left = try await store.faults(FaultQuery(teamID: 1, limit: 10)).rows
            #expect(left.count == 2)
            #expect(left.allSatisfy { $0.detailsRemovedAt != nil })
            let erasure = try await store.erase(.state("state-3"), team: 1, keyID: "key", at: clock.now)
            #expect(erasure.faults == 1)
            try await store.enforceRetention(default: try retention(4), at: clock.now)
            let count = try await store.catalog.pool.read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM fault")
            }
            #expect(count == 0)
        }
    }

    @Test func compactionGoesOnWhenRetentionFailsEachTime() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let log = CapturedLog()
        let store = try await BlockStore.open(
            directory: temporary.directory, retention: try retention(4), now: temporary.clock.source,
            logger: log.logger)
        _ = try await store.createTeam(name: "Team", id: 1, at: temporary.clock.now)
        try await store.catalog.pool.write { db in try db.execute(sql: "ALTER TABLE fault RENAME TO lost") }
        func append(_ number: Int) async throws {
            let entries = Fixtures.entries(
                300, from: temporary.clock.now.advanced(bySeconds: Int64(number)), teams: 1, seed: UInt64(number))
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
        }
        try await append(0)
        let maintenance = Task { await store.runMaintenance() }
        while !log.messages.contains("retention failed") { await Task.yield() }
        for number in 1..<40 { try await append(number) }
        while store.directory.levelZeroCount >= 32 { await Task.yield() }
        maintenance.cancel()
        await maintenance.value
        // Not at each of the steps.
        #expect(log.messages.count { $0 == "retention failed" } == 1)
        try await store.close()
    }

    @Test func aStoreOfTheVersionBeforeOpens() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        var store = try await temporary.open()
        _ = try await store.createTeam(name: "Team", id: 1, at: temporary.clock.now)
        let entries = Fixtures.entries(50, from: temporary.clock.now, teams: 1)
        _ = try await store.append(
            Fixtures.batch(entries, faults: [Fixtures.fault(team: 1, at: temporary.clock.now)]), idempotency: nil)
        let before = try await store.entries(EntryQuery(teamID: 1)).rows
        // Back to what the version before had written.
        try await store.catalog.pool.write { db in
            try db.execute(
                sql: """
                    DROP INDEX fault_detail;
                    ALTER TABLE block DROP COLUMN details_removed_at;
                    ALTER TABLE fault DROP COLUMN details_removed_at;
                    ALTER TABLE team DROP COLUMN has_retention;
                    ALTER TABLE team DROP COLUMN entry_days;
                    ALTER TABLE team DROP COLUMN detail_days;
                    DROP TABLE erasure;
                    DELETE FROM grdb_migrations WHERE identifier = '5 retention and erasure';
                    """)
        }
        store = try await temporary.open()
        #expect(try await store.entries(EntryQuery(teamID: 1)).rows == before)
        #expect(try await store.retention(team: 1) == nil)
        #expect(try await store.faults(FaultQuery(teamID: 1)).rows.first?.detailsRemovedAt == nil)
        _ = try await store.append(Fixtures.batch([entries[0]]), idempotency: nil)
        #expect(try await store.erase(.connector("conn1"), team: 1, keyID: "key", at: temporary.clock.now).entries > 0)
        try await store.close()
    }

    /// Entries may be a day late, and a state without a row is what `check` calls a fault.
    @Test func aStateStaysAsLongAsEntriesOfItsTime() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        let now = temporary.clock.now
        _ = try await store.createTeam(name: "Team", id: 1, at: now)
        var entries: [SampleEntry] = []
        for (hours, state) in [(10 * 24 + 15, "late"), (3 * 24, "young")] as [(Int64, String)] {
            var entry = SampleEntry(team: 1, at: now.advanced(bySeconds: -hours * 3600))
            (entry.stateID, entry.flowID) = (state, "flow")
            entries.append(entry)
        }
        _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
        try await compact(store)
        let query = StateQuery(teamID: 1, flowID: "flow", limit: 10)
        try await store.enforceRetention(default: try retention(10), at: now)
        #expect(try await store.states(query).rows.map(\.stateID) == ["young", "late"])
        #expect(try StoreCheck.run(temporary.directory).faults == [])
        try await store.enforceRetention(default: try retention(10), at: now.advanced(bySeconds: 86_400))
        #expect(try await store.states(query).rows.map(\.stateID) == ["young"])
        #expect(try StoreCheck.run(temporary.directory).faults == [])
        try await store.close()
    }

    /// Else a restart, which counts the calls of such blocks again, would show it anew.
    @Test func aStateWhoseCallsWaitForTheirMergeStays() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        let now = temporary.clock.now
        _ = try await store.createTeam(name: "Team", id: 1, at: now)
        var entry = SampleEntry(team: 1, at: now.advanced(bySeconds: -20 * 86_400))
        entry.stateID = "old"
        _ = try await store.append(Fixtures.batch([entry]), idempotency: nil)
        #expect(try await store.state(team: 1, id: "old") != nil)
        let policies = RetentionPolicies(standard: try retention(10), byTeam: [:])
        let records = AgedRecords(
            replacement: BlockReplacement(
                pool: store.catalog.pool, directory: store.directory, recent: store.recent, states: store.tally),
            zstandard: Zstandard(), policies: policies, now: now, logger: Logger(label: "test"))
        #expect(try await records.step() == false)
        #expect(try await store.state(team: 1, id: "old")?.calls == 1)
        try await store.enforceRetention(default: try retention(10), at: now)
        #expect(try await store.state(team: 1, id: "old") == nil)
        let crashed = try temporary.afterCrash()
        defer { crashed.remove() }
        let restored = try await crashed.open()
        #expect(try await restored.state(team: 1, id: "old") == nil)
        for store in [store, restored] { try await store.close() }
    }
}
