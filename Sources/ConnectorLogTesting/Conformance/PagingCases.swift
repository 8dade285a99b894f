import ConnectorLogCore

/// Lists are ordered by time and id, and pages neither skip nor repeat.
enum PagingCases {
    static let all = [
        StoreConformanceCase("listsAreOrderedByTimeThenId", listsAreOrderedByTimeThenId),
        StoreConformanceCase("pagesCoverTheListInEitherOrder", pagesCoverTheListInEitherOrder),
        StoreConformanceCase("nextIsNilAtTheEnd", nextIsNilAtTheEnd),
        StoreConformanceCase("insertsBetweenPagesShiftNothing", insertsBetweenPagesShiftNothing),
        StoreConformanceCase("pagesBeginBehindAnyPlace", pagesBeginBehindAnyPlace),
        StoreConformanceCase("filteredPagesCoverTheList", filteredPagesCoverTheList),
        StoreConformanceCase("pagesByTimeAloneCoverAConnector", pagesByTimeAloneCoverAConnector),
    ]

    /// Many connectors at few instants: ties that only ids tell apart.
    private static func fill(_ store: StoreUnderTest, count: Int, seed: UInt64 = 5) async throws -> Int64 {
        let team = try await store.makeTeam()
        var random = SeededRandom(seed: seed)
        var samples: [SampleEntry] = []
        for index in 0..<count {
            let second = Int64.random(in: 0..<Int64(max(1, count / 12)), using: &random)
            samples.append(
                SampleEntry(
                    team: team, at: store.now.advanced(bySeconds: second), connector: "c\(index)",
                    status: random.pick([200, 500])))
        }
        for start in stride(from: 0, to: count, by: 40) {
            try await store.append(Array(samples[start..<min(count, start + 40)]))
            store.clock.advance(byMicroseconds: 700)
        }
        return team
    }

    private static func sorted(_ rows: [EntrySummary], _ order: PageOrder) -> [EntrySummary] {
        rows.sorted { a, b in
            order == .oldestFirst ? (a.logTime, a.id) < (b.logTime, b.id) : (a.logTime, a.id) > (b.logTime, b.id)
        }
    }

    private static func listsAreOrderedByTimeThenId(_ store: StoreUnderTest) async throws {
        let team = try await fill(store, count: 200)
        for order in [PageOrder.newestFirst, .oldestFirst] {
            let page = try await store.reader.entries(EntryQuery(teamID: team, order: order, limit: 1000))
            try expectEqual(page.rows.count, 200, "rows")
            try expectEqual(page.next, nil, "next of a page that holds all")
            try expectEqual(page.rows, sorted(page.rows, order), "rows in order")
        }
    }

    private static func pagesCoverTheListInEitherOrder(_ store: StoreUnderTest) async throws {
        let team = try await fill(store, count: 150)
        for order in [PageOrder.newestFirst, .oldestFirst] {
            let whole = try await store.reader.entries(EntryQuery(teamID: team, order: order, limit: 1000)).rows
            try expectEqual(whole.count, 150, "rows")
            for limit in [1, 3, 7, 50, 149] {
                let paged = try await store.allEntries(EntryQuery(teamID: team, order: order, limit: limit))
                try expectEqual(paged.map(\.id), whole.map(\.id), "ids of pages of \(limit)")
            }
        }
    }

    private static func nextIsNilAtTheEnd(_ store: StoreUnderTest) async throws {
        let team = try await fill(store, count: 30)
        for order in [PageOrder.newestFirst, .oldestFirst] {
            for limit in [30, 31, 1000] {
                let page = try await store.reader.entries(EntryQuery(teamID: team, order: order, limit: limit))
                try expectEqual(page.rows.count, 30, "rows")
                try expectEqual(page.next, nil, "next")
            }
            var query = EntryQuery(teamID: team, order: order, limit: 29)
            let page = try await store.reader.entries(query)
            guard let last = page.rows.last, let next = page.next else {
                throw ConformanceFailure("the page does not lead on to the last row")
            }
            try expectEqual(next, PagePosition(time: last.logTime, id: last.id), "next")
            query.after = next
            let rest = try await store.reader.entries(query)
            try expectEqual(rest.rows.count, 1, "rows of the last page")
            try expectEqual(rest.next, nil, "next of the last page")
            query.after = rest.rows.last.map { PagePosition(time: $0.logTime, id: $0.id) }
            let none = try await store.reader.entries(query)
            try expectEqual(none, Page(rows: [], next: nil), "a page behind the last row")
        }
        let empty = try await store.reader.entries(EntryQuery(teamID: try await store.makeTeam()))
        try expectEqual(empty, Page(rows: [], next: nil), "a page of nothing")
    }

    private static func insertsBetweenPagesShiftNothing(_ store: StoreUnderTest) async throws {
        let team = try await fill(store, count: 60)
        for order in [PageOrder.newestFirst, .oldestFirst] {
            let before = try await store.reader.entries(EntryQuery(teamID: team, order: order, limit: 1000)).rows
            try expect(before.count >= 60, "the rows are missing")
            var query = EntryQuery(teamID: team, order: order, limit: 7)
            var seen: [EntryID] = []
            var number = 0
            repeat {
                let page = try await store.reader.entries(query)
                seen += page.rows.map(\.id)
                query.after = page.next
                // Ahead of, at and behind the place where the pages stand.
                let place = page.rows.last?.logTime ?? store.now
                try await store.append(
                    ([-1_000_000, 0, 1_000_000] as [Int64]).map { offset in
                        number += 1
                        return SampleEntry(
                            team: team, at: place.advanced(byMicroseconds: offset), connector: "new\(number)")
                    })
            } while query.after != nil && number < 300
            try expectEqual(Set(seen).count, seen.count, "rows without repeats")
            let old = Set(before.map(\.id))
            try expectEqual(seen.filter(old.contains), before.map(\.id), "rows that were there before")
        }
    }

    private static func pagesBeginBehindAnyPlace(_ store: StoreUnderTest) async throws {
        let team = try await fill(store, count: 80)
        for order in [PageOrder.newestFirst, .oldestFirst] {
            let whole = try await store.reader.entries(EntryQuery(teamID: team, order: order, limit: 1000)).rows
            try expectEqual(whole.count, 80, "rows")
            var places = [PagePosition(time: .epoch, id: EntryID(high: 0, low: 0))]
            for row in [whole[0], whole[13], whole[40], whole[79]] {
                // The row itself, and places that are no row's.
                places.append(PagePosition(time: row.logTime, id: row.id))
                places.append(PagePosition(time: row.logTime, id: EntryID(high: 0, low: 0)))
                places.append(PagePosition(time: row.logTime, id: EntryID(high: .max, low: .max)))
                places.append(PagePosition(time: row.logTime.advanced(byMicroseconds: 1), id: row.id))
                places.append(PagePosition(time: row.logTime.advanced(byMicroseconds: -1), id: row.id))
            }
            for place in places {
                var query = EntryQuery(teamID: team, order: order, limit: 1000)
                query.after = place
                let rows = try await store.reader.entries(query).rows
                let expected = whole.filter { place.precedes(time: $0.logTime, id: $0.id, in: order) }
                try expectEqual(rows.map(\.id), expected.map(\.id), "rows behind a place")
            }
        }
    }

    private static func filteredPagesCoverTheList(_ store: StoreUnderTest) async throws {
        let team = try await fill(store, count: 200)
        let whole = try await store.reader.entries(EntryQuery(teamID: team, limit: 1000)).rows
        for limit in [1, 4, 33] {
            var query = EntryQuery(teamID: team, limit: limit)
            query.outcome = .failed
            query.from = store.now.advanced(bySeconds: 2)
            query.to = store.now.advanced(bySeconds: 14)
            let expected = whole.filter { row in
                row.outcome == .failed && row.logTime >= store.now.advanced(bySeconds: 2)
                    && row.logTime < store.now.advanced(bySeconds: 14)
            }
            try expect(expected.count > 10, "the case has rows to page through")
            try expectEqual(
                try await store.allEntries(query).map(\.id), expected.map(\.id), "filtered pages of \(limit)")
        }
    }

    /// As a client of the compatible API pages, which knows no id: strictly before the last time that it saw.
    private static func pagesByTimeAloneCoverAConnector(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for _ in 0..<6 {
            try await store.append((0..<10).map { SampleEntry(team: team, at: store.now.advanced(bySeconds: $0 % 2)) })
        }
        var query = EntryQuery(teamID: team, limit: 7)
        query.connector = "hubspot"
        var seen: [EntryID] = []
        while true {
            let rows = try await store.reader.entries(query).rows
            guard let last = rows.last else { break }
            seen += rows.map(\.id)
            query.to = last.logTime
        }
        try expectEqual(seen.count, 60, "rows")
        try expectEqual(Set(seen).count, 60, "different rows")
    }
}
