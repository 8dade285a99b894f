import ConnectorLogCore
import GRDB

/// Rows of a block in the database.
enum BlockWriter {
    static func insert(
        _ block: EncodedBlock, level: Int, ids: ClosedRange<EntryID>, detailsRemovedAt: Int64? = nil, in db: Database
    ) throws -> BlockSummary {
        var summary = BlockSummary(
            id: 0, level: level, teamID: block.teamID, rows: block.rows, firstTime: block.firstTime,
            lastTime: block.lastTime, firstID: ids.lowerBound, lastID: ids.upperBound, ok: block.ok,
            failed: block.failed, rawBytes: block.rawBytes, storedBytes: block.byteCount,
            detailsRemovedAt: detailsRemovedAt)
        try db.cachedStatement(
            sql: """
                INSERT INTO block (level, team_id, rows, first_time, last_time, first_id, last_id, ok, failed, raw_bytes,
                    stored_bytes, details_removed_at, checksum)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            level, block.teamID, block.rows, block.firstTime, block.lastTime, ids.lowerBound.databaseBytes,
            ids.upperBound.databaseBytes, block.ok, block.failed, block.rawBytes, block.byteCount,
            detailsRemovedAt, BlockRow.checksum(of: summary),
        ])
        summary.id = db.lastInsertedRowID
        let part = try db.cachedStatement(sql: "INSERT INTO block_part (id, bytes) VALUES (?, ?)")
        for (kind, bytes) in [
            (BlockFormat.Part.summary, block.summary), (.detail, block.detail), (.filter, block.filter),
            (.words, block.words),
        ] where !bytes.isEmpty {
            try part.execute(arguments: [kind.rowID(block: summary.id), bytes.databaseBytes])
        }
        return summary
    }

    static func delete(_ ids: [Int64], in db: Database) throws {
        for id in ids {
            for part in BlockFormat.Part.allCases {
                try db.execute(sql: "DELETE FROM block_part WHERE id = ?", arguments: [part.rowID(block: id)])
            }
            try db.execute(sql: "DELETE FROM block WHERE id = ?", arguments: [id])
        }
    }
}
