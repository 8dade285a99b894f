import ConnectorLogCore
import GRDB
import Logging
import Synchronization

/// Removes what is over age, in bounded steps.
final class RetentionEnforcer: Sendable {
    /// Until when blocks that were read have nothing over age, in microseconds; as long as the policies stay as they are.
    private struct Settled {
        var policies: RetentionPolicies?
        var until: [Int64: Int64] = [:]
    }

    private let replacement: BlockReplacement
    private let lane: AsyncSlots
    private let encoder: BlockEncoder
    private let quarantine: Quarantine
    private let logger: Logger
    private let settled = Mutex(Settled())
    /// Teams whose damage was told.
    private let told = Mutex<Set<Int64>>([])

    init(
        replacement: BlockReplacement, lane: AsyncSlots, encoder: BlockEncoder, quarantine: Quarantine, logger: Logger
    ) {
        (self.replacement, self.lane) = (replacement, lane)
        (self.encoder, self.quarantine, self.logger) = (encoder, quarantine, logger)
    }

    private var pool: DatabasePool { replacement.pool }
    private var directory: BlockDirectory { replacement.directory }

    /// One step; false when nothing is over age.
    /// - Parameter standard: for teams that say nothing of their own.
    func step(default standard: Retention, at now: Timestamp) async throws -> Bool {
        let policies = try await pool.read { db in try RetentionPolicies.read(standard: standard, in: db) }
        tell(policies.damaged)
        guard !policies.isForever else { return false }
        if try await blockStep(policies, now) { return true }
        return try await AgedRecords(
            replacement: replacement, zstandard: encoder.zstandard, policies: policies, now: now, logger: logger
        )
        .step()
    }

    private func tell(_ damaged: Set<Int64>) {
        let new = told.withLock { told in
            defer { told = damaged }
            return damaged.subtracting(told)
        }
        for team in new.sorted() {
            logger.error("a team's retention is damaged: nothing of it is removed", metadata: ["team": "\(team)"])
        }
    }

    private func blockStep(_ policies: RetentionPolicies, _ now: Timestamp) async throws -> Bool {
        try await lane.acquire()
        defer { lane.release() }
        let until = settled.withLock { settled in
            if settled.policies != policies { settled = Settled(policies: policies) }
            return settled.until
        }
        let plan = RetentionPlan.next(
            directory.blocks, damaged: directory.quarantined, policies: policies, now: now
        ) { block in until[block.id].map { $0 > now.microseconds } ?? false }
        switch plan {
        case nil: return false
        case .drop(let blocks)?:
            try await replace(blocks) { _ in [] }
            logger.debug("dropped blocks over age", metadata: ["blocks": "\(blocks.count)"])
        case .removeDetails(let blocks)?:
            try await replace(blocks) { [encoder] db in
                try blocks.map { try DetailRemoval(encoder: encoder).copy($0, at: now.microseconds, in: db) }
            }
            logger.debug("removed details over age", metadata: ["blocks": "\(blocks.count)"])
        case .rewrite(let block)?:
            try await rewrite(block, policies, now)
        }
        return true
    }

    /// The new blocks and the mark on the old ones are one transaction.
    private func replace(
        _ old: [BlockSummary], by insert: @escaping @Sendable (Database) throws -> [BlockSummary]
    ) async throws {
        let ids = Set(old.map(\.id))
        try await replacement.write { db in
            for id in ids { try db.execute(sql: "UPDATE block SET retired = 1 WHERE id = ?", arguments: [id]) }
            return BlockReplacement.Blocks(old: ids, new: try insert(db))
        }
    }

    /// Takes out what is over age, or notes until when nothing is. A damaged block is in quarantine afterwards.
    private func rewrite(_ block: BlockSummary, _ policies: RetentionPolicies, _ now: Timestamp) async throws {
        let pieces = try await pool.read {
            [encoder, quarantine, recent = replacement.recent] db -> [BlockRewrite.Piece]? in
            let read = try quarantine.reading(block) { () -> [BlockRewrite.Piece]? in
                let stored = StoredBlock(block, in: db, zstandard: encoder.zstandard, recent: recent)
                let (teams, times) = (try stored.integers(.teamID), try stored.integers(.logTime))
                func fate(_ row: Int) -> BlockRewrite.Fate {
                    policies.fate(team: teams[row], time: times[row], at: now)
                }
                func changes(_ row: Int) -> Bool {
                    fate(row) == .removed || fate(row) == .summaryOnly && block.detailsRemovedAt == nil
                }
                guard (0..<block.rows).contains(where: changes) else { return nil }
                return try BlockRewrite(encoder: encoder).pieces(
                    of: try DecodedBlock(stored), replacing: block, now: now.microseconds, fate: fate)
            }
            return read ?? nil
        }
        guard let pieces else {
            // Its rows are of teams that keep theirs longer: to be looked at again in an hour.
            settled.withLock { settled in
                settled.until = settled.until.filter { $0.value > now.microseconds }
                settled.until[block.id] = now.microseconds + RetentionPlan.patience / 24
            }
            return
        }
        try await replace([block]) { db in try pieces.map { try $0.insert(replacing: block, in: db) } }
        logger.debug("took rows over age out of a block", metadata: ["into": "\(pieces.count)"])
    }
}
