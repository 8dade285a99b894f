import ConnectorLogCore
import GRDB
import Logging

/// An erasure under way.
struct OpenErasure: Sendable {
    var erasure: Erasure
    /// The greatest id of a row when it was asked for.
    var lastID: EntryID

    /// Rows up to this one are erased; nil: all that are there when it ends. A state is removed itself, so that nothing of
    /// it may be left.
    var limit: EntryID? {
        if case .state = erasure.target { nil } else { lastID }
    }
}

/// Rows of table `erasure`: what was erased, and what has yet to be.
enum ErasureRows {
    static func begin(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp, lastID: EntryID, in db: Database
    ) throws -> OpenErasure {
        try db.execute(
            sql: "INSERT INTO erasure (team_id, kind, target, last_id, key_id, requested_at) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [team, target.kind.rawValue, target.name, lastID.databaseBytes, keyID, at.microseconds])
        let erasure = Erasure(
            number: db.lastInsertedRowID, teamID: team, target: target, keyID: keyID, requestedAt: at)
        return OpenErasure(erasure: erasure, lastID: lastID)
    }

    static func add(entries: Int = 0, faults: Int = 0, states: Int = 0, to number: Int64, in db: Database) throws {
        try db.execute(
            sql: "UPDATE erasure SET entries = entries + ?, faults = faults + ?, states = states + ? WHERE id = ?",
            arguments: [entries, faults, states, number])
    }

    static func complete(_ number: Int64, unreadableBlocks: Int, at now: Timestamp, in db: Database) throws -> Erasure {
        try db.execute(
            sql: """
                UPDATE erasure SET completed_at = coalesce(completed_at, ?), unreadable_blocks = ? WHERE id = ?
                """, arguments: [now.microseconds, unreadableBlocks, number])
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM erasure WHERE id = ?", arguments: [number]) else {
            throw BlockError(.missing, "erasure \(number)")
        }
        return try erasure(row)
    }

    /// Those that were begun and not completed, the oldest first.
    static func open(in db: Database, logger: Logger) throws -> [OpenErasure] {
        try Row.fetchAll(db, sql: "SELECT * FROM erasure WHERE completed_at IS NULL ORDER BY id").compactMap { row in
            try readable(row, logger) { () throws(BlockError) in
                guard let lastID = EntryID(databaseBytes: row.bytes("last_id")) else {
                    throw BlockError(.value, "database column last_id")
                }
                return OpenErasure(erasure: try erasure(row), lastID: lastID)
            }
        }
    }

    static func page(_ query: ErasureQuery, in db: Database, logger: Logger) throws -> [Erasure] {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM erasure WHERE team_id = ? AND id < ? ORDER BY id DESC",
            arguments: [query.teamID, query.before ?? .max])
        var page: [Erasure] = []
        // A page that is shorter passes for the last, so that others take the places of those that are left out.
        while page.count < query.limit, let row = try rows.next() {
            if let erasure = try readable(row, logger, { () throws(BlockError) in try erasure(row) }) {
                page.append(erasure)
            }
        }
        return page
    }

    /// Nil when the row is damaged, so that it stands in no other's way.
    private static func readable<Value>(
        _ row: Row, _ logger: Logger, _ value: () throws(BlockError) -> Value
    ) throws(BlockError) -> Value? {
        let number: Int64 = try row.value("id")
        do throws(BlockError) {
            return try value()
        } catch {
            logger.error(
                "left out a damaged erasure", metadata: ["erasure": "\(number)", "cause": "\(error)"])
            return nil
        }
    }

    static func erasure(_ row: Row) throws(BlockError) -> Erasure {
        guard let kind = ErasureTarget.Kind(rawValue: try row.value("kind")),
            let target = ErasureTarget(kind, name: try row.value("target"))
        else { throw BlockError(.value, "an erasure's target") }
        var erasure = Erasure(
            number: try row.value("id"), teamID: try row.value("team_id"), target: target,
            keyID: try row.value("key_id"), requestedAt: Timestamp(microseconds: try row.value("requested_at")))
        let completedAt: Int64? = try row.valueIfAny("completed_at")
        erasure.completedAt = completedAt.map(Timestamp.init(microseconds:))
        erasure.entries = try row.value("entries")
        erasure.faults = try row.value("faults")
        erasure.states = try row.value("states")
        erasure.unreadableBlocks = try row.value("unreadable_blocks")
        return erasure
    }
}
