import ConnectorLogCore
import GRDB

/// Reads and writes single rows of table `flow_state`, for the writer. Its form is documented in `docs/block-format.md`;
/// queries read the same rows by the table's generated columns.
final class FlowStateTable {
    static let hour: Int64 = 3_600_000_000
    /// In column `marks`, above the status.
    private static let statedMark: Int64 = 4

    private let db: Database
    private lazy var selection = Result {
        try DirectStatement(
            """
            SELECT flow, name, version, marks, active_hour, last_action, created, first_call, last_call, changed, calls,
                failed_calls, faults, counted_block, current_step, user, join_uri
            FROM flow_state WHERE team_id = ?1 AND id = ?2
            """, in: db)
    }
    private lazy var insertion = Result {
        try DirectStatement(
            """
            INSERT INTO flow_state (team_id, id, name, version, marks, last_action, created, first_call, last_call, changed,
                calls, failed_calls, faults, counted_block, flow, active_hour, current_step, user, join_uri)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
            """, in: db)
    }
    /// Without what is in the index of activity: SQLite takes an entry out and puts it in again whenever its columns are named.
    private lazy var update = Result {
        try DirectStatement(
            """
            UPDATE flow_state SET name = ?3, version = ?4, marks = ?5, last_action = ?6, created = ?7, first_call = ?8,
                last_call = ?9, changed = ?10, calls = ?11, failed_calls = ?12, faults = ?13, counted_block = ?14
            WHERE team_id = ?1 AND id = ?2
            """, in: db)
    }
    private lazy var move = Result {
        try DirectStatement(
            "UPDATE flow_state SET flow = ?3, active_hour = ?4 WHERE team_id = ?1 AND id = ?2", in: db)
    }
    private lazy var textUpdate = Result {
        try DirectStatement(
            """
            UPDATE flow_state SET current_step = ?3, user = ?4, join_uri = ?5 WHERE team_id = ?1 AND id = ?2
            """, in: db)
    }

    init(db: Database) { self.db = db }

    /// Changes a state's row.
    /// - Parameter change: given the row, nil when there is none; returns what it is to be, nil to leave all as it is.
    func change(_ key: FlowStateKey, _ change: (FlowStateRow?) throws -> FlowStateRow?) throws {
        let id = StoredStateID(key.stateID)
        let old = try row(team: key.teamID, id)
        guard let new = try change(old) else { return }
        guard let old else {
            try insert(new, team: key.teamID, id)
            return
        }
        let statement = try update.get()
        try bind(new, team: key.teamID, id, to: statement)
        try statement.run()
        let (before, after) = (old.progress, new.progress)
        if new.flow != old.flow || after.lastActionAt / Self.hour != before.lastActionAt / Self.hour {
            let statement = try move.get()
            statement.bind(key.teamID, at: 1)
            try statement.bind(id, at: 2)
            statement.bind(new.flow, at: 3)
            statement.bind(after.lastActionAt / Self.hour, at: 4)
            try statement.run()
        }
        if after.currentStep != before.currentStep || after.user != before.user || after.joinURI != before.joinURI {
            let statement = try textUpdate.get()
            statement.bind(key.teamID, at: 1)
            try statement.bind(id, at: 2)
            try bindTexts(of: new, to: statement, from: 3)
            try statement.run()
        }
    }

    private func row(team: Int64, _ id: StoredStateID) throws -> FlowStateRow? {
        let statement = try selection.get()
        statement.bind(team, at: 1)
        try statement.bind(id, at: 2)
        guard try statement.step() else {
            statement.reset()
            return nil
        }
        defer { statement.reset() }
        guard let marks = statement.integer(3), let hour = statement.integer(4),
            let lastAction = statement.integer(5).map(ShortTime.decode),
            let created = statement.integer(6).map(ShortTime.decode)
        else { throw BlockError(.value, "a flow state") }
        let lastActionAt = hour &* Self.hour &+ lastAction
        var progress = FlowStateProgress(at: lastActionAt)
        progress.createdAt = lastActionAt &- created
        (progress.status, progress.isCreatedStated) = (marks & (Self.statedMark - 1), marks & Self.statedMark != 0)
        progress.firstCallAt = statement.integer(7).map { progress.createdAt &+ ShortTime.decode($0) }
        progress.lastCallAt = statement.integer(8).map { lastActionAt &- ShortTime.decode($0) }
        progress.changedAt = statement.integer(9).map { lastActionAt &- ShortTime.decode($0) }
        progress.calls = statement.integer(10) ?? 0
        progress.failedCalls = statement.integer(11) ?? 0
        progress.faults = statement.integer(12) ?? 0
        progress.currentStep = statement.text(14)
        progress.user = statement.text(15)
        progress.joinURI = statement.text(16)
        var row = FlowStateRow(progress)
        (row.flow, row.name, row.version) = (statement.integer(0), statement.integer(1), statement.integer(2))
        row.countedBlock = statement.integer(13) ?? 0
        return row
    }

    private func insert(_ row: FlowStateRow, team: Int64, _ id: StoredStateID) throws {
        let statement = try insertion.get()
        try bind(row, team: team, id, to: statement)
        statement.bind(row.flow, at: 15)
        statement.bind(row.progress.lastActionAt / Self.hour, at: 16)
        try bindTexts(of: row, to: statement, from: 17)
        try statement.run()
    }

    /// What `insertion` and `update` have in common.
    private func bind(_ row: FlowStateRow, team: Int64, _ id: StoredStateID, to statement: DirectStatement) throws {
        let progress = row.progress
        let last = progress.lastActionAt
        statement.bind(team, at: 1)
        try statement.bind(id, at: 2)
        let values: [14 of Int64?] = [
            nil, nil, row.name, row.version, progress.status | (progress.isCreatedStated ? Self.statedMark : 0),
            ShortTime.encode(last % Self.hour), ShortTime.encode(last &- progress.createdAt),
            progress.firstCallAt.map { ShortTime.encode($0 &- progress.createdAt) },
            progress.lastCallAt.map { ShortTime.encode(last &- $0) },
            progress.changedAt.map { ShortTime.encode(last &- $0) },
            progress.calls, progress.failedCalls, progress.faults, row.countedBlock,
        ]
        for index in 2..<14 { statement.bind(values[index], at: Int32(index + 1)) }
    }

    private func bindTexts(of row: FlowStateRow, to statement: DirectStatement, from index: Int32) throws {
        try statement.bind(row.progress.currentStep, at: index)
        try statement.bind(row.progress.user, at: index + 1)
        try statement.bind(row.progress.joinURI, at: index + 2)
    }
}
