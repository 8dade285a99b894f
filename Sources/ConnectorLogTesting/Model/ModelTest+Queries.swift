import ConnectorLogCore

extension ModelTest {
    mutating func query() async throws {
        let team = random.pick(teams)
        switch random.next() % 11 {
        case 0..<4: try await compareEntries(randomEntryQuery(team: team))
        case 4: try await compareFaults(randomFaultQuery(team: team))
        case 5: try await compareFlowsAndStates(team: team)
        case 6: try await compareOutcomes(team: team)
        case 7: try await compareCounts(team: team)
        case 8, 9: try await compareOneOfEach(team: team)
        default: try await compareCatalog(team: team)
        }
    }

    /// Everything that a reader can list.
    mutating func compareAll() async throws {
        try await same("teams") { try await $0.catalog.teams() }
        for team in teams + [1_000_000] {
            try await compareEntries(EntryQuery(teamID: team, order: .oldestFirst, limit: 1000))
            try await compareFaults(FaultQuery(teamID: team, limit: 1000))
            try await compareFlowsAndStates(team: team)
            try await compareOutcomes(team: team)
            for _ in 0..<4 { try await compareCounts(team: team) }
            try await compareCatalog(team: team)
        }
        for _ in 0..<200 { try await compareOneOfEach(team: random.pick(teams)) }
    }

    // MARK: - Random queries

    private mutating func maybe<Value>(_ percent: Int, _ value: (inout SeededRandom) -> Value) -> Value? {
        random.chance(percent) ? value(&random) : nil
    }

    private mutating func maybeTime() -> Timestamp? {
        random.chance(25) ? generator.time() : nil
    }

    private mutating func randomEntryQuery(team: Int64) -> EntryQuery {
        var query = EntryQuery(
            teamID: team, order: random.pick([.newestFirst, .oldestFirst]), limit: random.pick([1, 3, 10, 100, 1000]))
        query.connector = maybe(25) { $0.pick(SampleGenerator.connectors + ["none"]) }
        query.stateID = maybe(25) { $0.pick(SampleGenerator.states + ["none"]) }
        query.flowID = maybe(20) { $0.pick(SampleGenerator.flows) }
        query.outcome = maybe(20) { $0.pick(Outcome.allCases) }
        query.method = maybe(15) { $0.pick(SampleGenerator.methods) }
        query.status = maybe(15) { $0.pick([.none, .exactly(404), .hundred(2), .hundred(4), .hundred(5)]) }
        query.event = maybe(15) { $0.pick(SampleGenerator.events) }
        query.requestID = maybe(15) { $0.pick(["request-shared", "vendor-3", "vendor-40", "none"]) }
        query.word = maybe(10) { $0.pick(["orders", "INVOICE", "zürich", "page=1", "e", "none"]) }
        query.text = maybe(20) { $0.pick(["orders", "INVOICE", "zürich", "page=1", "e", "\"id\":7", "none at all"]) }
        query.from = maybeTime()
        query.to = maybeTime()
        return query
    }

    private mutating func randomFaultQuery(team: Int64) -> FaultQuery {
        var query = FaultQuery(
            teamID: team, order: random.pick([.newestFirst, .oldestFirst]), limit: random.pick([1, 4, 100]))
        query.stateID = maybe(30) { $0.pick(SampleGenerator.states) }
        query.connector = maybe(30) { $0.pick(SampleGenerator.connectors) }
        query.name = maybe(30) { $0.pick(["Bad Gateway", "Timeout", "none"]) }
        query.from = maybeTime()
        query.to = maybeTime()
        return query
    }

    // MARK: - Comparisons

    private mutating func compareEntries(_ query: EntryQuery) async throws {
        var (mine, theirs) = (query, query)
        for _ in 0..<20 {
            let expected = try await model.reader.entries(mine)
            let page = try await subject.reader.entries(theirs)
            try expectEqual(page.rows.count, expected.rows.count, "rows for \(query)")
            for (row, model) in zip(page.rows, expected.rows) {
                try entryIDs.pair(subject: row.id, model: model.id)
                var row = row
                row.id = model.id
                try expectEqual(row, model, "an entry for \(query)")
            }
            try expectEqual(page.next == nil, expected.next == nil, "whether a page is the last for \(query)")
            guard let next = page.next, let last = page.rows.last else { return }
            try expectEqual(next, PagePosition(time: last.logTime, id: last.id), "next")
            (mine.after, theirs.after) = (expected.next, next)
        }
    }

    private mutating func compareFaults(_ query: FaultQuery) async throws {
        var (mine, theirs) = (query, query)
        for _ in 0..<20 {
            let expected = try await model.reader.faults(mine)
            let page = try await subject.reader.faults(theirs)
            try expectEqual(page.rows.count, expected.rows.count, "rows for \(query)")
            for (row, model) in zip(page.rows, expected.rows) {
                try faultIDs.pair(subject: row.id, model: model.id)
                var row = row
                row.id = model.id
                try expectEqual(row, model, "a fault for \(query)")
            }
            try expectEqual(page.next == nil, expected.next == nil, "whether a page is the last for \(query)")
            guard let next = page.next else { return }
            (mine.after, theirs.after) = (expected.next, next)
        }
    }

    private mutating func compareFlowsAndStates(team: Int64) async throws {
        var flows = FlowQuery(teamID: team, limit: random.pick([1, 2, 100]))
        flows.search = maybe(30) { $0.pick(["FLOW", "orders", "zürich", "none"]) }
        flows.from = maybeTime()
        flows.to = maybeTime()
        for _ in 0..<5 {
            try await same("flows for \(flows)") { [flows] in try await $0.reader.flows(flows).rows }
            let answer = try await same("next of flows for \(flows)") { [flows] in try await $0.reader.flows(flows).next
            }
            guard case .value(let next?) = answer else { break }
            flows.after = next
        }
        var states = StateQuery(
            teamID: team, flowID: random.pick(SampleGenerator.flows), limit: random.pick([1, 3, 100]))
        states.status = maybe(30) { $0.pick(FlowState.Status.allCases) }
        states.from = maybeTime()
        states.to = maybeTime()
        for _ in 0..<12 {
            try await same("states for \(states)") { [states] in try await $0.reader.states(states).rows }
            let answer = try await same("next of states for \(states)") { [states] in
                try await $0.reader.states(states).next
            }
            guard case .value(let next?) = answer else { break }
            states.after = next
        }
        for id in SampleGenerator.states {
            try await same("state \(id)") { try await $0.reader.state(team: team, id: id) }
        }
    }

    private mutating func compareOutcomes(team: Int64) async throws {
        let from = random.chance(50) ? start : generator.time()
        var query = OutcomeQuery(
            teamID: team, interval: random.pick(OutcomeQuery.Interval.allCases), from: from, to: generator.time())
        query.connector = maybe(30) { $0.pick(SampleGenerator.connectors) }
        query.flowID = maybe(30) { $0.pick(SampleGenerator.flows) }
        try await same("outcomes for \(query)") { [query] in try await $0.reader.outcomes(query) }
    }

    private mutating func compareCounts(team: Int64) async throws {
        let from = random.chance(50) ? start : generator.time()
        let buckets = TimeBuckets(
            from: from, to: generator.time(), width: random.pick([1_000_000, 60_000_000, 3_600_000_000]))
        var launches = LaunchQuery(teamID: team, buckets: buckets, limit: random.pick([1, 2, 100]))
        launches.search = maybe(30) { $0.pick(["FLOW", "orders", "zürich", "none"]) }
        try await same("launches for \(launches)") { [launches] in try await $0.reader.launches(launches) }
        var faults = FaultCountQuery(teamID: team, buckets: buckets)
        faults.connector = maybe(30) { $0.pick(SampleGenerator.connectors) }
        faults.flowIDs = maybe(40) { $0.pick([[], ["flow-orders"], ["flow-caf\u{E9}", "flow-contacts"]]) }
        try await same("fault counts for \(faults)") { [faults] in try await $0.reader.faultCounts(faults) }
        var calls = CallStatisticsQuery(teamID: team, buckets: buckets, grouping: random.pick([.connector, .event]))
        (calls.connector, calls.flowIDs) = (faults.connector, faults.flowIDs)
        try await same("statistics for \(calls)") { [calls] in try await $0.reader.statistics(calls) }
        var entries = EntryQuery(teamID: team)
        entries.connector = maybe(30) { $0.pick(SampleGenerator.connectors) }
        entries.outcome = maybe(30) { $0.pick(Outcome.allCases) }
        entries.event = maybe(20) { $0.pick(SampleGenerator.events) }
        entries.text = maybe(20) { $0.pick(["ORDERS", "zürich", "none"]) }
        entries.word = maybe(20) { $0.pick(["orders", "timeout"]) }
        let counts = EntryCountQuery(entries: entries, buckets: buckets)
        try await same("counts for \(counts)") { try await $0.reader.counts(counts) }
    }

    private mutating func compareOneOfEach(team: Int64) async throws {
        if let id = entryIDs.random(&random) {
            let expected = try await model.reader.entry(team: team, id: id.model)
            var entry = try await subject.reader.entry(team: team, id: id.subject)
            entry?.summary.id = id.model
            if let expected {
                try expectSame(entry, expected, "an entry by id")
            } else {
                try expectEqual(entry, nil, "an entry by id")
            }
        }
        if let id = faultIDs.random(&random) {
            var fault = try await subject.reader.fault(team: team, id: id.subject)
            fault?.id = id.model
            try expectEqual(fault, try await model.reader.fault(team: team, id: id.model), "a fault by id")
        }
    }

    private mutating func compareCatalog(team: Int64) async throws {
        try await same("team") { try await $0.catalog.team(id: team) }
        try await same("whether the team exists") { $0.catalog.hasTeam(team) }
        try await same("connectors") { try await $0.catalog.connectors(team: team) }
        for owner in [team, nil] {
            // The last use may be written down later.
            try await same("keys") { try await $0.catalog.keys(team: owner).map(\.id) }
        }
        for identifier in SampleGenerator.connectors {
            try await same("connector") { try await $0.catalog.connector(team: team, identifier: identifier) }
            try await same("logo") { try await $0.catalog.logo(team: team, identifier: identifier) }
        }
        for number in 0..<25 as Range<UInt64> {
            try await same("key by hash") { $0.catalog.key(hash: Fixtures.digest(number))?.id }
            try await same("key by id") { $0.catalog.key(id: "key-\(number)")?.name }
        }
    }
}
