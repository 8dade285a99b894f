import ConnectorLogCore

/// Table `flow_state`, changed by commits within their transaction.
///
/// Commits that change the same states wait for one another. They insert, and then lock, in the order of keys, so that
/// none waits for one that waits for it.
struct FlowStateTable {
    let connection: PostgresConnection

    /// States that one round changes: their values are held in memory twice.
    private static let statesAtOnce = 20_000
    /// A row that was there and is gone, and there again: retention or an erasure came between. It does not come
    /// between every time.
    private static let rounds = 10

    func apply(_ all: FlowStateSteps) throws {
        // One order over all rounds.
        let keys = all.steps.keys.sorted(by: Self.precedes)
        for start in stride(from: 0, to: keys.count, by: Self.statesAtOnce) {
            let part = keys[start..<min(start + Self.statesAtOnce, keys.count)]
            var left = part.compactMap { key in all.steps[key].map { (key, $0) } }
            var round = 0
            while !left.isEmpty {
                round += 1
                guard round <= Self.rounds else { throw StoreError(.overloaded, "flow states come and go") }
                left = try pass(left)
            }
        }
    }

    private static func precedes(_ a: FlowStateKey, _ b: FlowStateKey) -> Bool {
        a.teamID == b.teamID ? a.stateID.utf8.lexicographicallyPrecedes(b.stateID.utf8) : a.teamID < b.teamID
    }

    /// Inserts those that are new, changes those that are not.
    /// - Returns: those that were neither.
    private func pass(_ states: [(FlowStateKey, [FlowStateRow.Step])]) throws -> [(FlowStateKey, [FlowStateRow.Step])] {
        let new = states.compactMap { key, steps in FlowStateRow(steps).map { (key, $0) } }
        let inserted = Set(
            try connection.query(Self.insertion, FlowStateColumns(new).values) { try FlowStateColumns.key($0) })
        let known = states.filter { !inserted.contains($0.0) }
        if known.isEmpty { return [] }
        var rows: [FlowStateKey: FlowStateRow] = [:]
        let keys = FlowStateColumns.keys(known.map(\.0))
        for (key, row) in try connection.query(Self.selection, keys, FlowStateColumns.row) { rows[key] = row }
        var changed: [(FlowStateKey, FlowStateRow)] = []
        for (key, steps) in known {
            guard var row = rows[key] else { continue }
            row.add(steps)
            changed.append((key, row))
        }
        try connection.execute(Self.update, FlowStateColumns(changed).values)
        return known.filter { rows[$0.0] == nil }
    }

    private static let insertion = """
        INSERT INTO flow_state (\(FlowStateColumns.names))
        SELECT \(FlowStateColumns.names) FROM \(FlowStateColumns.unnested) ORDER BY team_id, state_id
        ON CONFLICT (team_id, state_id) DO NOTHING RETURNING team_id, state_id
        """

    private static let selection = """
        SELECT \(FlowStateColumns.names) FROM flow_state
        WHERE (team_id, state_id) IN (SELECT * FROM unnest($1, $2)) ORDER BY team_id, state_id FOR NO KEY UPDATE
        """

    private static let update = """
        UPDATE flow_state SET (\(FlowStateColumns.valueNames)) = ROW (\(FlowStateColumns.newValueNames))
        FROM \(FlowStateColumns.unnested)
        WHERE flow_state.team_id = given.team_id AND flow_state.state_id = given.state_id
        """
}
