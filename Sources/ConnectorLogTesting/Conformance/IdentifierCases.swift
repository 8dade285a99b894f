import ConnectorLogCore

/// Ids are UUIDs of version 7 in the order of arrival.
enum IdentifierCases {
    static let all = [
        StoreConformanceCase("idsRiseWithRowsAndCommits", idsRiseWithRowsAndCommits),
        StoreConformanceCase("idsRiseWhenTheClockGoesBack", idsRiseWhenTheClockGoesBack),
        StoreConformanceCase("idsHaveTheFormOfVersion7", idsHaveTheFormOfVersion7),
        StoreConformanceCase("entriesAndFaultsShareNoId", entriesAndFaultsShareNoId),
        StoreConformanceCase("unknownIdsAnswerNothing", unknownIdsAnswerNothing),
    ]

    private static func idsRiseWithRowsAndCommits(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        // Times fall while rows come, so that the order of times tells nothing of the order of arrival.
        for batch in 0..<20 {
            try await store.append(
                (0..<15).map { row in
                    var sample = SampleEntry(team: team, at: store.now.advanced(bySeconds: -Int64(batch * 15 + row)))
                    sample.event = "\(batch * 15 + row)"
                    return sample
                })
            if batch % 5 == 4 { store.clock.advance(byMicroseconds: 1_500) }
        }
        let rows = try await store.entriesByArrival(team: team)
        try expectEqual(rows.map(\.event), (0..<300).map { "\($0)" }, "events in the order of ids")
        try expectEqual(Set(rows.map(\.id)).count, 300, "different ids")
    }

    private static func idsRiseWhenTheClockGoesBack(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let start = store.now
        for (index, seconds) in [0, -3600, -1, 5, 4, -86_400].enumerated() {
            store.clock.set(start.advanced(bySeconds: Int64(seconds)))
            try await store.append([SampleEntry(team: team, at: start.advanced(bySeconds: Int64(index)))])
        }
        let rows = try await store.entriesByArrival(team: team)
        try expectEqual(
            rows.map(\.logTime), (0..<6).map { start.advanced(bySeconds: $0) }, "times in the order of ids")
    }

    private static func idsHaveTheFormOfVersion7(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        store.clock.advance(bySeconds: 1000)
        let before = UInt64(store.now.microseconds / 1000)
        let fault = Fixtures.fault(team: team, at: store.now)
        try await store.append(
            [SampleEntry(team: team, at: .epoch), SampleEntry(team: team, at: .epoch)], faults: [fault])
        var ids = try await store.entriesByArrival(team: team).map(\.id)
        ids += try await store.reader.faults(FaultQuery(teamID: team)).rows.map(\.id)
        try expectEqual(ids.count, 3, "ids")
        for id in ids {
            try expectEqual(id.high >> 12 & 0xF, 7, "version of an id")
            try expectEqual(id.low >> 62, 2, "variant of an id")
            try expectEqual(id.milliseconds, before, "milliseconds of an id")
        }
    }

    private static func entriesAndFaultsShareNoId(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for _ in 0..<3 {
            let faults = (0..<4).map { Fixtures.fault(team: team, at: store.now, name: "Fault \($0)") }
            try await store.append(
                (0..<5).map { SampleEntry(team: team, at: store.now, connector: "c\($0)") }, faults: faults)
        }
        let entries = try await store.entriesByArrival(team: team).map(\.id)
        let faults = try await store.allFaults(FaultQuery(teamID: team))
        try expectEqual(Set(entries + faults.map(\.id)).count, 27, "different ids")
        try expectEqual(
            faults.sorted { $0.id < $1.id }.map(\.name), (0..<12).map { "Fault \($0 % 4)" }, "faults by arrival")
        for id in faults.map(\.id) {
            try expectEqual(try await store.reader.entry(team: team, id: id), nil, "entry with a fault's id")
        }
        for id in entries {
            try expectEqual(try await store.reader.fault(team: team, id: id), nil, "fault with an entry's id")
        }
    }

    private static func unknownIdsAnswerNothing(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append([SampleEntry(team: team, at: store.now), SampleEntry(team: team, at: store.now)])
        guard let last = try await store.entriesByArrival(team: team).last?.id else {
            throw ConformanceFailure("the entries are missing")
        }
        let unknown = [
            EntryID(high: 0, low: 0), EntryID(high: .max, low: .max), last.advanced(by: 1), last.advanced(by: 5000),
            EntryID(milliseconds: last.milliseconds, counter: last.counter, random: last.random ^ 1),
            EntryID(milliseconds: last.milliseconds + 1, counter: last.counter, random: last.random),
        ]
        for id in unknown {
            try expectEqual(try await store.reader.entry(team: team, id: id), nil, "entry with an unknown id")
            try expectEqual(try await store.reader.fault(team: team, id: id), nil, "fault with an unknown id")
        }
        try expectEqual(try await store.reader.state(team: team, id: "none"), nil, "state with an unknown id")
    }
}
