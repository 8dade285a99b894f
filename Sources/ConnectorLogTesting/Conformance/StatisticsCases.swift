import ConnectorLogCore

/// Calls over time and by connector or event.
enum StatisticsCases {
    static let all = [
        StoreConformanceCase("callsCountAtTheEdgesOfBuckets", callsCountAtTheEdgesOfBuckets),
        StoreConformanceCase("callsAreGroupedByConnectorOrEvent", callsAreGroupedByConnectorOrEvent),
        StoreConformanceCase("unknownDurationsCountAsNone", unknownDurationsCountAsNone),
        StoreConformanceCase("statisticsAreFiltered", statisticsAreFiltered),
        StoreConformanceCase("statisticsAgreeWithTheEntries", statisticsAgreeWithTheEntries),
    ]

    private static func callsCountAtTheEdgesOfBuckets(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let start = store.now
        let offsets: [Int64] = [-1, 0, 29, 30, 59, 60, 119, 120, 139, 140, 179]
        try await store.append(
            offsets.map { SampleEntry(team: team, at: start.advanced(bySeconds: $0), status: $0 == 59 ? nil : 200) })
        func seconds(_ from: Int64, _ to: Int64) -> TimeBuckets {
            TimeBuckets(from: start.advanced(bySeconds: from), to: start.advanced(bySeconds: to), width: 60_000_000)
        }
        let expected: [(TimeBuckets, [[Int]], [Int64?])] = [
            (seconds(0, 180), [[3, 1], [2, 0], [4, 0]], [59, 119, 179]),
            (seconds(30, 140), [[1, 1], [2, 0], [2, 0]], [59, 119, 139]),
            (seconds(180, 300), [[0, 0], [0, 0]], [nil, nil]), (seconds(0, 0), [], []), (seconds(0, -1), [], []),
        ]
        for (buckets, counts, last) in expected {
            let statistics = try await store.reader.statistics(CallStatisticsQuery(teamID: team, buckets: buckets))
            try expectEqual(statistics.buckets.map { [$0.ok, $0.failed] }, counts, "counts")
            try expectEqual(
                statistics.buckets.map(\.last), last.map { $0.map(start.advanced(bySeconds:)) }, "last calls")
            let total = counts.reduce(0) { $0 + $1[0] + $1[1] }
            try expectEqual(statistics.groups.map(\.tally.calls), total == 0 ? [] : [total], "calls of groups")
        }
    }

    private static func callsAreGroupedByConnectorOrEvent(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let told: [(connector: String, event: String?)] = [
            ("stripe", "load"), ("Stripe", "cafe\u{301}"), ("hubspot", nil), ("stripe", ""), ("stripe", "caf\u{E9}"),
            ("hubspot", "load"),
        ]
        var entries = told.enumerated().map { index, told in
            var entry = SampleEntry(
                team: team, at: store.now.advanced(bySeconds: Int64(index)), connector: told.connector)
            (entry.event, entry.durationMicroseconds) = (told.event, Int64(index) * 1000)
            return entry
        }
        entries.append(SampleEntry(team: try await store.makeTeam(), at: store.now, connector: "other"))
        try await store.append(entries)
        let buckets = TimeBuckets(from: store.now, to: store.now.advanced(bySeconds: 60), width: 1_000_000)
        let expected: [(CallStatisticsQuery.Grouping, [(String, Int, Int64)])] = [
            (.connector, [("Stripe", 1, 1), ("hubspot", 2, 5), ("stripe", 3, 4)]),
            (.event, [("", 2, 3), ("cafe\u{301}", 1, 1), ("caf\u{E9}", 1, 4), ("load", 2, 5)]),
        ]
        for (grouping, groups) in expected {
            let found = try await store.reader.statistics(
                CallStatisticsQuery(teamID: team, buckets: buckets, grouping: grouping)
            ).groups
            try expectEqual(found.map { Array($0.name.utf8) }, groups.map { Array($0.0.utf8) }, "names by \(grouping)")
            try expectEqual(found.map(\.tally.calls), groups.map(\.1), "calls by \(grouping)")
            try expectEqual(found.map(\.tally.durations.count), groups.map(\.1), "durations by \(grouping)")
            try expectEqual(
                found.map(\.tally.last), groups.map { store.now.advanced(bySeconds: $0.2) }, "last by \(grouping)")
        }
    }

    private static func unknownDurationsCountAsNone(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let durations: [Int64?] = [nil, 0, nil, 1_000_000, 3, 1_000_000]
        try await store.append(
            durations.enumerated().map { index, duration in
                var entry = SampleEntry(team: team, at: store.now.advanced(bySeconds: Int64(index)))
                entry.durationMicroseconds = duration
                return entry
            })
        let statistics = try await store.reader.statistics(
            CallStatisticsQuery(
                teamID: team,
                buckets: TimeBuckets(from: store.now, to: store.now.advanced(bySeconds: 60), width: 60_000_000)))
        for tally in statistics.buckets + statistics.groups.map(\.tally) {
            try expectEqual(tally.calls, 6, "calls")
            try expectEqual(tally.durations.count, 4, "calls of a known duration")
            try expectEqual(tally.durations.quantile(0), 0, "the shortest")
            try expectEqual(tally.durations.quantile(0.5), 3, "the second of four")
            let longest = tally.durations.quantile(1) ?? 0
            try expect(abs(longest - 1_000_000) < 65_000, "the longest is \(longest)")
        }
        try expectEqual(statistics.groups.count, 1, "groups")
    }

    private static func statisticsAreFiltered(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let told: [(connector: String, flow: String?)] = [
            ("stripe", "f"), ("Stripe", "f"), ("stripe", "g"), ("hubspot", "cafe\u{301}"), ("stripe", nil),
        ]
        for (second, told) in told.enumerated() {
            var entry = SampleEntry(
                team: team, at: store.now.advanced(bySeconds: Int64(second)), connector: told.connector)
            entry.flowID = told.flow
            try await store.append([entry])
        }
        let expected: [(String?, Set<String>?, Int)] = [
            (nil, nil, 5), ("stripe", nil, 3), ("none", nil, 0), (nil, [], 0), (nil, ["f"], 2), (nil, ["f", "g"], 3),
            (nil, ["caf\u{E9}"], 0), (nil, ["cafe\u{301}", "none"], 1), ("stripe", ["f"], 1), ("Stripe", [], 0),
        ]
        for (connector, flows, count) in expected {
            var query = CallStatisticsQuery(
                teamID: team,
                buckets: TimeBuckets(from: store.now, to: store.now.advanced(bySeconds: 60), width: 60_000_000))
            (query.connector, query.flowIDs) = (connector, flows)
            let found = try await store.reader.statistics(query)
            let subject = "calls of \(connector ?? "all") and \(flows ?? ["all"])"
            try expectEqual(found.buckets.map(\.calls), [count], subject)
            try expectEqual(found.groups.reduce(0) { $0 + $1.tally.calls }, count, "\(subject), in groups")
        }
    }

    private static func statisticsAgreeWithTheEntries(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        let start = store.now
        var generator = SampleGenerator(seed: 62, start: start, seconds: 10_000)
        for _ in 0..<5 {
            try await store.append((0..<200).map { generator.entry(team: $0 % 4 == 0 ? other : team) })
        }
        let entries = try await store.entriesByArrival(team: team)
        let ranges: [(Int64, Int64, Int64)] = [
            (-100, 11_000, 3600), (333, 7777, 60), (3600, 7200, 7), (59, 61, 86_400),
        ]
        let filters: [(connector: String?, flows: Set<String>?)] = [
            (nil, nil), ("stripe", nil), (nil, ["flow-orders", "flow-cafe\u{301}"]), ("hubspot", ["flow-contacts"]),
        ]
        for (from, to, width) in ranges {
            for filter in filters {
                for grouping in [CallStatisticsQuery.Grouping.connector, .event] {
                    let buckets = TimeBuckets(
                        from: start.advanced(bySeconds: from), to: start.advanced(bySeconds: to),
                        width: width * 1_000_000)
                    var query = CallStatisticsQuery(teamID: team, buckets: buckets, grouping: grouping)
                    (query.connector, query.flowIDs) = filter
                    let counted = entries.filter { entry in
                        buckets.bucket(of: entry.logTime) != nil
                            && String?(entry.connectorIdentifier).matches(filter: query.connector)
                            && entry.flowID.matches(filter: query.flowIDs)
                    }
                    try expectEqual(
                        try await store.reader.statistics(query), statistics(of: counted, query), "statistics")
                }
            }
        }
    }

    private static func statistics(of entries: [EntrySummary], _ query: CallStatisticsQuery) -> CallStatistics {
        var buckets = Array(repeating: CallStatistics.Tally(), count: query.buckets.count)
        var groups: [[UInt8]: CallStatistics.Tally] = [:]
        for entry in entries {
            guard let bucket = query.buckets.bucket(of: entry.logTime) else { continue }
            let name = query.grouping == .connector ? entry.connectorIdentifier : entry.event ?? ""
            var tally = CallStatistics.Tally()
            tally.add(entry.outcome, at: entry.logTime, microseconds: entry.durationMicroseconds)
            buckets[bucket].add(tally)
            groups[Array(name.utf8), default: CallStatistics.Tally()].add(tally)
        }
        return CallStatistics(
            buckets: buckets,
            groups: groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }
                .map { CallStatistics.Group(name: String(decoding: $0.key, as: UTF8.self), tally: $0.value) })
    }
}
