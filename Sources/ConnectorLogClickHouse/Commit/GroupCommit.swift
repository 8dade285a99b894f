import ConnectorLogCore

/// The more there is to do, the larger are the inserts.
final class GroupCommit: Sendable {
    /// While one waits for the servers, another is made ready, of other connectors: a commit holds its own until its end.
    static let lanes = 2
    static let maximumQueuedBytes = 128 << 20
    static let maximumGroupBytes = 64 << 20

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
        var last: [GroupQueue<AppendedBatch>.Waiting] = []
        while let group = queue.takeGroup(after: last) {
            let results = await run.run(group.map(\.batch))
            for (waiting, result) in zip(group, results) { waiting.answer(result) }
            last = group
        }
    }
}
