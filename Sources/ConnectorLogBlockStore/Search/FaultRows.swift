import ConnectorLogCore
import GRDB

/// Queries over table `fault`.
struct FaultRows {
    let db: Database
    let zstandard: Zstandard

    func fault(team: Int64, id: EntryID) throws -> RootFault? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM fault WHERE id = ? AND team_id = ?", arguments: [id.databaseBytes, team]
        ).map(fault)
    }

    func page(_ query: FaultQuery) throws -> Page<RootFault> {
        var sql = "SELECT * FROM fault WHERE team_id = ?"
        var arguments: StatementArguments = [query.teamID]
        for (column, value) in [("state_id", query.stateID), ("connector", query.connector), ("name", query.name)] {
            guard let value else { continue }
            sql += " AND \(column) = ?"
            arguments += [value]
        }
        if let from = query.from {
            sql += " AND occurred_at >= ?"
            arguments += [from.microseconds]
        }
        if let to = query.to {
            sql += " AND occurred_at < ?"
            arguments += [to.microseconds]
        }
        let (comparison, direction) = query.order == .newestFirst ? ("<", "DESC") : (">", "ASC")
        if let after = query.after {
            sql += " AND (occurred_at, id) \(comparison) (?, ?)"
            arguments += [after.time.microseconds, after.id.databaseBytes]
        }
        sql += " ORDER BY occurred_at \(direction), id \(direction) LIMIT ?"
        arguments += [query.limit + 1]
        let faults = try Row.fetchAll(db, sql: sql, arguments: arguments).map(fault)
        let rows = Array(faults.prefix(query.limit))
        let next = rows.last.map { PagePosition(time: $0.occurredAt, id: $0.id) }
        return Page(rows: rows, next: faults.count > query.limit ? next : nil)
    }

    private func fault(_ row: Row) throws -> RootFault {
        guard let id = EntryID(databaseBytes: row.bytes("id")) else { throw BlockError(.value, "fault") }
        var fault = RootFault(
            id: id, teamID: row["team_id"], occurredAt: Timestamp(microseconds: row["occurred_at"]), name: row["name"])
        fault.stateID = row["state_id"]
        fault.connectorIdentifier = row["connector"]
        try FaultRecord.decode(row.bytes("record"), into: &fault, zstandard: zstandard)
        return fault
    }
}
