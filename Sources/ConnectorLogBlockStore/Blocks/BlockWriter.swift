import ConnectorLogCore
import GRDB

/// Rows of a block in the database.
enum BlockWriter {
    static func insert(
        _ block: EncodedBlock, level: Int, ids: ClosedRange<EntryID>, detailsRemovedAt: Int64? = nil, in db: Database
    ) throws -> BlockSummary {
        try db.cachedStatement(
            sql: """
                INSERT INTO block (level, team_id, rows, first_time, last_time, first_id, last_id, ok, failed, raw_bytes,
                    stored_bytes, details_removed_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            level, block.teamID, block.rows, block.firstTime, block.lastTime, ids.lowerBound.databaseBytes,
            ids.upperBound.databaseBytes, block.ok, block.failed, block.rawBytes, block.byteCount,
            detailsRemovedAt,
        ])
        let id = db.lastInsertedRowID
        let part = try db.cachedStatement(sql: "INSERT INTO block_part (id, bytes) VALUES (?, ?)")
        for (kind, bytes) in [
            (BlockFormat.Part.summary, block.summary), (.detail, block.detail), (.filter, block.filter),
            (.words, block.words),
        ] where !bytes.isEmpty {
            try part.execute(arguments: [kind.rowID(block: id), bytes.databaseBytes])
        }
        return BlockSummary(
            id: id, level: level, teamID: block.teamID, rows: block.rows, firstTime: block.firstTime,
            lastTime: block.lastTime, firstID: ids.lowerBound, lastID: ids.upperBound, ok: block.ok,
            failed: block.failed, rawBytes: block.rawBytes, storedBytes: block.byteCount,
            detailsRemovedAt: detailsRemovedAt)
    }

    static func delete(_ ids: [Int64], in db: Database) throws {
        for id in ids {
            for part in BlockFormat.Part.allCases {
                try db.execute(sql: "DELETE FROM block_part WHERE id = ?", arguments: [part.rowID(block: id)])
            }
            try db.execute(sql: "DELETE FROM block WHERE id = ?", arguments: [id])
        }
    }

    /// All blocks that compaction has not replaced.
    static func all(in db: Database) throws -> [BlockSummary] {
        try Row.fetchAll(db, sql: "SELECT * FROM block WHERE retired = 0 ORDER BY last_time").map { row in
            guard let first = EntryID(databaseBytes: row.bytes("first_id")),
                let last = EntryID(databaseBytes: row.bytes("last_id"))
            else { throw BlockError(.value, "block \(row["id"] as Int64)") }
            return BlockSummary(
                id: row["id"], level: row["level"], teamID: row["team_id"], rows: row["rows"],
                firstTime: row["first_time"], lastTime: row["last_time"], firstID: first, lastID: last, ok: row["ok"],
                failed: row["failed"], rawBytes: row["raw_bytes"], storedBytes: row["stored_bytes"],
                detailsRemovedAt: row["details_removed_at"])
        }
    }
}
