import ConnectorLogCore

/// Sends the lines of some sources: batches of whole lines, a few in flight, each tried again while the trouble is temporary.
struct UploadRun {
    /// Requests at once. The server commits those that arrive together with one sync.
    static let requestsInFlight = 4

    let client: APIClient
    let clock: any Clock<Duration>
    /// 0..<1.
    let random: @Sendable () -> Double
    var policy = RetrySchedule.Policy()
    var limits = LineBatcher.Limits()
    let now: @Sendable () -> Timestamp
    /// Where journals are kept; nil keeps none.
    var journalDirectory: String?
    /// Whether the standard input has a name by which a later run will know it.
    var isStandardInputNamed = false

    private struct Sent: Sendable {
        var file: String
        var key: String
        var batch: IngestBatch
        var result: Result<IngestReceipt, APIFailure>
    }

    /// What became of the lines, and why the run ended early, if it did. After the first failure nothing more is read, but
    /// what is in flight is waited for: the report counts what the server said that it stored.
    func run(
        _ sources: [LineSource], meter: ProgressMeter
    ) async -> (report: UploadReport, failure: CommandFailure?) {
        await withTaskGroup(of: Sent.self) { group in
            var report = UploadReport()
            var failure: CommandFailure?
            var inFlight = 0
            var journals: [String: UploadJournal] = [:]

            func collect(_ sent: Sent) {
                inFlight -= 1
                switch sent.result {
                case .success(let receipt):
                    report.add(receipt, file: sent.file, firstLine: sent.batch.firstLine)
                    journals[sent.file]?.noteAnswered(sent.key, at: now())
                    meter.noteSent(lines: sent.batch.lineCount)
                case .failure(let reason):
                    failure = failure ?? reason.commandFailure
                }
            }
            func handle(_ outputs: [LineBatcher.Output], of source: LineSource) async {
                for output in outputs where failure == nil {
                    switch output {
                    case .oversizedLine(let number):
                        report.rejected.append(.tooLong(file: source.name, line: number, limit: limits.lineBytes))
                    case .batch(let batch):
                        let (name, key) = (source.name, batch.idempotencyKey(source: source.identity))
                        if journals[name]?.isForgotten(key, at: now()) == true {
                            report.skipped += batch.lineCount
                            continue
                        }
                        if inFlight == Self.requestsInFlight, let sent = await group.next() { collect(sent) }
                        guard failure == nil else { return }
                        inFlight += 1
                        group.addTask {
                            Sent(file: name, key: key, batch: batch, result: await send(batch, key: key, meter: meter))
                        }
                    }
                }
            }

            for source in sources where failure == nil {
                let journal = journal(of: source)
                journals[source.name] = journal
                var batcher = LineBatcher(limits: limits, cuts: journal.cuts)
                do throws(CommandFailure) {
                    while failure == nil, let piece = try await source.next() {
                        await handle(batcher.feed(piece), of: source)
                        meter.noteRead(bytes: source.position, of: source.name)
                    }
                    let rest = batcher.finish()
                    if failure == nil { journal.noteCuts(rest.flatMap(\.cuts)) }
                    await handle(rest, of: source)
                } catch {
                    failure = failure ?? error
                }
            }
            while let sent = await group.next() { collect(sent) }
            report.sort(files: sources.map(\.name))
            return (report, failure)
        }
    }

    /// A pipe never comes again.
    private func journal(of source: LineSource) -> UploadJournal {
        let mayComeAgain = source.size != nil || source.name == "-" && isStandardInputNamed
        return UploadJournal(
            directory: mayComeAgain ? journalDirectory : nil, scope: client.identity, source: source.identity)
    }

    private func send(_ batch: IngestBatch, key: String, meter: ProgressMeter) async -> Result<
        IngestReceipt, APIFailure
    > {
        var schedule = RetrySchedule(policy: policy)
        while true {
            do {
                return .success(try await client.ingest(lines: batch.bytes, idempotencyKey: key))
            } catch {
                guard error.isTemporary, !Task.isCancelled,
                    let delay = schedule.delay(retryAfter: error.retryAfter, random: random())
                else { return .failure(error) }
                meter.noteWaiting()
                do {
                    try await clock.sleep(for: delay)
                } catch {
                    return .failure(APIFailure(.cancelled, message: "stopped"))
                }
            }
        }
    }
}
