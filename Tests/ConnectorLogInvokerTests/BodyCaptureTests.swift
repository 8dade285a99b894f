import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import NIOCore
import Synchronization
import Testing

@testable import ConnectorLogInvoker

@Suite struct BodyCaptureTests {
    private static func capture(_ pieces: String..., limit: Int) -> RecordedCall.Capture? {
        var capture = BodyCapture(limit: limit, hold: { _ in nil })
        for piece in pieces { capture.take(ByteBuffer(string: piece)) }
        return capture.captured()
    }

    @Test func keepsTheBeginning() {
        #expect(Self.capture(limit: 4) == nil)
        #expect(Self.capture("abcd", limit: 4) == .init(bytes: Array("abcd".utf8), size: 4))
        #expect(Self.capture("ab", "cd", limit: 4)?.bytes == Array("abcd".utf8))
        let cut = Self.capture("abc", "def", "ghi", limit: 4)
        #expect(cut == .init(bytes: Array("abcd".utf8), size: 9))
        #expect(cut?.isCut == true)
        #expect(Self.capture("abcdef", limit: 4) == .init(bytes: Array("abcd".utf8), size: 6))
    }

    /// A small beginning is kept in any case; more than that takes room from others, and gives it back.
    @Test func takesRoomForWhatIsKept() {
        var limits = IngestLimits()
        limits.bytesInFlight = 80 << 10  // half of which is left to others
        let pipeline = IngestPipeline(
            writer: RefusingWriter(), book: Fixtures.redactionBook(), limits: limits, now: { .epoch })
        func capture(_ kilobytes: Int) -> BodyCapture {
            var capture = BodyCapture(limit: 1 << 20, hold: { pipeline.holdOfSpare($0) })
            for _ in 0..<kilobytes { capture.take(ByteBuffer(repeating: 0x61, count: 1024)) }
            return capture
        }
        var first: BodyCapture? = capture(100)
        #expect(first?.captured()?.bytes.count == 4096 + 2 * 16_384)
        #expect(first?.captured()?.size == 100 << 10)
        #expect(capture(100).captured()?.bytes.count == BodyCapture.small)
        first?.release()
        #expect(capture(10).captured()?.isCut == false)
    }

    /// What comes once there is room again is not what followed.
    @Test func keepsNothingBehindAGap() {
        let room = Mutex(false)
        let pipeline = IngestPipeline(
            writer: RefusingWriter(), book: Fixtures.redactionBook(), limits: IngestLimits(), now: { .epoch })
        var capture = BodyCapture(limit: 1 << 20, hold: { bytes in room.withLock { $0 } ? pipeline.hold(bytes) : nil })
        capture.take(ByteBuffer(repeating: 0x61, count: 5000))
        room.withLock { $0 = true }
        capture.take(ByteBuffer(repeating: 0x62, count: 5000))
        #expect(capture.captured() == .init(bytes: [UInt8](repeating: 0x61, count: BodyCapture.small), size: 10_000))
    }
}

private struct RefusingWriter: LogWriter {
    func append(
        _ batch: consuming RedactedBatch, idempotency: IdempotentAnswer?
    ) async throws(StoreError) -> AppendResult { throw StoreError(.full, "nothing is stored here") }
}
