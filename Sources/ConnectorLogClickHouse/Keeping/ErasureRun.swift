import ConnectorLogCore

/// Erases rows, and takes them from the flow states that counted them.
struct ErasureRun: Sendable {
    /// Ids in one statement, each of which ClickHouse counts several times for the limits of its parser.
    private static let idsAtOnce = 2000

    let cluster: Cluster
    let mutations: Mutations
    let ledger: any CommitLedger
    let now: @Sendable () -> Timestamp

    /// Ends an erasure that the ledger has noted as under way. Given again after it was cut short, it erases what is left, and
    /// tells what it removed in all; given when it is completed, it erases nothing.
    func complete(_ erasure: Erasure) async throws(StoreError) -> Erasure {
        var progress = try await ledger.takeUp(erasure)
        if case .begun(let snapshot, _) = progress {
            progress = try await ledger.note(plan(erasure, snapshot), of: erasure)
        }
        switch progress {
        case .begun: throw StoreError(.failed, "the plan of erasure \(erasure.number) was not noted")
        case .completed(let erasure): return erasure
        case .planned(let plan, let states):
            var erasure = erasure
            (erasure.entries, erasure.faults, erasure.states) = (plan.entries, plan.faults, states)
            return try await carryOut(plan, erasure)
        }
    }

    private func carryOut(_ plan: ErasurePlan, _ erasure: Erasure) async throws(StoreError) -> Erasure {
        var erasure = erasure
        let team = erasure.teamID
        let rows = rows(of: erasure, plan.snapshot)
        // Also where none is left to be seen: a change that was asked for before may be under way still.
        if plan.entries > 0 { try await remove(rows, erasure.target, team: team, plan.snapshot) }
        if plan.faults > 0 { try await mutations.delete(from: Tables.faults, where: rows.sql) }
        let lost = Dictionary(plan.losses.map { ($0.key, $0) }) { first, _ in first }
        erasure.completedAt = now()
        try await ledger.complete(erasure, states: Set(lost.keys)) { snapshot async throws(StoreError) in
            try await withCallsLeft(lost, team: team, snapshot)
        }
        return erasure
    }

    private func plan(_ erasure: Erasure, _ snapshot: CommitSnapshot) async throws(StoreError) -> ErasurePlan {
        let team = erasure.teamID
        let rows = rows(of: erasure, snapshot)
        var losses = try await callLosses(rows, team: team)
        let entries = try await mutations.count(in: Tables.entries, where: rows.sql)
        var faults = 0
        switch erasure.target {
        case .entry: break
        case .state, .connector:
            try await add(faultLosses: rows, team: team, to: &losses)
            faults = try await mutations.count(in: Tables.faults, where: rows.sql)
        }
        // The state itself is gone, and if there is one of this id by now, it has lost nothing.
        if case .state(let id) = erasure.target { losses[FlowStateKey(teamID: team, stateID: id)] = nil }
        return ErasurePlan(
            snapshot: snapshot, entries: entries, faults: faults,
            losses: losses.values.sorted { $0.key.stateID.utf8.lexicographicallyPrecedes($1.key.stateID.utf8) })
    }

    private func rows(of erasure: Erasure, _ snapshot: CommitSnapshot) -> Conditions {
        var rows = Conditions(team: erasure.teamID, snapshot)
        rows.add(Self.condition(erasure.target))
        return rows
    }

    private static func condition(_ target: ErasureTarget) -> String {
        switch target {
        case .entry(let id): "id = \(Dialect.id(id))"
        case .state(let id):
            id.isEmpty ? "0" : "state_id = \(Dialect.text(id))"
        case .connector(let identifier): "connector = \(Dialect.text(identifier))"
        }
    }

    /// The calls themselves last: while they are there, the erasure can be taken up again.
    private func remove(
        _ rows: Conditions, _ target: ErasureTarget, team: Int64, _ snapshot: CommitSnapshot
    ) async throws(StoreError) {
        switch target {
        case .entry:
            try await mutations.delete(from: Tables.entriesByState, where: rows.sql)
            try await mutations.delete(from: Tables.entriesByID, where: rows.sql)
        case .state:
            let ids: [EntryID] = try await read(
                "SELECT id FROM entries_by_state WHERE \(rows.sql)"
            ) { row throws(ClickHouseFailure) in try row.id() }
            for start in stride(from: 0, to: ids.count, by: Self.idsAtOnce) {
                var some = Conditions(team: team, snapshot)
                let literals = ids[start..<min(start + Self.idsAtOnce, ids.count)].map(Dialect.id)
                some.add("id IN (\(literals.joined(separator: ", ")))")
                try await mutations.delete(from: Tables.entriesByID, where: some.sql)
            }
            try await mutations.delete(from: Tables.entriesByState, where: rows.sql)
        case .connector:
            try await mutations.delete(from: Tables.entriesByState, where: rows.sql)
            try await mutations.delete(from: Tables.entriesByID, where: rows.sql)
        }
        try await mutations.delete(from: Tables.entries, where: rows.sql)
    }

    // MARK: - Flow states

    private func callLosses(
        _ rows: Conditions, team: Int64
    ) async throws(StoreError) -> [FlowStateKey: FlowStateLoss] {
        let absence = EntryBlocks.absence(of: .stateID)
        let found: [FlowStateLoss] = try await read(
            """
            SELECT state_id, toInt64(count()), toInt64(countIf(outcome = \(Outcome.failed.rawValue))) FROM entries
            WHERE \(rows.sql) AND bitAnd(absent, \(absence)) = 0 GROUP BY state_id
            """
        ) { row throws(ClickHouseFailure) in
            FlowStateLoss(
                key: FlowStateKey(teamID: team, stateID: try row.string()), calls: Int(try row.integer(Int64.self)),
                failedCalls: Int(try row.integer(Int64.self)))
        }
        return Dictionary(found.map { ($0.key, $0) }) { first, _ in first }
    }

    private func add(
        faultLosses rows: Conditions, team: Int64, to losses: inout [FlowStateKey: FlowStateLoss]
    ) async throws(StoreError) {
        let absence = FaultBlock.absence(of: "state_id")
        let found: [(FlowStateKey, Int)] = try await read(
            """
            SELECT state_id, toInt64(count()) FROM faults
            WHERE \(rows.sql) AND bitAnd(absent, \(absence)) = 0 GROUP BY state_id
            """
        ) { row throws(ClickHouseFailure) in
            (FlowStateKey(teamID: team, stateID: try row.string()), Int(try row.integer(Int64.self)))
        }
        for (key, faults) in found { losses[key, default: FlowStateLoss(key: key)].faults += faults }
    }

    /// With the first and the last of the calls that states have left.
    private func withCallsLeft(
        _ lost: [FlowStateKey: FlowStateLoss], team: Int64, _ snapshot: CommitSnapshot
    ) async throws(StoreError) -> [FlowStateLoss] {
        var losses = lost
        let states = lost.values.filter { $0.calls > 0 }.map { Dialect.text($0.key.stateID) }
        for start in stride(from: 0, to: states.count, by: Self.idsAtOnce) {
            var left = Conditions(team: team, snapshot)
            let some = states[start..<min(start + Self.idsAtOnce, states.count)]
            left.add("state_id IN (\(some.joined(separator: ", ")))")
            let time = { (function: String) in mutations.dialect.microseconds("\(function)(log_time)") }
            let found: [(FlowStateKey, Int64, Int64)] = try await read(
                "SELECT state_id, \(time("min")), \(time("max")) FROM entries_by_state WHERE \(left.sql) GROUP BY state_id"
            ) { row throws(ClickHouseFailure) in
                (FlowStateKey(teamID: team, stateID: try row.string()), try row.integer(), try row.integer())
            }
            for (key, first, last) in found {
                losses[key]?.firstCallAt = Timestamp(microseconds: first)
                losses[key]?.lastCallAt = Timestamp(microseconds: last)
            }
        }
        return Array(losses.values)
    }

    private func read<Row>(
        _ sql: String, _ row: (inout RowBinaryReader) throws(ClickHouseFailure) -> Row
    ) async throws(StoreError) -> [Row] {
        do {
            return try await cluster.rows(sql, "what an erasure removes", row)
        } catch {
            throw StoreError(error)
        }
    }
}
