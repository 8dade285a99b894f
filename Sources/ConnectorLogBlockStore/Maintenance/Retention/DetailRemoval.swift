import ConnectorLogCore
import GRDB

/// Copies a block without the details of its rows: summary and filter byte for byte, so that nothing has to be decoded.
struct DetailRemoval {
    let encoder: BlockEncoder

    /// - Parameter now: in microseconds.
    func copy(_ old: BlockSummary, at now: Int64, in db: Database) throws -> BlockSummary {
        let kept: [BlockFormat.Part] = BlockFormat.Part.allCases.filter { $0 != .detail }
        var lengths = 0
        for part in kept {
            lengths +=
                try Int.fetchOne(
                    db, sql: "SELECT length(bytes) FROM block_part WHERE id = ?",
                    arguments: [part.rowID(block: old.id)]) ?? 0
        }
        let empty = encoder.encode(.empty(rows: old.rows), ids: .consecutive).detail
        var new = old
        new.detailsRemovedAt = now
        // Raw bytes are a guess that bounds memory: the details' share is about that of their stored bytes.
        new.rawBytes = Int(Double(old.rawBytes) * Double(lengths) / Double(max(1, old.storedBytes)))
        new.storedBytes = lengths + empty.count
        try db.execute(
            sql: """
                INSERT INTO block (level, team_id, rows, first_time, last_time, first_id, last_id, ok, failed, raw_bytes,
                    stored_bytes, details_removed_at, checksum)
                SELECT level, team_id, rows, first_time, last_time, first_id, last_id, ok, failed, ?, ?, ?, ?
                FROM block WHERE id = ?
                """, arguments: [new.rawBytes, new.storedBytes, now, BlockRow.checksum(of: new), old.id])
        new.id = db.lastInsertedRowID
        for part in kept {
            try db.execute(
                sql: "INSERT INTO block_part (id, bytes) SELECT ?, bytes FROM block_part WHERE id = ?",
                arguments: [part.rowID(block: new.id), part.rowID(block: old.id)])
        }
        try db.execute(
            sql: "INSERT INTO block_part (id, bytes) VALUES (?, ?)",
            arguments: [BlockFormat.Part.detail.rowID(block: new.id), empty.databaseBytes])
        return new
    }
}
