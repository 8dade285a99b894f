import ConnectorLogCore

/// Which blocks hold what is over age. A pure decision over the directory.
///
/// Whole blocks go when their latest row is over age. A block that spans more than a day is not waited for: its rows that
/// are over age by more than a day are taken out of it. So teams with much to store lose whole blocks, which costs next to
/// nothing, and those with little have one small block a day written anew.
enum RetentionPlan: Equatable {
    /// How long rows that are over age may wait for their block, in microseconds.
    static let patience: Int64 = 86_400_000_000
    /// Blocks that one step drops: their pages are freed in one transaction.
    static let droppedAtOnce = 32
    static let strippedAtOnce = 8

    /// All rows are over age.
    case drop([BlockSummary])
    /// The details of all rows are over age.
    case removeDetails([BlockSummary])
    /// Some rows may be over age, or their details.
    case rewrite(BlockSummary)

    /// Nil when nothing is over age.
    /// - Parameters:
    ///   - damaged: blocks that cannot be read.
    ///   - isSettled: whether a block that was read before has nothing over age yet.
    static func next(
        _ blocks: [BlockSummary], damaged: [BlockSummary], policies: RetentionPolicies, now: Timestamp,
        isSettled: (BlockSummary) -> Bool
    ) -> RetentionPlan? {
        let outdated = (blocks + damaged).lazy.filter { block in
            guard let team = block.teamID, let limit = policies[team].entryLimit(at: now) else { return false }
            return block.lastTime < limit.microseconds
        }
        let dropped = Array(outdated.prefix(droppedAtOnce))
        if !dropped.isEmpty { return .drop(dropped) }
        let withDetails = blocks.lazy.filter { block in
            // Blocks of level 0 become blocks of compaction's kind when they are written anew.
            guard block.level > 0, block.detailsRemovedAt == nil, let team = block.teamID,
                let limit = policies[team].detailLimit(at: now)
            else { return false }
            return block.lastTime < limit.microseconds
        }
        let stripped = Array(withDetails.prefix(strippedAtOnce))
        if !stripped.isEmpty { return .removeDetails(stripped) }
        return blocks.first { isPartly($0, policies: policies, now: now) && !isSettled($0) }.map { .rewrite($0) }
    }

    private static func isPartly(_ block: BlockSummary, policies: RetentionPolicies, now: Timestamp) -> Bool {
        func isBehind(_ limit: Timestamp?) -> Bool {
            guard let limit = limit?.microseconds else { return false }
            return block.firstTime < limit - patience || block.lastTime < limit
        }
        guard let team = block.teamID else { return isBehind(policies.latestLimit(at: now)) }
        if isBehind(policies[team].entryLimit(at: now)) { return true }
        return block.detailsRemovedAt == nil && isBehind(policies[team].detailLimit(at: now))
    }
}
