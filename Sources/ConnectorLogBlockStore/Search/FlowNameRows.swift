import GRDB

/// Which of the names that a flow's states have is the flow's: that of the latest last action, and of several the first by
/// state. Names are numbers of table `flow_text`.
struct FlowName {
    private(set) var number: Int64?
    /// The last action of the state that has it.
    private var at = Int64.min
    /// Another state of the same last action has another name.
    private(set) var isDoubtful = false

    mutating func note(_ number: Int64, at time: Int64) {
        if time > at || self.number == nil {
            (self.number, at, isDoubtful) = (number, time, false)
        } else if time == at, number != self.number {
            isDoubtful = true
        }
    }
}

/// Looks up what rows over `flow_state` name by number.
struct FlowNameRows {
    let db: Database

    func text(_ number: Int64) throws -> String? {
        try String.fetchOne(db.cachedStatement(sql: "SELECT text FROM flow_text WHERE id = ?"), arguments: [number])
    }

    /// Of a flow's states that `condition` leaves.
    func name(_ name: FlowName, flow: Int64, team: Int64, _ condition: String, _ arguments: StatementArguments) throws
        -> String?
    {
        guard name.isDoubtful else { return try name.number.flatMap(text) }
        let statement = try db.cachedStatement(
            sql: """
                SELECT (SELECT text FROM flow_text WHERE id = name) FROM flow_state
                WHERE team_id = ? AND flow = ? AND name IS NOT NULL \(condition)
                ORDER BY active_hour DESC, last_action_at DESC, state_id LIMIT 1
                """)
        return try String.fetchOne(statement, arguments: [team, flow] + arguments)
    }

    /// As SQL's `LIKE` says it of a pattern of `FlowStateRows.pattern`.
    func isLike(_ pattern: String, _ text: String?) throws -> Bool {
        guard let text else { return false }
        let statement = try db.cachedStatement(sql: "SELECT ? LIKE ? ESCAPE '\\'")
        return try Bool.fetchOne(statement, arguments: [text, pattern]) ?? false
    }
}
