import ConnectorLogCore

/// Which blocks to merge next. A pure decision over the directory.
///
/// Blocks of level 0 hold one commit's entries, whatever team; they become blocks of one team. Small neighbours of one
/// team become larger ones. Blocks are taken in the order of their ids, so that the blocks of a team keep their ranges of
/// ids apart, but for those that a quarantine held back.
struct CompactionPlan: Equatable {
    static let targetRows = BlockPieces.rows
    /// Rows of level 0 that may lie before they are merged: so many that a team's share of them makes large blocks.
    static let levelZeroRows = 32_000
    /// What a block counts for at least: many small ones are merged at once, since each merge makes blocks of all teams.
    static let leastLoad = 125
    /// Bytes before their encoding that count as a row, so that long rows stay within what memory holds (`RecentBlocks`).
    static let bytesOfRow = 1536
    /// From `levelZeroRows` on compaction may take more of a core for itself, and from here on all of it: a burst of writing
    /// goes first, but not for longer than memory holds its blocks.
    static let manyLevelZeroRows = levelZeroRows * 5 / 4
    /// When so many blocks wait, batches are refused as `overloaded`.
    static let maximumLevelZeroBlocks = 4096
    /// Small neighbours of one team that may lie before they are merged.
    static let smallNeighbours = 8
    /// Blocks of either kind that are merged when nothing is stored meanwhile.
    static let quietBlocks = 2
    /// Bytes of columns before their encoding that one step reads; decoded as far as a merge needs they take half.
    static let maximumRawBytes = 64 << 20
    /// Blocks that one step reads.
    static let maximumBlocks = 256

    /// In the order of their ids.
    var blocks: [BlockSummary]

    /// Nil when nothing is to be done.
    /// - Parameter isQuiet: whether nothing was stored for a while: then it is worth while to merge few blocks, too.
    static func next(_ blocks: [BlockSummary], isQuiet: Bool) -> CompactionPlan? {
        let levelZero = blocks.filter { $0.level == 0 }.sorted { $0.firstID < $1.firstID }
        if isQuiet ? levelZero.count >= quietBlocks : levelZero.reduce(0, { $0 + load(of: $1) }) >= levelZeroRows {
            return CompactionPlan(blocks: bounded(levelZero[...]))
        }
        var byTeam: [Int64: [BlockSummary]] = [:]
        for block in blocks where block.level > 0 {
            if let team = block.teamID { byTeam[team, default: []].append(block) }
        }
        for (_, blocks) in byTeam.sorted(by: { $0.key < $1.key }) {
            // A block says of all of its rows whether their details were removed.
            for blocks in [blocks.filter { $0.detailsRemovedAt == nil }, blocks.filter { $0.detailsRemovedAt != nil }] {
                let sorted = blocks.sorted { $0.firstID < $1.firstID }
                for run in sorted.split(whereSeparator: isLarge)
                where run.count >= (isQuiet ? quietBlocks : smallNeighbours) {
                    return CompactionPlan(blocks: bounded(run))
                }
            }
        }
        return nil
    }

    /// What a block of level 0 weighs, in rows.
    static func load(of block: BlockSummary) -> Int { max(leastLoad, block.rows, block.rawBytes / bytesOfRow) }

    /// By rows or by bytes, so that some small neighbours always fit into one step.
    private static func isLarge(_ block: BlockSummary) -> Bool {
        block.rows * 2 > targetRows || block.rawBytes * 2 > BlockPieces.bytes
    }

    /// As many of the first blocks as a step may read, but one at least.
    private static func bounded(_ blocks: ArraySlice<BlockSummary>) -> [BlockSummary] {
        var bytes = 0
        var taken: [BlockSummary] = []
        for block in blocks.prefix(maximumBlocks) {
            bytes += block.rawBytes
            if !taken.isEmpty, bytes > maximumRawBytes { break }
            taken.append(block)
        }
        return taken
    }
}
