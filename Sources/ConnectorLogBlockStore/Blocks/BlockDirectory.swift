import ConnectorLogCore
import Synchronization

/// All live blocks, in memory, and who still reads blocks that compaction has replaced.
///
/// A reader takes a lease: the blocks as they are now. A replaced block's rows are deleted only when every lease that was
/// taken before its replacement has ended.
final class BlockDirectory: Sendable {
    private struct State {
        /// Ascending by `lastTime`.
        var blocks: [BlockSummary] = []
        /// Of them, those of level 0.
        var levelZero = 0
        /// Their rows, as `CompactionPlan` counts them.
        var levelZeroLoad = 0
        /// Counts the changes of `blocks`.
        var version: UInt64 = 0
        /// Counts those of them that added entries.
        var insertions: UInt64 = 0
        var epoch: UInt64 = 0
        /// Leases that are held, by the epoch in which they were taken.
        var leases: [UInt64: Int] = [:]
        /// Blocks whose bytes are damaged, out of every query's way.
        var quarantined: [BlockSummary] = []
        /// Replaced blocks that wait for deletion, with the epoch in which they were replaced.
        var retired: [(id: Int64, epoch: UInt64)] = []
        /// Who waits until no lease of this epoch or an earlier one is held.
        var waiting: [(epoch: UInt64, continuation: CheckedContinuation<Void, Never>)] = []

        mutating func insert(_ block: BlockSummary) {
            // Nearly always the latest, so looked for from the end.
            var at = blocks.count
            while at > 0, blocks[at - 1].lastTime > block.lastTime { at -= 1 }
            blocks.insert(block, at: at)
            count(block, 1)
        }

        mutating func count(_ block: BlockSummary, _ sign: Int) {
            guard block.level == 0 else { return }
            levelZero += sign
            levelZeroLoad += sign * CompactionPlan.load(of: block)
        }
    }

    private let state = Mutex(State())

    func insert(_ blocks: [BlockSummary]) {
        state.withLock { state in
            for block in blocks { state.insert(block) }
            state.version += 1
            state.insertions += 1
        }
    }

    var insertions: UInt64 { state.withLock { $0.insertions } }

    /// Blocks that wait for their first merge.
    var levelZeroCount: Int { state.withLock { $0.levelZero } }

    /// The rows of those blocks, as `CompactionPlan` counts them.
    var levelZeroLoad: Int { state.withLock { $0.levelZeroLoad } }

    /// Puts `blocks` in the place of those with `ids`, in one step for every reader.
    func replace(_ ids: Set<Int64>, with blocks: [BlockSummary]) {
        state.withLock { state in
            for block in state.blocks where ids.contains(block.id) { state.count(block, -1) }
            state.blocks.removeAll { ids.contains($0.id) }
            // A reader may have found one damaged after compaction had read it whole.
            state.quarantined.removeAll { ids.contains($0.id) }
            for block in blocks { state.insert(block) }
            for id in ids { state.retired.append((id, state.epoch)) }
            state.epoch += 1
            state.version += 1
        }
    }

    /// Notes blocks of which no reader can know as good for deletion.
    func retire(_ ids: [Int64]) {
        state.withLock { state in
            for id in ids { state.retired.append((id, 0)) }
        }
    }

    /// Notes blocks that were found damaged before they were in the directory.
    func quarantine(_ blocks: [BlockSummary]) {
        state.withLock { $0.quarantined += blocks }
    }

    /// Takes a damaged block out of the directory; false when it is out already.
    func quarantine(_ id: Int64) -> Bool {
        state.withLock { state in
            guard let index = state.blocks.firstIndex(where: { $0.id == id }) else { return false }
            let block = state.blocks.remove(at: index)
            state.count(block, -1)
            state.quarantined.append(block)
            state.version += 1
            return true
        }
    }

    var quarantined: [BlockSummary] { state.withLock { $0.quarantined } }

    /// Ascending by `lastTime`.
    var blocks: [BlockSummary] { state.withLock { $0.blocks } }

    /// The blocks, and a number that is another after each change of them.
    var current: (blocks: [BlockSummary], version: UInt64) { state.withLock { ($0.blocks, $0.version) } }

    /// The blocks as they are now, ascending by `lastTime`; none of them is deleted before `body` returns.
    func withLease<Result>(_ body: ([BlockSummary]) async throws -> Result) async rethrows -> Result {
        let (blocks, epoch) = state.withLock { state in
            state.leases[state.epoch, default: 0] += 1
            return (state.blocks, state.epoch)
        }
        defer { endLease(of: epoch) }
        return try await body(blocks)
    }

    private func endLease(of epoch: UInt64) {
        let done = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.leases[epoch, default: 1] -= 1
            if state.leases[epoch] == 0 { state.leases[epoch] = nil }
            guard !state.waiting.isEmpty else { return [] }
            let oldestLease = state.leases.keys.min() ?? .max
            defer { state.waiting.removeAll { $0.epoch < oldestLease } }
            return state.waiting.filter { $0.epoch < oldestLease }.map(\.continuation)
        }
        for continuation in done { continuation.resume() }
    }

    /// Returns when every lease that is held now has ended: blocks that were replaced before are deletable then.
    func leasesEnd() async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state -> Bool in
                let epoch = state.epoch
                // Leases from now on do not hold it up.
                state.epoch += 1
                guard !state.leases.isEmpty else { return false }
                state.waiting.append((epoch, continuation))
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }

    /// Replaced blocks that nobody reads any more; the caller deletes them.
    func takeDeletable() -> [Int64] {
        state.withLock { state in
            let oldestLease = state.leases.keys.min() ?? .max
            let deletable = state.retired.filter { $0.epoch < oldestLease }.map(\.id)
            state.retired.removeAll { $0.epoch < oldestLease }
            return deletable
        }
    }
}
