import Synchronization

/// Blocks that one reader or two go through, each block once, until so many rows were read as may be.
final class BlockQueue: Sendable {
    private struct State {
        /// Of the blocks, the one to be read next.
        var next = 0
        var rowsLeft: Int
    }

    private let blocks: [BlockSummary]
    private let state: Mutex<State>

    init(_ blocks: [BlockSummary], rowLimit: Int = .max) {
        self.blocks = blocks
        state = Mutex(State(rowsLeft: rowLimit))
    }

    var count: Int { blocks.count }

    /// Nil when none is left that may be read.
    func next() -> BlockSummary? {
        state.withLock { state in
            guard state.next < blocks.count, state.rowsLeft > 0 else { return nil }
            defer { state.next += 1 }
            return blocks[state.next]
        }
    }

    /// To be called before the rows of a block are read: what its filters rule out costs nothing.
    func willRead(_ block: BlockSummary) {
        state.withLock { $0.rowsLeft -= block.rows }
    }

    /// The first block that was not read.
    var firstLeft: BlockSummary? {
        state.withLock { $0.next < blocks.count ? blocks[$0.next] : nil }
    }
}
