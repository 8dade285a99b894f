import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

@Suite
struct CompressionTests {
    static let line = #"{"connector_identifier":"a","request_body":"\#(String(repeating: "abc", count: 30))"}"#
    static let body = Array((Array(repeating: line, count: 500).joined(separator: "\n")).utf8)

    static func compressed(_ encoding: IngestFormat.Encoding, _ bytes: [UInt8]) -> [UInt8] {
        switch encoding {
        case .identity: bytes
        case .gzip: Compressed.gzip(bytes)
        case .zstd: Compressed.zstd(bytes)
        case .deflate: Compressed.deflate(bytes)
        }
    }

    @Test(arguments: [IngestFormat.Encoding.gzip, .zstd, .deflate])
    func decompressesInWhateverPieces(encoding: IngestFormat.Encoding) async throws {
        let bytes = Self.compressed(encoding, Self.body)
        for cuts in [[], Array(0..<bytes.count), [1], [bytes.count - 1], [0, 0, 10, 10]] {
            let run = try await IngestRun(bytes, encoding: encoding, cuts: cuts)
            #expect(run.outcome.accepted == 500 && run.rejected.isEmpty)
        }
    }

    @Test(arguments: [IngestFormat.Encoding.gzip, .zstd, .deflate])
    func takesSeveralMembersAsOne(encoding: IngestFormat.Encoding) async throws {
        let middle = Self.body.count / 2 + 7
        let bytes =
            Self.compressed(encoding, Array(Self.body[..<middle])) + Self.compressed(encoding, [])
            + Self.compressed(encoding, Array(Self.body[middle...]))
        for cuts in [[], Array(0..<bytes.count)] {
            #expect(try await IngestRun(bytes, encoding: encoding, cuts: cuts).outcome.accepted == 500)
        }
    }

    @Test(arguments: [IngestFormat.Encoding.gzip, .zstd])
    func refusesDataThatEndsEarlyOrIsNone(encoding: IngestFormat.Encoding) async throws {
        let bytes = Self.compressed(encoding, Self.body)
        for count in [0, 1, 4, 10, 20, bytes.count / 2, bytes.count - 5, bytes.count - 1] {
            #expect(await code(Array(bytes.prefix(count)), encoding) == "invalidEncoding", "\(count) bytes")
        }
        #expect(await code(bytes + Array(bytes.prefix(7)), encoding) == "invalidEncoding")
        #expect(await code(bytes + [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], encoding) == "invalidEncoding")
        #expect(await code(Self.body, encoding) == "invalidEncoding")
        var damaged = bytes
        damaged[bytes.count / 2] ^= 0x55
        damaged[bytes.count - 6] ^= 0x55
        #expect(await code(damaged, encoding) == "invalidEncoding")
    }

    @Test func refusesDeflateAndRawZlib() async {
        #expect(await code([0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01], .gzip) == "invalidEncoding")
    }

    @Test(arguments: [IngestFormat.Encoding.gzip, .zstd])
    func anEmptyMemberIsAnEmptyBody(encoding: IngestFormat.Encoding) async {
        #expect(await code(Self.compressed(encoding, []), encoding) == "empty")
    }

    @Test func limitsTheWindowOfZstd() async throws {
        #expect(try await IngestRun(Compressed.zstd(Self.body, windowLog: 23), encoding: .zstd).outcome.accepted == 500)
        #expect(await code(Compressed.zstd(Self.body, windowLog: 24), .zstd) == "invalidEncoding")
    }

    @Test(arguments: [IngestFormat.Encoding.gzip, .zstd], [IngestFormat.Media.ndjson, .json])
    func aBombIsStoppedAtTheRequestsLimit(encoding: IngestFormat.Encoding, media: IngestFormat.Media) async throws {
        // Brackets without end, one long line, blank lines, and white space without end.
        for byte in [UInt8(ascii: "["), UInt8(ascii: "x"), 0x0A, 0x20] {
            let bomb = Self.compressed(encoding, [UInt8(ascii: "[")] + [UInt8](repeating: byte, count: 2 << 20))
            #expect(bomb.count < 200_000)
            var limits = IngestLimits()
            limits.requestBytes = 1 << 20
            limits.lineBytes = 1 << 16
            limits.requestLines = 1 << 30
            let pipeline = IngestRun.pipeline(MemoryWriter(), limits: limits)
            var session = pipeline.makeSession(
                format: IngestFormat(media: media, encoding: encoding), caller: IngestRun.team7)
            var most = 0
            var outcome = "taken"
            do throws(IngestError) {
                for start in stride(from: 0, to: bomb.count, by: 512) {
                    try session.feed(Array(bomb[start..<min(start + 512, bomb.count)]))
                    most = max(most, pipeline.bytesInFlight)
                }
            } catch {
                outcome = "\(error.code)"
            }
            #expect(outcome == "tooLarge")
            #expect(most <= 2 * limits.lineBytes + limits.requestBytes + 1 << 19)
        }
    }

    private func code(_ bytes: [UInt8], _ encoding: IngestFormat.Encoding) async -> String {
        let writer = MemoryWriter()
        var session = IngestRun.pipeline(writer).makeSession(
            format: IngestFormat(media: .ndjson, encoding: encoding), caller: IngestRun.team7)
        do throws(IngestError) {
            try session.feed(bytes)
            _ = try await session.finish(idempotencyKey: nil) { _ in [] }
            return "taken"
        } catch {
            return writer.appends == 0 ? "\(error.code)" : "stored"
        }
    }
}
