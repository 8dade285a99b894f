import ConnectorLogCore

/// State changes that arrive behind newer ones.
enum LateChangeCases {
    static let all = [
        StoreConformanceCase("lateChangesOverwriteNothing", lateChangesOverwriteNothing),
        StoreConformanceCase("lateChangesFillGaps", lateChangesFillGaps),
        StoreConformanceCase("lateChangesMoveTimes", lateChangesMoveTimes),
        StoreConformanceCase("onlyChangesMakeAChangeLate", onlyChangesMakeAChangeLate),
        StoreConformanceCase("changesMeanTheSameInOneBatchAsInMany", changesMeanTheSameInOneBatchAsInMany),
    ]

    private static func lateChangesOverwriteNothing(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let newer = FlowStateCases.fullChange(team: team, at: store.now, "b")
        try await store.append(newer)
        for seconds in [-1, -9000] as [Int64] {
            try await store.append(
                FlowStateCases.fullChange(team: team, at: store.now.advanced(bySeconds: seconds), "a"))
            try expectEqual(
                try await store.state("s", team: team), FlowStateCases.state(after: newer), "the state after a late one"
            )
        }
        // Lateness is measured by the latest change, not by the last.
        let between = FlowStateCases.fullChange(team: team, at: store.now.advanced(byMicroseconds: -1), "c")
        try await store.append(between)
        try expectEqual(
            try await store.state("s", team: team), FlowStateCases.state(after: newer), "the state after another")
    }

    private static func lateChangesFillGaps(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var newer = StateChange(teamID: team, stateID: "s", updatedAt: store.now)
        newer.currentStep = "Step new"
        newer.flowID = "flow-new"
        try await store.append(newer)
        let older = FlowStateCases.fullChange(team: team, at: store.now.advanced(bySeconds: -60), "b")
        try await store.append(older)
        let oldest = FlowStateCases.fullChange(team: team, at: store.now.advanced(bySeconds: -600), "a")
        try await store.append(oldest)
        var expected = FlowStateCases.state(after: older)
        (expected.status, expected.lastActionAt) = (.inProgress, store.now)
        (expected.currentStep, expected.flowID) = ("Step new", "flow-new")
        try expectEqual(try await store.state("s", team: team), expected, "the state")
    }

    private static func lateChangesMoveTimes(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append(Fixtures.change(team: team, state: "s", at: store.now, status: .done))
        try await store.append(
            Fixtures.change(team: team, state: "s", at: store.now.advanced(bySeconds: -60), status: .failed))
        let state = try await store.state("s", team: team)
        try expectEqual(state.createdAt, store.now.advanced(bySeconds: -60), "created at the earliest change")
        try expectEqual(state.lastActionAt, store.now, "last action at the latest change")
        try expectEqual(state.status, .done, "status of the latest change")
    }

    private static func onlyChangesMakeAChangeLate(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append(
            [FlowStateCases.call(team: team, at: store.now.advanced(bySeconds: 100))],
            faults: [Fixtures.fault(team: team, at: store.now.advanced(bySeconds: 200), state: "s")])
        try await store.append(FlowStateCases.fullChange(team: team, at: store.now, "b"))
        let state = try await store.state("s", team: team)
        try expectEqual(state.status, .done, "status that the change gave")
        try expectEqual(state.currentStep, "Step b", "step that the change gave")
        try expectEqual(state.lastActionAt, store.now.advanced(bySeconds: 200), "last action")
    }

    private static func changesMeanTheSameInOneBatchAsInMany(_ store: StoreUnderTest) async throws {
        let (together, apart) = (try await store.makeTeam(), try await store.makeTeam())
        var generator = SampleGenerator(seed: 41, start: store.now)
        for _ in 0..<6 {
            let changes = (0..<60).map { _ in generator.change(team: together) }
            try await store.append(states: changes)
            for change in changes {
                var change = change
                change.teamID = apart
                try await store.append(change)
            }
        }
        for id in SampleGenerator.states {
            var state = try await store.state(id, team: apart)
            state.teamID = together
            try expectEqual(try await store.state(id, team: together), state, "a state of changes in one batch")
        }
    }
}
