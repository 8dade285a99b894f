import ConnectorLogCore
import Synchronization

/// Appends from many tasks lose nothing, and readers see whole batches.
enum ConcurrencyCases {
    static let all = [
        StoreConformanceCase("concurrentAppendsLoseNothing", concurrentAppendsLoseNothing),
        StoreConformanceCase("concurrentAppendsCountInOneState", concurrentAppendsCountInOneState),
        StoreConformanceCase("readersSeeWhatWasAppendedBefore", readersSeeWhatWasAppendedBefore),
        StoreConformanceCase("readersSeeWholeBatches", readersSeeWholeBatches),
    ]

    private static func concurrentAppendsLoseNothing(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let (tasks, batches, rows) = (32, 6, 5)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    for batch in 0..<batches {
                        try await store.append(
                            (0..<rows).map { row in
                                var sample = SampleEntry(team: team, at: store.now, connector: "c\(row % 2)")
                                sample.event = "\(task)/\(batch)/\(row)"
                                return sample
                            }, faults: [Fixtures.fault(team: team, at: store.now)])
                    }
                }
            }
            try await group.waitForAll()
        }
        let entries = try await store.entriesByArrival(team: team)
        let faults = try await store.allFaults(FaultQuery(teamID: team, limit: 50))
        try expectEqual(entries.count, tasks * batches * rows, "entries")
        try expectEqual(Set(entries.map(\.event)).count, entries.count, "different entries")
        try expectEqual(faults.count, tasks * batches, "faults")
        try expectEqual(
            Set(entries.map(\.id) + faults.map(\.id)).count, entries.count + faults.count, "different ids")
        for connector in ["c0", "c1"] {
            let times = entries.filter { $0.connectorIdentifier == connector }.map(\.logTime)
            try expectEqual(Set(times).count, times.count, "different times of a connector")
        }
        // Each task's rows keep their order.
        for task in 0..<tasks {
            let events = entries.compactMap(\.event).filter { $0.hasPrefix("\(task)/") }
            let expected = (0..<batches).flatMap { batch in (0..<rows).map { "\(task)/\(batch)/\($0)" } }
            try expectEqual(events, expected, "one task's entries by arrival")
        }
    }

    private static func concurrentAppendsCountInOneState(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<32 {
                group.addTask {
                    for batch in 0..<4 {
                        let time = store.now.advanced(bySeconds: Int64(task * 4 + batch))
                        var sample = SampleEntry(team: team, at: time, status: batch == 0 ? 500 : 200)
                        (sample.stateID, sample.flowID) = ("s", "f")
                        try await store.append([sample], faults: [Fixtures.fault(team: team, at: time, state: "s")])
                    }
                }
            }
            try await group.waitForAll()
        }
        let state = try await store.state("s", team: team)
        try expectEqual([state.calls, state.failedCalls, state.faults], [128, 32, 128], "counts of the state")
        try expectEqual(state.firstCallAt, store.now, "first call")
        try expectEqual(state.lastCallAt, store.now.advanced(bySeconds: 127), "last call")
    }

    private static func readersSeeWhatWasAppendedBefore(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    let name = "task-\(task)"
                    for batch in 1...5 {
                        var sample = SampleEntry(team: team, at: store.now, connector: name)
                        (sample.stateID, sample.flowID) = (name, name)
                        var fault = Fixtures.fault(team: team, at: store.now, state: name)
                        fault.connectorIdentifier = name
                        try await store.append([sample], faults: [fault])
                        var query = EntryQuery(teamID: team)
                        query.connector = name
                        try expectEqual(try await store.reader.entries(query).rows.count, batch, "own entries")
                        var faults = FaultQuery(teamID: team)
                        faults.connector = name
                        try expectEqual(try await store.reader.faults(faults).rows.count, batch, "own faults")
                        try expectEqual(try await store.state(name, team: team).calls, batch, "calls of the own state")
                        let connector = try await store.catalog.connector(team: team, identifier: name)
                        try expect(connector != nil, "the own connector is registered")
                        var outcomes = OutcomeQuery(
                            teamID: team, interval: .hour, from: store.now, to: store.now.advanced(bySeconds: 60))
                        outcomes.connector = name
                        let counted = try await store.reader.outcomes(outcomes).map(\.ok).reduce(0, +)
                        try expectEqual(counted, batch, "own entries counted")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func readersSeeWholeBatches(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let writing = Writing()
        async let first: Void = readWholeBatches(of: team, in: store, during: writing)
        async let second: Void = readWholeBatches(of: team, in: store, during: writing)
        do {
            defer { writing.isOver.store(true, ordering: .releasing) }
            for _ in 0..<25 {
                try await store.append((0..<20).map { SampleEntry(team: team, at: store.now, connector: "c\($0)") })
            }
        }
        try await first
        try await second
        try expectEqual(try await store.entriesByArrival(team: team).count, 500, "entries")
    }

    private final class Writing: Sendable {
        let isOver = Atomic(false)
    }

    private static func readWholeBatches(
        of team: Int64, in store: StoreUnderTest, during writing: Writing
    ) async throws {
        var seen = 0
        while !writing.isOver.load(ordering: .acquiring) {
            let count = try await store.reader.entries(EntryQuery(teamID: team, limit: 1000)).rows.count
            try expectEqual(count % 20, 0, "entries of a batch that is not seen whole")
            try expect(count >= seen, "entries that were seen are gone")
            seen = count
            await Task.yield()
        }
    }
}
