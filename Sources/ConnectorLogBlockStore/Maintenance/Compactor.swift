import ConnectorLogCore
import GRDB
import Logging
import Synchronization

/// Merges small blocks in bounded steps. Readers go on with the blocks that they hold; those are deleted when the last
/// of their readers is done.
final class Compactor: Sendable {
    private let pool: DatabasePool
    private let directory: BlockDirectory
    /// Held by whoever replaces blocks by others: what one read another must not replace meanwhile.
    private let lane: AsyncSlots
    private let encoder: BlockEncoder
    private let recent: RecentBlocks
    private let replacement: BlockReplacement
    private let quarantine: Quarantine
    private let logger: Logger
    private struct Planned: Equatable {
        /// The directory's.
        var version: UInt64
        var isQuiet: Bool
    }

    /// When nothing was to be done.
    private let idle = Mutex<Planned?>(nil)

    init(
        replacement: BlockReplacement, lane: AsyncSlots, encoder: BlockEncoder, quarantine: Quarantine, logger: Logger
    ) {
        self.replacement = replacement
        pool = replacement.pool
        directory = replacement.directory
        recent = replacement.recent
        self.lane = lane
        self.encoder = encoder
        self.quarantine = quarantine
        self.logger = logger
    }

    /// Counts what was stored.
    var insertions: UInt64 { directory.insertions }

    /// How long to rest after work that took so long: a third of a core is its share, and more the more rows wait.
    func rest(after work: Duration) -> Duration {
        switch directory.levelZeroLoad {
        case ..<CompactionPlan.levelZeroRows: work * 2
        case ..<CompactionPlan.manyLevelZeroRows: work
        default: .zero
        }
    }

    /// One step; false when there was nothing to do.
    /// - Parameter isQuiet: whether nothing was stored for a while.
    func step(isQuiet: Bool) async throws -> Bool {
        try await lane.acquire()
        defer { lane.release() }
        try await deleteReplaced()
        let (blocks, version) = directory.current
        let state = Planned(version: version, isQuiet: isQuiet)
        guard idle.withLock({ $0 != state }) else { return false }
        guard let plan = CompactionPlan.next(blocks, isQuiet: isQuiet) else {
            idle.withLock { $0 = state }
            return false
        }
        // Without a merge a block was damaged: the next step plans without it.
        guard let merged = try await merge(plan) else { return true }
        try await replace(plan, by: merged)
        try await deleteReplaced()
        return true
    }

    /// Gives pages that replaced blocks left back to the file system, some megabytes at a time; false when they are few.
    /// It is called when nothing is stored, so that what comes next does not have to make them anew at once.
    /// - Parameters:
    ///   - kept: free pages that are not worth the work.
    ///   - step: pages at most, each of which may be written once to the write-ahead log.
    func shrink(keeping kept: Int = 16, step: Int = pagesOfShrinking) async throws -> Bool {
        try await pool.writeWithoutTransaction { db in
            let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            guard free > kept else { return false }
            try db.execute(sql: "PRAGMA incremental_vacuum(\(min(free - kept, step)))")
            // Files that were made otherwise do not shrink.
            return try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0 < free
        }
    }

    static let pagesOfShrinking = 2048

    private func merge(_ plan: CompactionPlan) async throws -> [BlockMerge.Merged]? {
        try await pool.read { [encoder, quarantine, recent] db -> [BlockMerge.Merged]? in
            var sources: [DecodedBlock] = []
            for summary in plan.blocks {
                let block = StoredBlock(summary, in: db, zstandard: encoder.zstandard, recent: recent)
                guard let decoded = try quarantine.reading(summary, { try DecodedBlock(block) }) else { return nil }
                sources.append(decoded)
            }
            do throws(BlockMerge.DamagedSource) {
                return try BlockMerge(sources, encoder: encoder).blocks()
            } catch {
                // What is wrong with some values shows when they are put together.
                _ = try quarantine.reading(plan.blocks[error.source]) { throw error.cause }
                return nil
            }
        }
    }

    /// The new blocks and the mark on the old ones are one transaction: after a crash either set is whole.
    private func replace(_ plan: CompactionPlan, by merged: [BlockMerge.Merged]) async throws {
        let level = (plan.blocks.map(\.level).max() ?? 0) + 1
        let ids = plan.blocks.map(\.id)
        // All or none of the blocks have it.
        let detailsRemovedAt = plan.blocks.compactMap(\.detailsRemovedAt).max()
        try await replacement.write { db in
            for id in ids { try db.execute(sql: "UPDATE block SET retired = 1 WHERE id = ?", arguments: [id]) }
            let new = try merged.map {
                try BlockWriter.insert(
                    $0.block, level: level, ids: $0.ids, detailsRemovedAt: detailsRemovedAt, in: db)
            }
            return BlockReplacement.Blocks(old: Set(ids), new: new)
        }
        logger.debug(
            "compacted", metadata: ["blocks": "\(ids.count)", "into": "\(merged.count)", "level": "\(level)"])
    }

    /// Deletes what was replaced, when nobody else replaces or overwrites.
    func deleteReplacedInTurn() async throws {
        try await lane.acquire()
        defer { lane.release() }
        try await deleteReplaced()
    }

    /// For who holds the lane: an erasure must not find nothing left to delete while others still delete its bytes.
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
