import ConnectorLogCore

/// Counts of entries that pass filters, over time.
enum CountCases {
    static let all = [
        StoreConformanceCase("countsTakeTheirBucketsAlone", countsTakeTheirBucketsAlone),
        StoreConformanceCase("countsMindNoPlaceAndNoTimes", countsMindNoPlaceAndNoTimes),
        StoreConformanceCase("countsAgreeWithFilteredLists", countsAgreeWithFilteredLists),
        StoreConformanceCase("countsThatStopSayWhere", countsThatStopSayWhere),
    ]

    private static func countsTakeTheirBucketsAlone(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        let start = store.now
        let offsets: [Int64] = [-1, 0, 29, 30, 59, 60, 119, 120, 139, 140, 179]
        for offset in offsets {
            let time = start.advanced(bySeconds: offset)
            try await store.append([
                SampleEntry(team: team, at: time, status: offset == 59 ? 500 : 200), SampleEntry(team: other, at: time),
            ])
        }
        // And in blocks of one team that lie whole in one bucket.
        try await store.append((0..<300).map { SampleEntry(team: team, at: start.advanced(byMicroseconds: $0 + 1)) })
        func seconds(_ from: Int64, _ to: Int64) -> TimeBuckets {
            TimeBuckets(from: start.advanced(bySeconds: from), to: start.advanced(bySeconds: to), width: 60_000_000)
        }
        let expected: [(TimeBuckets, [Int], [Int])] = [
            (seconds(0, 180), [303, 2, 4], [1, 0, 0]), (seconds(30, 140), [1, 2, 2], [1, 0, 0]),
            (seconds(180, 300), [0, 0], [0, 0]), (seconds(0, 0), [], []), (seconds(0, -1), [], []),
        ]
        for (buckets, ok, failed) in expected {
            var query = EntryCountQuery(entries: EntryQuery(teamID: team), buckets: buckets)
            try expectEqual(try await store.reader.counts(query), EntryCounts(ok: ok, failed: failed), "counts")
            query.entries.outcome = .failed
            try expectEqual(
                try await store.reader.counts(query), EntryCounts(ok: ok.map { _ in 0 }, failed: failed),
                "counts of failed ones")
            query.entries.outcome = .ok
            try expectEqual(
                try await store.reader.counts(query), EntryCounts(ok: ok, failed: ok.map { _ in 0 }),
                "counts of the others")
        }
    }

    private static func countsMindNoPlaceAndNoTimes(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append((0..<20).map { SampleEntry(team: team, at: store.now.advanced(bySeconds: $0)) })
        var query = EntryCountQuery(
            entries: EntryQuery(teamID: team, order: .oldestFirst, limit: 1),
            buckets: TimeBuckets(from: store.now, to: store.now.advanced(bySeconds: 20), width: 10_000_000))
        let page = try await store.reader.entries(query.entries)
        for order in [PageOrder.oldestFirst, .newestFirst] {
            query.entries.order = order
            query.entries.after = page.next
            (query.entries.from, query.entries.to) = (store.now.advanced(bySeconds: 3), store.now)
            try expectEqual(try await store.reader.counts(query).ok, [10, 10], "counts")
        }
    }

    private static func countsAgreeWithFilteredLists(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        let start = store.now
        var generator = SampleGenerator(seed: 63, start: start, seconds: 10_000)
        for _ in 0..<5 {
            try await store.append((0..<200).map { generator.entry(team: $0 % 4 == 0 ? other : team) })
        }
        let filters: [(inout EntryQuery) -> Void] = [
            { _ in }, { $0.connector = "stripe" }, { $0.stateID = "state-3" }, { $0.flowID = "flow-cafe\u{301}" },
            { $0.outcome = .failed }, { $0.method = "GET" }, { $0.status = .hundred(5) },
            { $0.status = EntryQuery.StatusFilter.none },
            { $0.event = "data.load" }, { $0.requestID = "request-shared" }, { $0.text = "ORDERS" },
            { $0.text = "" }, { $0.word = "invoice" }, { ($0.connector, $0.text) = ("Stripe", "contacts") },
            { ($0.outcome, $0.event) = (.ok, "DATA.load") },
        ]
        let ranges: [(Int64, Int64, Int64)] = [(-100, 11_000, 3600), (333, 7777, 60)]
        for (number, filter) in filters.enumerated() {
            for (from, to, width) in ranges {
                let buckets = TimeBuckets(
                    from: start.advanced(bySeconds: from), to: start.advanced(bySeconds: to), width: width * 1_000_000)
                var query = EntryQuery(teamID: team, limit: 1000)
                filter(&query)
                let counts = try await store.reader.counts(EntryCountQuery(entries: query, buckets: buckets))
                (query.from, query.to) = (buckets.from, buckets.to)
                let rows = try await store.allEntries(query)
                var expected = EntryCounts(
                    ok: Array(repeating: 0, count: buckets.count), failed: Array(repeating: 0, count: buckets.count))
                for row in rows {
                    guard let bucket = buckets.bucket(of: row.logTime) else { continue }
                    if row.outcome == .ok { expected.ok[bucket] += 1 } else { expected.failed[bucket] += 1 }
                }
                try expectEqual(counts, expected, "counts by filter \(number)")
                try expectEqual(counts.total, rows.count, "total by filter \(number)")
            }
        }
    }

    /// A store may also read more than it has to.
    private static func countsThatStopSayWhere(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for minute in 0..<20 as Range<Int64> {
            try await store.append(
                (0..<10 as Range<Int64>).map { second in
                    var entry = SampleEntry(team: team, at: store.now.advanced(bySeconds: minute * 60 + second))
                    entry.method = "GET"
                    return entry
                })
        }
        var query = EntryCountQuery(
            entries: EntryQuery(teamID: team),
            buckets: TimeBuckets(from: store.now, to: store.now.advanced(bySeconds: 1200), width: 60_000_000))
        query.entries.method = "GET"
        let all = try await store.reader.counts(query)
        try expectEqual(
            all, EntryCounts(ok: Array(repeating: 10, count: 20), failed: Array(repeating: 0, count: 20)), "counts")
        for limit in [0, 1, 10, 55, 200] {
            query.readLimit = limit
            let counts = try await store.reader.counts(query)
            for bucket in 0..<20 {
                let isWhole = counts.incompleteBefore.map { query.buckets.start(of: bucket) >= $0 } ?? true
                let found = counts.ok[bucket]
                try expect(isWhole ? found == 10 : found <= 10, "bucket \(bucket) of \(limit) has \(found)")
            }
            try expect(limit < 200 || counts.incompleteBefore == nil, "as many were read as there are")
            try expect(counts.total >= min(limit, 200), "\(counts.total) were read of \(limit)")
        }
    }
}
