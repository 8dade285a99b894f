import ConnectorLogCore
import GRDB

/// The rows of parts of calls that wait, and of events that were told before.
enum PendingPartRows {
    /// Stores parts whose event is new; those of deleted teams too, to be dropped with what becomes of them.
    static func insert(_ parts: [PendingPart], at now: Timestamp, in db: Database) throws {
        for part in parts {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO told_event (event, told_at) VALUES (?, ?)")
                .execute(arguments: [part.key.event.databaseBytes, now.microseconds])
            guard db.changesCount > 0 else { continue }
            try db.cachedStatement(
                sql: """
                    INSERT INTO pending_part (team_id, call, kind, arrived_at, bytes, entry)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                part.key.teamID, part.key.call.databaseBytes, Int64(part.key.kind.rawValue),
                part.arrivedAt.microseconds, part.entry.bytes.count, part.entry.bytes.databaseBytes,
            ])
        }
    }

    static func release(_ numbers: [Int64], in db: Database) throws {
        for number in numbers {
            try db.cachedStatement(sql: "DELETE FROM pending_part WHERE id = ?").execute(arguments: [number])
        }
    }

    /// Events that are known again, the latest: some 80 bytes each.
    static let mostEvents = 5_000_000

    /// Events that were told before this are too many; nil when none are.
    static func timeOfTheEarliest(_ most: Int = mostEvents, in db: Database) throws -> Timestamp? {
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM told_event") ?? 0
        guard count > most else { return nil }
        return try Int64.fetchOne(
            db, sql: "SELECT told_at FROM told_event ORDER BY told_at LIMIT 1 OFFSET ?", arguments: [count - most]
        ).map { Timestamp(microseconds: $0) }
    }

    /// Events that are forgotten in one transaction: writers wait for it.
    static let mostForgotten = 10_000

    /// Returns how many were: more are left when it is `most`.
    static func forgetEvents(toldBefore time: Timestamp, most: Int = mostForgotten, in db: Database) throws -> Int {
        try db.execute(
            sql: """
                DELETE FROM told_event WHERE event IN (
                    SELECT event FROM told_event WHERE told_at < ? ORDER BY told_at LIMIT ?)
                """, arguments: [time.microseconds, most])
        return db.changesCount
    }

    static func counts(team: Int64?, in db: Database) throws -> PendingCounts {
        let sums = "SELECT count(*) AS parts, coalesce(sum(bytes), 0) AS bytes FROM pending_part"
        let statement = try db.cachedStatement(sql: sums + (team == nil ? "" : " WHERE team_id = ?"))
        guard let row = try Row.fetchOne(statement, arguments: StatementArguments([team].compactMap(\.self))) else {
            return PendingCounts(parts: 0, bytes: 0)
        }
        return PendingCounts(parts: try row.value("parts"), bytes: try row.value("bytes"))
    }

    static func calls(
        arrivedBefore time: Timestamp, limit: Int, bytes: Int, in db: Database
    ) throws -> [[StoredPendingPart]] {
        // Kinds: 1 is a request, all others are answers.
        let keys = try Row.fetchAll(
            db,
            sql: """
                SELECT team_id, call FROM pending_part GROUP BY team_id, call
                HAVING min(kind) = 1 AND max(kind) > 1 OR min(arrived_at) < ? ORDER BY min(id) LIMIT ?
                """, arguments: [time.microseconds, limit])
        var calls: [[StoredPendingPart]] = []
        var read = 0
        for key in keys where read < bytes {
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: "SELECT * FROM pending_part WHERE team_id = ? AND call = ? ORDER BY id"),
                arguments: [key.stored("team_id"), key.stored("call")])
            let parts = try rows.map(part)
            read += parts.reduce(0) { $0 + ($1.entry?.bytes.count ?? 0) }
            calls.append(parts)
        }
        return calls
    }

    static func part(_ row: Row) throws -> StoredPendingPart {
        let kind = UInt8(exactly: try row.value("kind") as Int64).flatMap(PendingPart.Kind.init(rawValue:))
        return StoredPendingPart(
            number: try row.value("id"), teamID: try row.value("team_id"), call: row.bytes("call"),
            kind: kind ?? .request, arrivedAt: Timestamp(microseconds: try row.value("arrived_at")),
            entry: kind == nil ? nil : PackedEntry(bytes: row.bytes("entry")))
    }
}
