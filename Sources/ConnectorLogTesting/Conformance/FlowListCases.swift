import ConnectorLogCore

/// Lists of flows, and of the states of a flow.
enum FlowListCases {
    static let all = [
        StoreConformanceCase("statesAreListedByLastAction", statesAreListedByLastAction),
        StoreConformanceCase("statesAreFilteredByStatusAndRange", statesAreFilteredByStatusAndRange),
        StoreConformanceCase("statePagesCoverTheList", statePagesCoverTheList),
        StoreConformanceCase("flowsCountTheirStates", flowsCountTheirStates),
        StoreConformanceCase("flowsCountStatesOfTheRange", flowsCountStatesOfTheRange),
        StoreConformanceCase("flowsAreSearchedByNameAndId", flowsAreSearchedByNameAndId),
        StoreConformanceCase("flowPagesCoverTheList", flowPagesCoverTheList),
    ]

    private static func add(
        _ id: String, flow: String?, _ seconds: Int64, _ status: FlowState.Status? = nil, name: String? = nil,
        team: Int64, in store: StoreUnderTest
    ) async throws {
        var change = Fixtures.change(
            team: team, state: id, at: store.now.advanced(bySeconds: seconds), status: status, flow: flow)
        change.flowName = name
        try await store.append(change)
    }

    private static func statesAreListedByLastAction(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for (id, seconds) in [("b", 10), ("a", 30), ("d", 20), ("B", 20), ("é", 20), ("c", 20)] as [(String, Int64)] {
            try await add(id, flow: "f", seconds, team: team, in: store)
        }
        try await add("other", flow: "g", 15, team: team, in: store)
        try await add("none", flow: nil, 15, team: team, in: store)
        let page = try await store.reader.states(StateQuery(teamID: team, flowID: "f"))
        try expectEqual(page.rows.map(\.stateID), ["a", "B", "c", "d", "é", "b"], "states of the flow")
        try expectEqual(page.next, nil, "next")
        for state in page.rows {
            try expectEqual(try await store.state(state.stateID, team: team), state, "the state itself")
        }
        // A later action moves a state to the front.
        var call = SampleEntry(team: team, at: store.now.advanced(bySeconds: 99))
        call.stateID = "c"
        try await store.append([call])
        let moved = try await store.reader.states(StateQuery(teamID: team, flowID: "f"))
        try expectEqual(moved.rows.map(\.stateID), ["c", "a", "B", "d", "é", "b"], "states after an action")
    }

    private static func statesAreFilteredByStatusAndRange(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for (index, status) in (FlowState.Status.allCases + FlowState.Status.allCases).enumerated() {
            try await add("s\(index)", flow: "f", Int64(index), status, team: team, in: store)
        }
        func states(_ status: FlowState.Status?, _ from: Int64?, _ to: Int64?) async throws -> [String] {
            var query = StateQuery(teamID: team, flowID: "f")
            query.status = status
            query.from = from.map(store.now.advanced(bySeconds:))
            query.to = to.map(store.now.advanced(bySeconds:))
            return try await store.reader.states(query).rows.map(\.stateID)
        }
        try expectEqual(try await states(.inProgress, nil, nil), ["s4", "s0"], "states in progress")
        try expectEqual(try await states(.done, nil, nil), ["s5", "s1"], "states that are done")
        try expectEqual(try await states(.failed, nil, nil), ["s6", "s2"], "failed states")
        try expectEqual(try await states(.expired, nil, nil), ["s7", "s3"], "expired states")
        try expectEqual(try await states(nil, 2, 5), ["s4", "s3", "s2"], "states of a range")
        try expectEqual(try await states(nil, 6, nil), ["s7", "s6"], "states from a time on")
        try expectEqual(try await states(nil, nil, 1), ["s0"], "states before a time")
        try expectEqual(try await states(.done, 2, 6), ["s5"], "states that are done in a range")
    }

    private static func statePagesCoverTheList(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let changes = (0..<60).map { index in
            Fixtures.change(
                team: team, state: "s\(index)", at: store.now.advanced(bySeconds: Int64(index % 5)),
                status: index % 3 == 0 ? .done : .inProgress, flow: "f")
        }
        try await store.append(states: changes)
        for status in [nil, FlowState.Status.done] {
            var query = StateQuery(teamID: team, flowID: "f", limit: 1000)
            query.status = status
            let whole = try await store.reader.states(query).rows.map(\.stateID)
            try expectEqual(whole.count, status == nil ? 60 : 20, "states")
            for limit in [1, 7, 20] {
                query.limit = limit
                query.after = nil
                var paged: [String] = []
                repeat {
                    let page = try await store.reader.states(query)
                    try expect(page.rows.count == limit || page.next == nil, "a page is full or the last")
                    paged += page.rows.map(\.stateID)
                    query.after = page.next
                } while query.after != nil && paged.count < 100
                try expectEqual(paged, whole, "states of pages of \(limit)")
            }
        }
    }

    private static func flowsCountTheirStates(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await add("s1", flow: "b", 10, .done, name: "Old name", team: team, in: store)
        try await add("s2", flow: "b", 30, .failed, name: "New name", team: team, in: store)
        try await add("s3", flow: "b", 40, team: team, in: store)
        try await add("s4", flow: "a", 40, .expired, team: team, in: store)
        try await add("s5", flow: "c", 50, .inProgress, name: "C", team: team, in: store)
        try await add("s6", flow: nil, 90, name: "No flow", team: team, in: store)
        let expected = [
            FlowSummary(
                flowID: "c", flowName: "C", inProgress: 1, done: 0, failed: 0, expired: 0,
                lastActionAt: store.now.advanced(bySeconds: 50)),
            FlowSummary(
                flowID: "a", flowName: nil, inProgress: 0, done: 0, failed: 0, expired: 1,
                lastActionAt: store.now.advanced(bySeconds: 40)),
            FlowSummary(
                flowID: "b", flowName: "New name", inProgress: 1, done: 1, failed: 1, expired: 0,
                lastActionAt: store.now.advanced(bySeconds: 40)),
        ]
        let page = try await store.reader.flows(FlowQuery(teamID: team))
        try expectEqual(page.rows, expected, "flows")
        try expectEqual(page.next, nil, "next")
        // Of two names as late as each other, the first by state.
        try await add("s0", flow: "c", 50, name: "C of s0", team: team, in: store)
        let tied = try await store.reader.flows(FlowQuery(teamID: team)).rows
        try expectEqual(tied.first?.flowName, "C of s0", "name of a flow")
        try expectEqual(tied.first?.states, 2, "states of a flow")
    }

    private static func flowsCountStatesOfTheRange(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for second in 0..<6 as Range<Int64> {
            try await add("s\(second)", flow: second < 4 ? "f" : "g", second, name: "N\(second)", team: team, in: store)
        }
        var query = FlowQuery(teamID: team)
        (query.from, query.to) = (store.now.advanced(bySeconds: 1), store.now.advanced(bySeconds: 3))
        let rows = try await store.reader.flows(query).rows
        try expectEqual(rows.map(\.flowID), ["f"], "flows of a range")
        try expectEqual(rows.map(\.states), [2], "states of the range")
        try expectEqual(rows.map(\.flowName), ["N2"], "name in the range")
        try expectEqual(rows.map(\.lastActionAt), [store.now.advanced(bySeconds: 2)], "last action in the range")
        (query.from, query.to) = (store.now.advanced(bySeconds: 3), nil)
        try expectEqual(try await store.reader.flows(query).rows.map(\.states), [2, 1], "states from a time on")
        (query.from, query.to) = (nil, store.now)
        try expectEqual(try await store.reader.flows(query).rows, [], "flows before the first action")
    }

    private static func flowsAreSearchedByNameAndId(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await add("s1", flow: "f-100%", 1, name: "Nightly Import", team: team, in: store)
        try await add("s2", flow: "F-orders_x", 2, team: team, in: store)
        try await add("s3", flow: "g", 3, name: "ORDERS ÄÖ", team: team, in: store)
        try await add("s4", flow: "h", 4, name: "Before", team: team, in: store)
        try await add("s5", flow: "h", 5, name: "Behind", team: team, in: store)
        let expected: [(String, [String])] = [
            ("orders", ["g", "F-orders_x"]), ("f-", ["F-orders_x", "f-100%"]), ("NIGHTLY", ["f-100%"]),
            ("%", ["f-100%"]), ("_", ["F-orders_x"]), ("äö", []), ("orders Ä", ["g"]), ("behind", ["h"]),
            ("before", []), ("", ["h", "g", "F-orders_x", "f-100%"]), ("none", []),
        ]
        for (search, flows) in expected {
            var query = FlowQuery(teamID: team)
            query.search = search
            try expectEqual(try await store.reader.flows(query).rows.map(\.flowID), flows, "flows for \(search)")
        }
    }

    private static func flowPagesCoverTheList(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let changes = (0..<90).map { index in
            Fixtures.change(
                team: team, state: "s\(index)", at: store.now.advanced(bySeconds: Int64(index % 4)),
                flow: "f\(index % 30)")
        }
        try await store.append(states: changes)
        let whole = try await store.reader.flows(FlowQuery(teamID: team, limit: 1000)).rows
        try expectEqual(whole.count, 30, "flows")
        try expectEqual(whole.map(\.states), Array(repeating: 3, count: 30), "states of each flow")
        for limit in [1, 7, 15, 30] {
            var query = FlowQuery(teamID: team, limit: limit)
            var paged: [FlowSummary] = []
            repeat {
                let page = try await store.reader.flows(query)
                try expect(page.rows.count == limit || page.next == nil, "a page is full or the last")
                paged += page.rows
                query.after = page.next
            } while query.after != nil && paged.count < 100
            try expectEqual(paged, whole, "flows of pages of \(limit)")
        }
    }
}
