import ConnectorLogCore

/// Counts over time.
enum OutcomeCases {
    static let all = [
        StoreConformanceCase("bucketsCountAtTheirEdges", bucketsCountAtTheirEdges),
        StoreConformanceCase("bucketsCoverTheRangeWithoutEntries", bucketsCoverTheRangeWithoutEntries),
        StoreConformanceCase("rangesCutTheirFirstAndLastBucket", rangesCutTheirFirstAndLastBucket),
        StoreConformanceCase("bucketsAgreeWithTheEntries", bucketsAgreeWithTheEntries),
    ]

    private static func counts(_ buckets: [OutcomeBucket]) -> [[Int]] {
        buckets.map { [$0.ok, $0.failed] }
    }

    private static func bucketsCountAtTheirEdges(_ store: StoreUnderTest) async throws {
        for interval in OutcomeQuery.Interval.allCases {
            let team = try await store.makeTeam()
            let length = interval.microseconds
            // Whole for a day, and so for an hour and a minute.
            let start = Timestamp(microseconds: 20_240 * 86_400_000_000)
            let offsets = [-1, 0, 1, length - 1, length, 2 * length - 1, 2 * length, 2 * length + 1]
            try await store.append(
                offsets.enumerated().map { index, offset in
                    SampleEntry(
                        team: team, at: start.advanced(byMicroseconds: offset), status: index % 2 == 0 ? 200 : 500)
                })
            let buckets = try await store.reader.outcomes(
                OutcomeQuery(
                    teamID: team, interval: interval, from: start, to: start.advanced(byMicroseconds: 2 * length)))
            try expectEqual(
                buckets.map(\.start), [start, start.advanced(byMicroseconds: length)], "starts by \(interval)")
            try expectEqual(counts(buckets), [[1, 2], [1, 1]], "counts by \(interval)")
        }
    }

    private static func bucketsCoverTheRangeWithoutEntries(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let start = Timestamp(microseconds: 20_240 * 86_400_000_000)
        try await store.append([SampleEntry(team: team, at: start.advanced(bySeconds: 150))])
        let query = OutcomeQuery(
            teamID: team, interval: .minute, from: start, to: start.advanced(bySeconds: 300))
        try expectEqual(
            counts(try await store.reader.outcomes(query)), [[0, 0], [0, 0], [1, 0], [0, 0], [0, 0]], "counts")
        var none = query
        none.connector = "none"
        try expectEqual(
            try await store.reader.outcomes(none).map(\.start), query.bucketStarts, "starts without entries")
        none = query
        none.to = none.from
        try expectEqual(try await store.reader.outcomes(none), [], "buckets of an empty range")
        none.to = start.advanced(bySeconds: -1)
        try expectEqual(try await store.reader.outcomes(none), [], "buckets of a range that ends before it begins")
    }

    private static func rangesCutTheirFirstAndLastBucket(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let start = Timestamp(microseconds: 20_240 * 86_400_000_000)
        try await store.append((0..<300).map { SampleEntry(team: team, at: start.advanced(bySeconds: $0)) })
        let query = OutcomeQuery(
            teamID: team, interval: .minute, from: start.advanced(bySeconds: 50), to: start.advanced(bySeconds: 130))
        let buckets = try await store.reader.outcomes(query)
        try expectEqual(buckets.map(\.start), [0, 60, 120].map(start.advanced(bySeconds:)), "starts")
        try expectEqual(buckets.map(\.ok), [10, 60, 10], "counts")
    }

    private static func bucketsAgreeWithTheEntries(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let start = store.now
        var generator = SampleGenerator(seed: 61, start: start, seconds: 10_000)
        for _ in 0..<5 { try await store.append((0..<200).map { _ in generator.entry(team: team) }) }
        let entries = try await store.entriesByArrival(team: team)
        let ranges: [(Int64, Int64)] = [(-100, 11_000), (333, 7777), (3600, 7200), (59, 61)]
        let filters: [(connector: String?, flow: String?)] = [
            (nil, nil), ("stripe", nil), (nil, "flow-orders"), ("hubspot", "flow-contacts"), ("none", nil),
        ]
        for interval in OutcomeQuery.Interval.allCases {
            for (from, to) in ranges {
                for filter in filters {
                    var query = OutcomeQuery(
                        teamID: team, interval: interval, from: start.advanced(bySeconds: from),
                        to: start.advanced(bySeconds: to))
                    (query.connector, query.flowID) = filter
                    let counted = entries.filter { entry in
                        entry.logTime >= query.from && entry.logTime < query.to
                            && String?(entry.connectorIdentifier).matches(filter: query.connector)
                            && entry.flowID.matches(filter: query.flowID)
                    }
                    let expected = query.bucketStarts.map { bucket in
                        let inside = counted.filter { query.bucketStart(of: $0.logTime) == bucket }
                        let failed = inside.count { $0.outcome == .failed }
                        return OutcomeBucket(start: bucket, ok: inside.count - failed, failed: failed)
                    }
                    try expectEqual(try await store.reader.outcomes(query), expected, "buckets by \(interval)")
                }
            }
        }
    }
}
