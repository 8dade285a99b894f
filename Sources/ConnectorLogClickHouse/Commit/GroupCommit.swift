import ConnectorLogCore

/// The more there is to do, the larger are the inserts.
final class GroupCommit: Sendable {
    /// While one waits for the servers, another is made ready, of other connectors: a commit holds its own until its end.
    static let lanes = 2
    static let maximumQueuedBytes = 128 << 20
    static let maximumGroupBytes = 64 << 20

    /// How long a lane waits at most for those whom it has just answered: one insert of four requests costs ClickHouse half of
    /// what two of two do.
    private static let patience = Duration.milliseconds(40)

    private let run: CommitRun
    private let queue = GroupQueue<AppendedBatch>(
        lanes: lanes, maximumQueuedBytes: maximumQueuedBytes, maximumGroupBytes: maximumGroupBytes)

    init(run: CommitRun) { self.run = run }

    /// Returns when the batch is durable.
    func commit(_ batch: AppendedBatch) async throws(StoreError) -> AppendResult {
        try await queue.commit(batch, bytes: batch.byteCount, keys: batch.keys) { Task { await runLane() } }
    }

    /// Refuses new batches, and returns when those that wait are written.
    func close() async { await queue.close() }

    private func runLane() async {
        while let group = queue.takeGroup() {
            let begun = ContinuousClock.now
            let results = await run.run(group.map(\.batch))
            let patience = min(Self.patience, (.now - begun) / 2)
            let wanted = group.count + queue.waitingCount
            for (waiting, result) in zip(group, results) { waiting.answer(result) }
            await queue.gather(after: group, wanted: wanted, patience: patience)
        }
    }
}
