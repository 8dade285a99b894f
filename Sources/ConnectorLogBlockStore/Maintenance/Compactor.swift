import ConnectorLogCore
import GRDB
import Logging
import Synchronization

/// Merges small blocks in bounded steps. Readers go on with the blocks that they hold; those are deleted when the last
/// of their readers is done.
final class Compactor: Sendable {
    private let pool: DatabasePool
    private let directory: BlockDirectory
    private let encoder: BlockEncoder
    private let quarantine: Quarantine
    private let logger: Logger
    /// The directory's version at which nothing was to be done.
    private let idleVersion = Mutex<UInt64?>(nil)

    init(
        pool: DatabasePool, directory: BlockDirectory, encoder: BlockEncoder, quarantine: Quarantine, logger: Logger
    ) {
        self.pool = pool
        self.directory = directory
        self.encoder = encoder
        self.quarantine = quarantine
        self.logger = logger
    }

    /// One step; false when there was nothing to do.
    func step() async throws -> Bool {
        try await deleteReplaced()
        let (blocks, version) = directory.current
        guard idleVersion.withLock({ $0 != version }) else { return false }
        guard let plan = CompactionPlan.next(blocks) else {
            idleVersion.withLock { $0 = version }
            return false
        }
        // Without a merge a block was damaged: the next step plans without it.
        guard let merged = try await merge(plan) else { return true }
        try await replace(plan, by: merged)
        try await deleteReplaced()
        return true
    }

    private struct Merged: Sendable {
        var block: EncodedBlock
        var ids: ClosedRange<EntryID>
    }

    private func merge(_ plan: CompactionPlan) async throws -> [Merged]? {
        try await pool.read { [encoder, quarantine] db in
            var teams: [Int64: (columns: EntryColumns, ids: [EntryID])] = [:]
            for summary in plan.blocks {
                let block = StoredBlock(summary, in: db, zstandard: encoder.zstandard)
                guard let (columns, ids) = try quarantine.reading(summary, { (try block.columns(), try block.ids()) })
                else { return nil }
                for row in 0..<columns.count {
                    let team = columns.teamIDs[row]
                    teams[team, default: (EntryColumns(), [])].columns.append(row: row, of: columns)
                    teams[team]?.ids.append(ids[row])
                }
            }
            return teams.sorted { $0.key < $1.key }.flatMap { Self.encode($0.value.columns, $0.value.ids, encoder) }
        }
    }

    /// Cuts one team's rows into blocks, in the order of their ids: blocks that a quarantine kept apart may lie between
    /// each other.
    private static func encode(_ columns: EntryColumns, _ ids: [EntryID], _ encoder: BlockEncoder) -> [Merged] {
        let (columns, ids) = sorted(columns, ids)
        return columns.pieceRanges().compactMap { rows in
            guard let first = rows.first, let last = rows.last else { return nil }
            var piece = EntryColumns()
            for row in rows { piece.append(row: row, of: columns) }
            piece.restoreVendorRequestIDHashes()
            return Merged(
                block: encoder.encode(piece, ids: .listed(Array(ids[rows]))), ids: ids[first]...ids[last])
        }
    }

    private static func sorted(_ columns: EntryColumns, _ ids: [EntryID]) -> (EntryColumns, [EntryID]) {
        if zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }) { return (columns, ids) }
        let order = ids.indices.sorted { ids[$0] < ids[$1] }
        var sorted = EntryColumns()
        for row in order { sorted.append(row: row, of: columns) }
        return (sorted, order.map { ids[$0] })
    }

    /// The new blocks and the mark on the old ones are one transaction: after a crash either set is whole.
    private func replace(_ plan: CompactionPlan, by merged: [Merged]) async throws {
        let level = (plan.blocks.map(\.level).max() ?? 0) + 1
        let ids = plan.blocks.map(\.id)
        _ = try await pool.write { db in
            for id in ids { try db.execute(sql: "UPDATE block SET retired = 1 WHERE id = ?", arguments: [id]) }
            return try merged.map { try BlockWriter.insert($0.block, level: level, ids: $0.ids, in: db) }
        } after: { [directory] summaries in
            directory.replace(Set(ids), with: summaries)
        }
        logger.debug(
            "compacted", metadata: ["blocks": "\(ids.count)", "into": "\(merged.count)", "level": "\(level)"])
    }

    private func deleteReplaced() async throws {
        let ids = directory.takeDeletable()
        guard !ids.isEmpty else { return }
        do {
            try await pool.write { db in try BlockWriter.delete(ids, in: db) }
        } catch {
            directory.retire(ids)
            throw error
        }
    }
}
