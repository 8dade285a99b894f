import ConnectorLogCore
import Logging
import Synchronization

/// Bloom filters of blocks that were asked lately, bounded in bytes.
final class FilterCache: Sendable {
    static let maximumBytes = 32 << 20

    private struct State {
        /// By the rows of their parts.
        var filters: [Int64: BloomFilter] = [:]
        /// Oldest first.
        var order: [Int64] = []
        var bytes = 0
    }

    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// A damaged filter only costs time: in its place comes one that leaves hope for everything.
    /// - Parameter part: `.filter` or `.words`.
    func filter(_ part: BlockFormat.Part, of block: StoredBlock) throws -> BloomFilter {
        let id = part.rowID(block: block.summary.id)
        if let filter = state.withLock({ $0.filters[id] }) { return filter }
        let filter: BloomFilter
        do {
            filter = try block.filter(part)
        } catch let error as BlockError {
            // Blocks that the first version merged have no filter of words.
            let isOlder = part == .words && error.reason == .missing
            if !isOlder {
                logger.error(
                    "a block's filter is damaged", metadata: ["block": "\(block.summary.id)", "cause": "\(error)"])
            }
            filter = .everything
        }
        state.withLock { state in
            guard state.filters.updateValue(filter, forKey: id) == nil else { return }
            state.order.append(id)
            state.bytes += filter.bytes.count
            guard state.bytes > Self.maximumBytes else { return }
            // A quarter at once, so that the work of forgetting is rare.
            let count = max(1, state.order.count / 4)
            for old in state.order.prefix(count) {
                state.bytes -= state.filters.removeValue(forKey: old)?.bytes.count ?? 0
            }
            state.order.removeFirst(count)
        }
        return filter
    }
}
