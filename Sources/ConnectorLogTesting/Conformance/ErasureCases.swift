import ConnectorLogCore

/// What is erased is gone from every answer, and nothing else is.
enum ErasureCases {
    static let all = [
        StoreConformanceCase("erasedEntriesAreGone", erasedEntriesAreGone),
        StoreConformanceCase("erasedStatesAreGone", erasedStatesAreGone),
        StoreConformanceCase("erasedConnectorsLogsAreGone", erasedConnectorsLogsAreGone),
        StoreConformanceCase("erasuresLeaveOtherTeamsAlone", erasuresLeaveOtherTeamsAlone),
        StoreConformanceCase("erasuresAreListed", erasuresAreListed),
        StoreConformanceCase("erasingAgainErasesNothing", erasingAgainErasesNothing),
        StoreConformanceCase("sentAgainNothingComesBack", sentAgainNothingComesBack),
        StoreConformanceCase("erasedStatesBeginAnew", erasedStatesBeginAnew),
        StoreConformanceCase("erasuresReachAllThatWasStored", erasuresReachAllThatWasStored),
    ]

    static let durable = [
        StoreConformanceCase("erasedRowsStayErased", erasedRowsStayErased)
    ]

    /// Ten entries, a second apart: by turns of two connectors and of the states "a", "b" and none; each third fails.
    private static func entries(_ team: Int64, _ store: StoreUnderTest) -> [SampleEntry] {
        (0..<10).map { number in
            var entry = SampleEntry(
                team: team, at: store.now.advanced(bySeconds: Int64(number)),
                connector: number.isMultiple(of: 2) ? "even" : "odd", status: number.isMultiple(of: 3) ? 500 : 200)
            entry.stateID = ["a", "b", nil][number % 3]
            entry.flowID = entry.stateID.map { "flow-\($0)" }
            entry.uri = "https://api.example.com/\(number)"
            entry.requestID = "request-\(number)"
            entry.responseHeaders = [HeaderField(name: "X-Request-Id", value: "vendor-\(number)")]
            entry.responseBody = .text("body \(number)")
            return entry
        }
    }

    private static func faults(_ team: Int64, _ store: StoreUnderTest) -> [RootFault] {
        (0..<4).map { number in
            var fault = Fixtures.fault(
                team: team, at: store.now.advanced(bySeconds: Int64(20 + number)), name: "Fault \(number)",
                state: ["a", "b"][number % 2])
            fault.flowID = fault.stateID.map { "flow-\($0)" }
            fault.connectorIdentifier = number < 2 ? "even" : nil
            return fault
        }
    }

    /// Appends both, in batches of several sizes, and returns the entries as they are stored.
    private static func fill(_ store: StoreUnderTest, team: Int64) async throws -> [LogEntry] {
        let entries = entries(team, store)
        try await store.append(Array(entries[..<3]), faults: faults(team, store))
        try await store.append(Array(entries[3..<4]))
        try await store.append(Array(entries[4...]))
        var stored: [LogEntry] = []
        for row in try await store.entriesByArrival(team: team) {
            guard let entry = try await store.reader.entry(team: team, id: row.id) else {
                throw ConformanceFailure("an entry is missing")
            }
            stored.append(entry)
        }
        try expectEqual(stored.count, entries.count, "entries")
        return stored
    }

    private static func erase(
        _ target: ErasureTarget, _ team: Int64, in store: StoreUnderTest
    ) async throws -> Erasure {
        try await store.keeper.erase(target, team: team, keyID: "key-1", at: store.now)
    }

    /// Every answer about entries is as if `left` were all that was ever stored.
    private static func expectOnly(
        _ left: [LogEntry], of stored: [LogEntry], team: Int64, in store: StoreUnderTest
    ) async throws {
        try expectEqual(try await store.entriesByArrival(team: team), left.map(\.summary), "entries")
        for entry in stored {
            let summary = entry.summary
            let isLeft = left.contains { $0.summary.id == summary.id }
            let found = try await store.reader.entry(team: team, id: summary.id)
            try expectEqual(found, isLeft ? entry : nil, "entry \(summary.uri ?? "")")
            for (name, id) in [("sender's", summary.requestID), ("vendor's", entry.responseHeaders.first?.value)] {
                var query = EntryQuery(teamID: team)
                query.requestID = id
                let rows = try await store.allEntries(query)
                try expectEqual(rows, isLeft ? [summary] : [], "entries by the \(name) request id")
            }
            var query = EntryQuery(teamID: team)
            query.text = entry.responseBody?.text
            try expectEqual(try await store.allEntries(query), isLeft ? [summary] : [], "entries by text")
        }
        for outcome in Outcome.allCases {
            var query = EntryQuery(teamID: team, order: .oldestFirst)
            query.outcome = outcome
            let expected = left.map(\.summary).filter { $0.outcome == outcome }
            try expectEqual(try await store.allEntries(query), expected, "\(outcome.name) entries")
        }
        let counts = try await store.reader.outcomes(
            OutcomeQuery(teamID: team, interval: .day, from: store.now, to: store.now.advanced(bySeconds: 3600)))
        try expectEqual(
            [counts.reduce(0) { $0 + $1.ok }, counts.reduce(0) { $0 + $1.failed }],
            [Outcome.ok, .failed].map { outcome in left.count { $0.summary.outcome == outcome } }, "counts")
        let hour = TimeBuckets(from: store.now, to: store.now.advanced(bySeconds: 3600), width: 3_600_000_000)
        let filtered = try await store.reader.counts(EntryCountQuery(entries: EntryQuery(teamID: team), buckets: hour))
        try expectEqual(filtered.total, left.count, "counts by filters")
        let calls = try await store.reader.statistics(CallStatisticsQuery(teamID: team, buckets: hour))
        try expectEqual(calls.buckets.reduce(0) { $0 + $1.calls }, left.count, "calls over time")
        try expectEqual(calls.groups.reduce(0) { $0 + $1.tally.calls }, left.count, "calls by connector")
    }

    private static func expectCalls(
        of id: String, in left: [LogEntry], faults: Int, team: Int64, in store: StoreUnderTest
    ) async throws {
        let calls = left.map(\.summary).filter { $0.stateID == id }
        let state = try await store.state(id, team: team)
        try expectEqual(state.calls, calls.count, "calls of state \(id)")
        try expectEqual(state.failedCalls, calls.count { $0.outcome == .failed }, "failed calls of state \(id)")
        try expectEqual(state.firstCallAt, calls.map(\.logTime).min(), "first call of state \(id)")
        try expectEqual(state.lastCallAt, calls.map(\.logTime).max(), "last call of state \(id)")
        try expectEqual(state.faults, faults, "faults of state \(id)")
        var query = EntryQuery(teamID: team, order: .oldestFirst)
        query.stateID = id
        try expectEqual(try await store.allEntries(query), calls, "entries of state \(id)")
    }

    private static func erasedEntriesAreGone(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let stored = try await fill(store, team: team)
        let before = try await store.state("a", team: team)
        var left = stored
        // The first of state "a", one in its middle, its last, one without a state, and the only one of a batch.
        for number in [0, 6, 9, 2, 3] {
            let id = stored[number].summary.id
            let erasure = try await erase(.entry(id), team, in: store)
            try expectEqual([erasure.entries, erasure.faults, erasure.states], [1, 0, 0], "rows erased")
            left.removeAll { $0.summary.id == id }
            try await expectOnly(left, of: stored, team: team, in: store)
            try await expectCalls(of: "a", in: left, faults: 2, team: team, in: store)
            try await expectCalls(of: "b", in: left, faults: 2, team: team, in: store)
        }
        let after = try await store.state("a", team: team)
        try expectEqual(after.calls, 0, "calls of a state that lost all")
        try expectEqual(after.status, before.status, "status of a state that lost all calls")
        try expectEqual(after.lastActionAt, before.lastActionAt, "last action of a state that lost all calls")
        try expectEqual(try await store.allFaults(FaultQuery(teamID: team)).count, 4, "faults")
    }

    private static func erasedStatesAreGone(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let stored = try await fill(store, team: team)
        let erasure = try await erase(.state("a"), team, in: store)
        try expectEqual([erasure.entries, erasure.faults, erasure.states], [4, 2, 1], "rows erased")
        let left = stored.filter { $0.summary.stateID != "a" }
        try await expectOnly(left, of: stored, team: team, in: store)
        try expectEqual(try await store.reader.state(team: team, id: "a"), nil, "the state")
        let states = try await store.reader.states(StateQuery(teamID: team, flowID: "flow-a")).rows
        try expectEqual(states, [], "states of the flow")
        try expectEqual(
            try await store.reader.flows(FlowQuery(teamID: team)).rows.map(\.flowID), ["flow-b"], "flows")
        let faults = try await store.allFaults(FaultQuery(teamID: team))
        try expectEqual(faults.compactMap(\.stateID), ["b", "b"], "states of the faults that are left")
        try await expectCalls(of: "b", in: left, faults: 2, team: team, in: store)
    }

    private static func erasedConnectorsLogsAreGone(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let stored = try await fill(store, team: team)
        let erasure = try await erase(.connector("even"), team, in: store)
        try expectEqual([erasure.entries, erasure.faults, erasure.states], [5, 2, 0], "rows erased")
        let left = stored.filter { $0.summary.connectorIdentifier != "even" }
        try await expectOnly(left, of: stored, team: team, in: store)
        try await expectCalls(of: "a", in: left, faults: 1, team: team, in: store)
        try await expectCalls(of: "b", in: left, faults: 1, team: team, in: store)
        let faults = try await store.allFaults(FaultQuery(teamID: team))
        try expectEqual(Set(faults.map(\.name)), ["Fault 2", "Fault 3"], "faults that are left")
        try expectEqual(
            try await store.catalog.connectors(team: team).map(\.identifier), ["even", "odd"], "connectors")
    }

    private static func erasuresLeaveOtherTeamsAlone(_ store: StoreUnderTest) async throws {
        let (mine, others) = (try await store.makeTeam(), try await store.makeTeam())
        let both = zip(entries(mine, store), entries(others, store)).flatMap { [$0, $1] }
        try await store.append(both, faults: faults(mine, store) + faults(others, store))
        let before = try await store.entriesByArrival(team: others)
        guard let entry = before.first?.id else { throw ConformanceFailure("the entries are missing") }
        for target in [ErasureTarget.entry(entry), .state("a"), .connector("even")] {
            let erasure = try await erase(target, mine, in: store)
            try expectEqual(erasure.entries > 0, target.kind != .entry, "rows of \(target.kind.rawValue) erased")
        }
        try expectEqual(try await store.entriesByArrival(team: others), before, "entries of another team")
        try expectEqual(try await store.allFaults(FaultQuery(teamID: others)).count, 4, "faults of another team")
        try expectEqual(try await store.state("a", team: others).calls, 4, "calls of another team's state")
        try expectEqual(
            try await store.keeper.erasures(ErasureQuery(teamID: others)), [], "erasures of another team")
    }

    private static func erasuresAreListed(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        let stored = try await fill(store, team: team)
        store.clock.advance(bySeconds: 60)
        var told: [Erasure] = []
        for (number, target) in [
            ErasureTarget.entry(stored[1].summary.id), .state("a"), .connector("odd"), .state("no such state"),
        ].enumerated() {
            let at = store.now.advanced(bySeconds: -Int64(number))
            let erasure = try await store.keeper.erase(target, team: team, keyID: "key-\(number)", at: at)
            try expectEqual(erasure.target, target, "target")
            try expectEqual(erasure.teamID, team, "team")
            try expectEqual(erasure.keyID, "key-\(number)", "key")
            try expectEqual(erasure.requestedAt, at, "time of the request")
            try expectEqual(erasure.completedAt, store.now, "time of completion")
            try expectEqual(erasure.unreadableBlocks, 0, "blocks that could not be read")
            told.insert(erasure, at: 0)
        }
        _ = try await store.keeper.erase(.state("a"), team: other, keyID: "key-9", at: store.now)
        try expectEqual(told.map(\.entries), [0, 2, 4, 1], "entries erased")
        try expectEqual(try await store.keeper.erasures(ErasureQuery(teamID: team)), told, "erasures")
        let first = try await store.keeper.erasures(ErasureQuery(teamID: team, limit: 3))
        try expectEqual(first, Array(told.prefix(3)), "the first page")
        let rest = try await store.keeper.erasures(
            ErasureQuery(teamID: team, before: first.last?.number, limit: 3))
        try expectEqual(rest, Array(told.dropFirst(3)), "the second page")
    }

    private static func erasingAgainErasesNothing(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let stored = try await fill(store, team: team)
        let targets = [ErasureTarget.entry(stored[1].summary.id), .state("a"), .connector("odd")]
        for target in targets {
            let erasure = try await erase(target, team, in: store)
            try expect(erasure.entries > 0, "nothing was erased")
        }
        let before = try await store.entriesByArrival(team: team)
        for target in targets {
            let erasure = try await erase(target, team, in: store)
            try expectEqual([erasure.entries, erasure.faults, erasure.states], [0, 0, 0], "rows erased again")
        }
        try expectEqual(try await store.entriesByArrival(team: team), before, "entries")
        try expectEqual(
            try await store.keeper.erasures(ErasureQuery(teamID: team)).count, targets.count * 2, "erasures")
    }

    private static func sentAgainNothingComesBack(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let batch = Fixtures.batch(entries(team, store), faults: faults(team, store))
        let answer = IdempotentAnswer(token: Fixtures.digest(1), fingerprint: Fixtures.digest(2), answer: [7])
        try expectEqual(try await store.writer.append(batch, idempotency: answer), .stored, "the first answer")
        _ = try await erase(.state("a"), team, in: store)
        _ = try await erase(.connector("odd"), team, in: store)
        let left = try await store.entriesByArrival(team: team)
        try expectEqual(
            try await store.writer.append(batch, idempotency: answer), .replayed(answer: [7]), "the second answer")
        try expectEqual(try await store.entriesByArrival(team: team), left, "entries")
        try expectEqual(try await store.reader.state(team: team, id: "a"), nil, "the state")
    }

    private static func erasedStatesBeginAnew(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        _ = try await fill(store, team: team)
        var change = Fixtures.change(
            team: team, state: "a", at: store.now.advanced(bySeconds: 100), status: .done, flow: "flow-a")
        (change.user, change.createdAt) = ("somebody", store.now)
        try await store.append(change)
        _ = try await erase(.state("a"), team, in: store)
        var entry = SampleEntry(team: team, at: store.now.advanced(bySeconds: 50))
        (entry.stateID, entry.flowID) = ("a", "flow-a")
        try await store.append([entry])
        let state = try await store.state("a", team: team)
        try expectEqual(state.calls, 1, "calls")
        try expectEqual(state.status, .inProgress, "status")
        try expectEqual(state.user, nil, "user")
        try expectEqual(state.createdAt, entry.logTime, "time of creation")
        try expectEqual(state.flowID, "flow-a", "flow")
    }

    /// Whatever is appended meanwhile: rows that were stored before are gone, rows that come after are there.
    private static func erasuresReachAllThatWasStored(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let appended = 40
        func entry(_ round: Int, _ number: Int) -> SampleEntry {
            var entry = SampleEntry(
                team: team, at: store.now.advanced(bySeconds: Int64(round * 1000 + number)), connector: "noisy")
            entry.stateID = "state-\(round)"
            entry.requestID = "\(round)-\(number)"
            return entry
        }
        for round in 0..<5 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<appended { try await store.append([entry(round, number)]) }
                }
                group.addTask {
                    let before = Set(try await store.entriesByArrival(team: team).map(\.id))
                    let target = round.isMultiple(of: 2) ? ErasureTarget.connector("noisy") : .state("state-\(round)")
                    _ = try await erase(target, team, in: store)
                    let after = try await store.entriesByArrival(team: team)
                    let survivors = after.filter { row in
                        before.contains(row.id) && (target.kind == .connector || row.stateID == target.name)
                    }
                    try expectEqual(survivors, [], "entries that were stored before")
                }
                try await group.waitForAll()
            }
            var query = EntryQuery(teamID: team, order: .oldestFirst)
            query.stateID = "state-\(round)"
            let rows = try await store.allEntries(query)
            let numbers = rows.compactMap { $0.requestID?.split(separator: "-").last }.compactMap { Int($0) }
            try expectEqual(
                numbers, Array((appended - rows.count)..<appended), "entries that were appended after the erasure")
            let state = try await store.reader.state(team: team, id: "state-\(round)")
            try expectEqual(state?.calls ?? 0, rows.count, "calls of the state")
            try expectEqual(state?.firstCallAt, rows.first?.logTime, "first call of the state")
            _ = try await erase(.connector("noisy"), team, in: store)
            try expectEqual(try await store.entriesByArrival(team: team), [], "entries after all were erased")
            let kept = entry(round, appended)
            try await store.append([kept])
            let last = try await store.entriesByArrival(team: team).map(\.requestID)
            try expectEqual(last, [kept.requestID], "entries that were appended last")
        }
    }

    private static func erasedRowsStayErased(_ first: StoreUnderTest) async throws {
        var store = first
        let team = try await store.makeTeam()
        let stored = try await fill(store, team: team)
        var erasures: [Erasure] = []
        for target in [ErasureTarget.entry(stored[8].summary.id), .state("a"), .connector("odd")] {
            erasures.insert(try await erase(target, team, in: store), at: 0)
        }
        let left = stored.filter {
            $0.summary.stateID != "a" && $0.summary.connectorIdentifier != "odd"
                && $0.summary.id != stored[8].summary.id
        }
        try expectEqual(
            left.map(\.summary.uri), [2, 4].map { "https://api.example.com/\($0)" }, "entries that are left")
        for _ in 0..<2 {
            store = try await store.reopened()
            try await expectOnly(left, of: stored, team: team, in: store)
            try expectEqual(try await store.reader.state(team: team, id: "a"), nil, "the state")
            try await expectCalls(of: "b", in: left, faults: 2, team: team, in: store)
            try expectEqual(try await store.keeper.erasures(ErasureQuery(teamID: team)), erasures, "erasures")
        }
        let again = try await erase(.state("b"), team, in: store)
        try expect(again.number > erasures[0].number, "numbers rise")
    }
}
