import ConnectorLogCore

/// What is over age goes; what is younger stays.
enum RetentionCases {
    static let all = [
        StoreConformanceCase("retentionIsSetAndTakenBack", retentionIsSetAndTakenBack),
        StoreConformanceCase("recordsOverAgeGo", recordsOverAgeGo),
        StoreConformanceCase("detailsOverAgeGo", detailsOverAgeGo),
        StoreConformanceCase("teamsKeepRecordsAsTheySay", teamsKeepRecordsAsTheySay),
    ]

    static let durable = [
        StoreConformanceCase("retentionOutlivesTheStore", retentionOutlivesTheStore)
    ]

    private static func retention(_ entryDays: Int?, _ detailDays: Int? = nil) throws -> Retention {
        guard let retention = Retention(entryDays: entryDays, detailDays: detailDays) else {
            throw ConformanceFailure("no retention")
        }
        return retention
    }

    private static func retentionIsSetAndTakenBack(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        try expectEqual(try await store.catalog.retention(team: team), nil, "what a new team says")
        for wanted in [try retention(90, 14), try retention(30), try retention(nil, 7), .forever] {
            try expectEqual(try await store.catalog.setRetention(wanted, team: team), true, "setting")
            try expectEqual(try await store.catalog.retention(team: team), wanted, "what the team says")
        }
        try expectEqual(try await store.catalog.retention(team: other), nil, "what another team says")
        try expectEqual(try await store.catalog.setRetention(nil, team: team), true, "taking back")
        try expectEqual(try await store.catalog.retention(team: team), nil, "what the team says no more")
        try expectEqual(try await store.catalog.setRetention(.forever, team: other + 1), false, "setting for no team")
        try expectEqual(try await store.catalog.retention(team: other + 1), nil, "what no team says")
        _ = try await store.catalog.setRetention(.forever, team: other)
        _ = try await store.catalog.deleteTeam(id: other)
        try expectEqual(try await store.catalog.setRetention(nil, team: other), false, "setting for a deleted team")
        try expectEqual(try await store.catalog.retention(team: other), nil, "what a deleted team says")
    }

    /// An entry and a fault of a state of their own, so many days and an hour old.
    private static func append(
        _ days: [Int64], team: Int64, to store: StoreUnderTest, connector: String = "hubspot"
    ) async throws {
        var entries: [SampleEntry] = []
        var faults: [RootFault] = []
        for days in days {
            let time = store.now.advanced(bySeconds: -days * 86_400 - 3600)
            var entry = SampleEntry(team: team, at: time, connector: connector, status: 500)
            entry.uri = "https://api.example.com/\(days)"
            (entry.stateID, entry.flowID) = ("state-\(days)", "flow")
            entry.requestHeaders = [HeaderField(name: "Accept", value: "application/json")]
            entry.responseHeaders = [HeaderField(name: "X-Request-Id", value: "vendor-\(days)")]
            entry.requestBody = .text("sent \(days)")
            entry.responseBody = .text("gone \(days)")
            entry.attributesJSON = #"{"days":\#(days)}"#
            entries.append(entry)
            var fault = Fixtures.fault(team: team, at: time, name: "Fault \(days)", state: "state-\(days)")
            fault.message = "message \(days)"
            fault.responseHeaders = entry.responseHeaders
            fault.responseBody = Body(
                bytes: Array("gone \(days)".utf8), isBinary: false, originalSize: 7, isTruncated: false)
            faults.append(fault)
        }
        try await store.append(entries, faults: faults)
    }

    private static func expectDays(
        _ days: [Int64], team: Int64, in store: StoreUnderTest, _ subject: String
    ) async throws {
        let rows = try await store.allEntries(EntryQuery(teamID: team))
        try expectEqual(rows.map(\.uri), days.map { "https://api.example.com/\($0)" }, "entries of \(subject)")
        let counts = try await store.reader.outcomes(
            OutcomeQuery(
                teamID: team, interval: .day, from: store.now.advanced(bySeconds: -60 * 86_400), to: store.now))
        try expectEqual(counts.reduce(0) { $0 + $1.failed }, days.count, "counts of \(subject)")
        let span = TimeBuckets(
            from: store.now.advanced(bySeconds: -60 * 86_400), to: store.now.advanced(bySeconds: 1),
            width: 90 * 86_400_000_000)
        let calls = try await store.reader.statistics(CallStatisticsQuery(teamID: team, buckets: span))
        try expectEqual(calls.groups.reduce(0) { $0 + $1.tally.failed }, days.count, "calls of \(subject)")
        let entries = try await store.reader.counts(EntryCountQuery(entries: EntryQuery(teamID: team), buckets: span))
        try expectEqual(entries.total, days.count, "entries over time of \(subject)")
        let launches = try await store.reader.launches(LaunchQuery(teamID: team, buckets: span))
        try expectEqual(launches.map(\.total), days.isEmpty ? [] : [days.count], "launches of \(subject)")
        let faultCounts = try await store.reader.faultCounts(FaultCountQuery(teamID: team, buckets: span))
        try expectEqual(faultCounts.reduce(0, +), days.count, "faults over time of \(subject)")
        let faults = try await store.allFaults(FaultQuery(teamID: team))
        try expectEqual(faults.map(\.name), days.map { "Fault \($0)" }, "faults of \(subject)")
        let states = try await store.reader.states(StateQuery(teamID: team, flowID: "flow", limit: 1000)).rows
        try expectEqual(states.map(\.stateID), days.map { "state-\($0)" }, "states of \(subject)")
    }

    private static func recordsOverAgeGo(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        // In one batch and in several, young and old beside one another.
        try await append([0, 30, 3, 12, 8], team: team, to: store)
        for days in [1, 9, 13, 40] as [Int64] { try await append([days], team: team, to: store) }
        let all: [Int64] = [0, 1, 3, 8, 9, 12, 13, 30, 40]
        try await store.keeper.enforceRetention(default: try retention(50), at: store.now)
        try await expectDays(all, team: team, in: store, "a team with nothing over age")
        let gone = try await store.allEntries(EntryQuery(teamID: team)).last?.id
        try await store.keeper.enforceRetention(default: try retention(10), at: store.now)
        try await expectDays([0, 1, 3, 8, 9], team: team, in: store, "a team with some over age")
        if let gone { try expectEqual(try await store.reader.entry(team: team, id: gone), nil, "an entry over age") }
        // Three days later, some more; the same call removes nothing twice.
        for _ in 0..<2 {
            try await store.keeper.enforceRetention(
                default: try retention(10), at: store.now.advanced(bySeconds: 3 * 86_400))
            try await expectDays([0, 1, 3], team: team, in: store, "a team with more over age")
        }
        try await append([2], team: team, to: store)
        try await store.keeper.enforceRetention(
            default: try retention(1), at: store.now.advanced(bySeconds: 30 * 86_400))
        try await expectDays([], team: team, in: store, "a team with all over age")
    }

    private static func detailsOverAgeGo(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await append([0, 30, 3, 12, 8], team: team, to: store)
        for days in [1, 9, 13, 40] as [Int64] { try await append([days], team: team, to: store) }
        let days: [Int64] = [0, 1, 3, 8, 9, 12, 13, 30]
        let rows = try await store.allEntries(EntryQuery(teamID: team))
        var whole: [EntryID: LogEntry] = [:]
        for row in rows { whole[row.id] = try await store.reader.entry(team: team, id: row.id) }

        for (step, oldest) in [(Int64(0), Int64(10)), (5, 5)] {
            let now = store.now.advanced(bySeconds: step * 86_400)
            try await store.keeper.enforceRetention(default: try retention(35 + Int(step), 10), at: now)
            try await expectDays(days, team: team, in: store, "a team without some details")
            for row in try await store.allEntries(EntryQuery(teamID: team)) {
                guard let number = row.uri?.split(separator: "/").last.flatMap({ Int64($0) }) else { continue }
                let entry = try await store.reader.entry(team: team, id: row.id)
                if number < oldest {
                    try expectEqual(entry, whole[row.id], "an entry of \(number) days")
                } else {
                    var bare = LogEntry(summary: row)
                    bare.detailsRemovedAt = entry?.detailsRemovedAt
                    try expectEqual(entry, bare, "an entry of \(number) days, without details")
                    let removedAt = entry?.detailsRemovedAt ?? .epoch
                    try expect(removedAt >= store.now && removedAt <= now, "the details say when they were removed")
                }
                try await expectFound(number, hasDetails: number < oldest, row, team: team, in: store)
            }
            for fault in try await store.allFaults(FaultQuery(teamID: team)) {
                let isYoung = fault.occurredAt > now.advanced(bySeconds: -10 * 86_400)
                try expectEqual(fault.responseHeaders.isEmpty, !isYoung, "whether \(fault.name) has no headers")
                try expectEqual(fault.responseBody == nil, !isYoung, "whether \(fault.name) has no body")
                try expectEqual(fault.detailsRemovedAt == nil, isYoung, "whether \(fault.name) has its details")
                try expectEqual(fault.message?.hasPrefix("message "), true, "message of \(fault.name)")
            }
        }
    }

    /// Filters find the entry as before, but for what looks into details.
    private static func expectFound(
        _ number: Int64, hasDetails: Bool, _ row: EntrySummary, team: Int64, in store: StoreUnderTest
    ) async throws {
        func rows(_ change: (inout EntryQuery) -> Void) async throws -> [EntrySummary] {
            var query = EntryQuery(teamID: team)
            change(&query)
            return try await store.allEntries(query)
        }
        try expectEqual(try await rows { $0.stateID = row.stateID }, [row], "entries of the state")
        try expectEqual(try await rows { $0.text = "COM/\(number)" }.contains(row), true, "found by its URI")
        let byText = try await rows { $0.text = "gone \(number)" }
        try expectEqual(byText.contains(row), hasDetails, "whether an entry of \(number) days is found by its body")
        let byVendor = try await rows { $0.requestID = "vendor-\(number)" }
        try expectEqual(byVendor.contains(row), hasDetails, "whether an entry of \(number) days is found by a header")
    }

    private static func teamsKeepRecordsAsTheySay(_ store: StoreUnderTest) async throws {
        let (short, long, silent) = (
            try await store.makeTeam(), try await store.makeTeam(), try await store.makeTeam()
        )
        _ = try await store.catalog.setRetention(try retention(5), team: short)
        _ = try await store.catalog.setRetention(.forever, team: long)
        for days in [[0, 10, 30], [3, 20]] as [[Int64]] {
            for team in [short, long, silent] { try await append(days, team: team, to: store) }
        }
        // Entries of all three in one batch.
        let together = [short, long, silent].flatMap { team in
            ([1, 15] as [Int64]).map { days -> SampleEntry in
                var entry = SampleEntry(team: team, at: store.now.advanced(bySeconds: -days * 86_400), status: 500)
                entry.uri = "together"
                return entry
            }
        }
        try await store.append(together)
        try await store.keeper.enforceRetention(default: try retention(12), at: store.now)
        for (team, days, count) in [
            (short, [0, 3], 1), (long, [0, 3, 10, 20, 30], 2), (silent, [0, 3, 10], 1),
        ] as [(Int64, [Int64], Int)] {
            let rows = try await store.allEntries(EntryQuery(teamID: team))
            let alone = rows.filter { $0.uri != "together" }
            try expectEqual(alone.map(\.uri), days.map { "https://api.example.com/\($0)" }, "entries of a team")
            try expectEqual(rows.count - alone.count, count, "entries of the common batch")
            let faults = try await store.allFaults(FaultQuery(teamID: team))
            try expectEqual(faults.map(\.name), days.map { "Fault \($0)" }, "faults of a team")
        }
    }

    private static func retentionOutlivesTheStore(_ first: StoreUnderTest) async throws {
        var store = first
        let team = try await store.makeTeam()
        try await append([0, 3, 20, 40], team: team, to: store)
        _ = try await store.catalog.setRetention(try retention(30, 10), team: team)
        try await store.keeper.enforceRetention(default: .forever, at: store.now)
        let rows = try await store.allEntries(EntryQuery(teamID: team))
        var entries: [LogEntry?] = []
        for row in rows { entries.append(try await store.reader.entry(team: team, id: row.id)) }
        let faults = try await store.allFaults(FaultQuery(teamID: team))
        try expectEqual(entries.map { $0?.detailsRemovedAt == nil }, [true, true, false], "which have their details")
        for _ in 0..<2 {
            store = try await store.reopened()
            try expectEqual(
                try await store.catalog.retention(team: team), try retention(30, 10), "what the team says")
            try await expectDays([0, 3, 20], team: team, in: store, "the team")
            for (row, entry) in zip(rows, entries) {
                try expectEqual(try await store.reader.entry(team: team, id: row.id), entry, "an entry")
            }
            try expectEqual(try await store.allFaults(FaultQuery(teamID: team)), faults, "faults")
        }
    }
}
