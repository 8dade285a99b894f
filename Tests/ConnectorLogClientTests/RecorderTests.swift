import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import ConnectorLogClient

@Suite(.timeLimit(.minutes(1))) struct RecorderTests {
    /// Runs the recorder while `body` runs; ends it as a graceful shutdown does.
    private func running(
        _ test: RecorderUnderTest, _ body: @Sendable @escaping (ConnectorLogRecorder) async throws -> Void
    ) async throws {
        try await test.recorder.runAround { recorder in
            // The one that signals regularly.
            await test.time.untilAsleep(1)
            try await body(recorder)
        }
    }

    @Test func sendsWhatThereIsAfterTheFlushInterval() async throws {
        let test = try RecorderUnderTest()
        try await running(test) { recorder in
            recorder.record(.numbered(1))
            recorder.record(.numbered(2))
            #expect(test.time.wakeTimes == [.seconds(1)])
            test.time.advance(by: .seconds(1))
            #expect(await test.transport.next().json.map { $0["uri"] } == ["/1", "/2"])
        }
    }

    @Test func sendsAFullBatchAtOnce() async throws {
        let test = try RecorderUnderTest { $0.batchRecords = 3 }
        try await running(test) { recorder in
            for number in 1...3 { recorder.record(.numbered(number)) }
            #expect(await test.transport.next().json.map { $0["uri"] } == ["/1", "/2", "/3"])
        }
        #expect(test.time.uptime == .zero)
    }

    @Test func keepsWhatWasRecordedBeforeItRan() async throws {
        let test = try RecorderUnderTest()
        #expect(try await test.record { test.recorder.record(.numbered(7)) }["uri"] == "/7")
    }

    @Test func sendsTheRestWhenItsServiceGroupShutsDown() async throws {
        let test = try RecorderUnderTest()
        let group = ServiceGroup(
            services: [test.recorder], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await test.time.untilAsleep(1)
            test.recorder.record(.numbered(1))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(await test.transport.next().json.map { $0["uri"] } == ["/1"])
        #expect(test.recorder.statistics == .init(recorded: 1, accepted: 1))
    }

    @Test func aServerThatHangsDoesNotHoldUpTheShutdown() async throws {
        let test = try RecorderUnderTest(
            ScriptedTransport { _, _ in
                // Until it is cancelled.
                for await _ in AsyncStream<Never>.makeStream().stream {}
                throw CancellationError()
            })
        async let ended: Void = test.recorder.run()
        await test.time.untilAsleep(1)
        test.recorder.record(.numbered(1))
        test.recorder.finish()
        _ = await test.transport.next()
        // The regular signal, and the end of patience.
        await test.time.untilAsleep(2)
        test.time.advance(by: .seconds(10))
        try await ended
        #expect(test.recorder.statistics == .init(recorded: 1, dropped: [.shutdown: 1]))
    }

    @Test func dropsWhatComesAfterItEnded() async throws {
        let test = try RecorderUnderTest()
        try await running(test) { _ in }
        test.recorder.record(.numbered(1))
        #expect(test.recorder.statistics == .init(recorded: 1, dropped: [.shutdown: 1]))
    }

    @Test func cancelledItEndsWithoutSending() async throws {
        let test = try RecorderUnderTest()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await test.recorder.run() }
            await test.time.untilAsleep(1)
            test.recorder.record(.numbered(1))
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
        #expect(test.recorder.statistics == .init(recorded: 1, dropped: [.shutdown: 1]))
        #expect(test.transport.sent == 0)
    }

    @Test func runsOnce() async throws {
        let test = try RecorderUnderTest()
        try await running(test) { _ in }
        await #expect(throws: ConnectorLogAlreadyRun()) { try await test.recorder.run() }
    }

    @Test func sendsWhatWasRecordedThoughTheBodyThrows() async throws {
        let test = try RecorderUnderTest()
        await #expect(throws: ScriptedTransport.NoAnswer.self) {
            try await test.recorder.runAround { recorder in
                recorder.record(.numbered(1))
                throw ScriptedTransport.NoAnswer()
            }
        }
        #expect(test.recorder.statistics.accepted == 1)
    }

    @Test func aScopeThatIsCancelledSendsWhatItRecorded() async throws {
        let test = try RecorderUnderTest()
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try? await test.recorder.runAround { recorder in
                    recorder.record(.numbered(1))
                    // Until it is cancelled.
                    for await _ in AsyncStream<Never>.makeStream().stream {}
                    try Task.checkCancellation()
                }
            }
            await test.time.untilAsleep(1)
            tasks.cancelAll()
        }
        #expect(test.recorder.statistics == .init(recorded: 1, accepted: 1))
    }

    @Test func aRefusedBatchIsCountedAndTheNextIsSent() async throws {
        let test = try RecorderUnderTest(ScriptedTransport(statuses: [403])) { $0.batchRecords = 2 }
        try await running(test) { recorder in
            recorder.record(.numbered(1))
            recorder.record(.numbered(2))
            _ = await test.transport.next()
            recorder.record(.numbered(3))
        }
        #expect(test.recorder.statistics == .init(recorded: 3, accepted: 1, dropped: [.refused: 2]))
        #expect(test.reports.counters == ["connectorlog_client_dropped_total{reason=refused}": 2])
        #expect(test.reports.log.map(\.metadata) == [["refused": "2", "status": "403"]])
    }

    @Test func rejectedLinesAreCountedAndTheirReasonIsLogged() async throws {
        let test = try RecorderUnderTest(
            ScriptedTransport { _, _ in
                .storing(2, rejecting: #"{"line":2,"code":"FORBIDDEN","field":"team_id","message":"m"}"#)
            })
        try await running(test) { recorder in
            for number in 1...3 { recorder.record(.numbered(number)) }
        }
        #expect(test.recorder.statistics == .init(recorded: 3, accepted: 2, dropped: [.rejected: 1]))
        let metadata = ["rejected": "1", "rejection_code": "FORBIDDEN", "rejection_field": "team_id"]
        #expect(test.reports.log == [.init(message: "Connector Log records were dropped", metadata: metadata)])
    }

    @Test func aServerThatIsAwayIsLoggedOnceAMinute() async throws {
        let test = try RecorderUnderTest(ScriptedTransport(statuses: [503, 503, 503])) { $0.batchRecords = 1 }
        try await running(test) { recorder in
            recorder.record(.numbered(1))
            for _ in 0..<3 {
                // The regular signal, and the wait between attempts.
                await test.time.untilAsleep(2)
                test.time.advance(by: .seconds(1))
            }
            for _ in 0..<4 { _ = await test.transport.next() }
        }
        #expect(test.recorder.statistics.accepted == 1)
        let line = CapturedReports.Line(
            message: "Connector Log does not take records, trying again", metadata: ["reason": "status 503"])
        #expect(test.reports.log == [line])
    }

    @Test func manyTasksMayRecordAtOnce() async throws {
        let test = try RecorderUnderTest { $0.batchRecords = 7 }
        try await running(test) { recorder in
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask { for number in 0..<100 { recorder.record(.numbered(task * 100 + number)) } }
                }
            }
        }
        var uris: Set<String> = []
        for _ in 0..<test.transport.sent { uris.formUnion(await test.transport.next().json.compactMap { $0["uri"] }) }
        #expect(uris == Set((0..<800).map { "/\($0)" }))
        #expect(test.recorder.statistics == .init(recorded: 800, accepted: 800))
    }
}
