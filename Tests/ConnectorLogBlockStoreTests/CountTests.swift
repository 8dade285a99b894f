import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

/// What is counted of many blocks.
@Suite struct CountTests {
    private static let blocks = 12
    private static let rows = 256

    /// Blocks of one team, each in a minute of its own.
    private func fill(_ store: BlockStore, _ start: Timestamp) async throws {
        for minute in 0..<Self.blocks {
            let entries = Fixtures.entries(
                Self.rows, from: start.advanced(bySeconds: Int64(minute) * 60), teams: 1, seed: UInt64(minute))
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
        }
    }

    private func query(_ start: Timestamp, readLimit: Int = .max) -> EntryCountQuery {
        let end = start.advanced(bySeconds: Int64(Self.blocks) * 60)
        return EntryCountQuery(
            entries: EntryQuery(teamID: 1), buckets: TimeBuckets(from: start, to: end, width: 60_000_000),
            readLimit: readLimit)
    }

    @Test func twoReadersCountWhatOneCounts() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock.now)
            var query = query(clock.now)
            query.entries.text = "/orders/11"
            // 11 and 110 to 119 of each block's 256.
            let expected = Array(repeating: 11, count: Self.blocks)
            try await withThrowingTaskGroup(of: EntryCounts.self) { [query] group in
                for _ in 0..<4 { group.addTask { try await store.counts(query) } }
                for try await counts in group {
                    #expect(zip(counts.ok, counts.failed).map { $0 + $1 } == expected)
                    #expect(counts.incompleteBefore == nil)
                }
            }
        }
    }

    /// What is met behind the first few thousand flows is counted in a pass of its own.
    @Test func countsTheLaunchesOfAFlowThatIsMetLate() async throws {
        try await TemporaryStore.with { store, clock in
            func launch(_ state: String, of flow: String, minute: Int64) -> StateChange {
                let at = clock.now.advanced(bySeconds: minute * 60)
                var change = Fixtures.change(team: 1, state: state, at: at, flow: flow)
                change.createdAt = at
                return change
            }
            // Rows lie in the order of their states' ids.
            let others = (10_000..<12_050).map { launch("a\($0)", of: "flow-\($0)", minute: 0) }
            let late = [0, 1, 1, 3].enumerated().map { launch("z\($0.offset)", of: "late", minute: $0.element) }
            _ = try await store.append(Fixtures.batch(states: others + late), idempotency: nil)
            let end = clock.now.advanced(bySeconds: 240)
            let buckets = TimeBuckets(from: clock.now, to: end, width: 60_000_000)
            let found = try await store.launches(LaunchQuery(teamID: 1, buckets: buckets, limit: 2))
            #expect(found.map(\.flowID) == ["late", "flow-10000"])
            #expect(found.map(\.total) == [4, 1])
            #expect(found.first?.launches.reduce(0, +) == 4 && found.first?.launches.max() == 2)
        }
    }

    /// A sender may give each call an event of its own: groups end, and the counts over time do not.
    @Test func holdsNoMoreGroupsThanItsLimit() async throws {
        try await TemporaryStore.with { store, clock in
            let count = CallStatisticsQuery.maximumGroups + 50
            let entries = (0..<count).map { number in
                var entry = SampleEntry(team: 1, at: clock.now)
                entry.event = "event-\(number)"
                return entry
            }
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
            let end = clock.now.advanced(bySeconds: 60)
            let buckets = TimeBuckets(from: clock.now, to: end, width: 60_000_000)
            let found = try await store.statistics(
                CallStatisticsQuery(teamID: 1, buckets: buckets, grouping: .event))
            #expect(found.groups.count == CallStatisticsQuery.maximumGroups)
            #expect(found.buckets.reduce(0) { $0 + $1.calls } == count)
        }
    }

    @Test(arguments: [(0, 0), (1, 1), (256, 1), (257, 2), (1000, 4), (12 * 256, 12)])
    func stopsBehindTheBlockThatReachesTheLimit(limit: Int, read: Int) async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock.now)
            var query = query(clock.now, readLimit: limit)
            query.entries.method = "GET"
            let counts = try await store.counts(query)
            let expected = (0..<Self.blocks).map { $0 < Self.blocks - read ? 0 : Self.rows }
            #expect(zip(counts.ok, counts.failed).map { $0 + $1 } == expected)
            let last = store.directory.blocks.dropLast(read).last?.lastTime
            #expect(counts.incompleteBefore?.microseconds == last.map { $0 + 1 })
            // Blocks that lie whole in a bucket cost nothing.
            query.entries.method = nil
            #expect(try await store.counts(query).incompleteBefore == nil)
            #expect(try await store.counts(query).total == Self.blocks * Self.rows)
        }
    }

    @Test func whatFiltersRuleOutIsNotRead() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock.now)
            while try await store.maintenance.compactor.step(isQuiet: true) {}
            var query = query(clock.now, readLimit: 0)
            query.entries.connector = "none"
            // Its filter is asked only while something may be read.
            #expect(try await store.counts(query).incompleteBefore != nil)
            query.readLimit = 1
            #expect(try await store.counts(query).incompleteBefore == nil)
        }
    }

    @Test func aDamagedBlockIsLeftOut() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock.now)
            let damaged = store.directory.blocks[4].id
            try await store.damage(block: damaged, part: .summary, at: 8)
            var query = query(clock.now)
            query.entries.method = "GET"
            let statistics = try await store.statistics(
                CallStatisticsQuery(teamID: 1, buckets: query.buckets, grouping: .event))
            let expected = (0..<Self.blocks).map { $0 == 4 ? 0 : Self.rows }
            #expect(statistics.buckets.map(\.calls) == expected)
            #expect(statistics.groups.map(\.tally.calls) == [expected.reduce(0, +)])
            #expect(store.directory.quarantined.map(\.id) == [damaged])
            let counts = try await store.counts(query)
            #expect(zip(counts.ok, counts.failed).map { $0 + $1 } == expected)
        }
    }

    @Test func aDamagedBlockIsLeftOutOfCountsByFilters() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock.now)
            try await store.damage(block: store.directory.blocks[4].id, part: .summary, at: 8)
            var query = query(clock.now)
            query.entries.method = "GET"
            #expect(try await store.counts(query).total == (Self.blocks - 1) * Self.rows)
            #expect(store.directory.quarantined.count == 1)
        }
    }

    @Test func aDamagedFaultIsLeftOutWhereItsRecordIsAsked() async throws {
        try await TemporaryStore.with { store, clock in
            let faults = (0..<3).map { number in
                var fault = Fixtures.fault(team: 1, at: clock.now.advanced(bySeconds: Int64(number)))
                fault.flowID = "f"
                return fault
            }
            _ = try await store.append(Fixtures.batch(faults: faults), idempotency: nil)
            var query = FaultCountQuery(teamID: 1, buckets: query(clock.now).buckets)
            query.flowIDs = ["f"]
            #expect(try await store.faultCounts(query)[0] == 3)
            let first = try #require(try await store.faults(FaultQuery(teamID: 1)).rows.first)
            try await store.damage(fault: first.id)
            #expect(try await store.faultCounts(query)[0] == 2)
        }
    }

    /// Columns without a dictionary, packed ones, and such as repeat, before and after they are merged.
    @Test func groupsAreFoundInColumnsOfEveryKind() async throws {
        try await TemporaryStore.with { store, clock in
            var random = SeededRandom(seed: 3)
            var events: [String: Int] = [:]
            for kind in 0..<4 {
                let entries = (0..<300).map { row in
                    var entry = SampleEntry(team: 1, at: clock.now.advanced(byMicroseconds: Int64(kind * 300 + row)))
                    entry.event =
                        switch kind {
                        case 0: random.uuid()
                        case 1: "event \(row) of many"
                        case 2: row % 3 == 0 ? nil : random.hex(16)
                        default: row % 5 == 0 ? nil : "data.load"
                        }
                    events[entry.event ?? "", default: 0] += 1
                    return entry
                }
                _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
            }
            let query = CallStatisticsQuery(teamID: 1, buckets: query(clock.now).buckets, grouping: .event)
            for round in 0..<3 {
                let groups = try await store.statistics(query).groups
                #expect(
                    Dictionary(uniqueKeysWithValues: groups.map { ($0.name, $0.tally.calls) }) == events, "\(round)")
                #expect(groups.map(\.name) == events.keys.sorted())
                if round == 0 { store.recent.remove(store.directory.blocks.map(\.id)) }
                if round == 1 { while try await store.maintenance.compactor.step(isQuiet: true) {} }
            }
        }
    }

    @Test func bucketsAreFoundAsTheyAre() {
        var random = SeededRandom(seed: 9)
        for _ in 0..<500 {
            let from = Int64.random(in: 0..<500, using: &random)
            let buckets = TimeBuckets(
                from: Timestamp(microseconds: from),
                to: Timestamp(microseconds: Int64.random(in: 0..<1000, using: &random)),
                width: random.chance(5) ? .max : Int64.random(in: 1..<200, using: &random))
            var finder = BucketFinder(buckets)
            var time = Int64.random(in: -10..<1010, using: &random)
            for _ in 0..<100 {
                #expect(
                    finder.bucket(of: time) == buckets.bucket(of: Timestamp(microseconds: time)), "\(buckets) \(time)")
                time += Int64.random(in: -20...30, using: &random)
            }
        }
    }
}
