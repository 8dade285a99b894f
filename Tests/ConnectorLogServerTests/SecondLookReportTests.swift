import ConnectorLogCore
import Testing

@testable import ConnectorLogServer

@Suite struct SecondLookReportTests {
    private let start = Timestamp(microseconds: 1_748_779_240_000_000)

    @Test func hasALineForEachFieldAndMinute() {
        let report = SecondLookReport()
        let due = [0, 1, 59, 60, 61, 119, 120, 600].filter {
            report.isLineDue(for: "uri", at: start.advanced(bySeconds: $0))
        }
        #expect(due == [0, 60, 120, 600])
        #expect(report.isLineDue(for: "event", at: start))
    }

    @Test func isNotSilentWhenTheClockIsSetBack() {
        let report = SecondLookReport()
        #expect(report.isLineDue(for: "uri", at: start))
        #expect(report.isLineDue(for: "uri", at: start.advanced(bySeconds: -1000)))
        #expect(!report.isLineDue(for: "uri", at: start.advanced(bySeconds: -990)))
    }
}
