package import ConnectorLogCore
import Foundation
import GRDB

/// All that a store in a data directory, or a backup of one, holds. Changes nothing in it, not even what opening it would.
///
/// Entries come block by block in the order of their ids: as long as no server opens the store, blocks stay as they are.
package final class BlockCopySource: CopySource {
    /// Rows and bytes of a chunk, unless one block alone has more.
    package static let standardRows = 65_536
    private static let bytesOfChunk = 32 << 20

    private let queue: DatabaseQueue
    private let rowsOfChunk: Int
    private let zstandard = Zstandard()
    /// In the order of their ids.
    private let blocks: [BlockSummary]
    private let teams: Set<Int64>
    /// What calls of level-0 blocks add to states whose rows do not say it yet.
    private let waiting: FlowStateDeltas

    /// - Parameters:
    ///   - path: a data directory, which no server may have open, or a database's file.
    ///   - allowsUnfinished: whether it may be a copy that is not finished itself.
    package static func open(
        _ path: String, allowsUnfinished: Bool = false, rowsOfChunk: Int = standardRows
    ) async throws(StoreError) -> BlockCopySource {
        do {
            let queue = try StoreDatabase.openForReading(path)
            return try await BlockCopySource(queue, allowsUnfinished: allowsUnfinished, rowsOfChunk: rowsOfChunk)
        } catch {
            throw StoreError(opening: error)
        }
    }

    private init(_ queue: DatabaseQueue, allowsUnfinished: Bool, rowsOfChunk: Int) async throws {
        (self.queue, self.rowsOfChunk) = (queue, rowsOfChunk)
        let zstandard = zstandard
        (blocks, teams, waiting) = try await queue.read { db in
            try StoreVersion.check(db)
            guard try Schema.migrator.hasCompletedMigrations(db) else {
                throw StoreError(
                    .failed,
                    "the store was written by an older version of connectorlog: start a server of this version on it once"
                )
            }
            if !allowsUnfinished { try CopyTable.refuseUnfinished(db) }
            let blocks = try Self.blocks(in: db)
            let teams = try Int64.fetchSet(db, sql: "SELECT id FROM team WHERE NOT is_deleted")
            return (blocks, teams, try Self.waiting(blocks, in: db, zstandard: zstandard))
        }
    }

    private static func blocks(in db: Database) throws -> [BlockSummary] {
        var blocks: [BlockSummary] = []
        for row in try Row.fetchAll(db, sql: "SELECT * FROM block ORDER BY id") {
            let row = try BlockRow(row)
            switch row.condition {
            case .live: blocks.append(row.summary)
            case .retired: break
            case .damaged: throw damaged(row.summary.id)
            }
        }
        return blocks
    }

    private static func damaged(_ block: Int64, _ cause: BlockError? = nil) -> StoreError {
        StoreError(
            .damaged, "block \(block) is damaged: connectorlog check tells more, and docs/operations.md what to do",
            cause: cause)
    }

    private static func waiting(
        _ blocks: [BlockSummary], in db: Database, zstandard: Zstandard
    ) throws -> FlowStateDeltas {
        let counted = try FlowStateWriter.countedBlock(in: db)
        let statement = try db.cachedStatement(
            sql: "SELECT counted_block FROM flow_state WHERE team_id = ? AND id = ?")
        var waiting = FlowStateDeltas()
        for block in blocks where block.level == 0 && block.id > counted {
            let deltas: FlowStateDeltas
            do {
                deltas = try FlowStateDeltas(
                    of: StoredBlock(block, in: db, zstandard: zstandard, recent: RecentBlocks()))
            } catch let error as BlockError {
                throw damaged(block.id, error)
            }
            try waiting.add(deltas) { key in
                block.id > (try Int64.fetchOne(statement, arguments: [key.teamID, StoredStateID(key.stateID)]) ?? 0)
            }
        }
        return waiting
    }

    package func close() async { try? queue.close() }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do { return try await queue.read(body) } catch { throw StoreError(reading: error) }
    }

    // MARK: - CopySource

    package func chunk(_ kind: CopyKind, after place: CopyPlace?) async throws(StoreError) -> CopyChunk? {
        switch kind {
        case .entries:
            try await read { [blocks, teams, zstandard, rowsOfChunk] db in
                try Self.entries(after: place, of: blocks, teams, rows: rowsOfChunk, in: db, zstandard)
            }
        case .states: try await read { [waiting] db in try CopiedStateRows.chunk(after: place, waiting, in: db) }
        case .faults:
            try await read { [zstandard] db in try CopiedLogRows.faults(after: place, in: db, zstandard) }
        case .answers: try await read { db in try CopiedLogRows.answers(after: place, in: db) }
        case .events: try await read { db in try CopiedLogRows.events(after: place, in: db) }
        case .parts: try await read { db in try CopiedLogRows.parts(after: place, in: db) }
        case .erasures: try await read { db in try CopiedLogRows.erasures(after: place, in: db) }
        default: try await read { db in try CopiedCatalogRows.chunk(kind, after: place, in: db) }
        }
    }

    private static func entries(
        after place: CopyPlace?, of blocks: [BlockSummary], _ teams: Set<Int64>, rows most: Int, in db: Database,
        _ zstandard: Zstandard
    ) throws -> CopyChunk? {
        let last = try place?.parts(numbers: 1).numbers[0] ?? 0
        let start = blocks.firstIndex(rising: { $0.id > last })
        var entries = CopiedEntries()
        var bytes = 0
        var end = start
        while end < blocks.count {
            let block = blocks[end]
            if end > start, entries.count + block.rows > most || bytes + block.rawBytes > bytesOfChunk { break }
            do {
                try append(block, teams, to: &entries, in: db, zstandard)
            } catch let error as BlockError {
                throw damaged(block.id, error)
            }
            bytes += block.rawBytes
            end += 1
        }
        return end > start ? CopyChunk(.entries(entries), place: CopyPlace([blocks[end - 1].id])) : nil
    }

    private static func append(
        _ block: BlockSummary, _ teams: Set<Int64>, to entries: inout CopiedEntries, in db: Database,
        _ zstandard: Zstandard
    ) throws {
        let decoded = try DecodedBlock(StoredBlock(block, in: db, zstandard: zstandard, recent: RecentBlocks()))
        let rows = decoded.teams.indices.filter { teams.contains(decoded.teams[$0]) }
        try decoded.append(rows, to: &entries.columns)
        for row in rows { entries.ids.append(decoded.ids[row]) }
        entries.detailsRemovedAt += Array(repeating: block.detailsRemovedAt ?? 0, count: rows.count)
    }

    package func logPosition() async throws(StoreError) -> [UInt8] {
        try await read { [blocks] db in
            var digest = CopyDigest()
            for block in blocks {
                let text = "\(block.id) \(BlockRow.checksum(of: block)) \(block.detailsRemovedAt ?? 0)"
                digest.add(Array(text.utf8).span)
            }
            let sums = try Row.fetchAll(
                db,
                sql: """
                    SELECT count(*), coalesce(max(id), x'') FROM fault UNION ALL
                    SELECT count(*), coalesce(sum(calls * 3 + failed_calls * 5 + faults * 7 + marks + last_action), 0)
                    FROM flow_state UNION ALL
                    SELECT count(*), coalesce(max(created_at), 0) FROM idempotency UNION ALL
                    SELECT count(*), coalesce(max(told_at), 0) FROM told_event
                    """)
            let texts = sums.map { row in "\(row[0] as DatabaseValue) \(row[1] as DatabaseValue)" }
            return digest.bytes + Array(texts.joined(separator: ";").utf8)
        }
    }

    package func rowCount() async throws(StoreError) -> Int {
        try await read { [blocks] db in
            let others = try Int.fetchOne(
                db, sql: "SELECT (SELECT count(*) FROM fault) + (SELECT count(*) FROM flow_state)")
            return blocks.reduce(others ?? 0) { $0 + $1.rows }
        }
    }

    package func contradictions() async throws(StoreError) -> [String] { [] }
}
