import ConnectorLogCore

/// Launches of flows, and root faults, over time.
enum LaunchCases {
    static let all = [
        StoreConformanceCase("launchesCountAtTheEdgesOfBuckets", launchesCountAtTheEdgesOfBuckets),
        StoreConformanceCase("launchesCountByCreation", launchesCountByCreation),
        StoreConformanceCase("mostLaunchedFlowsComeFirst", mostLaunchedFlowsComeFirst),
        StoreConformanceCase("launchesAreSearchedByNameAndId", launchesAreSearchedByNameAndId),
        StoreConformanceCase("faultsCountAtTheEdgesOfBuckets", faultsCountAtTheEdgesOfBuckets),
        StoreConformanceCase("faultCountsAreFiltered", faultCountsAreFiltered),
    ]

    /// Ten buckets of a minute from the store's time on, a whole minute.
    private static func minutes(_ store: StoreUnderTest) -> TimeBuckets {
        TimeBuckets(from: store.now, to: store.now.advanced(bySeconds: 600), width: 60_000_000)
    }

    private static func change(
        _ state: String, flow: String?, created: Timestamp, at updatedAt: Timestamp? = nil, name: String? = nil,
        team: Int64
    ) -> StateChange {
        var change = Fixtures.change(team: team, state: state, at: updatedAt ?? created, flow: flow)
        (change.createdAt, change.flowName) = (created, name)
        return change
    }

    private static func launchesCountAtTheEdgesOfBuckets(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let start = store.now
        let offsets: [Int64] = [-1, 0, 29, 30, 59, 60, 119, 120, 139, 140, 179]
        try await store.append(
            states: offsets.map { change("s\($0)", flow: "f", created: start.advanced(bySeconds: $0), team: team) })
        // In the midst of the first bucket and of the third.
        let cut = TimeBuckets(
            from: start.advanced(bySeconds: 30), to: start.advanced(bySeconds: 140), width: 60_000_000)
        let expected = [
            (minutes(store), [4, 2, 4, 0, 0, 0, 0, 0, 0, 0]), (cut, [2, 2, 2]),
            (TimeBuckets(from: start, to: start, width: 60_000_000), nil),
        ]
        for (buckets, launches) in expected {
            let flows = try await store.reader.launches(LaunchQuery(teamID: team, buckets: buckets))
            let wanted = launches.map { [FlowLaunches(flowID: "f", flowName: nil, launches: $0)] }
            try expectEqual(flows, wanted ?? [], "launches")
        }
    }

    private static func launchesCountByCreation(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        func time(_ minute: Int64) -> Timestamp { store.now.advanced(bySeconds: minute * 60) }
        var call = SampleEntry(team: team, at: time(3))
        (call.stateID, call.flowID) = ("of calls", "f")
        var fault = Fixtures.fault(team: team, at: time(4), state: "of a fault")
        fault.flowID = "f"
        try await store.append(
            [call], faults: [fault],
            states: [
                // Active in the span, but created before it; created in it, and active behind it or, as is told, before it.
                change("before", flow: "f", created: time(-90), at: time(5), team: team),
                change("long", flow: "f", created: time(1), at: time(900), team: team),
                change("told late", flow: "f", created: time(2), at: time(-500), team: team),
                change("behind", flow: "f", created: time(20), team: team),
                change("of no flow", flow: nil, created: time(1), team: team),
                change("s", flow: "f", created: time(1), team: other),
            ])
        let query = LaunchQuery(teamID: team, buckets: minutes(store))
        var flows = try await store.reader.launches(query)
        try expectEqual(flows.map(\.launches), [[0, 1, 1, 1, 1, 0, 0, 0, 0, 0]], "launches")
        // A call before all that is known moves its state, which nobody told the creation of.
        call.logTime = time(1)
        try await store.append([call])
        flows = try await store.reader.launches(query)
        try expectEqual(flows.map(\.launches), [[0, 2, 1, 0, 1, 0, 0, 0, 0, 0]], "launches after an earlier call")
        try expectEqual(flows.map(\.total), [4], "total")
    }

    private static func mostLaunchedFlowsComeFirst(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let counts = [("c", 2), ("a", 1), ("B", 2), ("\u{E9}", 2), ("b", 4), ("d", 0)]
        var changes = [change("d", flow: "d", created: store.now.advanced(bySeconds: -1), team: team)]
        for (flow, count) in counts {
            for number in 0..<count {
                let created = store.now.advanced(bySeconds: Int64(number) * 60)
                changes.append(change("\(flow)\(number)", flow: flow, created: created, team: team))
            }
        }
        try await store.append(states: changes)
        for limit in [1, 3, 5, 100] {
            let flows = try await store.reader.launches(
                LaunchQuery(teamID: team, buckets: minutes(store), limit: limit))
            try expectEqual(
                flows.map(\.flowID), Array(["b", "B", "c", "\u{E9}", "a"].prefix(limit)), "the first \(limit) flows")
            try expectEqual(flows.first?.launches, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], "launches of the first")
        }
    }

    private static func launchesAreSearchedByNameAndId(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        func time(_ second: Int64) -> Timestamp { store.now.advanced(bySeconds: second) }
        try await store.append(states: [
            change("s1", flow: "many", created: time(1), name: "Other", team: team),
            change("s2", flow: "many", created: time(2), name: "Other", team: team),
            change("s3", flow: "f-100%", created: time(1), name: "Nightly Import", team: team),
            change("s4", flow: "F-orders_x", created: time(2), team: team),
            change("s5", flow: "g", created: time(3), name: "ORDERS ÄÖ", team: team),
            // The name is that of the latest active state, of those launched in the span.
            change("s6", flow: "h", created: time(4), at: time(9), name: "Behind", team: team),
            change("s7", flow: "h", created: time(5), at: time(8), name: "Before", team: team),
            change("s8", flow: "h", created: time(6), at: time(10), team: team),
            change("s9", flow: "h", created: time(-6), at: time(700), name: "Launched before", team: team),
            // Of two as late as each other, the first by state.
            change("sB", flow: "i", created: time(4), at: time(9), name: "Second", team: team),
            change("sA", flow: "i", created: time(5), at: time(9), name: "First", team: team),
        ])
        let expected: [(String, [String])] = [
            ("orders", ["F-orders_x", "g"]), ("f-", ["F-orders_x", "f-100%"]), ("NIGHTLY", ["f-100%"]),
            ("%", ["f-100%"]), ("_", ["F-orders_x"]), ("äö", []), ("orders Ä", ["g"]), ("behind", ["h"]),
            ("before", []), ("launched", []), ("second", []), ("FIRST", ["i"]), ("none", []),
            ("", ["h", "i", "many", "F-orders_x", "f-100%", "g"]),
        ]
        for (search, flows) in expected {
            var query = LaunchQuery(teamID: team, buckets: minutes(store), search: search, limit: 10)
            try expectEqual(try await store.reader.launches(query).map(\.flowID), flows, "flows for \(search)")
            query.limit = 1
            let first = try await store.reader.launches(query).map(\.flowID)
            try expectEqual(first, Array(flows.prefix(1)), "the first flow for \(search)")
        }
        let all = try await store.reader.launches(LaunchQuery(teamID: team, buckets: minutes(store), limit: 2))
        try expectEqual(all.map(\.flowName), ["Behind", "First"], "names")
        try expectEqual(all.map(\.total), [3, 2], "totals")
    }

    // MARK: - Faults

    private static func faultsCountAtTheEdgesOfBuckets(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let start = store.now
        let offsets: [Int64] = [-1, 0, 29, 30, 59, 60, 119, 120, 139, 140, 179]
        try await store.append(faults: offsets.map { Fixtures.fault(team: team, at: start.advanced(bySeconds: $0)) })
        let cut = TimeBuckets(
            from: start.advanced(bySeconds: 30), to: start.advanced(bySeconds: 140), width: 60_000_000)
        let none = TimeBuckets(from: start, to: start.advanced(bySeconds: -1), width: 60_000_000)
        for (buckets, counts) in [(minutes(store), [4, 2, 4, 0, 0, 0, 0, 0, 0, 0]), (cut, [2, 2, 2]), (none, [])] {
            let query = FaultCountQuery(teamID: team, buckets: buckets)
            try expectEqual(try await store.reader.faultCounts(query), counts, "faults")
        }
    }

    private static func faultCountsAreFiltered(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        // The state's flow in the end is another one than its faults name.
        let told: [(connector: String?, flow: String?)] = [
            ("stripe", "f"), ("Stripe", "f"), ("stripe", "g"), (nil, "cafe\u{301}"), ("stripe", nil), (nil, nil),
        ]
        var faults = [Fixtures.fault(team: other, at: store.now)]
        for (connector, flow) in told {
            var fault = Fixtures.fault(team: team, at: store.now.advanced(bySeconds: 61), state: "s")
            (fault.connectorIdentifier, fault.flowID) = (connector, flow)
            faults.append(fault)
        }
        try await store.append(
            faults: faults, states: [Fixtures.change(team: team, state: "s", at: store.now, flow: "h")])
        let expected: [(String?, Set<String>?, Int)] = [
            (nil, nil, 6), ("stripe", nil, 3), ("none", nil, 0), (nil, [], 0), (nil, ["f"], 2), (nil, ["f", "g"], 3),
            (nil, ["h"], 0), (nil, ["caf\u{E9}"], 0), (nil, ["cafe\u{301}", "none"], 1), ("stripe", ["f", "h"], 1),
            ("Stripe", [], 0),
        ]
        for (connector, flows, count) in expected {
            var query = FaultCountQuery(teamID: team, buckets: minutes(store))
            (query.connector, query.flowIDs) = (connector, flows)
            try expectEqual(
                try await store.reader.faultCounts(query), [0, count, 0, 0, 0, 0, 0, 0, 0, 0],
                "faults of \(connector ?? "all") and \(flows ?? ["all"])")
        }
    }
}
