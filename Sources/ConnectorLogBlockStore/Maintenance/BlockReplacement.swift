import ConnectorLogCore
import GRDB

/// Puts blocks in the place of others, on the disk in one transaction and in memory with it.
struct BlockReplacement: Sendable {
    struct Blocks: Sendable {
        var old: Set<Int64> = []
        var new: [BlockSummary] = []
    }

    let pool: DatabasePool
    let directory: BlockDirectory
    let recent: RecentBlocks
    let states: StateTally

    /// - Parameters:
    ///   - body: marks the old blocks as retired and inserts the new ones.
    ///   - after: called in the same turn of the writer, when the transaction is on the disk.
    func write(
        _ body: @escaping @Sendable (Database) throws -> Blocks, after: @escaping @Sendable () -> Void = {}
    ) async throws {
        _ = try await pool.write { [states] db in
            // The calls of a state are counted from level-0 blocks: some of these soon are gone.
            try states.writeAll(in: db)
            return try body(db)
        } after: { [self] blocks in
            states.settleAll()
            after()
            guard !blocks.old.isEmpty else { return }
            directory.replace(blocks.old, with: blocks.new)
            recent.remove(blocks.old)
        } onFailure: { [states] in
            states.forgetTexts()
        }
    }
}
