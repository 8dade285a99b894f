import ConnectorLogAPI
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

    /// What all sources hold; nil finds it out of each.
    var kind: UploadFormat.Kind?
    /// Of records that do not say it, in the formats that have no place for it.
    var defaults: [UploadFormat.Default] = []

    /// What was decided of batches that the server may have stored; nil stops at one that was never answered.
    var resend: Resend?

    private struct Sent: Sendable {
        var file: String
        var key: String
        var batch: IngestBatch
        var noun: String
        var result: Result<IngestReceipt, APIFailure>
    }

    /// A source until all of its batches are answered.
    private struct OpenSource {
        var journal: UploadJournal
        var inFlight = 0
        /// How many bytes it has, once they are read.
        var end: UInt64?
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
            var open: [String: OpenSource] = [:]
            var nouns: Set<String> = []

            func release(_ file: String) {
                guard let source = open[file], source.inFlight == 0, let end = source.end else { return }
                source.journal.finish(end: end)
                open[file] = nil
            }
            func collect(_ sent: Sent) {
                inFlight -= 1
                open[sent.file]?.inFlight -= 1
                switch sent.result {
                case .success(let receipt):
                    report.add(receipt, file: sent.file, firstLine: sent.batch.firstLine)
                    open[sent.file]?.journal.noteAnswered(sent.key, UploadJournal.Answer(receipt))
                    meter.noteSent(lines: sent.batch.lineCount, noun: sent.noun)
                case .failure(let reason):
                    failure = failure ?? reason.commandFailure
                }
                release(sent.file)
            }
            /// Whether the batch is to be sent; what an earlier run is known to have sent is reported instead.
            func isToBeSent(_ batch: IngestBatch, key: String, file: String, journal: UploadJournal) -> Bool {
                switch journal.knowledge(of: key, at: now()) {
                case .sendable: return true
                case .answered(let answer):
                    report.add(answer, of: batch, file: file)
                    return false
                case .unanswered(let since):
                    switch resend {
                    case .unanswered, .all: return true
                    case .nothing:
                        let answer = UploadJournal.Answer(accepted: batch.lineCount)
                        journal.noteAnswered(key, answer)
                        report.add(answer, of: batch, file: file)
                    case nil: failure = .unanswered(batch, file: file, since: since)
                    }
                    return false
                }
            }
            func handle(
                _ outputs: [LineBatcher.Output], of source: LineSource, as format: UploadFormat, journal: UploadJournal
            ) async {
                for output in outputs where failure == nil {
                    switch output {
                    case .oversizedLine(let number):
                        report.rejected.append(.tooLong(file: source.name, line: number, limit: limits.lineBytes))
                    case .oversizedEntry(let number):
                        let limit = limits.archiveEntryBytes
                        report.rejected.append(.tooLong(file: source.name, line: number, limit: limit))
                    case .brokenEntry(let number, let error):
                        report.rejected.append(.init(file: source.name, line: number, error))
                    case .batch(let batch):
                        let (name, key) = (source.name, batch.idempotencyKey(source: source.identity + format.identity))
                        guard isToBeSent(batch, key: key, file: name, journal: journal) else { continue }
                        if inFlight == Self.requestsInFlight, let sent = await group.next() { collect(sent) }
                        guard failure == nil else { return }
                        inFlight += 1
                        open[name]?.inFlight += 1
                        group.addTask {
                            let result = await send(batch, as: format, key: key, journal: journal, meter: meter)
                            return Sent(
                                file: name, key: key, batch: batch, noun: format.kind.noun, result: result)
                        }
                    }
                }
            }

            for source in sources where failure == nil {
                do throws(CommandFailure) {
                    let (format, beginning) = try await begin(source)
                    let journal = try journal(of: source, as: format)
                    open[source.name] = OpenSource(journal: journal)
                    nouns.insert(format.kind.noun)
                    var batcher = format.makeBatcher(limits: limits, cuts: journal.cuts)
                    var next: [UInt8]? = beginning
                    while failure == nil, let piece = next {
                        let outputs = try source.attempt { try batcher.feed(piece) }
                        journal.noteCuts(outputs.flatMap(\.cutsAtDamage))
                        await handle(outputs, of: source, as: format, journal: journal)
                        meter.noteRead(bytes: source.position, of: source.name)
                        next = try await source.next()
                    }
                    let rest = failure == nil ? try source.attempt { try batcher.finish() } : []
                    if failure == nil { journal.noteCuts(rest.flatMap(\.cuts)) }
                    await handle(rest, of: source, as: format, journal: journal)
                    if failure == nil { open[source.name]?.end = batcher.end }
                } catch {
                    failure = failure ?? error
                }
                source.close()
                release(source.name)
            }
            while let sent = await group.next() { collect(sent) }
            report.sort(files: sources.map(\.name))
            if let noun = nouns.first, nouns.count == 1 { report.noun = noun }
            return (report, failure)
        }
    }

    /// The first bytes of a source, and what they tell it holds.
    private func begin(_ source: LineSource) async throws(CommandFailure) -> (UploadFormat, [UInt8]) {
        var beginning: [UInt8] = []
        while beginning.count < UploadFormat.telling, let piece = try await source.next() { beginning += piece }
        let kind = kind ?? UploadFormat.kind(ofFile: source.name, beginning: beginning)
        let format = UploadFormat(kind: kind, defaults: defaults)
        // The team is a default of lines, too.
        if kind == .lines, let first = defaults.first(where: { $0.name != "team_id" }) {
            throw CommandFailure(
                .usage,
                "\(source.name) holds lines, which name their own \(first.name); defaults are of archives and access logs (--format)"
            )
        }
        return (format, beginning)
    }

    /// A pipe never comes again.
    private func journal(of source: LineSource, as format: UploadFormat) throws(CommandFailure) -> UploadJournal {
        let mayComeAgain = source.size != nil || source.name == "-" && isStandardInputNamed
        do {
            let journal = try UploadJournal(
                directory: mayComeAgain ? journalDirectory : nil, scope: client.identity, source: source.identity,
                format: format)
            if resend == .all { journal.forgetBatches() }
            return journal
        } catch {
            throw CommandFailure(error.status, "\(source.name): \(error.message)")
        }
    }

    private func send(
        _ batch: IngestBatch, as format: UploadFormat, key: String, journal: UploadJournal, meter: ProgressMeter
    ) async -> Result<IngestReceipt, APIFailure> {
        var schedule = RetrySchedule(policy: policy)
        while true {
            let isFirst = journal.noteTry(key, at: now())
            do {
                return .success(try await client.ingest(batch.bytes, as: format, idempotencyKey: key))
            } catch {
                if isFirst, !error.mayHaveBeenDone { journal.withdrawTry(key) }
                guard error.isTemporary, !Task.isCancelled,
                    let delay = schedule.delay(retryAfter: error.retryAfter, random: random())
                else { return .failure(error) }
                meter.noteWaiting(
                    "\(error.message.withoutControls); trying again for up to \(policy.budget.components.seconds) seconds"
                )
                do {
                    try await clock.sleep(for: delay)
                } catch {
                    return .failure(APIFailure(.cancelled, message: "stopped"))
                }
                // The machine may have slept meanwhile, for longer than the server remembers.
                if resend == nil, case .unanswered = journal.knowledge(of: key, at: now()) { return .failure(error) }
            }
        }
    }
}

/// What of a file to send though the server may have stored it.
enum Resend: String, CaseIterable, Sendable {
    /// What was never answered counts as stored.
    case nothing = "none"
    case unanswered
    /// The whole file, as if no run had been before.
    case all
}

extension CommandFailure {
    fileprivate static func unanswered(_ batch: IngestBatch, file: String, since: Int64) -> CommandFailure {
        let lines = "\(batch.firstLine) to \(batch.firstLine + batch.lineCount - 1)"
        let time = DisplayTime.seconds(Timestamp(microseconds: since * 1_000_000))
        return CommandFailure(
            .usage,
            """
            \(file): lines \(lines) were sent at \(time) UTC and never answered; the server would not recognise them any \
            more. Look whether it has them, then run the same command with --resend none if it has, or with \
            --resend unanswered if it has not
            """)
    }
}

extension UploadJournal.Answer {
    fileprivate init(_ receipt: IngestReceipt) {
        self.init(
            accepted: receipt.accepted,
            rejected: receipt.rejected.map { UploadJournal.Answer.Rejection(line: $0.line, code: $0.code) })
    }
}
