import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import HTTPTypes
import Testing

@Suite("Flows, states, faults and counts")
struct FlowRouteTests {
    private func server() async throws -> TestServer {
        let server = try await TestServer()
        let start = server.clock.now
        var entries: [SampleEntry] = []
        var faults: [RootFault] = []
        var states: [StateChange] = []
        for index in 0..<4 {
            let time = start.advanced(bySeconds: Int64(index) * 3600)
            var entry = SampleEntry(team: 1, at: time, connector: "crm", status: index == 1 ? 502 : 200)
            entry.stateID = "run-\(index)"
            entry.flowID = index == 3 ? "nightly/sync" : "hourly"
            entry.flowName = index == 3 ? "Nightly" : "Hourly"
            entries.append(entry)
            let status: FlowState.Status = [.done, .failed, .inProgress, .done][index]
            states.append(Fixtures.change(team: 1, state: "run-\(index)", at: time, status: status))
        }
        for index in 0..<3 {
            faults.append(
                Fixtures.fault(
                    team: 1, at: start.advanced(bySeconds: Int64(index)), name: index == 2 ? "Timeout" : "Bad Gateway",
                    state: "run-1"))
        }
        _ = try await server.store.append(Fixtures.batch(entries, faults: faults, states: states), idempotency: nil)
        return server
    }

    @Test func listsFlowsWithTheirStatesCounted() async throws {
        try await server().run { caller async throws in
            let flows: PageDocument<FlowDocument> = try await caller.get("/v1/teams/1/flows").decoded()
            #expect(flows.rows.map(\.flowID) == ["nightly/sync", "hourly"])
            let hourly = try #require(flows.rows.last)
            #expect([hourly.states, hourly.done, hourly.failed, hourly.inProgress, hourly.expired] == [3, 1, 1, 1, 0])
            let first: PageDocument<FlowDocument> = try await caller.get("/v1/teams/1/flows?limit=1").decoded()
            let cursor = try #require(first.nextCursor)
            let second: PageDocument<FlowDocument> = try await caller.get(
                "/v1/teams/1/flows?limit=1&cursor=\(cursor)"
            ).decoded()
            #expect(second.rows.map(\.flowID) == ["hourly"])
            #expect(second.nextCursor == nil)
            let found: PageDocument<FlowDocument> = try await caller.get("/v1/teams/1/flows?search=NIGHT").decoded()
            #expect(found.rows.map(\.flowID) == ["nightly/sync"])
        }
    }

    @Test(arguments: [
        ("hourly/states", ["run-2", "run-1", "run-0"]), ("hourly/states?status=failed", ["run-1"]),
        ("nightly%2Fsync/states", ["run-3"]), ("unknown/states", []),
        ("hourly/states?from=2025-06-01T01:00:00Z&to=2025-06-01T02:00:00Z", ["run-1"]),
    ])
    func listsTheStatesOfAFlow(_ path: String, _ expected: [String]) async throws {
        let page: PageDocument<StateDocument> = try await server().run {
            try await $0.get("/v1/teams/1/flows/\(path)").decoded()
        }
        #expect(page.rows.map(\.stateID) == expected)
    }

    @Test func pagesThroughStates() async throws {
        try await server().run { caller async throws in
            let first: PageDocument<StateDocument> = try await caller.get("/v1/teams/1/flows/hourly/states?limit=2")
                .decoded()
            let cursor = try #require(first.nextCursor)
            let second: PageDocument<StateDocument> = try await caller.get(
                "/v1/teams/1/flows/hourly/states?limit=2&cursor=\(cursor)"
            ).decoded()
            #expect((first.rows + second.rows).map(\.stateID) == ["run-2", "run-1", "run-0"])
            let other = try await caller.get("/v1/teams/1/flows/nightly%2Fsync/states?cursor=\(cursor)")
            #expect(other.errorCode == "INVALID_CURSOR")
        }
    }

    @Test func showsOneState() async throws {
        let state: StateDocument = try await server().run { try await $0.get("/v1/teams/1/states/run-1").decoded() }
        #expect(state.status == .failed)
        #expect([state.calls, state.failedCalls, state.faults] == [1, 1, 3])
        #expect(state.flowID == "hourly")
    }

    @Test func listsFaultsNewestFirstAndThoseOfAStateInTheOrderOfTime() async throws {
        try await server().run { caller async throws in
            let all: PageDocument<FaultDocument> = try await caller.get("/v1/teams/1/faults").decoded()
            #expect(all.rows.map(\.name) == ["Timeout", "Bad Gateway", "Bad Gateway"])
            let state: PageDocument<FaultDocument> = try await caller.get("/v1/teams/1/states/run-1/faults").decoded()
            #expect(state.rows.map(\.id) == all.rows.map(\.id).reversed())
            let named: PageDocument<FaultDocument> = try await caller.get("/v1/teams/1/faults?name=Timeout").decoded()
            #expect(named.rows.count == 1)
            let first: PageDocument<FaultDocument> = try await caller.get("/v1/teams/1/faults?limit=2").decoded()
            let cursor = try #require(first.nextCursor)
            let rest: PageDocument<FaultDocument> = try await caller.get(
                "/v1/teams/1/faults?limit=2&cursor=\(cursor)"
            ).decoded()
            #expect((first.rows + rest.rows).map(\.id) == all.rows.map(\.id))
            let id = try #require(all.rows.first?.id)
            let one: FaultDocument = try await caller.get("/v1/teams/1/faults/\(id)").decoded()
            #expect(one == all.rows.first)
        }
    }

    @Test func countsOutcomesInWholeBuckets() async throws {
        try await server().run { caller async throws in
            let range = "from=2025-06-01T00:00:00Z&to=2025-06-01T04:00:00Z"
            let hours: OutcomesDocument = try await caller.get("/v1/teams/1/stats/outcomes?\(range)").decoded()
            #expect(hours.buckets.map(\.ok) == [1, 0, 1, 1])
            #expect(hours.buckets.map(\.failed) == [0, 1, 0, 0])
            let day: OutcomesDocument = try await caller.get(
                "/v1/teams/1/stats/outcomes?\(range)&interval=day&flow_id=hourly"
            ).decoded()
            #expect(day.buckets.map(\.ok) == [2])
            let none: OutcomesDocument = try await caller.get(
                "/v1/teams/1/stats/outcomes?from=2025-06-01T04:00:00Z&to=2025-06-01T00:00:00Z"
            ).decoded()
            #expect(none.buckets.isEmpty)
        }
    }

    @Test(arguments: [
        ("interval=minute&from=2025-06-01T00:00:00Z&to=2025-06-08T00:00:00Z", 200),
        ("interval=minute&from=2025-06-01T00:00:00Z&to=2025-06-08T00:01:00Z", 400),
        ("interval=second", 400), ("from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", 400),
        ("interval=day&from=0000-01-01T00:00:00Z&to=0001-01-01T00:00:00Z", 200), ("interval=minute", 200),
        ("interval=day", 200), ("", 200),
    ])
    func boundsTheNumberOfBuckets(_ query: String, _ status: Int) async throws {
        let answer = try await server().run { try await $0.get("/v1/teams/1/stats/outcomes?\(query)") }
        #expect(answer.status == status)
    }

    @Test func goesBackADayUnlessTold() async throws {
        try await server().run { caller async throws in
            let hours: OutcomesDocument = try await caller.get("/v1/teams/1/stats/outcomes").decoded()
            #expect(hours.buckets.count == 24)
            let days: OutcomesDocument = try await caller.get("/v1/teams/1/stats/outcomes?interval=day").decoded()
            #expect(days.buckets.count == 30)
        }
    }
}
