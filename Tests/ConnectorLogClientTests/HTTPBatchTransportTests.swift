import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import ConnectorLogClient

@Suite(.timeLimit(.minutes(1))) struct HTTPBatchTransportTests {
    private static let key = RecorderUnderTest.key

    /// Sends three entries to a server that gives these answers, the last one again and again.
    private func send(
        _ answers: [LocalServer.Answer], path: String = ""
    ) async throws -> (ConnectorLogRecorder.Statistics, [LocalServer.Request]) {
        let asked = Mutex<[LocalServer.Request]>([])
        let box = StatisticsBox()
        try await LocalServer.run { request in
            let number = asked.withLock { asked in
                asked.append(request)
                return asked.count
            }
            return answers[min(number, answers.count) - 1]
        } _: { url in
            var configuration = try ConnectorLogRecorder.Configuration(baseURL: url + path, apiKey: Self.key)
            configuration.flushInterval = .seconds(3600)
            // Real HTTP, but nobody waits between attempts, and nothing is done for having waited too long.
            var surroundings = Surroundings.system
            surroundings.random = { 0 }
            surroundings.sleep = { duration in
                if duration < .seconds(10) {
                    await Task.yield()
                } else {
                    for await _ in AsyncStream<Never>.makeStream().stream {}
                }
                try Task.checkCancellation()
            }
            let reports = CapturedReports()
            let recorder = ConnectorLogRecorder(
                configuration: configuration, source: .http(nil), logger: reports.logger, metrics: reports.metrics,
                surroundings: surroundings)
            for number in 1...3 { recorder.record(.numbered(number)) }
            try await recorder.runAround { _ in }
            box.value.withLock { $0 = recorder.statistics }
            for line in reports.log { #expect(!"\(line)".contains(Self.key)) }
        }
        return (box.value.withLock { $0 }, asked.withLock { $0 })
    }

    private final class StatisticsBox: Sendable {
        let value = Mutex(ConnectorLogRecorder.Statistics())
    }

    @Test func aBatchIsOneRequest() async throws {
        let (statistics, asked) = try await send([.init(pieces: [#"{"accepted":3,"rejected":[]}"#])], path: "/log")
        #expect(statistics == .init(recorded: 3, accepted: 3))
        let request = try #require(asked.first)
        #expect(asked.count == 1)
        #expect(request.head.method == .POST)
        #expect(request.head.uri == "/log/v1/ingest")
        #expect(request.head.headers["Authorization"] == ["Bearer \(Self.key)"])
        #expect(request.head.headers["Content-Type"] == ["application/x-ndjson"])
        #expect(JSONRecord.lines(ByteBuffer(string: request.body)).map { $0["uri"] } == ["/1", "/2", "/3"])
    }

    @Test func itIsSentAgainUnchanged() async throws {
        let (statistics, asked) = try await send([
            .init(status: .serviceUnavailable, headers: ["Retry-After": "1"]), .init(breaksOff: true),
            .init(pieces: [#"{"accepted":3,"rejected":[]}"#]),
        ])
        #expect(statistics.accepted == 3)
        #expect(asked.count == 3)
        #expect(Set(asked.map(\.body)).count == 1)
        #expect(Set(asked.map { $0.head.headers["Idempotency-Key"] }).count == 1)
        #expect(asked.first?.head.headers["Idempotency-Key"].first?.isEmpty == false)
    }

    @Test func anAnswerThatStallsWithinItsBodyIsGivenUp() async throws {
        let box = StatisticsBox()
        let (stalls, stalled) = AsyncStream<Void>.makeStream()
        try await LocalServer.run { _ in
            LocalServer.Answer(headers: ["Content-Length": "100"], pieces: ["{"], stalled: { stalled.finish() })
        } _: { url in
            var configuration = try ConnectorLogRecorder.Configuration(baseURL: url, apiKey: Self.key)
            configuration.attempts = 1
            let time = SteppedTime()
            let reports = CapturedReports()
            let recorder = ConnectorLogRecorder(
                configuration: configuration, source: .http(nil), logger: reports.logger, metrics: reports.metrics,
                surroundings: time.surroundings())
            recorder.record(.numbered(1))
            try await recorder.runAround { _ in
                await time.untilAsleep(1)
                time.advance(by: configuration.flushInterval)
                for await _ in stalls {}
                // The regular signal, and the time that the request may take.
                await time.untilAsleep(2)
                time.advance(by: configuration.requestTimeout)
            }
            box.value.withLock { $0 = recorder.statistics }
        }
        #expect(box.value.withLock { $0 } == .init(recorded: 1, dropped: [.unavailable: 1]))
    }

    @Test func theKeyDoesNotFollowARedirect() async throws {
        let (statistics, asked) = try await send([
            .init(status: .temporaryRedirect, headers: ["Location": "/elsewhere", "Content-Length": "0"])
        ])
        #expect(statistics == .init(recorded: 3, dropped: [.refused: 3]))
        #expect(asked.map(\.head.uri) == ["/v1/ingest"])
    }

    @Test func aRefusalDropsTheBatch() async throws {
        let (statistics, asked) = try await send([.init(status: .unauthorized)])
        #expect(statistics == .init(recorded: 3, dropped: [.refused: 3]))
        #expect(asked.count == 1)
    }
}
