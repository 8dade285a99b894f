import Foundation
import NIOCore
import Testing

@testable import ConnectorLogClient

@Suite struct RetryScheduleTests {
    @Test func delayDoublesUpToHalfAMinute() {
        var schedule = RetrySchedule(attempts: 100, budget: .seconds(1000))
        let delays = (0..<9).compactMap { _ in schedule.delay(retryAfter: nil, random: 1) }
        #expect(delays == [.milliseconds(250), .milliseconds(500)] + [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
    }

    @Test func halfOfTheDelayIsRandom() {
        var schedule = RetrySchedule(attempts: 2, budget: .seconds(1))
        #expect(schedule.delay(retryAfter: nil, random: 0) == .milliseconds(125))
    }

    @Test func serverSaysHowLongToWaitAtLeast() {
        var schedule = RetrySchedule(attempts: 9, budget: .seconds(60))
        #expect(schedule.delay(retryAfter: .seconds(7), random: 0.5) == .seconds(7))
    }

    @Test func givesUpAfterTheLastAttempt() {
        var schedule = RetrySchedule(attempts: 3, budget: .seconds(60))
        #expect(schedule.delay(retryAfter: nil, random: 0) != nil)
        #expect(schedule.delay(retryAfter: nil, random: 0) != nil)
        #expect(schedule.delay(retryAfter: nil, random: 0) == nil)
    }

    @Test func waitsNoLongerThanTheBudgetAndThenGivesUp() {
        var schedule = RetrySchedule(attempts: 100, budget: .seconds(10))
        #expect(schedule.delay(retryAfter: .seconds(6), random: 0) == .seconds(6))
        #expect(schedule.delay(retryAfter: .seconds(3600), random: 0) == .seconds(4))
        #expect(schedule.delay(retryAfter: .seconds(6), random: 0) == nil)
    }
}

@Suite struct IngestAnswerTests {
    @Test(arguments: [429, 500, 502, 503, 504, 507])
    func sentAgainLater(status: Int) {
        #expect(IngestAnswer(status: status).verdict(records: 1) == .later)
    }

    @Test(arguments: [301, 307, 400, 401, 403, 404, 408, 413, 415, 422])
    func refusedForGood(status: Int) {
        #expect(IngestAnswer(status: status).verdict(records: 1) == .refused)
    }

    @Test func storedUnlessRejected() {
        #expect(IngestAnswer.storing(3).verdict(records: 3) == .stored(rejected: []))
        let answer = IngestAnswer.storing(
            2, rejecting: #"{"line":2,"code":"TOO_LONG","field":"uri","message":"longer than 8192 characters"}"#)
        #expect(answer.verdict(records: 3) == .stored(rejected: [.init(code: "TOO_LONG", field: "uri")]))
    }

    @Test func nothingAcceptedIsNoRefusalOfTheRequest() {
        let refusal = #"{"error":{"code":"UNPROCESSABLE_ENTITY"},"rejected":[{"line":1,"code":"MISSING_FIELD"}]}"#
        let answer = IngestAnswer(status: 422, body: Data(refusal.utf8))
        #expect(answer.verdict(records: 1) == .stored(rejected: [.init(code: "MISSING_FIELD")]))
    }

    @Test(arguments: [
        "<html>", "", "{}", #"{"accepted":2}"#, #"{"accepted":1,"rejected":[]}"#, #"{"accepted":3,"rejected":[]}"#,
        #"{"accepted":2,"rejected":[{"code":"TOO_LONG"}]}"#,
    ])
    func anAnswerThatDoesNotAccountForEachLineIsARefusal(body: String) {
        #expect(IngestAnswer(status: 200, body: Data(body.utf8)).verdict(records: 2) == .refused)
    }

    @Test(arguments: [("7", Duration.seconds(7)), ("0", .zero), ("-1", nil), ("Sun, 01 Nov 2026 12:00:00 GMT", nil)])
    func retryAfterIsInSeconds(header: String, expected: Duration?) {
        #expect(IngestAnswer(status: 503, retryAfter: header).retryAfter == expected)
    }
}

@Suite struct BatchCutterTests {
    private let form = FlatForm(now: SteppedTime.start)

    private func cut(_ count: Int, bodyBytes: Int = 0, records: Int = 1000, bytes: Int = 1 << 20) -> [Batch] {
        let held = (0..<count).map { number in
            var entry = ConnectorLogEntry.numbered(number)
            if bodyBytes > 0 { entry.responseBody = ConnectorLogBody(String(repeating: "x", count: bodyBytes)) }
            return RecordBuffer.Held(record: .entry(entry), byteCount: 100)
        }
        var cutter = BatchCutter(held, recordLimit: records, byteLimit: bytes)
        var batches: [Batch] = []
        while let batch = cutter.next(form, idempotencyKey: "key-\(batches.count)") { batches.append(batch) }
        return batches
    }

    @Test func batchesHoldAllRecordsInTheirOrder() {
        let batches = cut(7, records: 3)
        #expect(batches.map(\.records) == [3, 3, 1])
        #expect(batches.flatMap(\.json).map { $0["uri"] } == (0..<7).map { "/\($0)" })
        #expect(batches.map(\.heldBytes) == [300, 300, 100])
        #expect(batches.map(\.idempotencyKey) == ["key-0", "key-1", "key-2"])
    }

    @Test func noBatchIsLongerThanItMayBe() {
        let batches = cut(10, bodyBytes: 1000, bytes: 4000)
        #expect(batches.map(\.records) == [3, 3, 3, 1])
        #expect(batches.allSatisfy { $0.lines.readableBytes <= 4000 })
        #expect(batches.flatMap(\.json).map { $0["uri"] } == (0..<10).map { "/\($0)" })
    }

    @Test func aRecordThatIsLongerGoesAlone() {
        #expect(cut(3, bodyBytes: 1000, bytes: 500).map(\.records) == [1, 1, 1])
    }

    @Test func nothingMakesNoBatch() {
        #expect(cut(0).isEmpty)
    }
}
