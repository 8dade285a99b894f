import ConnectorLogCore
import GRDB
import Synchronization

/// Group commit: batches that arrive while one commit runs share the next one and its single sync.
///
/// There is one writer. It takes all that waits, writes it in one transaction, and answers each batch when the
/// transaction is on the disk.
final class Committer: Sendable {
    /// Bytes of batches that may wait; more are refused as `overloaded`.
    static let maximumQueuedBytes = 128 << 20
    /// Bytes that one transaction takes at most, so that none waits long behind a crowd.
    static let maximumGroupBytes = 32 << 20

    private struct Waiting: Sendable {
        var batch: PreparedBatch
        var answer: CheckedContinuation<Result<AppendResult, StoreError>, Never>
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var bytes = 0
        var isRunning = false
        var isClosed = false
        /// Whether the last transaction could not be written.
        var isFailing = false
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    private let pool: DatabasePool
    private let transaction: CommitTransaction
    private let reserve: SpaceReserve
    private let queue = Mutex(Queue())

    init(pool: DatabasePool, transaction: CommitTransaction, reserve: SpaceReserve) {
        (self.pool, self.transaction, self.reserve) = (pool, transaction, reserve)
    }

    /// Batches that wait for the next transaction.
    var waitingCount: Int { queue.withLock { $0.waiting.count } }

    /// Returns when the batch is durable.
    func commit(_ batch: PreparedBatch) async throws(StoreError) -> AppendResult {
        guard reserve.mayStore() else { throw StoreError(.full, "the disk takes no more") }
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
                if queue.isRunning { return .wait }
                queue.isRunning = true
                return .run
            }
            switch next {
            case .run: run()
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
                guard queue.isRunning else { return true }
                queue.idle.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Whether batches can be written now. After a failed transaction a small write to the disk tells.
    func canWrite() async -> Bool {
        let (isClosed, isFailing) = queue.withLock { ($0.isClosed, $0.isFailing) }
        guard !isClosed, reserve.mayStore() else { return false }
        guard isFailing else { return true }
        do {
            try await pool.write { [transaction] db in
                try transaction.probe(in: db)
            } after: { [self] in
                queue.withLock { $0.isFailing = false }
            }
            return true
        } catch {
            if StoreError(writing: error).code == .full { reserve.release() }
            return false
        }
    }

    /// One group in each turn of the writer, so that compaction and the catalog get theirs under any load.
    private func run() {
        pool.asyncWriteWithoutTransaction { [self] db in
            guard let group = takeGroup() else { return }
            let (results, isWritten) = transaction.run(group.map(\.batch), in: db)
            if let isWritten { queue.withLock { $0.isFailing = !isWritten } }
            if isWritten == false, case .failure(let error)? = results.first, error.code == .full { reserve.release() }
            for (waiting, result) in zip(group, results) { waiting.answer.resume(returning: result) }
            run()
        }
    }

    /// Nil when nothing waits: the writer then is no longer running.
    private func takeGroup() -> [Waiting]? {
        let (group, idle) = queue.withLock { queue -> ([Waiting]?, [CheckedContinuation<Void, Never>]) in
            guard !queue.waiting.isEmpty else {
                queue.isRunning = false
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
