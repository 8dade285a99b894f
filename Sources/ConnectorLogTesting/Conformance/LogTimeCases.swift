import ConnectorLogCore

/// `log_time` is unique within a connector.
enum LogTimeCases {
    static let all = [
        StoreConformanceCase("tiesOfABatchMoveOn", tiesOfABatchMoveOn),
        StoreConformanceCase("tiesAcrossBatchesMoveOn", tiesAcrossBatchesMoveOn),
        StoreConformanceCase("tiesFillTheFirstGap", tiesFillTheFirstGap),
        StoreConformanceCase("tiesFarBackInTimeMoveOn", tiesFarBackInTimeMoveOn),
        StoreConformanceCase("connectorsAndTeamsKeepTheirTies", connectorsAndTeamsKeepTheirTies),
        StoreConformanceCase("longRunsOfTiesMoveOn", longRunsOfTiesMoveOn),
        StoreConformanceCase("generatedTimesMoveAsTheRuleSays", generatedTimesMoveAsTheRuleSays),
        StoreConformanceCase("concurrentTiesMoveOn", concurrentTiesMoveOn),
    ]

    /// Appends entries at these offsets from `base`, and expects them, by arrival, at `expected`.
    private static func expectTimes(
        _ batches: [[Int64]], become expected: [Int64], in store: StoreUnderTest, from base: Timestamp,
        line: Int = #line
    ) async throws {
        let team = try await store.makeTeam()
        for offsets in batches {
            try await store.append(
                offsets.map { SampleEntry(team: team, at: base.advanced(byMicroseconds: $0)) })
        }
        let rows = try await store.entriesByArrival(team: team)
        let offsets = rows.map { $0.logTime.microseconds - base.microseconds }
        try expectEqual(offsets, expected, "offsets of stored times, by arrival", line: line)
        let listed = try await store.allEntries(EntryQuery(teamID: team, order: .oldestFirst, limit: 7))
        try expectEqual(listed, listed.sorted { $0.logTime < $1.logTime }, "the list by moved times", line: line)
        for row in rows {
            let entry = try await store.reader.entry(team: team, id: row.id)
            try expectEqual(entry?.summary, row, "the entry itself", line: line)
        }
    }

    private static func tiesOfABatchMoveOn(_ store: StoreUnderTest) async throws {
        try await expectTimes([[0, 0, 0, 5, 5]], become: [0, 1, 2, 5, 6], in: store, from: store.now)
    }

    private static func tiesAcrossBatchesMoveOn(_ store: StoreUnderTest) async throws {
        try await expectTimes(
            [[0], [0], [0, 0], [1], [10, 0]], become: [0, 1, 2, 3, 4, 10, 5], in: store, from: store.now)
    }

    private static func tiesFillTheFirstGap(_ store: StoreUnderTest) async throws {
        try await expectTimes([[2, 1, 0, 0]], become: [2, 1, 0, 3], in: store, from: store.now)
        try await expectTimes(
            [[5, 3], [4, 3], [2, 1, 1], [0]], become: [5, 3, 4, 6, 2, 1, 7, 0], in: store, from: store.now)
    }

    private static func tiesFarBackInTimeMoveOn(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let old = store.now.advanced(bySeconds: -400 * 86_400)
        try await store.append([SampleEntry(team: team, at: old)])
        for day in 0..<8 {
            let start = store.now.advanced(bySeconds: Int64(day) * 86_400)
            try await store.append((0..<250).map { SampleEntry(team: team, at: start.advanced(bySeconds: $0)) })
        }
        try await store.append([
            SampleEntry(team: team, at: store.now.advanced(bySeconds: 86_400)), SampleEntry(team: team, at: old),
        ])
        let rows = try await store.entriesByArrival(team: team)
        try expectEqual(rows.count, 2003, "rows")
        try expectEqual(
            rows.suffix(2).map(\.logTime),
            [store.now.advanced(byMicroseconds: 86_400_000_001), old.advanced(byMicroseconds: 1)], "moved times")
    }

    private static func connectorsAndTeamsKeepTheirTies(_ store: StoreUnderTest) async throws {
        let teams = [try await store.makeTeam(), try await store.makeTeam()]
        for _ in 0..<2 {
            var batch: [SampleEntry] = []
            for team in teams {
                for connector in ["a", "A", "a-", "b"] {
                    batch.append(SampleEntry(team: team, at: store.now, connector: connector))
                }
            }
            try await store.append(batch)
        }
        for team in teams {
            let rows = try await store.entriesByArrival(team: team)
            let offsets = rows.map { $0.logTime.microseconds - store.now.microseconds }
            try expectEqual(offsets, [0, 0, 0, 0, 1, 1, 1, 1], "offsets of stored times, by arrival")
        }
    }

    private static func longRunsOfTiesMoveOn(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let count = 1500
        try await store.append((0..<count).map { _ in SampleEntry(team: team, at: store.now) })
        try await store.append((0..<count).map { _ in SampleEntry(team: team, at: store.now) })
        let rows = try await store.entriesByArrival(team: team)
        try expectEqual(
            rows.map { $0.logTime.microseconds - store.now.microseconds }, (0..<Int64(2 * count)).map { $0 },
            "offsets of stored times, by arrival")
    }

    private static func generatedTimesMoveAsTheRuleSays(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var random = SeededRandom(seed: 21)
        var taken: [String: Set<Int64>] = [:]
        var expected: [Int64] = []
        for _ in 0..<25 {
            var batch: [SampleEntry] = []
            for _ in 0..<Int.random(in: 1...24, using: &random) {
                let connector = random.pick(["a", "b"])
                let offset = Int64.random(in: 0..<40, using: &random)
                batch.append(
                    SampleEntry(team: team, at: store.now.advanced(byMicroseconds: offset), connector: connector))
                var free = offset
                while taken[connector, default: []].contains(free) { free += 1 }
                taken[connector, default: []].insert(free)
                expected.append(free)
            }
            try await store.append(batch)
        }
        let rows = try await store.entriesByArrival(team: team)
        try expectEqual(
            rows.map { $0.logTime.microseconds - store.now.microseconds }, expected, "offsets of stored times")
    }

    private static func concurrentTiesMoveOn(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try await store.append((0..<5).map { _ in SampleEntry(team: team, at: store.now) })
                }
            }
            try await group.waitForAll()
        }
        let rows = try await store.entriesByArrival(team: team)
        let offsets = rows.map { $0.logTime.microseconds - store.now.microseconds }
        try expectEqual(offsets.sorted(), (0..<80).map { $0 }, "offsets of stored times")
        // Batches that come at once may take their times in another order than their ids, but each takes its own in row.
        for start in stride(from: 0, to: 80, by: 5) {
            let batch = Array(offsets[start..<start + 5])
            try expectEqual(batch, batch.sorted(), "offsets of one batch")
        }
    }
}
