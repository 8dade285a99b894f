import ConnectorLogCore

/// What was acknowledged is there when the store is opened again, and the rules go on where they were.
enum DurabilityCases {
    static let all = [
        StoreConformanceCase("rowsOutliveTheStore", rowsOutliveTheStore),
        StoreConformanceCase("timesStayUniqueWhenReopened", timesStayUniqueWhenReopened),
        StoreConformanceCase("idsRiseWhenReopened", idsRiseWhenReopened),
        StoreConformanceCase("tokensOutliveTheStore", tokensOutliveTheStore),
        StoreConformanceCase("statesGoOnWhenReopened", statesGoOnWhenReopened),
        StoreConformanceCase("theCatalogOutlivesTheStore", theCatalogOutlivesTheStore),
    ]

    private static func rowsOutliveTheStore(_ first: StoreUnderTest) async throws {
        var store = first
        let team = try await store.makeTeam()
        var generator = SampleGenerator(seed: 71, start: store.now)
        for round in 1...3 {
            try await store.append((0..<200).map { _ in generator.entry(team: team) })
            for _ in 0..<10 {
                try await store.append(
                    [generator.entry(team: team)], faults: [generator.fault(team: team)],
                    states: [generator.change(team: team)])
            }
            let entries = try await store.entriesByArrival(team: team)
            var whole: [LogEntry?] = []
            for row in entries { whole.append(try await store.reader.entry(team: team, id: row.id)) }
            let faults = try await store.allFaults(FaultQuery(teamID: team))
            let flows = try await store.reader.flows(FlowQuery(teamID: team)).rows
            var states: [FlowState?] = []
            for id in SampleGenerator.states { states.append(try await store.reader.state(team: team, id: id)) }
            try expectEqual([entries.count, faults.count], [210 * round, 10 * round], "rows before")

            store = try await store.reopened()
            try expectEqual(try await store.entriesByArrival(team: team), entries, "entries")
            for (row, entry) in zip(entries, whole) {
                try expectEqual(try await store.reader.entry(team: team, id: row.id), entry, "an entry")
            }
            try expectEqual(try await store.allFaults(FaultQuery(teamID: team)), faults, "faults")
            try expectEqual(try await store.reader.flows(FlowQuery(teamID: team)).rows, flows, "flows")
            for (id, state) in zip(SampleGenerator.states, states) {
                try expectEqual(try await store.reader.state(team: team, id: id), state, "a state")
            }
        }
    }

    private static func timesStayUniqueWhenReopened(_ first: StoreUnderTest) async throws {
        var store = first
        let team = try await store.makeTeam()
        let old = store.now.advanced(bySeconds: -90 * 86_400)
        for _ in 0..<4 {
            try await store.append(
                [store.now, store.now, old].map { SampleEntry(team: team, at: $0) })
            store = try await store.reopened()
        }
        let rows = try await store.entriesByArrival(team: team)
        let expected = (0..<4).flatMap { round in
            [
                store.now.advanced(byMicroseconds: 2 * round), store.now.advanced(byMicroseconds: 2 * round + 1),
                old.advanced(byMicroseconds: round),
            ]
        }
        try expectEqual(rows.map(\.logTime), expected, "times by arrival")
    }

    private static func idsRiseWhenReopened(_ first: StoreUnderTest) async throws {
        var store = first
        let team = try await store.makeTeam()
        for number in 0..<6 {
            var sample = SampleEntry(team: team, at: store.now)
            sample.event = "\(number)"
            try await store.append([sample], faults: [Fixtures.fault(team: team, at: store.now, name: "\(number)")])
            if number % 2 == 0 { store.clock.advance(bySeconds: -3600) }
            store = try await store.reopened()
        }
        let entries = try await store.entriesByArrival(team: team)
        try expectEqual(entries.map(\.event), (0..<6).map { "\($0)" }, "entries in the order of ids")
        let faults = try await store.allFaults(FaultQuery(teamID: team)).sorted { $0.id < $1.id }
        try expectEqual(faults.map(\.name), (0..<6).map { "\($0)" }, "faults in the order of ids")
        try expectEqual(Set(entries.map(\.id) + faults.map(\.id)).count, 12, "different ids")
    }

    private static func tokensOutliveTheStore(_ first: StoreUnderTest) async throws {
        let team = try await first.makeTeam()
        let batch = Fixtures.batch([SampleEntry(team: team, at: first.now)])
        let answer = IdempotencyCases.answer(1, "first")
        _ = try await first.writer.append(batch, idempotency: answer)
        let store = try await first.reopened()
        let again = try await store.writer.append(batch, idempotency: IdempotencyCases.answer(1, "again"))
        try expectEqual(again, .replayed(answer: answer.answer), "result of a repeated append")
        try await expectThrows(.idempotencyMismatch, "an append with another fingerprint") {
            _ = try await store.writer.append(batch, idempotency: IdempotencyCases.answer(1, body: 2, "other"))
        }
        try expectEqual(try await store.entriesByArrival(team: team).count, 1, "entries")
    }

    private static func statesGoOnWhenReopened(_ first: StoreUnderTest) async throws {
        var store = first
        let team = try await store.makeTeam()
        let change = FlowStateCases.fullChange(team: team, at: store.now, "b")
        try await store.append(change)
        store = try await store.reopened()
        // Late, though nothing newer was seen since.
        try await store.append(FlowStateCases.fullChange(team: team, at: store.now.advanced(bySeconds: -1), "a"))
        store = try await store.reopened()
        // Earlier than the creation that a change told.
        let time = store.now.advanced(bySeconds: -9000)
        try await store.append([FlowStateCases.call(team: team, at: time)])
        var expected = FlowStateCases.state(after: change)
        (expected.calls, expected.firstCallAt, expected.lastCallAt) = (1, time, time)
        try expectEqual(try await store.state("s", team: team), expected, "the state")
    }

    private static func theCatalogOutlivesTheStore(_ first: StoreUnderTest) async throws {
        var store = first
        let (team, gone) = (try await store.makeTeam(), try await store.makeTeam())
        let kept = Fixtures.key("kept", team: team, role: .editor, at: store.now, expiresAt: store.now)
        try await store.catalog.createKey(kept, hash: Fixtures.digest(1))
        try await store.catalog.createKey(Fixtures.key("revoked", team: team, at: store.now), hash: Fixtures.digest(2))
        try await store.catalog.createKey(Fixtures.key("gone", team: gone, at: store.now), hash: Fixtures.digest(3))
        _ = try await store.catalog.revokeKey(team: team, id: "revoked")
        _ = try await store.catalog.renameTeam(id: team, name: "New name")
        try await store.append([SampleEntry(team: gone, at: store.now), SampleEntry(team: team, at: store.now)])
        _ = try await store.catalog.deleteTeam(id: gone)
        let logo = Logo(mediaType: "image/png", bytes: [1, 2, 3])
        _ = try await store.catalog.setLogo(
            team: team, identifier: "hubspot", logo: logo, name: "logo.png", at: store.now)
        _ = try await store.catalog.updateConnector(
            team: team, identifier: "hubspot", name: nil, description: "About", configurationJSON: #"{"a":1}"#,
            at: store.now)
        try await store.catalog.createConnector(Fixtures.connector("deleted", team: team, at: store.now), logo: logo)
        _ = try await store.catalog.deleteConnector(team: team, identifier: "deleted", at: store.now)
        let connectors = try await store.catalog.connectors(team: team)

        store = try await store.reopened()
        try expectEqual(try await store.catalog.teams().map(\.name), ["New name"], "teams")
        try expectEqual(store.catalog.hasTeam(team), true, "whether the team exists")
        try expectEqual(store.catalog.hasTeam(gone), false, "whether the deleted team exists")
        try expectEqual(store.catalog.key(hash: Fixtures.digest(1)), kept, "the key")
        try expectEqual(store.catalog.key(hash: Fixtures.digest(2)), nil, "the revoked key")
        try expectEqual(store.catalog.key(hash: Fixtures.digest(3)), nil, "the deleted team's key")
        try expectEqual(try await store.catalog.connectors(team: team), connectors, "connectors")
        try expectEqual(connectors.map(\.configuration.version), [2], "versions of configurations")
        try expectEqual(try await store.catalog.logo(team: team, identifier: "hubspot"), logo, "the logo")
        try expectEqual(try await store.catalog.logo(team: team, identifier: "deleted"), nil, "the deleted logo")
        try expectEqual(try await store.entriesByArrival(team: gone), [], "the deleted team's entries")
        try await expectThrows(.conflict, "creating a team with a deleted one's id") {
            _ = try await store.catalog.createTeam(name: "Again", id: gone, at: store.now)
        }
        try expectEqual(try await store.makeTeam(), gone + 1, "the next team's id")
    }
}
