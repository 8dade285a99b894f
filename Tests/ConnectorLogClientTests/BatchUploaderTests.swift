import AsyncHTTPClient
import NIOCore
import Testing

@testable import ConnectorLogClient

@Suite(.timeLimit(.minutes(1))) struct BatchUploaderTests {
    private let time = SteppedTime()
    private let reports = CapturedReports()

    private func uploader(_ transport: ScriptedTransport, attempts: Int = 10) -> BatchUploader {
        BatchUploader(
            transport: transport, attempts: attempts, retryBudget: .seconds(60), surroundings: time.surroundings(),
            report: DropReport(logger: reports.logger, metrics: reports.metrics, uptime: { time.uptime }))
    }

    /// Uploads, and lets time go on by `step` whenever the uploader waits.
    private func upload(
        _ batch: Batch, over transport: ScriptedTransport, attempts: Int = 10, waits: Int, step: Duration
    ) async -> BatchUploader.Outcome {
        async let outcome = {
            var uploader = uploader(transport, attempts: attempts)
            return await uploader.upload(batch)
        }()
        for _ in 0..<waits {
            await time.untilAsleep(1)
            time.advance(by: step)
        }
        return await outcome
    }

    @Test func theSameBatchIsSentAgainUnderTheSameKey() async {
        let transport = ScriptedTransport(statuses: [503, 429])
        let batch = Batch(idempotencyKey: "once", lines: ByteBuffer(string: "{}\n"), records: 1)
        let outcome = await upload(batch, over: transport, waits: 2, step: .seconds(1))
        #expect(outcome == .stored(rejected: []))
        for _ in 0..<3 {
            let sent = await transport.next()
            #expect(sent.idempotencyKey == "once")
            #expect(sent.lines == batch.lines)
        }
        #expect(transport.sent == 3)
    }

    @Test func noAnswerIsTriedAgain() async {
        let transport = ScriptedTransport { _, number in
            if number == 0 { throw ScriptedTransport.NoAnswer() }
            return .storing(0)
        }
        let outcome = await upload(Batch(idempotencyKey: "k"), over: transport, waits: 1, step: .seconds(1))
        #expect(outcome == .stored(rejected: []))
        #expect(reports.log.map(\.metadata) == [["reason": "NoAnswer"]])
    }

    @Test func waitsAsLongAsTheServerAsks() async {
        let transport = ScriptedTransport { _, number in
            number == 0 ? IngestAnswer(status: 503, retryAfter: "20") : .storing(0)
        }
        async let outcome = upload(Batch(idempotencyKey: "k"), over: transport, waits: 0, step: .zero)
        await time.untilAsleep(1)
        #expect(time.wakeTimes == [.seconds(20)])
        time.advance(by: .seconds(20))
        #expect(await outcome == .stored(rejected: []))
    }

    @Test func thePauseThatTheServerAsksForHoldsForTheNextBatch() async {
        let transport = ScriptedTransport { _, number in
            number == 0 ? IngestAnswer(status: 503, retryAfter: "20") : .storing(0)
        }
        let outcomes = Task {
            var uploader = uploader(transport, attempts: 1)
            return [
                await uploader.upload(Batch(idempotencyKey: "1")), await uploader.upload(Batch(idempotencyKey: "2")),
            ]
        }
        await time.untilAsleep(1)
        #expect(transport.sent == 1)
        #expect(time.wakeTimes == [.seconds(20)])
        time.advance(by: .seconds(20))
        #expect(await outcomes.value == [.dropped(.unavailable), .stored(rejected: [])])
    }

    @Test(arguments: [HTTPClientError.invalidURL, .emptyHost, .emptyScheme])
    func aURLThatIsNoneIsARefusal(error: HTTPClientError) async {
        let transport = ScriptedTransport { _, _ in throw error }
        let outcome = await upload(Batch(idempotencyKey: "k"), over: transport, waits: 0, step: .zero)
        #expect(outcome == .refused(detail: ["reason": error.shortDescription]))
        #expect(transport.sent == 1)
    }

    @Test func givesUpAfterSoManyAttempts() async {
        let transport = ScriptedTransport { _, _ in throw ScriptedTransport.NoAnswer() }
        let outcome = await upload(
            Batch(idempotencyKey: "k"), over: transport, attempts: 3, waits: 2, step: .seconds(1))
        #expect(outcome == .dropped(.unavailable))
        #expect(transport.sent == 3)
    }

    @Test func aRefusedBatchIsNotSentAgain() async {
        let transport = ScriptedTransport(statuses: [401])
        let outcome = await upload(Batch(idempotencyKey: "k"), over: transport, waits: 0, step: .zero)
        #expect(outcome == .refused(detail: ["status": "401"]))
        #expect(transport.sent == 1)
    }

    @Test func cancelledItStopsWaiting() async {
        let transport = ScriptedTransport(statuses: [503])
        let outcome = await withTaskGroup(of: BatchUploader.Outcome.self) { group in
            group.addTask { await upload(Batch(idempotencyKey: "k"), over: transport, waits: 0, step: .zero) }
            await time.untilAsleep(1)
            group.cancelAll()
            return await group.next()
        }
        #expect(outcome == .dropped(.shutdown))
        #expect(transport.sent == 1)
    }
}
