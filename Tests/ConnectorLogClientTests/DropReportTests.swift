import Testing

@testable import ConnectorLogClient

@Suite(.timeLimit(.minutes(1))) struct DropReportTests {
    @Test func dropsAreLoggedOnceAMinuteAndCountedAtOnce() async throws {
        let test = try RecorderUnderTest { $0.bufferedRecords = 1 }
        for number in 0..<4 { test.recorder.record(.numbered(number)) }
        #expect(test.reports.log.map(\.metadata) == [["buffer_full": "1"]])
        test.time.advance(by: .seconds(60))
        test.recorder.record(.numbered(4))
        #expect(test.reports.log.map(\.metadata) == [["buffer_full": "1"], ["buffer_full": "3"]])
        #expect(test.reports.counters == ["connectorlog_client_dropped_total{reason=buffer_full}": 4])
        #expect(test.recorder.statistics == .init(recorded: 5, dropped: [.bufferFull: 4], waiting: 1))
    }

    @Test func dropsThatNoLineToldAreLoggedAtTheEnd() async throws {
        let test = try RecorderUnderTest { $0.bufferedRecords = 1 }
        for number in 0..<4 { test.recorder.record(.numbered(number)) }
        _ = try await test.recorder.runAround { _ in }
        #expect(test.reports.log.map(\.metadata) == [["buffer_full": "1"], ["buffer_full": "2"]])
    }
}
