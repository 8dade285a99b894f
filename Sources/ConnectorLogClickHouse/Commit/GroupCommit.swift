import ConnectorLogCore
import Synchronization

/// Lets batches that arrive while a commit runs share the next one: the more there is to do, the larger are the inserts.
final class GroupCommit: Sendable {
    /// Commits at once: while one waits for the servers, another is made ready.
    static let lanes = 2
    /// Bytes of batches that may wait; more are refused as `overloaded`.
    static let maximumQueuedBytes = 128 << 20
    /// Bytes that one commit takes at most.
    static let maximumGroupBytes = 64 << 20

    private struct Waiting: Sendable {
        var batch: AppendedBatch
        var answer: CheckedContinuation<Result<AppendResult, StoreError>, Never>
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var bytes = 0
        var running = 0
        var isClosed = false
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    private let run: CommitRun
    private let queue = Mutex(Queue())

    init(run: CommitRun) { self.run = run }

    /// Returns when the batch is durable.
    func commit(_ batch: AppendedBatch) async throws(StoreError) -> AppendResult {
        let bytes = batch.byteCount
        let result = await withCheckedContinuation { continuation in
            enum Next { case run, wait, refuse(StoreError) }
            let next = queue.withLock { queue -> Next in
                if queue.isClosed { return .refuse(StoreError(.closed, "the store is closed")) }
                if queue.bytes > 0, queue.bytes + bytes > Self.maximumQueuedBytes {
                    return .refuse(StoreError(.overloaded, "too much waits to be written"))
                }
                queue.waiting.append(Waiting(batch: batch, answer: continuation))
                queue.bytes += bytes
                if queue.running >= Self.lanes { return .wait }
                queue.running += 1
                return .run
            }
            switch next {
            case .run: Task { await runLane() }
            case .wait: break
            case .refuse(let error): continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Refuses new batches, and returns when those that wait are written.
    func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = queue.withLock { queue in
                queue.isClosed = true
                guard queue.running > 0 else { return true }
                queue.idle.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    private func runLane() async {
        while let group = takeGroup() {
            let results = await run.run(group.map(\.batch))
            for (waiting, result) in zip(group, results) { waiting.answer.resume(returning: result) }
        }
    }

    /// Nil when nothing waits: the lane then is no longer running.
    private func takeGroup() -> [Waiting]? {
        let (group, idle) = queue.withLock { queue -> ([Waiting]?, [CheckedContinuation<Void, Never>]) in
            guard !queue.waiting.isEmpty else {
                queue.running -= 1
                guard queue.running == 0 else { return (nil, []) }
                defer { queue.idle = [] }
                return (nil, queue.idle)
            }
            var bytes = 0
            var count = 0
            for waiting in queue.waiting {
                let size = waiting.batch.byteCount
                if count > 0, bytes + size > Self.maximumGroupBytes { break }
                bytes += size
                count += 1
            }
            let group = Array(queue.waiting.prefix(count))
            queue.waiting.removeFirst(count)
            queue.bytes -= bytes
            return (group, [])
        }
        for continuation in idle { continuation.resume() }
        return group
    }
}
