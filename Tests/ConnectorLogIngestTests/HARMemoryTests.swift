import ConnectorLogCore
import Synchronization
import Testing

@testable import ConnectorLogIngest

/// What a large entry of an archive holds of the budget while it is decoded, and after that.
@Suite struct HARMemoryTests {
    private static let format = IngestFormat(media: .har, encoding: .identity)

    /// An archive's beginning with one entry, in pieces as a network gives them.
    private static func pieces(_ content: String) -> [[UInt8]] {
        let text =
            #"{"log":{"entries":[{"request":{"url":"https://a/"},"response":{"content":\#(content)}}"#
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: 1 << 16).map { Array(bytes[$0..<min($0 + 1 << 16, bytes.count)]) }
    }

    private static let size = 1 << 20

    private static let contents = [
        #"{"text":"\#(String(repeating: "x", count: size))"}"#,
        #"{"text":"\#(String(repeating: #"a \"b\": \u0041\n"#, count: size / 17))"}"#,
        #"{"text":"\#(String(repeating: "QUJD", count: size / 4))","encoding":"base64"}"#,
        #"{"text":"\#(String(repeating: #"Q\/Jj"#, count: size / 5))","encoding":"base64"}"#,
    ]

    @Test func isRefusedBeforeItIsDecoded() throws {
        // The entry fits, and what it takes to decode it does not.
        var limits = IngestLimits()
        limits.bytesInFlight = 4 * Self.size
        let decoded = Mutex(0)
        let caller = IngestCaller(defaultTeam: 7, identity: "a") { _ in
            decoded.withLock { $0 += 1 }
            return nil
        }
        let pipeline = IngestRun.pipeline(MemoryWriter(), limits: limits)
        var session = pipeline.makeSession(format: Self.format, caller: caller)
        let pieces = Self.pieces(Self.contents[0])
        for piece in pieces.dropLast() { try session.feed(piece) }
        let error = #expect(throws: IngestError.self) { try session.feed(pieces[pieces.count - 1]) }
        guard case .overloaded = error?.code else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(decoded.withLock { $0 } == 0)
        _ = consume session
        #expect(pipeline.bytesInFlight == 0)
    }

    @Test(arguments: contents)
    func takesNoMoreThanWasHeldForIt(content: String) throws {
        var limits = IngestLimits()
        limits.bodyBytes = Limits.largestBodyBytes
        let pipeline = IngestRun.pipeline(MemoryWriter(), limits: limits)
        var session = pipeline.makeSession(format: Self.format, caller: IngestRun.team7)
        for piece in Self.pieces(content) { try session.feed(piece) }
        let entry = content.utf8.count
        // The entry itself lies in memory that grows by doubling.
        #expect(pipeline.bytesInFlight <= (2 + IngestSession.decodingFactor) * entry)
        #expect(pipeline.bytesInFlight >= entry)
        // What was held for decoding alone is given back.
        try session.feed(Array(#",{"request":{"url":"https://b/"}}]}}"#.utf8))
        #expect(pipeline.bytesInFlight < (1 + IngestSession.decodingFactor) * entry)
    }

    /// Of the default memory, alone and again and again.
    @Test func theLongestEntriesAreTaken() async throws {
        let pipeline = IngestRun.pipeline(MemoryWriter())
        var session = pipeline.makeSession(format: Self.format, caller: IngestRun.team7)
        try session.feed(Array(#"{"log":{"entries":["#.utf8))
        let beginning = Array(#"{"request":{"url":"https://a/"},"comment":""#.utf8)
        let end = Array(#""}"#.utf8)
        // No power of two, so that the memory for the entry grows past its size.
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 48 << 10)
        for number in 0..<3 {
            try session.feed((number > 0 ? [UInt8(ascii: ",")] : []) + beginning)
            var rest = Limits.archiveEntryBytes - beginning.count - end.count
            while rest > 0 {
                try session.feed(Array(piece.prefix(rest)))
                rest -= min(rest, piece.count)
            }
            try session.feed(end)
        }
        try session.feed(Array("]}}".utf8))
        guard case .stored(let outcome) = try await session.finish(idempotencyKey: nil, encodeAnswer: { _ in [] })
        else { return }
        #expect(outcome.accepted == 3)
        #expect(outcome.rejected.isEmpty)
    }
}
