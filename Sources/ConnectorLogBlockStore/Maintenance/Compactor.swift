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
    private let states: StateTally
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
        pool: DatabasePool, directory: BlockDirectory, lane: AsyncSlots, encoder: BlockEncoder, recent: RecentBlocks,
        states: StateTally, quarantine: Quarantine, logger: Logger
    ) {
        self.pool = pool
        self.directory = directory
        self.lane = lane
        self.encoder = encoder
        self.recent = recent
        self.states = states
        self.quarantine = quarantine
        self.logger = logger
    }

    /// Counts what was stored.
    var insertions: UInt64 { directory.insertions }

    /// How long to rest after work that took so long: a third of a core is its share, and more the more blocks wait.
    func rest(after work: Duration) -> Duration {
        switch directory.levelZeroCount {
        case ..<CompactionPlan.pressingLevelZeroBlocks: work * 2
        case ..<CompactionPlan.manyLevelZeroBlocks: work
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
        do {
            try await replace(plan, by: merged)
        } catch {
            // A full disk rolls back within a statement, which no observer of transactions is told of.
            states.forgetTexts()
            throw error
        }
        try await deleteReplaced()
        return true
    }

    /// Gives pages that replaced blocks left back to the file system, some megabytes at a time; false when they are few.
    /// - Parameter kept: pages that stay free for what comes next.
    func shrink(keeping kept: Int = 256) async throws -> Bool {
        try await pool.writeWithoutTransaction { db in
            let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            let all = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            guard free > kept, free * 50 > all else { return false }
            try db.execute(sql: "PRAGMA incremental_vacuum(\(min(free - kept, Self.pagesOfShrinking)))")
            // Files that were made otherwise do not shrink.
            return try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0 < free
        }
    }

    private static let pagesOfShrinking = 2048

    private func merge(_ plan: CompactionPlan) async throws -> [BlockMerge.Merged]? {
        try await pool.read { [encoder, quarantine, recent] db in
            var sources: [DecodedBlock] = []
            for summary in plan.blocks {
                let block = StoredBlock(summary, in: db, zstandard: encoder.zstandard, recent: recent)
                guard let decoded = try quarantine.reading(summary, { try DecodedBlock(block) }) else { return nil }
                sources.append(decoded)
            }
            return try BlockMerge(sources, encoder: encoder).blocks()
        }
    }

    /// The new blocks and the mark on the old ones are one transaction: after a crash either set is whole.
    private func replace(_ plan: CompactionPlan, by merged: [BlockMerge.Merged]) async throws {
        let level = (plan.blocks.map(\.level).max() ?? 0) + 1
        let ids = plan.blocks.map(\.id)
        // All or none of the blocks have it.
        let detailsRemovedAt = plan.blocks.compactMap(\.detailsRemovedAt).max()
        _ = try await pool.write { [states] db in
            // The calls of a state are counted from level-0 blocks: these soon are gone.
            try states.writeAll(in: db)
            for id in ids { try db.execute(sql: "UPDATE block SET retired = 1 WHERE id = ?", arguments: [id]) }
            return try merged.map {
                try BlockWriter.insert(
                    $0.block, level: level, ids: $0.ids, detailsRemovedAt: detailsRemovedAt, in: db)
            }
        } after: { [directory, recent, states] summaries in
            states.settleAll()
            directory.replace(Set(ids), with: summaries)
            recent.remove(ids)
        }
        logger.debug(
            "compacted", metadata: ["blocks": "\(ids.count)", "into": "\(merged.count)", "level": "\(level)"])
    }

    func deleteReplaced() async throws {
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
