import Foundation
import NIOCore
import Testing

@testable import ConnectorLogClient

@Suite struct BodyTests {
    private func json(_ body: ConnectorLogBody) throws -> JSONRecord {
        var entry = ConnectorLogEntry(connector: "crm")
        entry.requestBody = body
        return try #require(JSONRecord.lines(FlatForm(now: SteppedTime.start).line(.entry(entry))).first)
    }

    @Test func aWholeTextSaysNothingButItself() throws {
        #expect(try json(ConnectorLogBody("grüß dich")).names == ["connector_identifier", "request_body"])
    }

    @Test(arguments: [[0xFF, 0xFE], [0x61, 0x00], [0xC3]] as [[UInt8]])
    func bytesThatAreNoTextAreInBase64(bytes: [UInt8]) throws {
        let record = try json(ConnectorLogBody(ByteBuffer(bytes: bytes)))
        #expect(record["request_body"] == Data(bytes).base64EncodedString())
        #expect(record["request_body_encoding"] == "base64")
    }

    @Test(arguments: [
        ("ab€", 4, "ab"), ("ab€", 3, "ab"), ("ab€", 5, "ab€"), ("aé", 2, "a"), ("a👋", 4, "a"), ("ab", 1, "a"),
    ])
    func aTextIsCutBetweenCharacters(text: String, limit: Int, sent: String) throws {
        let record = try json(ConnectorLogBody(text, limit: limit))
        #expect(record["request_body"] == sent)
        #expect(record["request_body_encoding"] == nil)
        #expect(record.flag("request_body_truncated") == (sent != text))
        #expect(record.number("request_body_size") == (sent == text ? nil : Double(text.utf8.count)))
    }

    @Test(arguments: [(-1, 0.0), (Int.max, 9_007_199_254_740_992.0)])
    func aSizeStaysWithinWhatTheServerTakes(given: Int, sent: Double) throws {
        var body = ConnectorLogBody("ab", limit: 1)
        body.size = given
        #expect(try json(body).number("request_body_size") == sent)
    }

    @Test func anEmptyBodyIsNone() throws {
        #expect(try json(ConnectorLogBody("")).names == ["connector_identifier"])
    }

    @Test func aCutIsNeverUndone() {
        var body = ConnectorLogBody("abcdef", limit: 4)
        body.cut(to: 2)
        #expect(body == ConnectorLogBody(bytes: ByteBuffer(string: "ab"), size: 6, isTruncated: true))
        body.cut(to: 4)
        #expect(body.isTruncated)
    }

    @Test func theBeginningDoesNotKeepTheWholeAlive() {
        let long = ByteBuffer(repeating: 0x61, count: 1 << 20)
        #expect(ConnectorLogBody(long, limit: 100).bytes.storageCapacity < 1000)
    }
}
