import ConnectorLogIngest
import NIOCore
import Testing

@testable import ConnectorLogInvoker

@Suite struct BodyCaptureTests {
    private static func capture(_ pieces: String..., limit: Int) -> RecordedCall.Capture? {
        var capture = BodyCapture(limit: limit)
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
}
