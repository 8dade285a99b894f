import ConnectorLogCore

/// Table `erasure`, and what erasures take from flow states.
struct ErasureTable {
    let connection: PostgresConnection

    static let columns = """
        number, team_id, kind, target, key_id, requested_at, completed_at, entries, faults, states, unreadable_blocks
        """

    static func erasure(_ row: PostgresRow) throws -> Erasure {
        guard let kind = ErasureTarget.Kind(rawValue: try row.text(2)),
            let target = ErasureTarget(kind, name: try row.text(3))
        else { throw PostgresError(.answer, at: row.place) }
        var erasure = Erasure(
            number: try row.integer(0), teamID: try row.integer(1), target: target, keyID: try row.text(4),
            requestedAt: try row.time(5))
        erasure.completedAt = try row.timeIfAny(6)
        erasure.entries = Int(try row.integer(7))
        erasure.faults = Int(try row.integer(8))
        erasure.states = Int(try row.integer(9))
        erasure.unreadableBlocks = Int(try row.integer(10))
        return erasure
    }

    func begin(_ target: ErasureTarget, team: Int64, keyID: String, at time: Timestamp) throws -> Erasure {
        let erasure = try connection.first(
            """
            INSERT INTO erasure (team_id, kind, target, key_id, requested_at) VALUES ($1, $2, $3, $4, $5)
            RETURNING \(Self.columns)
            """,
            [
                .integer(team), .text(target.kind.rawValue), .text(target.name), .text(keyID),
                .integer(time.microseconds),
            ], Self.erasure)
        guard let erasure else { throw PostgresError(.answer, at: "beginErasure(_:team:keyID:at:)") }
        return erasure
    }

    func page(_ query: ErasureQuery) throws -> [Erasure] {
        try connection.query(
            "SELECT \(Self.columns) FROM erasure WHERE team_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
            [.integer(query.teamID), .integer(query.before ?? .max), .integer(Int64(query.limit))], Self.erasure)
    }

    func open() throws -> [Erasure] {
        try connection.query(
            "SELECT \(Self.columns) FROM erasure WHERE completed_at IS NULL ORDER BY number", [], Self.erasure)
    }

    // MARK: - Plans

    /// Within a transaction, to whose end no other server works on the erasure.
    func takeUp(_ erasure: Erasure) throws -> ErasureProgress {
        let known = try locked(erasure)
        guard known.completedAt == nil else { return .completed(known) }
        if let begun = try plan(of: known) { return begun }
        let states = known.states + (try removeState(of: known))
        // Another statement than the removal: it sees each commit that the removal waited for.
        let snapshot = try CommitSnapshot.read(connection)
        try connection.execute(
            "INSERT INTO erasure_plan (number, last_commit, hidden_commits) VALUES ($1, $2, $3)",
            [
                .integer(known.number), .integer(Int64(clamping: snapshot.last)),
                .integers(snapshot.hidden.map { Int64(clamping: $0) }),
            ])
        return .begun(snapshot, states: states)
    }

    /// Within a transaction, as `takeUp(_:)`.
    func note(_ plan: ErasurePlan, of erasure: Erasure) throws -> ErasureProgress {
        let known = try locked(erasure)
        guard known.completedAt == nil else { return .completed(known) }
        let isFirst = try connection.execute(
            "UPDATE erasure_plan SET entries = $2, faults = $3 WHERE number = $1 AND entries IS NULL",
            [.integer(erasure.number), .integer(Int64(plan.entries)), .integer(Int64(plan.faults))])
        if isFirst > 0 {
            try connection.execute(
                """
                INSERT INTO erasure_loss (number, state_id, calls, failed_calls, faults)
                SELECT $1, * FROM unnest($2, $3, $4, $5)
                """,
                [
                    .integer(erasure.number), .texts(plan.losses.map(\.key.stateID)),
                    .integers(plan.losses.map { Int64($0.calls) }),
                    .integers(plan.losses.map { Int64($0.failedCalls) }),
                    .integers(plan.losses.map { Int64($0.faults) }),
                ])
        }
        guard let noted = try self.plan(of: known) else { throw PostgresError(.answer, at: "note(_:of:)") }
        return noted
    }

    private func locked(_ erasure: Erasure) throws -> Erasure {
        let known = try connection.first(
            "SELECT \(Self.columns) FROM erasure WHERE number = $1 FOR UPDATE", [.integer(erasure.number)], Self.erasure
        )
        guard let known else { throw StoreError(.missing, "there is no erasure \(erasure.number)") }
        return known
    }

    private func plan(of erasure: Erasure) throws -> ErasureProgress? {
        let number = PostgresValue.integer(erasure.number)
        let known = try connection.first(
            "SELECT last_commit, entries, faults FROM erasure_plan WHERE number = $1", [number]
        ) {
            (last: UInt64(clamping: try $0.integer(0)), entries: try $0.integerIfAny(1), faults: try $0.integerIfAny(2))
        }
        guard let known else { return nil }
        let hidden = try connection.query(
            "SELECT unnest(hidden_commits) FROM erasure_plan WHERE number = $1", [number]
        ) { UInt64(clamping: try $0.integer(0)) }
        let snapshot = CommitSnapshot(last: known.last, hidden: hidden)
        guard let entries = known.entries, let faults = known.faults else {
            return .begun(snapshot, states: erasure.states)
        }
        let losses = try connection.query(
            "SELECT state_id, calls, failed_calls, faults FROM erasure_loss WHERE number = $1 ORDER BY state_id",
            [number]
        ) { row in
            FlowStateLoss(
                key: FlowStateKey(teamID: erasure.teamID, stateID: try row.text(0)), calls: Int(try row.integer(1)),
                failedCalls: Int(try row.integer(2)), faults: Int(try row.integer(3)))
        }
        let plan = ErasurePlan(snapshot: snapshot, entries: Int(entries), faults: Int(faults), losses: losses)
        return .planned(plan, states: erasure.states)
    }

    /// Waits for the commits that hold the state.
    private func removeState(of erasure: Erasure) throws -> Int {
        guard case .state(let id) = erasure.target else { return 0 }
        let removed = try connection.execute(
            "DELETE FROM flow_state WHERE team_id = $1 AND state_id = $2", [.integer(erasure.teamID), .text(id)])
        try connection.execute(
            "UPDATE erasure SET states = states + $2 WHERE number = $1",
            [.integer(erasure.number), .integer(Int64(removed))])
        return removed
    }

    // MARK: - Completion

    /// Holds an erasure, and the states that it takes from, until the end of the transaction; false when it is completed.
    func hold(_ erasure: Erasure, states: [FlowStateKey]) throws -> Bool {
        let known = try locked(erasure)
        guard known.completedAt == nil else { return false }
        try lock(states)
        return true
    }

    func complete(_ erasure: Erasure, losses: [FlowStateLoss]) throws {
        try take(losses)
        try connection.execute(
            """
            UPDATE erasure SET completed_at = $2, entries = $3, faults = $4, states = $5, unreadable_blocks = $6
            WHERE number = $1
            """,
            [
                .integer(erasure.number), .integer(erasure.completedAt?.microseconds), .integer(Int64(erasure.entries)),
                .integer(Int64(erasure.faults)), .integer(Int64(erasure.states)),
                .integer(Int64(erasure.unreadableBlocks)),
            ])
        for table in ["erasure_plan", "erasure_loss"] {
            try connection.execute("DELETE FROM \(table) WHERE number = $1", [.integer(erasure.number)])
        }
    }

    /// In the order in which commits do, so that none waits for one that waits for it.
    private func lock(_ states: [FlowStateKey]) throws {
        try connection.execute(
            """
            SELECT 1 FROM flow_state WHERE (team_id, state_id) IN (SELECT * FROM unnest($1, $2))
            ORDER BY team_id, state_id FOR UPDATE
            """, FlowStateColumns.keys(states))
    }

    private func take(_ losses: [FlowStateLoss]) throws {
        if losses.isEmpty { return }
        try connection.execute(
            """
            UPDATE flow_state SET calls = greatest(0, flow_state.calls - lost.calls),
                failed_calls = greatest(0, flow_state.failed_calls - lost.failed_calls),
                faults = greatest(0, flow_state.faults - lost.faults),
                first_call_at = CASE WHEN lost.calls > 0 THEN lost.first_call_at ELSE flow_state.first_call_at END,
                last_call_at = CASE WHEN lost.calls > 0 THEN lost.last_call_at ELSE flow_state.last_call_at END
            FROM unnest($1, $2, $3, $4, $5, $6, $7)
                AS lost (team_id, state_id, calls, failed_calls, faults, first_call_at, last_call_at)
            WHERE flow_state.team_id = lost.team_id AND flow_state.state_id = lost.state_id
            """,
            FlowStateColumns.keys(losses.map(\.key)) + [
                .integers(losses.map { Int64($0.calls) }), .integers(losses.map { Int64($0.failedCalls) }),
                .integers(losses.map { Int64($0.faults) }), .integers(losses.map { $0.firstCallAt?.microseconds }),
                .integers(losses.map { $0.lastCallAt?.microseconds }),
            ])
    }
}
