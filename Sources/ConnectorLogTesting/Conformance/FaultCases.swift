import ConnectorLogCore

/// Root faults, one and many.
enum FaultCases {
    static let all = [
        StoreConformanceCase("everyFieldOfAFaultComesBack", everyFieldOfAFaultComesBack),
        StoreConformanceCase("faultsAreFiltered", faultsAreFiltered),
        StoreConformanceCase("faultPagesCoverTheList", faultPagesCoverTheList),
        StoreConformanceCase("faultsMayShareTheirInstant", faultsMayShareTheirInstant),
    ]

    private static func everyFieldOfAFaultComesBack(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var full = Fixtures.fault(team: team, at: store.now.advanced(byMicroseconds: 1), name: "Données \u{0}")
        full.stateID = "s"
        full.flowID = "f"
        full.flowName = "Flow"
        full.flowVersion = "7"
        full.connectorIdentifier = "hubspot"
        full.entryRequestID = "request-1"
        full.kind = "api"
        full.uri = "https://api.example.com/x?api_key=made-up-1"
        full.message = "Bad Gateway"
        full.statusCode = 502
        full.responseHeaders = [HeaderField(name: "Via", value: "b"), HeaderField(name: "via", value: "")]
        full.responseBody = Body(bytes: [0, 0xFF, 65], isBinary: true, originalSize: 5_000_000_000, isTruncated: true)
        full.invokeType = "FORWARD"
        full.action = "save"
        var empty = Fixtures.fault(team: team, at: store.now.advanced(byMicroseconds: 2), name: "")
        (empty.flowName, empty.kind, empty.uri, empty.message) = ("", "", "", "")
        empty.responseBody = Body(bytes: [], isBinary: false, originalSize: 0, isTruncated: false)
        let bare = Fixtures.fault(team: team, at: store.now.advanced(byMicroseconds: 3))
        try await store.append(faults: [full, empty, bare])
        full.uri = "https://api.example.com/x?api_key=\(Fixtures.placeholder(of: "made-up-1", team: team))"
        full.receipt = [Redaction(rule: .parameter, field: "uri.api_key", count: 1)]
        let rows = try await store.reader.faults(FaultQuery(teamID: team, order: .oldestFirst)).rows
        try expectEqual(rows.count, 3, "faults")
        for (row, fault) in zip(rows, [full, empty, bare]) {
            var expected = fault
            expected.id = row.id
            try expectEqual(row, expected, "a listed fault")
            try expectEqual(try await store.reader.fault(team: team, id: row.id), expected, "a fault")
        }
    }

    private static func faultsAreFiltered(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var generator = SampleGenerator(seed: 51, start: store.now, seconds: 600)
        for _ in 0..<10 { try await store.append(faults: (0..<30).map { _ in generator.fault(team: team) }) }
        let all = try await store.reader.faults(FaultQuery(teamID: team, limit: 1000)).rows
        try expectEqual(all.count, 300, "faults")
        // A fault's own time, so that the edges of ranges count.
        let middle = all[150].occurredAt
        let filters: [(String, (inout FaultQuery) -> Void)] = [
            ("state", { $0.stateID = "state-4" }), ("unknown state", { $0.stateID = "state" }),
            ("connector", { $0.connector = "stripe" }), ("another case", { $0.connector = "STRIPE" }),
            ("name", { $0.name = "Timeout" }), ("part of a name", { $0.name = "Time" }),
            ("from", { $0.from = middle }), ("to", { $0.to = middle }),
        ]
        for (index, first) in filters.enumerated() {
            for second in filters[index...] {
                for order in [PageOrder.newestFirst, .oldestFirst] {
                    var query = FaultQuery(teamID: team, order: order, limit: 40)
                    first.1(&query)
                    second.1(&query)
                    let matching = all.filter(query.matches)
                    let expected = order == .newestFirst ? matching : matching.reversed()
                    try expectEqual(
                        try await store.allFaults(query).map(\.id), expected.map(\.id),
                        "faults by \(first.0) and \(second.0)")
                }
            }
        }
    }

    private static func faultPagesCoverTheList(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for batch in 0..<12 {
            try await store.append(
                faults: (0..<5).map { row in
                    Fixtures.fault(team: team, at: store.now.advanced(bySeconds: Int64((batch + row) % 3)))
                })
            store.clock.advance(byMicroseconds: 400)
        }
        for order in [PageOrder.newestFirst, .oldestFirst] {
            let whole = try await store.reader.faults(FaultQuery(teamID: team, order: order, limit: 1000)).rows
            try expectEqual(whole.count, 60, "faults")
            let sorted = whole.sorted { a, b in
                order == .oldestFirst
                    ? (a.occurredAt, a.id) < (b.occurredAt, b.id) : (a.occurredAt, a.id) > (b.occurredAt, b.id)
            }
            try expectEqual(whole.map(\.id), sorted.map(\.id), "faults in order")
            for limit in [1, 7, 30, 60] {
                let paged = try await store.allFaults(FaultQuery(teamID: team, order: order, limit: limit))
                try expectEqual(paged, whole, "faults of pages of \(limit)")
            }
        }
    }

    private static func faultsMayShareTheirInstant(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var fault = Fixtures.fault(team: team, at: store.now)
        fault.connectorIdentifier = "hubspot"
        try await store.append([SampleEntry(team: team, at: store.now)], faults: [fault, fault])
        try await store.append([SampleEntry(team: team, at: store.now)], faults: [fault])
        let times = try await store.reader.faults(FaultQuery(teamID: team)).rows.map(\.occurredAt)
        try expectEqual(times, [store.now, store.now, store.now], "times of the faults")
        let entries = try await store.entriesByArrival(team: team).map(\.logTime)
        try expectEqual(entries, [store.now, store.now.advanced(byMicroseconds: 1)], "times of the entries")
    }
}
