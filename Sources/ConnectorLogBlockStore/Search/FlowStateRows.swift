import ConnectorLogCore
import GRDB

/// Queries over table `flow_state`.
enum FlowStateRows {
    private static let columns = """
        team_id, state_id, status, created_at, last_action_at, first_call_at, last_call_at, calls, failed_calls, faults,
        current_step, user, join_uri, (SELECT text FROM flow_text WHERE id = flow) AS flow_id,
        (SELECT text FROM flow_text WHERE id = name) AS flow_name,
        (SELECT text FROM flow_text WHERE id = version) AS flow_version
        """

    static func state(team: Int64, id: String, in db: Database) throws -> FlowState? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(columns) FROM flow_state WHERE team_id = ? AND id = ?")
        return try Row.fetchOne(statement, arguments: [team, StoredStateID(id)]).map(state)
    }

    /// The row's state with the calls that its row does not say yet.
    static func state(
        team: Int64, id: String, waiting: StateTally.Waiting?, in db: Database
    ) throws -> FlowState? {
        // What `flow_counted` says of all rows need not stand in each.
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(columns), is_created_stated,
                    max(counted_block, coalesce((SELECT block FROM flow_counted WHERE id = 0), 0)) AS counted_block
                FROM flow_state WHERE team_id = ? AND id = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [team, StoredStateID(id)]) else {
            return waiting.map { FlowState(team: team, id: id, calls: $0.delta) }
        }
        let state = try state(row)
        guard let waiting, try row.value("counted_block") < waiting.lastBlock else { return state }
        return state.adding(waiting.delta, isCreatedStated: try row.value("is_created_stated"))
    }

    static func states(_ query: StateQuery, in db: Database) throws -> NamedPage<FlowState> {
        var sql = """
            SELECT \(columns) FROM flow_state
            WHERE team_id = ? AND flow = (SELECT id FROM flow_text WHERE text = ?)
            """
        var arguments: StatementArguments = [query.teamID, query.flowID]
        if let status = query.status {
            sql += " AND status = ?"
            arguments += [status.number]
        }
        let (rangeSQL, rangeArguments) = range(from: query.from, to: query.to)
        sql += rangeSQL
        arguments += rangeArguments
        if let after = query.after {
            let time = after.time.microseconds
            sql += " AND active_hour <= ? AND (last_action_at < ? OR (last_action_at = ? AND state_id > ?))"
            arguments += [time / FlowStateTable.hour, time, time, after.name]
        }
        // The hour is implied by the instant, but the index has it: only rows of one hour are sorted.
        sql += " ORDER BY active_hour DESC, last_action_at DESC, state_id LIMIT ?"
        arguments += [query.limit + 1]
        let states = try Row.fetchAll(db, sql: sql, arguments: arguments).map(state)
        let rows = Array(states.prefix(query.limit))
        let next = rows.last.map { NamedPosition(time: $0.lastActionAt, name: $0.stateID) }
        return NamedPage(rows: rows, next: states.count > query.limit ? next : nil)
    }

    /// What SQL's `LIKE` takes, with the escape `\\`, for texts that have `search` in them.
    static func pattern(_ search: String) -> String {
        "%" + search.replacing(/[\\%_]/) { "\\" + $0.output } + "%"
    }

    /// Conditions on a row, and what they are bound to.
    static func range(from: Timestamp?, to: Timestamp?) -> (String, StatementArguments) {
        var sql = ""
        var arguments = StatementArguments()
        if let from {
            sql += " AND last_action_at >= ? AND active_hour >= ?"
            arguments += [from.microseconds, from.microseconds / FlowStateTable.hour]
        }
        if let to {
            sql += " AND last_action_at < ? AND active_hour <= ?"
            arguments += [to.microseconds, to.microseconds / FlowStateTable.hour]
        }
        return (sql, arguments)
    }

    private static func state(_ row: Row) throws -> FlowState {
        guard let status = FlowState.Status(number: try row.value("status")) else {
            throw BlockError(.value, "a flow state")
        }
        var state = FlowState(
            teamID: try row.value("team_id"), stateID: try row.value("state_id"), status: status,
            createdAt: Timestamp(microseconds: try row.value("created_at")),
            lastActionAt: Timestamp(microseconds: try row.value("last_action_at")))
        state.flowID = try row.valueIfAny("flow_id")
        state.flowName = try row.valueIfAny("flow_name")
        state.flowVersion = try row.valueIfAny("flow_version")
        state.currentStep = try row.valueIfAny("current_step")
        state.user = try row.valueIfAny("user")
        state.joinURI = try row.valueIfAny("join_uri")
        state.firstCallAt = (try row.valueIfAny("first_call_at") as Int64?).map(Timestamp.init(microseconds:))
        state.lastCallAt = (try row.valueIfAny("last_call_at") as Int64?).map(Timestamp.init(microseconds:))
        state.calls = try row.value("calls")
        state.failedCalls = try row.value("failed_calls")
        state.faults = try row.value("faults")
        return state
    }
}
