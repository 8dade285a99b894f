import Synchronization

/// What waits to be committed: batches that arrive while a commit runs share the next one. Bounded: past its limit a batch is
/// refused as `overloaded`.
package final class GroupQueue<Batch: Sendable>: Sendable {
    package struct Waiting: Sendable {
        package let batch: Batch
        fileprivate let bytes: Int
        fileprivate let keys: Set<UInt64>
        fileprivate let continuation: CheckedContinuation<Result<AppendResult, StoreError>, Never>

        /// To be called once.
        package func answer(_ result: Result<AppendResult, StoreError>) { continuation.resume(returning: result) }
    }

    private struct State {
        var waiting: [Waiting] = []
        var bytes = 0
        var running = 0
        /// Of the groups that lanes have.
        var heldKeys: Set<UInt64> = []
        var isClosed = false
        var gathering: Gathering?
        var gatheringCount = 0
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    /// A lane that waits for more.
    private struct Gathering {
        var number: Int
        var wanted: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private enum Next { case run, wait, refuse(StoreError) }

    private let lanes: Int
    private let maximumQueuedBytes: Int
    private let maximumGroupBytes: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - lanes: commits that run at once.
    ///   - maximumQueuedBytes: of batches that wait. One alone may be larger.
    ///   - maximumGroupBytes: that one commit takes at most, so that none waits long behind a crowd. One batch alone may be
    ///     larger.
    package init(lanes: Int, maximumQueuedBytes: Int, maximumGroupBytes: Int) {
        (self.lanes, self.maximumQueuedBytes, self.maximumGroupBytes) = (lanes, maximumQueuedBytes, maximumGroupBytes)
    }

    /// Batches that no commit has taken yet.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    var isGathering: Bool { state.withLock { $0.gathering != nil } }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Returns when somebody answered the batch.
    /// - Parameters:
    ///   - keys: of what the batch needs for itself alone. While a lane has some of them, the batch waits, so that it goes with
    ///     all that came meanwhile.
    ///   - runLane: called when fewer lanes run than may: one that asks for groups until there are none.
    package func commit(
        _ batch: Batch, bytes: Int, keys: Set<UInt64> = [], runLane: () -> Void
    ) async throws(StoreError) -> AppendResult {
        let result = await withCheckedContinuation { continuation in
            var gathered: CheckedContinuation<Void, Never>?
            let next = state.withLock { state -> Next in
                if state.isClosed { return .refuse(StoreError(.closed, "the store is closed")) }
                if state.bytes > 0, state.bytes + bytes > maximumQueuedBytes {
                    return .refuse(StoreError(.overloaded, "too much waits to be written"))
                }
                state.waiting.append(Waiting(batch: batch, bytes: bytes, keys: keys, continuation: continuation))
                state.bytes += bytes
                if let gathering = state.gathering {
                    if state.waiting.count >= gathering.wanted || state.bytes >= maximumGroupBytes {
                        gathered = gathering.continuation
                        state.gathering = nil
                    }
                    return .wait
                }
                if state.running >= lanes { return .wait }
                state.running += 1
                return .run
            }
            gathered?.resume()
            switch next {
            case .run: runLane()
            case .wait: break
            case .refuse(let error): continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Returns when `wanted` batches wait or as many bytes as a group may have, after `patience` in any case. Meanwhile no other
    /// lane begins: senders that wait for their answers to send the next come together again, and not each in a group of its own.
    /// - Parameter last: the lane's last group, which is answered. What it held is free from now on.
    package func gather(after last: [Waiting], wanted: Int, patience: Duration) async {
        var deadline: Task<Void, Never>?
        await withCheckedContinuation { continuation in
            let number = state.withLock { state -> Int? in
                for waiting in last { state.heldKeys.subtract(waiting.keys) }
                guard !state.isClosed, state.gathering == nil, state.waiting.count < wanted else { return nil }
                state.gatheringCount += 1
                state.gathering = Gathering(number: state.gatheringCount, wanted: wanted, continuation: continuation)
                return state.gatheringCount
            }
            guard let number else { return continuation.resume() }
            deadline = Task {
                do { try await Task.sleep(for: patience) } catch { return }
                endGathering(number)
            }
        }
        deadline?.cancel()
    }

    /// - Parameter number: nil for any.
    private func endGathering(_ number: Int? = nil) {
        let gathering = state.withLock { state -> Gathering? in
            guard let gathering = state.gathering, number.map({ $0 == gathering.number }) ?? true else { return nil }
            state.gathering = nil
            return gathering
        }
        gathering?.continuation.resume()
    }

    /// Nil when nothing waits that could go: the lane then is no longer running.
    package func takeGroup() -> [Waiting]? {
        let (group, idle) = state.withLock { state -> ([Waiting]?, [CheckedContinuation<Void, Never>]) in
            let group = takeGroup(of: &state)
            guard group.isEmpty else { return (group, []) }
            // What waits for keys is taken by the lane that has them.
            state.running -= 1
            guard state.running == 0 else { return (nil, []) }
            defer { state.idle = [] }
            return (nil, state.idle)
        }
        for continuation in idle { continuation.resume() }
        return group
    }

    /// The first that wait, but for those whose keys another lane has, or one before them waits for.
    private func takeGroup(of state: inout State) -> [Waiting] {
        var group: [Waiting] = []
        var left: [Waiting] = []
        var bytes = 0
        var isFull = false
        var awaitedKeys = state.heldKeys
        for waiting in state.waiting {
            isFull = isFull || !group.isEmpty && bytes + waiting.bytes > maximumGroupBytes
            if isFull || !awaitedKeys.isDisjoint(with: waiting.keys) {
                left.append(waiting)
                if !isFull { awaitedKeys.formUnion(waiting.keys) }
            } else {
                group.append(waiting)
                bytes += waiting.bytes
            }
        }
        state.waiting = left
        state.bytes -= bytes
        for waiting in group { state.heldKeys.formUnion(waiting.keys) }
        return group
    }

    /// Refuses new batches, and returns when those that wait are answered.
    package func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                guard state.running > 0 else { return true }
                state.idle.append(continuation)
                return false
            }
            endGathering()
            if isIdle { continuation.resume() }
        }
    }
}
