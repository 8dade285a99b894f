import ConnectorLogCore

/// How calls, faults and state changes make a flow state.
enum FlowStateCases {
    static let all = [
        StoreConformanceCase("statesBeginWithWhatNamesThemFirst", statesBeginWithWhatNamesThemFirst),
        StoreConformanceCase("callsAndFaultsAreCounted", callsAndFaultsAreCounted),
        StoreConformanceCase("failedCallsAloneFailNoState", failedCallsAloneFailNoState),
        StoreConformanceCase("faultsFailStatesInProgress", faultsFailStatesInProgress),
        StoreConformanceCase("changesSetEveryMember", changesSetEveryMember),
        StoreConformanceCase("absentMembersLeaveWhatIsKnown", absentMembersLeaveWhatIsKnown),
        StoreConformanceCase("creationIsToldOrEarliestSeen", creationIsToldOrEarliestSeen),
        StoreConformanceCase("lastFlowGivenHolds", lastFlowGivenHolds),
        StoreConformanceCase("batchesApplyEntriesThenFaultsThenChanges", batchesApplyEntriesThenFaultsThenChanges),
    ]

    static func call(
        team: Int64, at time: Timestamp, state: String = "s", status: Int? = 200, flow: String? = nil
    ) -> SampleEntry {
        var sample = SampleEntry(team: team, at: time, status: status)
        (sample.stateID, sample.flowID) = (state, flow)
        return sample
    }

    private static func statesBeginWithWhatNamesThemFirst(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append(
            [call(team: team, at: store.now, state: "by-call"), SampleEntry(team: team, at: store.now)],
            faults: [
                Fixtures.fault(team: team, at: store.now, state: "by-fault"), Fixtures.fault(team: team, at: store.now),
            ], states: [Fixtures.change(team: team, state: "by-change", at: store.now)])
        var byCall = FlowState(
            teamID: team, stateID: "by-call", status: .inProgress, createdAt: store.now, lastActionAt: store.now)
        (byCall.calls, byCall.firstCallAt, byCall.lastCallAt) = (1, store.now, store.now)
        try expectEqual(try await store.state("by-call", team: team), byCall, "a state that a call names")
        var byFault = FlowState(
            teamID: team, stateID: "by-fault", status: .failed, createdAt: store.now, lastActionAt: store.now)
        byFault.faults = 1
        try expectEqual(try await store.state("by-fault", team: team), byFault, "a state that a fault names")
        let byChange = FlowState(
            teamID: team, stateID: "by-change", status: .inProgress, createdAt: store.now, lastActionAt: store.now)
        try expectEqual(try await store.state("by-change", team: team), byChange, "a state that a change names")
    }

    private static func callsAndFaultsAreCounted(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let times: [Int64] = [50, 10, 90, 10, 70]
        for (index, seconds) in times.enumerated() {
            let time = store.now.advanced(bySeconds: seconds)
            try await store.append(
                [call(team: team, at: time, status: index == 1 ? nil : index == 2 ? 404 : 200)],
                faults: index == 3 ? [Fixtures.fault(team: team, at: store.now, state: "s")] : [])
        }
        let state = try await store.state("s", team: team)
        try expectEqual([state.calls, state.failedCalls, state.faults], [5, 2, 1], "counts")
        try expectEqual(state.firstCallAt, store.now.advanced(bySeconds: 10), "first call")
        try expectEqual(state.lastCallAt, store.now.advanced(bySeconds: 90), "last call")
        try expectEqual(state.createdAt, store.now, "created at its earliest fault")
        try expectEqual(state.lastActionAt, store.now.advanced(bySeconds: 90), "last action")
        // The times that count are those that the store gave.
        let late = store.now.advanced(bySeconds: 90)
        try await store.append([call(team: team, at: late)])
        let moved = try await store.state("s", team: team)
        try expectEqual(moved.lastCallAt, late.advanced(byMicroseconds: 1), "last call after a tie")
        try expectEqual(moved.lastActionAt, late.advanced(byMicroseconds: 1), "last action after a tie")
    }

    private static func failedCallsAloneFailNoState(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append([
            call(team: team, at: store.now, status: 500), call(team: team, at: store.now, status: nil),
        ])
        let state = try await store.state("s", team: team)
        try expectEqual(state.status, .inProgress, "status")
        try expectEqual(state.failedCalls, 2, "failed calls")
    }

    private static func faultsFailStatesInProgress(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let fault = Fixtures.fault(team: team, at: store.now, state: "s")
        for status in FlowState.Status.allCases {
            try await store.append(
                Fixtures.change(team: team, state: "\(status)", at: store.now, status: status))
            try await store.append(Fixtures.fault(team: team, at: store.now, state: "\(status)"))
            let state = try await store.state("\(status)", team: team)
            try expectEqual(state.status, status == .inProgress ? .failed : status, "\(status) after a fault")
        }
        try await store.append([call(team: team, at: store.now)])
        try await store.append(fault)
        try expectEqual(try await store.state("s", team: team).status, .failed, "status after a fault")
        try await store.append(Fixtures.change(team: team, state: "s", at: store.now, status: .inProgress))
        try expectEqual(try await store.state("s", team: team).status, .inProgress, "status after a change")
        try await store.append(fault)
        try expectEqual(try await store.state("s", team: team).status, .failed, "status after another fault")
        try await store.append(Fixtures.change(team: team, state: "s", at: store.now))
        try expectEqual(try await store.state("s", team: team).status, .failed, "status after a change without one")
        try await store.append(Fixtures.change(team: team, state: "s", at: store.now, status: .done))
        try await store.append(fault)
        try expectEqual(try await store.state("s", team: team).status, .done, "status that a change gave")
    }

    static func fullChange(team: Int64, at updatedAt: Timestamp, _ mark: String) -> StateChange {
        var change = StateChange(teamID: team, stateID: "s", updatedAt: updatedAt)
        change.flowID = "flow-\(mark)"
        change.flowName = "Flow \(mark)"
        change.flowVersion = "version \(mark)"
        change.status = mark == "b" ? .done : .expired
        change.currentStep = "Step \(mark)"
        change.user = "\(mark)@example.com"
        change.joinURI = "https://flow.example.com/\(mark)"
        change.createdAt = updatedAt.advanced(bySeconds: -5000)
        return change
    }

    /// The state that one full change makes.
    static func state(after change: StateChange) -> FlowState {
        var state = FlowState(
            teamID: change.teamID, stateID: change.stateID, status: change.status ?? .inProgress,
            createdAt: change.createdAt ?? change.updatedAt, lastActionAt: change.updatedAt)
        (state.flowID, state.flowName, state.flowVersion) = (change.flowID, change.flowName, change.flowVersion)
        (state.currentStep, state.user, state.joinURI) = (change.currentStep, change.user, change.joinURI)
        return state
    }

    private static func changesSetEveryMember(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let first = fullChange(team: team, at: store.now, "a")
        try await store.append(first)
        try expectEqual(try await store.state("s", team: team), state(after: first), "the state after a change")
        let second = fullChange(team: team, at: store.now.advanced(bySeconds: 10), "b")
        try await store.append(second)
        try expectEqual(try await store.state("s", team: team), state(after: second), "the state after another")
        // Not older, so it holds.
        let third = fullChange(team: team, at: store.now.advanced(bySeconds: 10), "c")
        try await store.append(third)
        try expectEqual(try await store.state("s", team: team), state(after: third), "the state after a third")
    }

    private static func absentMembersLeaveWhatIsKnown(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let first = fullChange(team: team, at: store.now, "a")
        let bare = StateChange(teamID: team, stateID: "s", updatedAt: store.now.advanced(bySeconds: 9))
        try await store.append(states: [first, bare])
        try await store.append([call(team: team, at: store.now.advanced(bySeconds: 3))])
        var expected = state(after: first)
        expected.lastActionAt = bare.updatedAt
        (expected.calls, expected.firstCallAt) = (1, store.now.advanced(bySeconds: 3))
        expected.lastCallAt = expected.firstCallAt
        try expectEqual(try await store.state("s", team: team), expected, "the state")
    }

    private static func creationIsToldOrEarliestSeen(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        func expectCreation(_ seconds: Int64, _ subject: String) async throws {
            let state = try await store.state("s", team: team)
            try expectEqual(state.createdAt, store.now.advanced(bySeconds: seconds), subject)
        }
        try await store.append([call(team: team, at: store.now)])
        try await expectCreation(0, "created at its first call")
        try await store.append(Fixtures.fault(team: team, at: store.now.advanced(bySeconds: -5), state: "s"))
        try await expectCreation(-5, "created at its earliest fault")
        try await store.append(Fixtures.change(team: team, state: "s", at: store.now.advanced(bySeconds: -7)))
        try await expectCreation(-7, "created at its earliest change")
        var change = Fixtures.change(team: team, state: "s", at: store.now)
        change.createdAt = store.now.advanced(bySeconds: 3)
        try await store.append(change)
        try await expectCreation(3, "created when a change says")
        try await store.append([call(team: team, at: store.now.advanced(bySeconds: -100))])
        try await expectCreation(3, "created when a change said, whatever is seen since")
    }

    private static func lastFlowGivenHolds(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var first = call(team: team, at: store.now, flow: "f1")
        (first.flowName, first.flowVersion) = ("One", "1")
        try await store.append([first])
        var fault = Fixtures.fault(team: team, at: store.now, state: "s")
        fault.flowName = "Two"
        try await store.append(fault)
        var state = try await store.state("s", team: team)
        try expectEqual([state.flowID, state.flowName, state.flowVersion], ["f1", "Two", "1"], "flow after a fault")
        var change = Fixtures.change(team: team, state: "s", at: store.now.advanced(bySeconds: 50), flow: "f3")
        change.flowVersion = "3"
        try await store.append(change)
        // Earlier by its time, later by its arrival.
        try await store.append([call(team: team, at: store.now.advanced(bySeconds: -9), flow: "f4")])
        state = try await store.state("s", team: team)
        try expectEqual([state.flowID, state.flowName, state.flowVersion], ["f4", "Two", "3"], "flow after a call")
        let moved = try await store.reader.states(StateQuery(teamID: team, flowID: "f4")).rows
        try expectEqual(moved, [state], "states of the last flow")
        let left = try await store.reader.states(StateQuery(teamID: team, flowID: "f1")).rows
        try expectEqual(left, [], "states of the first flow")
    }

    private static func batchesApplyEntriesThenFaultsThenChanges(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var fault = Fixtures.fault(team: team, at: store.now, state: "s")
        (fault.flowID, fault.flowName) = ("of-fault", "Of fault")
        let rows = [
            call(team: team, at: store.now, flow: "of-call-1"), call(team: team, at: store.now, flow: "of-call-2"),
        ]
        try await store.append(rows)
        try expectEqual(try await store.state("s", team: team).flowID, "of-call-2", "flow of the last row")
        try await store.append(rows, faults: [fault])
        var state = try await store.state("s", team: team)
        try expectEqual(state.flowID, "of-fault", "flow after calls and a fault")
        try expectEqual(state.status, .failed, "status after calls and a fault")
        try await store.append(
            rows, faults: [fault],
            states: [
                Fixtures.change(team: team, state: "s", at: store.now, status: .done, flow: "of-change-1"),
                Fixtures.change(team: team, state: "s", at: store.now, status: .inProgress, flow: "of-change-2"),
            ])
        state = try await store.state("s", team: team)
        try expectEqual(state.flowID, "of-change-2", "flow after all")
        try expectEqual(state.status, .inProgress, "status after all")
        try expectEqual([state.calls, state.faults], [6, 2], "counts")
    }
}
