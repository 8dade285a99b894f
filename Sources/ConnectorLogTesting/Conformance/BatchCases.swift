import ConnectorLogCore

/// Batches of every size, over several teams.
enum BatchCases {
    static let all = [
        StoreConformanceCase("emptyBatchesStoreNothing", emptyBatchesStoreNothing),
        StoreConformanceCase("batchesOfOneAndOfAThousand", batchesOfOneAndOfAThousand),
        StoreConformanceCase("batchesOfTwentyThousand", batchesOfTwentyThousand),
        StoreConformanceCase("manySmallBatches", manySmallBatches),
        StoreConformanceCase("batchesOverTeamsComeApart", batchesOverTeamsComeApart),
        StoreConformanceCase("teamsSeeNothingOfEachOther", teamsSeeNothingOfEachOther),
    ]

    private static func emptyBatchesStoreNothing(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append()
        try expectEqual(try await store.entriesByArrival(team: team), [], "entries")
        try await store.append([SampleEntry(team: team, at: store.now)])
        try await store.append()
        try expectEqual(try await store.entriesByArrival(team: team).count, 1, "entries")
    }

    private static func numbered(_ range: Range<Int>, team: Int64, from start: Timestamp) -> [SampleEntry] {
        range.map { number in
            var sample = SampleEntry(
                team: team, at: start.advanced(byMicroseconds: Int64(number) * 1000), connector: "c\(number % 7)",
                status: number % 10 == 0 ? 500 : 200)
            sample.uri = "https://api.example.com/items/\(number)"
            sample.stateID = "s\(number % 50)"
            sample.responseBody = .text(#"{"number":\#(number)}"#)
            return sample
        }
    }

    private static func expectNumbered(_ count: Int, in store: StoreUnderTest, team: Int64) async throws {
        let rows = try await store.entriesByArrival(team: team)
        try expectEqual(rows.count, count, "entries")
        for (number, row) in rows.enumerated() where row.uri != "https://api.example.com/items/\(number)" {
            throw ConformanceFailure("entry \(number) by arrival is another")
        }
        for number in [0, 1, count / 3, count / 2, count - 2, count - 1] where number >= 0 && number < count {
            let entry = try await store.reader.entry(team: team, id: rows[number].id)
            try expectEqual(entry?.responseBody?.text, #"{"number":\#(number)}"#, "body of entry \(number)")
        }
        var failed = EntryQuery(teamID: team, order: .oldestFirst, limit: 1000)
        failed.outcome = .failed
        try expectEqual(try await store.allEntries(failed).count, (count + 9) / 10, "failed entries")
    }

    private static func batchesOfOneAndOfAThousand(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append(numbered(0..<1, team: team, from: store.now))
        try await expectNumbered(1, in: store, team: team)
        try await store.append(numbered(1..<1001, team: team, from: store.now))
        try await expectNumbered(1001, in: store, team: team)
        try await store.append(numbered(1001..<1002, team: team, from: store.now))
        try await expectNumbered(1002, in: store, team: team)
    }

    private static func batchesOfTwentyThousand(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append(numbered(0..<20_000, team: team, from: store.now))
        try await expectNumbered(20_000, in: store, team: team)
        let state = try await store.state("s10", team: team)
        try expectEqual([state.calls, state.failedCalls], [400, 400], "counts of a state")
        var query = EntryQuery(teamID: team)
        query.stateID = "s10"
        query.limit = 1000
        try expectEqual(try await store.reader.entries(query).rows.count, 400, "entries of a state")
    }

    private static func manySmallBatches(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for number in 0..<300 {
            try await store.append(numbered(number..<(number + 1), team: team, from: store.now))
        }
        try await expectNumbered(300, in: store, team: team)
    }

    private static func batchesOverTeamsComeApart(_ store: StoreUnderTest) async throws {
        var teams: [Int64] = []
        for _ in 0..<5 { teams.append(try await store.makeTeam()) }
        for batch in 0..<4 {
            var samples: [SampleEntry] = []
            for number in 0..<20 {
                for team in teams {
                    samples += numbered((batch * 20 + number)..<(batch * 20 + number + 1), team: team, from: store.now)
                }
            }
            try await store.append(samples)
        }
        for team in teams { try await expectNumbered(80, in: store, team: team) }
    }

    private static func teamsSeeNothingOfEachOther(_ store: StoreUnderTest) async throws {
        let (mine, theirs) = (try await store.makeTeam(), try await store.makeTeam())
        func sample(_ team: Int64, _ status: Int) -> SampleEntry {
            var sample = SampleEntry(team: team, at: store.now, connector: "shared", status: status)
            (sample.stateID, sample.flowID, sample.requestID) = ("state", "flow", "request")
            sample.uri = "https://api.example.com/shared"
            return sample
        }
        try await store.append(
            [sample(mine, 200), sample(theirs, 500), sample(theirs, 500)],
            faults: [Fixtures.fault(team: theirs, at: store.now, state: "state")],
            states: [Fixtures.change(team: theirs, state: "only-theirs", at: store.now, flow: "flow")])
        var query = EntryQuery(teamID: mine)
        (query.connector, query.stateID, query.flowID, query.requestID) = ("shared", "state", "flow", "request")
        query.text = "shared"
        try expectEqual(try await store.reader.entries(query).rows.map(\.status), [200], "entries")
        query.teamID = theirs
        let ids = try await store.reader.entries(query).rows.map(\.id)
        try expectEqual(ids.count, 2, "the other team's entries")
        for id in ids { try expectEqual(try await store.reader.entry(team: mine, id: id), nil, "their entry") }
        try expectEqual(try await store.reader.faults(FaultQuery(teamID: mine)).rows, [], "faults")
        for fault in try await store.reader.faults(FaultQuery(teamID: theirs)).rows {
            try expectEqual(try await store.reader.fault(team: mine, id: fault.id), nil, "their fault")
        }
        let state = try await store.state("state", team: mine)
        try expectEqual([state.calls, state.failedCalls, state.faults], [1, 0, 0], "counts of the own state")
        try expectEqual(state.status, .inProgress, "status of the own state")
        try expectEqual(try await store.reader.state(team: mine, id: "only-theirs"), nil, "their state")
        let states = try await store.reader.states(StateQuery(teamID: mine, flowID: "flow"))
        try expectEqual(states.rows.map(\.stateID), ["state"], "states of the flow")
        try expectEqual(try await store.reader.flows(FlowQuery(teamID: mine)).rows.map(\.states), [1], "flows")
        let outcomes = try await store.reader.outcomes(
            OutcomeQuery(teamID: mine, interval: .minute, from: store.now, to: store.now.advanced(bySeconds: 1)))
        try expectEqual(outcomes.map { [$0.ok, $0.failed] }, [[1, 0]], "outcomes")
        try expectEqual(
            try await store.catalog.connectors(team: mine).map(\.identifier), ["shared"], "connectors")
    }
}
