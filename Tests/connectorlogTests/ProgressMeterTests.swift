import ConnectorLogCore
import Synchronization
import Testing

@testable import connectorlog

@Suite struct ProgressMeterTests {
    @Test func lineShowsShareLinesAndRate() {
        let line = ProgressLine(
            readBytes: 50, totalBytes: 100, sentLines: 3000, microseconds: 2_000_000, isWaiting: false)
        #expect(line.text(width: 100) == "[############------------] 50 %  3000 lines  1500 a second")
    }

    @Test func lineWithoutATotalHasNoBar() {
        let line = ProgressLine(readBytes: 50, totalBytes: nil, sentLines: 1, microseconds: 0, isWaiting: true)
        #expect(line.text(width: 100) == "1 lines  waiting for the server")
    }

    @Test func lineNeverFillsTheTerminal() {
        let line = ProgressLine(readBytes: 1, totalBytes: 9, sentLines: 1, microseconds: 1, isWaiting: true)
        for width in 1...90 { #expect(line.text(width: width).count <= max(width - 1, 1)) }
    }

    @Test func drawsAtMostTenTimesASecondAndCleansUp() {
        let drawn = DrawnText()
        let time = Mutex(Int64(0))
        let meter = ProgressMeter(
            totalBytes: 1000, width: 80,
            now: {
                Timestamp(
                    microseconds: time.withLock { time in
                        time += 10_000; return time
                    })
            },
            draw: { drawn.append($0) })
        for count in 0..<100 { meter.noteRead(bytes: count, of: "file") }
        #expect(drawn.all.count == 10)
        meter.finish()
        #expect(drawn.all.last == "\r\u{1B}[K")
    }

    @Test func nothingIsDrawnOffATerminal() {
        let drawn = DrawnText()
        let meter = ProgressMeter(
            totalBytes: 1, width: nil, now: { Timestamp(microseconds: 0) }, draw: { drawn.append($0) })
        meter.noteSent(lines: 1)
        meter.finish()
        #expect(drawn.all.isEmpty)
    }

    private final class DrawnText: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func append(_ text: String) { texts.withLock { $0.append(text) } }
    }
}
