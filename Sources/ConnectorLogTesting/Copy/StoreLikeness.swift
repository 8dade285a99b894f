import ConnectorLogCore

/// Holds all that two stores answer against each other, ids and times included.
package struct StoreLikeness: Sendable {
    let one: StoreUnderTest
    let other: StoreUnderTest

    package init(_ one: StoreUnderTest, _ other: StoreUnderTest) { (self.one, self.other) = (one, other) }

    private func same<Value: Equatable & Sendable>(
        _ subject: String, _ answer: @Sendable (StoreUnderTest) async throws -> Value
    ) async throws {
        try expectEqual(try await answer(other), try await answer(one), subject)
    }

    package func expectSame() async throws {
        try await same("teams") { try await $0.catalog.teams() }
        try await same("sealed keys") { try await $0.catalog.sealedKeys() }
        try await same("all secrets") { try await $0.catalog.allSecrets().sorted { $0.placeholder < $1.placeholder } }
        try await same("all rules") { try await $0.catalog.allRedactionRules() }
        for team in [nil, 1, 2, 40, 41] as [Int64?] {
            try await same("keys of \(team ?? 0)") { try await $0.catalog.keys(team: team) }
            try await same("audit of \(team ?? 0)") {
                try await $0.catalog.audit(team: team, before: nil, limit: 1000)
            }
        }
        for number in 0..<6 as Range<UInt64> {
            try await same("key \(number)") { $0.catalog.key(hash: Fixtures.digest(number)) }
        }
        for team in CopySample.teams + [41] { try await expectSame(team: team) }
        try await same("all parts") {
            try await $0.pending.pendingCalls(arrivedBefore: .latest, limit: 99, bytes: .max)
        }
    }

    private func expectSame(team: Int64) async throws {
        try await same("team \(team)") { try await $0.catalog.team(id: team) }
        try await same("retention") { try await $0.catalog.retention(team: team) }
        try await same("connectors") { try await $0.catalog.connectors(team: team) }
        for connector in try await one.catalog.connectors(team: team) {
            try await same("logo") { try await $0.catalog.logo(team: team, identifier: connector.identifier) }
            try await same("secrets") {
                try await $0.catalog.secrets(team: team, connector: connector.identifier)
            }
        }
        try await same("erasures") { try await $0.keeper.erasures(ErasureQuery(teamID: team)) }
        try await same("parts") { try await $0.pending.pendingCounts(team: team) }
        try await expectSameEntries(team: team)
        try await expectSameStates(team: team)
        try await expectSameCounts(team: team)
    }

    private func expectSameEntries(team: Int64) async throws {
        for order in [PageOrder.newestFirst, .oldestFirst] {
            try await same("entries of \(team)") {
                try await $0.allEntries(EntryQuery(teamID: team, order: order, limit: 100))
            }
            try await same("faults of \(team)") {
                try await $0.allFaults(FaultQuery(teamID: team, order: order, limit: 7))
            }
        }
        var ids = try await one.allEntries(EntryQuery(teamID: team, limit: 1000)).map(\.id)
        ids.append(EntryID(high: 1, low: 1))
        for id in ids { try await same("entry \(id)") { try await $0.reader.entry(team: team, id: id) } }
        for fault in try await one.allFaults(FaultQuery(teamID: team, limit: 1000)) {
            try await same("fault") { try await $0.reader.fault(team: team, id: fault.id) }
        }
        var queries: [EntryQuery] = []
        for connector in SampleGenerator.connectors + ["ties"] {
            var query = EntryQuery(teamID: team, limit: 1000)
            query.connector = connector
            queries.append(query)
        }
        for state in SampleGenerator.states {
            var query = EntryQuery(teamID: team, limit: 1000)
            query.stateID = state
            queries.append(query)
        }
        for (text, id) in [("zürich", nil), ("\"id\":7", nil), (nil, "request-shared"), (nil, "vendor-3")] {
            var query = EntryQuery(teamID: team, limit: 1000)
            (query.text, query.requestID) = (text, id)
            queries.append(query)
        }
        for query in queries { try await same("\(query)") { try await $0.reader.entries(query).rows } }
    }

    private func expectSameStates(team: Int64) async throws {
        for state in SampleGenerator.states {
            try await same("state \(state) of \(team)") { try await $0.reader.state(team: team, id: state) }
        }
        try await same("flows") { try await $0.reader.flows(FlowQuery(teamID: team)).rows }
        for flow in SampleGenerator.flows {
            try await same("states of \(flow)") {
                try await $0.reader.states(StateQuery(teamID: team, flowID: flow)).rows
            }
        }
    }

    private func expectSameCounts(team: Int64) async throws {
        let (from, to) = (one.now.advanced(bySeconds: -40 * 86_400), one.now.advanced(bySeconds: 86_400))
        let buckets = TimeBuckets(from: from, to: to, width: 86_400_000_000)
        try await same("outcomes") {
            try await $0.reader.outcomes(OutcomeQuery(teamID: team, interval: .hour, from: from, to: to))
        }
        try await same("launches") { try await $0.reader.launches(LaunchQuery(teamID: team, buckets: buckets)) }
        try await same("fault counts") {
            try await $0.reader.faultCounts(FaultCountQuery(teamID: team, buckets: buckets))
        }
        try await same("statistics") {
            try await $0.reader.statistics(CallStatisticsQuery(teamID: team, buckets: buckets))
        }
        try await same("counts") {
            try await $0.reader.counts(EntryCountQuery(entries: EntryQuery(teamID: team), buckets: buckets))
        }
    }
}
