import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Foundation
import Testing

/// Bodies that cannot be read as they are: decompressed where that is possible, else not kept. The row is kept always.
@Suite
struct BodyCodingTests {
    private static let text = Array(#"{"password":"hunter2","rest":"and more"}"#.utf8)
    private static let redacted = #"{"password":"[redacted]","rest":"and more"}"#

    private func batch(_ body: [UInt8], coding: String? = nil, isCut: Bool = false) async throws -> RedactedBatch {
        let headers = coding.map { #""request_headers":{"Content-Encoding":"\#($0)"},"# } ?? ""
        return try await IngestRun.line(
            """
            {"connector_identifier":"crm",\(headers)"request_body":"\(Data(body).base64EncodedString())",\
            "request_body_encoding":"base64","request_body_truncated":\(isCut)}
            """
        ).get()
    }

    private func receipt(_ batch: RedactedBatch) -> [RedactionRule] {
        (batch.entries[.receipt][0].flatMap(Receipt.decode) ?? []).map(\.rule)
    }

    static let readable: [(name: String, body: [UInt8], coding: String?)] = [
        ("gzip by its beginning", Compressed.gzip(text), nil), ("gzip", Compressed.gzip(text), "gzip"),
        ("zstd", Compressed.zstd(text), "zstd"), ("zlib", Compressed.deflate(text), "deflate"),
        ("deflate alone", Compressed.rawDeflate(text), "Deflate"),
        ("gzip in gzip", Compressed.gzip(Compressed.gzip(text)), "gzip, gzip"),
        ("deflate in gzip", Compressed.gzip(Compressed.deflate(text)), "deflate, gzip"),
    ]

    @Test(arguments: readable)
    func isDecompressedAndRedacted(name: String, body: [UInt8], coding: String?) async throws {
        let batch = try await batch(body, coding: coding)
        #expect(batch.text(.requestBody)?.withPlainPlaceholders == Self.redacted)
        let attributes = BodyAttributes(packed: batch.entries.requestBodyAttributes[0])
        #expect(!attributes.isBinary && !attributes.isTruncated && attributes.originalSize == body.count)
        #expect(receipt(batch).contains(.decompressed) && receipt(batch).contains(.jsonKey))
    }

    static let opaque: [(name: String, body: [UInt8], coding: String?)] = [
        ("brotli", [0x1B, 0x10, 0x00, 0xF8, 0xFF], "br"),
        ("brotli in gzip", Compressed.gzip([0x1B, 0, 0xF8]), "br, gzip"),
        ("zip", [0x50, 0x4B, 0x03, 0x04, 0, 0], nil), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 1], nil),
        ("PDF", Array("%PDF-1.7\n".utf8), nil), ("openssl", Array("Salted__12345678".utf8), nil),
        ("damaged gzip", Array(Compressed.gzip(text).dropLast(10)), nil),
        ("gzip in gzip in gzip in gzip", (0..<4).reduce(text) { body, _ in Compressed.gzip(body) }, nil),
        (
            "more than the limit", Compressed.gzip([UInt8](repeating: 0x20, count: Limits.decompressedBodyBytes + 1)),
            nil
        ),
    ]

    @Test(arguments: opaque)
    func isNotKeptWhereNobodyCanReadIt(name: String, body: [UInt8], coding: String?) async throws {
        let batch = try await batch(body, coding: coding)
        #expect(batch.count == 1)
        #expect(batch.text(.requestBody) == "")
        let attributes = BodyAttributes(packed: batch.entries.requestBodyAttributes[0])
        #expect(attributes.isTruncated && attributes.originalSize == body.count)
        #expect(receipt(batch).contains(.unsafeBody))
    }

    @Test func aCutBodyIsReadAsFarAsItGoes() async throws {
        let long = Array("token=abc123&x=".utf8) + (0..<40_000).map { UInt8(ascii: "a") + UInt8($0 * $0 % 23) }
        let whole = Compressed.gzip(long)
        let batch = try await batch(Array(whole.prefix(whole.count - 20)), isCut: true)
        let text = try #require(batch.text(.requestBody)).withPlainPlaceholders
        #expect(text.hasPrefix("token=[redacted]&x="))
        #expect(BodyAttributes(packed: batch.entries.requestBodyAttributes[0]).isTruncated)
    }

    @Test func bytesThatAreNoTextAreScannedAndStay() async throws {
        let bytes: [UInt8] = [0, 1, 0xFF] + Array("token=abc123".utf8) + [0, 0x89]
        let batch = try await batch(bytes)
        let stored = try #require(batch.entries[.requestBody][0])
        #expect(stored.starts(with: [0, 1, 0xFF] + Array("token=[secret:".utf8)))
        #expect(BodyAttributes(packed: batch.entries.requestBodyAttributes[0]).isBinary)
    }

    @Test func aConnectorMayKeepNone() async throws {
        let book = Fixtures.redactionBook()
        var rules = TeamRedactionRules()
        rules.connectorsWithoutBodies = ["crm"]
        try book.setRules(rules, team: 7)
        let line = #"{"connector_identifier":"crm","request_body":"plain"}"#
        let batch = try #require(try await IngestRun(Array(line.utf8), book: book).batch)
        #expect(batch.text(.requestBody) == "")
        #expect(receipt(batch) == [.bodyNotKept])
        let other = #"{"connector_identifier":"erp","request_body":"plain"}"#
        let kept = try #require(try await IngestRun(Array(other.utf8), book: book).batch)
        #expect(kept.text(.requestBody) == "plain")
    }
}
