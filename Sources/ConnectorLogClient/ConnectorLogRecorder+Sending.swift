import Synchronization

/// What a recorder does while it runs.
extension ConnectorLogRecorder {
    func send(over transport: any BatchTransport) async {
        let uploader = BatchUploader(
            transport: transport, attempts: configuration.attempts, retryBudget: configuration.retryBudget,
            surroundings: surroundings, report: report)
        // The first task that returns true is the end of all.
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.signalRegularly() }
            group.addTask { await self.sendWhenSignalled(uploader) }
            group.addTask { await self.waitForTimeout() }
            for await isEnd in group where isEnd { group.cancelAll() }
        }
    }

    private func signalRegularly() async -> Bool {
        // Not so often that it keeps a processor busy.
        let interval = max(configuration.flushInterval, .milliseconds(10))
        while (try? await surroundings.sleep(interval)) != nil { signals.continuation.yield() }
        return false
    }

    private func waitForTimeout() async -> Bool {
        for await _ in closing.stream {}
        return (try? await surroundings.sleep(configuration.shutdownTimeout)) != nil
    }

    private func sendWhenSignalled(_ uploader: BatchUploader) async -> Bool {
        var uploader = uploader
        for await _ in signals.stream {
            await sendAll(&uploader)
            report.writeLine()
        }
        await sendAll(&uploader)
        return true
    }

    private func sendAll(_ uploader: inout BatchUploader) async {
        var cutter = BatchCutter(
            buffer.withLock { $0.takeAll() }, recordLimit: configuration.batchRecords,
            byteLimit: configuration.batchBytes)
        while !Task.isCancelled, let batch = cutter.next(form, idempotencyKey: surroundings.newID()) {
            settle(batch, await uploader.upload(batch))
        }
        abandon(cutter.rest.records, heldBytes: cutter.rest.heldBytes)
    }

    private var form: FlatForm { FlatForm(teamID: configuration.teamID, now: surroundings.now()) }

    private func settle(_ batch: Batch, _ outcome: BatchUploader.Outcome) {
        switch outcome {
        case .stored(let rejected):
            let accepted = batch.records - rejected.count
            settle(batch.heldBytes, accepted: accepted, .rejected, rejected.count, detail: rejected.last?.detail ?? [:])
        case .refused(let detail):
            settle(batch.heldBytes, accepted: 0, .refused, batch.records, detail: detail)
        case .dropped(let reason):
            settle(batch.heldBytes, accepted: 0, reason, batch.records)
        }
    }

    private func settle(
        _ heldBytes: Int, accepted: Int, _ reason: DropReason, _ dropped: Int, detail: [String: String] = [:]
    ) {
        buffer.withLock { $0.settle(byteCount: heldBytes, accepted: accepted, dropped: dropped, reason) }
        report.dropped(reason, dropped, detail: detail)
    }

    private func abandon(_ records: Int, heldBytes: Int) {
        settle(heldBytes, accepted: 0, .shutdown, records)
    }

    /// What came after the last batch was cut.
    func abandonRest() {
        let rest = buffer.withLock { $0.takeAll() }
        abandon(rest.count, heldBytes: rest.reduce(0) { $0 + $1.byteCount })
        report.writeLine(isLast: true)
    }
}
