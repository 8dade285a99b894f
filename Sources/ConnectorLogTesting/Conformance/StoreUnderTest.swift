package import ConnectorLogCore

/// A fresh, empty store, without teams and keys, with all of its ports.
package struct StoreUnderTest: Sendable {
    package var writer: any LogWriter
    package var reader: any LogReader
    package var catalog: any Catalog
    package var keeper: any LogKeeper
    package var pending: any PendingCalls
    /// The clock that the store itself reads.
    package var clock: ManualClock
    /// Closes the store and opens what it left behind, on the same clock; nil when nothing outlives the store.
    package var reopen: (@Sendable () async throws -> StoreUnderTest)?

    package init(
        writer: any LogWriter, reader: any LogReader, catalog: any Catalog, keeper: any LogKeeper,
        pending: any PendingCalls, clock: ManualClock,
        reopen: (@Sendable () async throws -> StoreUnderTest)? = nil
    ) {
        (self.writer, self.reader, self.catalog) = (writer, reader, catalog)
        (self.keeper, self.pending, self.clock, self.reopen) = (keeper, pending, clock, reopen)
    }
}

extension StoreUnderTest {
    package static func inMemory() -> StoreUnderTest {
        let clock = ManualClock()
        let store = InMemoryStore(clock: clock)
        return StoreUnderTest(writer: store, reader: store, catalog: store, keeper: store, pending: store, clock: clock)
    }

    var now: Timestamp { clock.now }

    /// A new team's id.
    func makeTeam() async throws -> Int64 {
        try await catalog.createTeam(name: "Team", id: nil, at: now).id
    }

    func append(
        _ entries: [SampleEntry] = [], faults: [RootFault] = [], states: [StateChange] = [],
        bodyLimit: Int = Limits.bodyBytes
    ) async throws {
        let batch = Fixtures.batch(entries, faults: faults, states: states, bodyLimit: bodyLimit)
        let result = try await writer.append(batch, idempotency: nil)
        try expectEqual(result, .stored, "result of an append without a key")
    }

    func append(_ change: StateChange) async throws {
        try await append(states: [change])
    }

    func append(_ fault: RootFault) async throws {
        try await append(faults: [fault])
    }

    /// Closes and opens the store.
    func reopened() async throws -> StoreUnderTest {
        guard let reopen else { throw ConformanceFailure("the store cannot be opened again") }
        return try await reopen()
    }

    /// The rows of all pages, from the query's place on.
    func allEntries(_ query: EntryQuery) async throws -> [EntrySummary] {
        var query = query
        var rows: [EntrySummary] = []
        while true {
            let page = try await reader.entries(query)
            try expect(page.rows.count <= query.limit, "a page holds more rows than its limit")
            rows += page.rows
            guard let next = page.next else { return rows }
            try expectEqual(page.rows.count, query.limit, "rows of a page that is not the last")
            try expect(query.after != next, "a page leads to itself")
            query.after = next
        }
    }

    /// All entries of a team in the order of their ids, which is that of their arrival.
    func entriesByArrival(team: Int64) async throws -> [EntrySummary] {
        try await allEntries(EntryQuery(teamID: team, order: .oldestFirst, limit: 1000)).sorted { $0.id < $1.id }
    }

    func allFaults(_ query: FaultQuery) async throws -> [RootFault] {
        var query = query
        var rows: [RootFault] = []
        while true {
            let page = try await reader.faults(query)
            rows += page.rows
            guard let next = page.next else { return rows }
            try expectEqual(page.rows.count, query.limit, "rows of a page that is not the last")
            try expect(query.after != next, "a page leads to itself")
            query.after = next
        }
    }

    /// The state with this id, which has to exist.
    func state(_ id: String, team: Int64) async throws -> FlowState {
        guard let state = try await reader.state(team: team, id: id) else {
            throw ConformanceFailure("there is no state \(id)")
        }
        return state
    }
}
