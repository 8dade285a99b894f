import ConnectorLogCore
import GRDB

/// The tables beside blocks: root faults, flow states, the catalog. SQLite keeps no checksum over their rows; what can be
/// said twice is compared.
extension StoreCheck {
    private static let rowsOfStep = 1000

    // MARK: - Root faults

    mutating func checkFaults() throws {
        try attempt("table fault") { check in
            let zstandard = check.zstandard
            var last = Int64.min
            while true {
                let after = last
                let step = try check.queue.read { db in
                    try Row.fetchAll(
                        db, sql: "SELECT rowid AS number, * FROM fault WHERE rowid > ? ORDER BY rowid LIMIT ?",
                        arguments: [after, Self.rowsOfStep]
                    ).map { row in (number: try row.value("number") as Int64, isSound: Self.isSound(row, zstandard)) }
                }
                guard let greatest = step.last?.number else { break }
                last = greatest
                check.report.rootFaults += step.count
                for row in step where !row.isSound {
                    check.report.add(
                        CheckReport.Fault(place: "root fault \(row.number)", what: "is damaged"))
                }
            }
        }
    }

    /// The columns of the table that the record holds, too, are those of the record.
    private static func isSound(_ row: Row, _ zstandard: Zstandard) -> Bool {
        do {
            guard let id = EntryID(databaseBytes: row.bytes("id")) else { return false }
            let name: String = try row.value("name")
            let state: String? = try row.valueIfAny("state_id")
            var fault = RootFault(
                id: id, teamID: try row.value("team_id"),
                occurredAt: Timestamp(microseconds: try row.value("occurred_at")), name: name)
            try FaultRecord.decode(row.bytes("record"), into: &fault, zstandard: zstandard)
            // SQLite's text functions cut at U+0000, which older records may hold.
            return fault.name.utf8.starts(with: name.utf8)
                && (state.map { fault.stateID?.utf8.starts(with: $0.utf8) ?? false } ?? true)
        } catch {
            return false
        }
    }

    // MARK: - Catalog

    mutating func checkCatalog() throws {
        try attempt("table api_key") { check in
            _ = try check.queue.read { db in
                try Row.fetchAll(db, sql: "SELECT * FROM api_key").map(SQLiteCatalog.key)
            }
        }
        try attempt("table connector") { check in
            _ = try check.queue.read { db in
                try Row.fetchAll(db, sql: "SELECT \(ConnectorRows.columns) FROM connector").map(ConnectorRows.connector)
            }
        }
        try attempt("table team") { check in
            _ = try check.queue.read { db in
                try Row.fetchAll(db, sql: "SELECT * FROM team").map { row in
                    (try row.value("id") as Int64, try row.value("name") as String)
                }
            }
        }
        try checkSecrets()
        try checkPendingParts()
        try attempt("table audit") { check in
            _ = try check.queue.read { db in
                // A store of a version before has none.
                try db.tableExists("audit")
                    ? Row.fetchAll(db, sql: "SELECT * FROM audit").map(SQLiteCatalog.auditRecord) : []
            }
        }
    }

    mutating func checkPendingParts() throws {
        try attempt("table pending_part") { check in
            let parts = try check.queue.read { db in
                // A store of a version before has none.
                try db.tableExists("pending_part")
                    ? Row.fetchAll(db, sql: "SELECT * FROM pending_part").map(PendingPartRows.part) : []
            }
            for part in parts where part.entry == nil {
                check.report.add(CheckReport.Fault(place: "pending_part \(part.number)", what: "is damaged"))
            }
        }
    }

    /// What is sealed cannot be opened here: the key is not in the store.
    private mutating func checkSecrets() throws {
        try attempt("table secret") { check in
            let secrets = try check.queue.read { db in
                // A store of a version before has none of these tables.
                try db.tableExists("secret")
                    ? Row.fetchAll(db, sql: "SELECT * FROM secret").map(SQLiteCatalog.secret) : []
            }
            if !secrets.isEmpty { check.report.unchecked.append("that secrets can be unsealed: that takes their key") }
        }
        try attempt("table sealed_key") { check in
            _ = try check.queue.read { db in
                try db.tableExists("sealed_key") ? SQLiteCatalog.sealedKeys(in: db) : [:]
            }
        }
        try attempt("table redaction_rules") { check in
            _ = try check.queue.read { db in
                try db.tableExists("redaction_rules") ? SQLiteCatalog.redactionRules(in: db) : [:]
            }
        }
    }

    // MARK: - Flow states

    /// - Parameter isAtRest: whether nothing was stored since the entries were counted.
    mutating func checkFlowStates(_ tally: CountedCalls, isAtRest: Bool) throws {
        try attempt("table flow_state") { check in
            check.report.flowStates =
                try check.queue.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM flow_state") } ?? 0
            try check.checkFlowRows()
            let hasCounted = try check.hasColumn("counted_block")
            if !hasCounted {
                check.report.unchecked.append("counts of flow states: the store is of an older version")
            } else if !isAtRest {
                check.report.unchecked.append("counts of flow states: the server stored meanwhile")
            } else if tally.isIncomplete {
                check.report.unchecked.append("counts of flow states: there are too many to hold in memory")
            } else if !check.report.faults.contains(where: { $0.block != nil }) {
                try check.compare(tally)
            } else {
                check.report.unchecked.append("counts of flow states: entries of damaged blocks cannot be counted")
            }
        }
    }

    private func hasColumn(_ name: String) throws -> Bool {
        try queue.read { db in try db.columns(in: "flow_state").contains { $0.name == name } }
    }

    /// Whether rows have the form of migration 7.
    private func areSmall() throws -> Bool { try hasColumn("marks") }

    private mutating func checkFlowRows() throws {
        var rules = [
            ("have another hour than their last action", "active_hour <> last_action_at / \(FlowStateTable.hour)"),
            ("end before they begin", "first_call_at > last_call_at OR last_call_at > last_action_at"),
            (
                "count more failed calls than calls",
                "failed_calls > calls OR calls < 0 OR failed_calls < 0 OR faults < 0"
            ),
            (
                "name a flow that there is not",
                """
                flow NOT IN (SELECT id FROM flow_text) OR name NOT IN (SELECT id FROM flow_text)
                    OR version NOT IN (SELECT id FROM flow_text)
                """
            ),
            (
                "count fewer root faults than there are",
                """
                faults < (SELECT count(*) FROM fault
                    WHERE fault.team_id = flow_state.team_id AND fault.state_id = flow_state.state_id)
                """
            ),
        ]
        if try areSmall() {
            rules += [
                ("have a status that there is not", "marks NOT BETWEEN 0 AND 7"),
                (
                    "have an id of another form",
                    "typeof(id) = 'blob' AND length(id) <> 16 OR typeof(id) NOT IN ('blob', 'text')"
                ),
            ]
        } else {
            rules.append(("have a status that there is not", "status NOT BETWEEN 0 AND 3"))
        }
        for (what, condition) in rules {
            let count = try queue.read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM flow_state WHERE \(condition)")
            }
            if let count, count > 0 { addStates(count, what) }
        }
    }

    private mutating func addStates(_ count: Int, _ what: String) {
        report.add(CheckReport.Fault(place: "flow states", what: "\(count) \(what)"))
    }

    private mutating func compare(_ tally: CountedCalls) throws {
        var tally = tally
        var (more, fewer, moved) = (0, 0, 0)
        let areSmall = try areSmall()
        let id = areSmall ? "id" : "state_id"
        let allCounted = areSmall ? try queue.read(FlowStateWriter.countedBlock) : 0
        var last: (team: Int64, id: DatabaseValue) = (.min, "".databaseValue)
        while true {
            let after = last
            let rows = try queue.read { db in
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT team_id, \(id) AS stored_id, state_id, calls, failed_calls, first_call_at, last_call_at,
                            counted_block
                        FROM flow_state
                        WHERE (team_id, \(id)) > (?, ?) ORDER BY team_id, \(id) LIMIT ?
                        """, arguments: [after.team, after.id, Self.rowsOfStep])
            }
            for row in rows {
                last = (try row.value("team_id"), row.stored("stored_id"))
                let state: String = try row.value("state_id")
                let key = CountedCalls.key(team: last.team, Array(state.utf8).span)
                var found = tally.remove(key)
                let counted = max(try row.value("counted_block"), allCounted)
                for (block, calls) in fresh where block <= counted {
                    if let calls = calls.states[key] { found.merge(calls) }
                }
                let (calls, failed): (Int64, Int64) = (try row.value("calls"), try row.value("failed_calls"))
                if found.calls > calls || found.failed > failed {
                    more += 1
                } else if found.calls < calls || found.failed < failed {
                    fewer += 1
                } else if calls > 0,
                    try row.valueIfAny("first_call_at") != found.first || row.valueIfAny("last_call_at") != found.last
                {
                    moved += 1
                }
            }
            if rows.count < Self.rowsOfStep { break }
        }
        if more > 0 { addStates(more, "count fewer calls than there are entries") }
        if moved > 0 { addStates(moved, "tell other times than their entries") }
        if !tally.states.isEmpty { addStates(tally.states.count, "have entries, but no row") }
        if fewer > 0 {
            report.notes.append(
                "\(fewer) flow states count calls of which there are no entries: right when entries were deleted")
        }
    }
}
