import ConnectorLogCore
import GRDB
import Logging

/// Queries over table `fault`.
struct FaultRows {
    let db: Database
    let zstandard: Zstandard
    let logger: Logger

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
        let found = try Row.fetchAll(db, sql: sql, arguments: arguments)
        let next = try found.count > query.limit ? found.prefix(query.limit).last.map(position) : nil
        return Page(rows: try found.prefix(query.limit).compactMap(readable), next: next)
    }

    func counts(_ query: FaultCountQuery) throws -> [Int] {
        let buckets = query.buckets
        var counts = Array(repeating: 0, count: buckets.count)
        guard !counts.isEmpty, query.flowIDs?.isEmpty != true else { return counts }
        var filter = " FROM fault WHERE team_id = ? AND occurred_at >= ? AND occurred_at < ?"
        var arguments: StatementArguments = [query.teamID, buckets.from.microseconds, buckets.to.microseconds]
        if let connector = query.connector {
            filter += " AND connector = ?"
            arguments += [connector]
        }
        guard let flowIDs = query.flowIDs.map({ Set($0.map { Array($0.utf8) }) }) else {
            let rows = try Row.fetchCursor(
                db, sql: "SELECT (occurred_at - ?) / ? AS bucket, count(*) AS count" + filter + " GROUP BY bucket",
                arguments: [buckets.firstStart.microseconds, buckets.width] + arguments)
            while let row = try rows.next() { counts[try row.value("bucket")] += try row.value("count") }
            return counts
        }
        // Their flows stand in their records alone.
        let rows = try Row.fetchCursor(db, sql: "SELECT *" + filter, arguments: arguments)
        while let row = try rows.next() {
            guard let fault = try readable(row), let flowID = fault.flowID, flowIDs.contains(Array(flowID.utf8)),
                let bucket = buckets.bucket(of: fault.occurredAt)
            else { continue }
            counts[bucket] += 1
        }
        return counts
    }

    private func position(_ row: Row) throws -> PagePosition {
        guard let id = EntryID(databaseBytes: row.bytes("id")) else { throw BlockError(.value, "fault") }
        return PagePosition(time: Timestamp(microseconds: try row.value("occurred_at")), id: id)
    }

    /// Nil when the fault is damaged, so that it stands in no other's way.
    private func readable(_ row: Row) throws -> RootFault? {
        do {
            return try fault(row)
        } catch let error as BlockError {
            logger.error("left out a damaged fault", metadata: ["cause": "\(error)"])
            return nil
        }
    }

    func fault(_ row: Row) throws -> RootFault {
        guard let id = EntryID(databaseBytes: row.bytes("id")) else { throw BlockError(.value, "fault") }
        var fault = RootFault(
            id: id, teamID: try row.value("team_id"), occurredAt: Timestamp(microseconds: try row.value("occurred_at")),
            name: try row.value("name"))
        fault.stateID = try row.valueIfAny("state_id")
        fault.connectorIdentifier = try row.valueIfAny("connector")
        try FaultRecord.decode(row.bytes("record"), into: &fault, zstandard: zstandard)
        let detailsRemovedAt: Int64? = try row.valueIfAny("details_removed_at")
        fault.detailsRemovedAt = detailsRemovedAt.map(Timestamp.init(microseconds:))
        return fault
    }
}
