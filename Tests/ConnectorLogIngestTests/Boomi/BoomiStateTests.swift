import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogIngest

@Suite("Boomi Flow: states and their root faults")
struct BoomiStateTests {
    private static let faults =
        #""hasRootFaults":true,"rootFaults":{"Data Save Fault":"{\"kind\":\"api\",\"uri\":\"https://h/x\",\"statusCode\":422,\"message\":\"amount\",\"responseBody\":\"{\\\"a\\\":1}\",\"responseHeaders\":{\"Via\":[\"x\"]},\"invokeType\":\"FORWARD\",\"action\":\"save\"}","Other":"plain words"}"#

    private func state(_ run: BoomiRun, id: String = "state-1") async throws -> FlowState {
        try #require(try await run.store.state(team: run.team, id: id))
    }

    @Test func aStateBecomesAFlowState() async throws {
        let run = try await BoomiRun()
        #expect(try await run.report(Array(BoomiSample.state().utf8)).counts[.state]?.taken == 1)
        let state = try await state(run)
        #expect(state.flowID == "flow-1" && state.flowVersion == "version-1" && state.flowName == "Orders")
        #expect(state.currentStep == "Load" && state.user == "a.b")
        #expect(state.joinURI == "https://flow.example.com/join/1")
        #expect(state.status == .inProgress)
        #expect(state.createdAt == Timestamp("2026-11-01T10:00:00Z"))
        #expect(state.lastActionAt == Timestamp("2026-11-01T10:00:05.5Z"))
    }

    @Test(arguments: [
        (#""isDone":true"#, FlowState.Status.done), (#""isExpired":true"#, .expired), (#""isDone":null"#, .inProgress),
        (#""isDone":true,"hasRootFaults":true"#, .failed), (#""rootFaults":{"F":"m"}"#, .failed),
        (#""isDone":true,"rootFaults":{}"#, .done), (#""isDone":true,"rootFaults":null"#, .done),
        (#""isDone":"true""#, .done), (#""isDone":1"#, .inProgress),
    ])
    func tellsItsStatus(_ members: String, _ status: FlowState.Status) async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.state(members))
        #expect(try await state(run).status == status)
    }

    @Test func statesAreUpserted() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.state())
        try await run.report(
            BoomiSample.state(#""isDone":true"#).replacing("10:00:05.5", with: "10:00:09")
                .replacing(#""currentMapElementDeveloperName":"Load","#, with: ""))
        let state = try await state(run)
        #expect(state.status == .done)
        #expect(state.currentStep == "Load")
        #expect(state.createdAt == Timestamp("2026-11-01T10:00:00Z"))
    }

    @Test func eventsAndStatesMayComeTogether() async throws {
        let run = try await BoomiRun()
        let outcome = try await run.report(BoomiSample.asked, BoomiSample.state(), BoomiSample.answered)
        #expect(outcome.taken == 3)
        try await run.join()
        #expect(try await state(run).calls == 1)
    }

    // MARK: - Root faults

    @Test func aRootFaultTellsItsProblem() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.state(Self.faults))
        let faults = try await run.faults()
        #expect(faults.map(\.name).sorted() == ["Data Save Fault", "Other"])
        let fault = try #require(faults.first { $0.name == "Data Save Fault" })
        #expect(fault.stateID == "state-1" && fault.flowID == "flow-1" && fault.flowName == "Orders")
        #expect(fault.flowVersion == "version-1")
        #expect(fault.occurredAt == Timestamp("2026-11-01T10:00:05.5Z"))
        #expect(fault.kind == "api" && fault.uri == "https://h/x" && fault.statusCode == 422)
        #expect(fault.message == "amount" && fault.invokeType == "FORWARD" && fault.action == "save")
        #expect(fault.responseBody?.text == #"{"a":1}"#)
        #expect(fault.responseHeaders == [HeaderField(name: "Via", value: "x")])
        #expect(faults.first { $0.name == "Other" }?.message == "plain words")
    }

    @Test func aStateThatComesAgainBringsNoFaultTwice() async throws {
        let run = try await BoomiRun()
        for _ in 0..<3 { try await run.report(BoomiSample.state(Self.faults)) }
        try await run.report(BoomiSample.state(Self.faults), BoomiSample.state(Self.faults))
        // A process that starts anew knows only what is stored.
        let next = BoomiRun.intake(run.store, run.clock)
        var session = next.makeSession(team: run.team, encoding: .identity)
        try Array(BoomiSample.state(Self.faults).utf8).withUnsafeBytes { try session.feed($0) }
        _ = try await session.finish()
        #expect(try await run.faults().count == 2)
        #expect(try await state(run).faults == 2)
    }

    @Test func alsoWhereItComesManyTimesAtOnce() async throws {
        let run = try await BoomiRun()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { try await run.report(BoomiSample.state(Self.faults)) } }
            try await group.waitForAll()
        }
        #expect(try await run.faults().count == 2)
    }

    @Test func aFaultOfTheSameNameThatSaysOtherwiseIsAnother() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.state(#""rootFaults":{"F":"one"}"#))
        try await run.report(BoomiSample.state(#""rootFaults":{"F":"two"}"#))
        try await run.report(BoomiSample.state(#""rootFaults":{"F":"one"}"#, id: "state-2"))
        #expect(try await run.faults().count == 3)
    }

    /// The value that stands in what is compared is the placeholder.
    @Test func faultsWithSecretsAreKnownAgain() async throws {
        let run = try await BoomiRun()
        for _ in 0..<2 {
            try await run.report(BoomiSample.state(#""rootFaults":{"F":"Authorization: Bearer made-up-token-123"}"#))
        }
        let faults = try await run.faults()
        #expect(faults.count == 1)
        #expect(faults.first?.message?.contains("made-up") == false)
        #expect(faults.first?.receipt.map(\.field) == ["message.Authorization"])
    }

    @Test func aStateHasAtMostAHundredNewFaults() async throws {
        let run = try await BoomiRun()
        let faults = (0...BoomiLimits.faults).map { #""F\#($0)":"m""# }.joined(separator: ",")
        for _ in 0..<2 {
            try await run.report(BoomiSample.state(#""rootFaults":{\#(faults)}"#))
            #expect(try await run.faults().count == BoomiLimits.faults)
        }
    }

    @Test func aReportHasAtMostTenThousandFaults() async throws {
        let run = try await BoomiRun()
        let faults = (0..<BoomiLimits.faults).map { number in #""\#(number)":"m""# }.joined(separator: ",")
        let state = #"{"id":"s","isDone":true,"rootFaults":{\#(faults)}}"#
        let most = Array(repeating: state, count: BoomiLimits.reportFaults / BoomiLimits.faults).joined(separator: ",")
        #expect(try await run.report(Array("[\(most)]".utf8)).taken == 100)
        #expect(try await run.faults().count == BoomiLimits.faults)
        await #expect(throws: IngestError.self) { try await run.report(Array("[\(most),\(state)]".utf8)) }
    }

    // MARK: - Times

    @Test(arguments: [
        ("2026-11-01T10:00:05.5", "2036-11-01T10:00:05", "2026-11-01T10:00:00Z"),
        ("2026-11-01T10:00:05.5", "no time", "2026-11-01T10:00:00Z"),
        ("2026-11-01T10:00:05.5", "1066-11-01T10:00:05", "2026-11-01T10:00:00Z"),
        ("2026-11-01T10:00:05.5", "2026-11-01T11:00:05.1234567+01:00", "2026-11-01T10:00:05.123456Z"),
    ])
    func timesThatCannotBeRightAreLeftOut(_ old: String, _ new: String, _ expected: String) async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.state().replacing(old, with: new))
        #expect(try await state(run).lastActionAt == Timestamp(expected))
    }
}
