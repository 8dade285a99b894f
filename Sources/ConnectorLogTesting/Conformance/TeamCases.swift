import ConnectorLogCore

/// Teams of the catalog.
enum TeamCases {
    static let all = [
        StoreConformanceCase("teamsAreCreatedAndRenamed", teamsAreCreatedAndRenamed),
        StoreConformanceCase("teamIdsRiseAndAreTakenOnce", teamIdsRiseAndAreTakenOnce),
        StoreConformanceCase("deletedTeamsAreGone", deletedTeamsAreGone),
        StoreConformanceCase("deletedTeamsLeaveOthersAlone", deletedTeamsLeaveOthersAlone),
        StoreConformanceCase("rowsOfADeletedTeamAreDropped", rowsOfADeletedTeamAreDropped),
    ]

    private static func teamsAreCreatedAndRenamed(_ store: StoreUnderTest) async throws {
        let first = try await store.catalog.createTeam(name: "Ärzte \u{1F469}", id: 42, at: store.now)
        try expectEqual(first, Team(id: 42, name: "Ärzte \u{1F469}", createdAt: store.now), "the team")
        let second = try await store.catalog.createTeam(name: first.name, id: 7, at: store.now.advanced(bySeconds: 1))
        try expectEqual(try await store.catalog.teams(), [second, first], "teams")
        try expectEqual(try await store.catalog.team(id: 42), first, "the team by id")
        try expectEqual(try await store.catalog.team(id: 43), nil, "a team that does not exist")
        try expectEqual(store.catalog.hasTeam(42), true, "whether the team exists")
        try expectEqual(store.catalog.hasTeam(43), false, "whether another exists")
        try expectEqual(try await store.catalog.renameTeam(id: 42, name: "New"), true, "renaming")
        try expectEqual(try await store.catalog.team(id: 42)?.name, "New", "the new name")
        try expectEqual(try await store.catalog.team(id: 42)?.createdAt, store.now, "the time of creation")
        try expectEqual(try await store.catalog.team(id: 7), second, "the other team")
        try expectEqual(try await store.catalog.renameTeam(id: 43, name: "New"), false, "renaming no team")
        try expectEqual(try await store.catalog.deleteTeam(id: 43), false, "deleting no team")
    }

    private static func teamIdsRiseAndAreTakenOnce(_ store: StoreUnderTest) async throws {
        func create(_ id: Int64?) async throws -> Int64 {
            try await store.catalog.createTeam(name: "Team", id: id, at: store.now).id
        }
        let first = try await create(nil)
        try expect(first >= 1, "ids begin at 1")
        try expectEqual(try await create(nil), first + 1, "the next id")
        try expectEqual(try await create(first + 1000), first + 1000, "an id that is asked for")
        try expectEqual(try await create(nil), first + 1001, "the id above the highest")
        try await expectThrows(.conflict, "creating a team with an id that is taken") { _ = try await create(first) }
        _ = try await store.catalog.deleteTeam(id: first + 1001)
        try await expectThrows(.conflict, "creating a team with a deleted one's id") {
            _ = try await create(first + 1001)
        }
        try expectEqual(try await create(nil), first + 1002, "the id above the deleted one's")
        try expectEqual(try await store.catalog.teams().count, 4, "teams")
    }

    private static func deletedTeamsAreGone(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var sample = SampleEntry(team: team, at: store.now)
        (sample.stateID, sample.flowID) = ("s", "f")
        try await store.append([sample], faults: [Fixtures.fault(team: team, at: store.now, state: "s")])
        let key = Fixtures.key("key-1", team: team, at: store.now)
        try await store.catalog.createKey(key, hash: Fixtures.digest(1))
        let entry = try await store.entriesByArrival(team: team).first?.id
        let fault = try await store.allFaults(FaultQuery(teamID: team)).first?.id
        guard let entry, let fault else { throw ConformanceFailure("the rows are missing") }

        try expectEqual(try await store.catalog.deleteTeam(id: team), true, "deleting")
        try expectEqual(try await store.catalog.deleteTeam(id: team), false, "deleting again")
        try expectEqual(try await store.catalog.team(id: team), nil, "the team")
        try expectEqual(try await store.catalog.teams().map(\.id).contains(team), false, "the team in the list")
        try expectEqual(store.catalog.hasTeam(team), false, "whether the team exists")
        try expectEqual(try await store.catalog.renameTeam(id: team, name: "New"), false, "renaming")
        try expectEqual(store.catalog.key(id: key.id), nil, "its key by id")
        try expectEqual(store.catalog.key(hash: Fixtures.digest(1)), nil, "its key by hash")
        try expectEqual(try await store.catalog.keys(team: team), [], "its keys")
        try expectEqual(try await store.catalog.connectors(team: team), [], "its connectors")
        try expectEqual(try await store.catalog.connector(team: team, identifier: "hubspot"), nil, "its connector")
        try expectEqual(try await store.reader.entry(team: team, id: entry), nil, "its entry")
        try expectEqual(try await store.reader.fault(team: team, id: fault), nil, "its fault")
        try await expectNothing(of: team, in: store)
    }

    private static func expectNothing(of team: Int64, in store: StoreUnderTest) async throws {
        try expectEqual(try await store.reader.entries(EntryQuery(teamID: team)).rows, [], "entries")
        try expectEqual(try await store.reader.faults(FaultQuery(teamID: team)).rows, [], "faults")
        try expectEqual(try await store.reader.flows(FlowQuery(teamID: team)).rows, [], "flows")
        try expectEqual(try await store.reader.states(StateQuery(teamID: team, flowID: "f")).rows, [], "states")
        try expectEqual(try await store.reader.state(team: team, id: "s"), nil, "a state")
        let outcomes = try await store.reader.outcomes(
            OutcomeQuery(teamID: team, interval: .day, from: store.now, to: store.now.advanced(bySeconds: 1)))
        try expectEqual(outcomes.map { $0.ok + $0.failed }, [0], "counts")
        let day = TimeBuckets(
            from: store.now.advanced(bySeconds: -3600), to: store.now.advanced(bySeconds: 1), width: 86_400_000_000)
        let none = day.count
        try expectEqual(try await store.reader.launches(LaunchQuery(teamID: team, buckets: day)), [], "launches")
        let faults = try await store.reader.faultCounts(FaultCountQuery(teamID: team, buckets: day))
        try expectEqual(faults, Array(repeating: 0, count: none), "faults over time")
        let calls = try await store.reader.statistics(CallStatisticsQuery(teamID: team, buckets: day))
        try expectEqual(calls.buckets.map(\.calls), Array(repeating: 0, count: none), "calls over time")
        try expectEqual(calls.groups, [], "calls by connector")
        let counts = try await store.reader.counts(EntryCountQuery(entries: EntryQuery(teamID: team), buckets: day))
        try expectEqual(counts.ok.count, none, "buckets")
        try expectEqual(counts.total, 0, "entries over time")
    }

    private static func deletedTeamsLeaveOthersAlone(_ store: StoreUnderTest) async throws {
        let (gone, kept) = (try await store.makeTeam(), try await store.makeTeam())
        for _ in 0..<3 {
            try await store.append(
                [SampleEntry(team: gone, at: store.now), SampleEntry(team: kept, at: store.now)],
                faults: [Fixtures.fault(team: gone, at: store.now), Fixtures.fault(team: kept, at: store.now)])
        }
        try await store.catalog.createKey(Fixtures.key("kept", team: kept, at: store.now), hash: Fixtures.digest(1))
        try await store.catalog.createKey(Fixtures.key("owner", team: nil, at: store.now), hash: Fixtures.digest(2))
        let before = try await store.entriesByArrival(team: kept)
        _ = try await store.catalog.deleteTeam(id: gone)
        try expectEqual(try await store.entriesByArrival(team: kept), before, "the other team's entries")
        try expectEqual(try await store.allFaults(FaultQuery(teamID: kept)).count, 3, "the other team's faults")
        try expect(store.catalog.key(id: "kept") != nil, "the other team's key stays")
        try expect(store.catalog.key(id: "owner") != nil, "the owner's key stays")
        try expectEqual(try await store.catalog.connectors(team: kept).count, 1, "the other team's connectors")
    }

    private static func rowsOfADeletedTeamAreDropped(_ store: StoreUnderTest) async throws {
        let (gone, kept) = (try await store.makeTeam(), try await store.makeTeam())
        _ = try await store.catalog.deleteTeam(id: gone)
        var lost = SampleEntry(team: gone, at: store.now)
        (lost.stateID, lost.flowID) = ("s", "f")
        try await store.append(
            [lost, SampleEntry(team: kept, at: store.now), lost],
            faults: [Fixtures.fault(team: gone, at: store.now, state: "s")],
            states: [Fixtures.change(team: gone, state: "s", at: store.now, flow: "f")])
        try expectEqual(try await store.entriesByArrival(team: kept).count, 1, "the other team's entries")
        try await expectNothing(of: gone, in: store)
        try expectEqual(try await store.catalog.connectors(team: gone), [], "its connectors")
    }
}
