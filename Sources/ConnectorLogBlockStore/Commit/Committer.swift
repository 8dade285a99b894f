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

    private let pool: DatabasePool
    private let transaction: CommitTransaction
    private let reserve: SpaceReserve
    private let queue = GroupQueue<PreparedBatch>(
        lanes: 1, maximumQueuedBytes: maximumQueuedBytes, maximumGroupBytes: maximumGroupBytes)
    /// Whether the last transaction could not be written.
    private let isFailing = Mutex(false)

    init(pool: DatabasePool, transaction: CommitTransaction, reserve: SpaceReserve) {
        (self.pool, self.transaction, self.reserve) = (pool, transaction, reserve)
    }

    /// Batches that wait for the next transaction.
    var waitingCount: Int { queue.waitingCount }

    /// Returns when the batch is durable.
    func commit(_ batch: PreparedBatch) async throws(StoreError) -> AppendResult {
        guard reserve.mayStore() else { throw StoreError(.full, "the disk takes no more") }
        return try await queue.commit(batch, bytes: batch.byteCount) { run() }
    }

    /// Refuses new batches, and returns when those that wait are written.
    func close() async { await queue.close() }

    /// Whether batches can be written now. After a failed transaction a small write to the disk tells.
    func canWrite() async -> Bool {
        guard !queue.isClosed, reserve.mayStore() else { return false }
        guard isFailing.withLock({ $0 }) else { return true }
        do {
            try await pool.write { [transaction] db in
                try transaction.probe(in: db)
            } after: { [self] in
                isFailing.withLock { $0 = false }
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
            guard let group = queue.takeGroup() else { return }
            let (results, isWritten) = transaction.run(group.map(\.batch), in: db)
            if let isWritten { isFailing.withLock { $0 = !isWritten } }
            if isWritten == false, case .failure(let error)? = results.first, error.code == .full { reserve.release() }
            for (waiting, result) in zip(group, results) { waiting.answer(result) }
            run()
        }
    }
}
