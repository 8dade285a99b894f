import ConnectorLogCore
import GRDB

/// Flow states for a copy: rows of table `flow_state`, with the calls that they do not say yet.
enum CopiedStateRows {
    private static let rowsOfChunk = 5000

    private static let columns = """
        team_id, id, state_id, (SELECT text FROM flow_text WHERE flow_text.id = flow) AS flow_id,
        (SELECT text FROM flow_text WHERE flow_text.id = name) AS flow_name,
        (SELECT text FROM flow_text WHERE flow_text.id = version) AS flow_version,
        status, is_created_stated, last_action_at, created_at, first_call_at, last_call_at, changed_at, calls,
        failed_calls, faults, current_step, user, join_uri
        """

    /// Rows first, by their key, then the states that have none yet. The first number of a place tells which.
    static func chunk(
        after place: CopyPlace?, _ waiting: FlowStateDeltas, in db: Database
    ) throws -> CopyChunk? {
        let (numbers, text) = try place?.parts(numbers: 2) ?? ([0, 0], [])
        guard numbers[0] == 0 else { return nil }
        let id: DatabaseValue =
            place == nil ? .null : StoredStateID(String(decoding: text, as: UTF8.self)).databaseValue
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT \(columns) FROM flow_state
                WHERE (team_id > ?1 OR team_id = ?1 AND id > ?2) AND team_id >= ?1
                    AND team_id IN (SELECT id FROM team WHERE NOT is_deleted)
                ORDER BY team_id, id LIMIT \(rowsOfChunk)
                """, arguments: [numbers[1], id])
        if rows.isEmpty { return try others(waiting, in: db) }
        var states: [CopiedState] = []
        for row in rows {
            var state = try state(row)
            if let delta = waiting[state.key] { state.add(delta) }
            states.append(state)
        }
        let last = states[states.count - 1].key
        return CopyChunk(.states(states), place: CopyPlace([0, last.teamID], Array(last.stateID.utf8)))
    }

    private static func others(_ waiting: FlowStateDeltas, in db: Database) throws -> CopyChunk {
        let teams = try Int64.fetchSet(db, sql: "SELECT id FROM team WHERE NOT is_deleted")
        let statement = try db.cachedStatement(
            sql: "SELECT EXISTS (SELECT 1 FROM flow_state WHERE team_id = ? AND id = ?)")
        var states: [CopiedState] = []
        try waiting.forEach { key, delta in
            guard teams.contains(key.teamID) else { return }
            if try Bool.fetchOne(statement, arguments: [key.teamID, StoredStateID(key.stateID)]) ?? false { return }
            var state = CopiedState(
                key, flowID: nil, flowName: nil, flowVersion: nil, progress: FlowStateProgress(at: delta.first))
            state.add(delta)
            states.append(state)
        }
        return CopyChunk(.states(states), place: CopyPlace([1, 0]))
    }

    private static func state(_ row: Row) throws -> CopiedState {
        var progress = FlowStateProgress(at: try row.value("last_action_at"))
        progress.status = try row.value("status")
        progress.isCreatedStated = try row.value("is_created_stated")
        progress.createdAt = try row.value("created_at")
        progress.firstCallAt = try row.valueIfAny("first_call_at")
        progress.lastCallAt = try row.valueIfAny("last_call_at")
        progress.changedAt = try row.valueIfAny("changed_at")
        progress.calls = try row.value("calls")
        progress.failedCalls = try row.value("failed_calls")
        progress.faults = try row.value("faults")
        progress.currentStep = try row.valueIfAny("current_step")
        progress.user = try row.valueIfAny("user")
        progress.joinURI = try row.valueIfAny("join_uri")
        return CopiedState(
            FlowStateKey(teamID: try row.value("team_id"), stateID: try row.value("state_id")),
            flowID: try row.valueIfAny("flow_id"), flowName: try row.valueIfAny("flow_name"),
            flowVersion: try row.valueIfAny("flow_version"), progress: progress)
    }

    // MARK: - Writing

    static func insert(_ states: [CopiedState], texts: FlowTexts, in db: Database) throws {
        let table = FlowStateTable(db: db)
        for state in states {
            var row = FlowStateRow(state.progress)
            row.flow = try texts.number(of: state.flowID, in: db)
            row.name = try texts.number(of: state.flowName, in: db)
            row.version = try texts.number(of: state.flowVersion, in: db)
            try table.change(state.key) { [row] _ in row }
        }
    }
}

extension CopiedState {
    fileprivate mutating func add(_ delta: FlowStateDelta) {
        progress.add(delta)
        flowID = delta.flowID ?? flowID
        flowName = delta.flowName ?? flowName
        flowVersion = delta.flowVersion ?? flowVersion
    }
}
