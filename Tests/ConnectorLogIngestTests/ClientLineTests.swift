import ConnectorLogCore
import ConnectorLogIngest
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import ConnectorLogClient

/// The client library imports nothing of the server, so it has the server's limits once more: whatever a host records, the
/// server takes the line.
@Suite struct ClientLineTests {
    private static let now = Date(timeIntervalSince1970: Double(IngestRun.now.microseconds) / 1_000_000)

    /// Takes six bytes of JSON in each character.
    private func text(_ count: Int) -> String { String(repeating: "\u{2}", count: count) }

    /// So many fields, whose names and values have so many bytes in all.
    private func headers(fields: Int, bytes: Int) -> HTTPHeaders {
        var headers = HTTPHeaders((1..<fields).map { ("name-\($0 % 100)", text(40)) })
        let used = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        headers.add(name: "rest", value: text(bytes - used - 4))
        return headers
    }

    private func lines(_ record: (ConnectorLogRecorder) -> Void) throws -> [UInt8] {
        var configuration = try ConnectorLogRecorder.Configuration(baseURL: "http://log.example", apiKey: "clk_x")
        configuration.bodyBytes = .max
        let recorder = ConnectorLogRecorder(configuration: configuration)
        record(recorder)
        let held = recorder.buffer.withLock { $0.takeAll() }
        return held.flatMap { Array(FlatForm(now: Self.now).line($0.record).readableBytesView) }
    }

    /// An entry, a fault and a state whose every value is that much longer than its limit; the entry's bodies are of this
    /// character.
    private func record(past excess: Int, body character: String = "b", to recorder: ConnectorLogRecorder) {
        var entry = ConnectorLogEntry(connector: String(repeating: "c", count: 100 + excess))
        entry.time = Self.now.addingTimeInterval(82_800 + Double(excess))
        entry.method = String(repeating: "M", count: 32 + excess)
        entry.uri = text(8192 + excess)
        entry.status = 599 + excess
        entry.duration = .seconds(86_400 + excess)
        entry.requestID = text(255 + excess)
        entry.context = ConnectorLogContext(
            flowID: text(255 + excess), flowName: text(255 + excess), flowVersion: text(255 + excess),
            stateID: text(255 + excess), event: text(255 + excess), traceID: String(repeating: "f", count: 32 + excess),
            spanID: String(repeating: "f", count: 16 + excess))
        entry.requestHeaders = headers(fields: 256 + excess, bytes: 65_536)
        entry.responseHeaders = headers(fields: 256, bytes: 65_536 + excess)
        var body = ConnectorLogBody(String(repeating: character, count: (768 << 10) + excess), limit: .max)
        (body.size, body.isTruncated) = ((1 << 53) + excess, true)
        (entry.requestBody, entry.responseBody) = (body, body)
        (entry.errorName, entry.errorMessage) = (text(255 + excess), text(16_384 + excess))
        entry.attributes = Dictionary(uniqueKeysWithValues: (0..<63 + excess).map { ("name-\($0)", text(18)) })
        recorder.record(entry)

        var fault = ConnectorLogFault(name: text(255 + excess))
        (fault.time, fault.context, fault.connector) = (entry.time, entry.context, entry.connector)
        (fault.entryRequestID, fault.kind, fault.uri) = (entry.requestID, text(255 + excess), entry.uri)
        (fault.message, fault.statusCode) = (entry.errorMessage, entry.status)
        (fault.responseHeaders, fault.responseBody) = (entry.responseHeaders, ConnectorLogBody("no"))
        (fault.invokeType, fault.action) = (text(255 + excess), text(255 + excess))
        recorder.record(fault)

        var change = ConnectorLogStateChange(stateID: text(255 + excess), flowID: text(255 + excess), status: .done)
        (change.flowName, change.flowVersion, change.currentStep) = (text(255 + excess), text(255 + excess), text(255))
        (change.user, change.joinURI) = (text(255 + excess), entry.uri)
        (change.createdAt, change.updatedAt) = (entry.time, entry.time)
        recorder.record(change)
    }

    @Test(arguments: [0, 1, 1000]) func theServerTakesWhatTheClientSends(excess: Int) async throws {
        let run = try await IngestRun(try lines { record(past: excess, to: $0) })
        #expect(run.rejected == [])
        #expect(run.outcome.accepted == 3)
    }

    @Test func twoBodiesWhoseEveryByteIsEscapedFitIntoALine() async throws {
        let run = try await IngestRun(try lines { record(past: 0, body: "\"", to: $0) })
        #expect(run.rejected == [])
    }

    @Test func whatIsWithinTheLimitsIsSentWhole() throws {
        let line = try #require(try lines { record(past: 0, to: $0) }.split(separator: UInt8(ascii: "\n")).first)
        let members = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        let missing = Set(["outcome", "team_id"])
        #expect(members.count == 25 && missing.isDisjoint(with: members.keys))
        let attributes = try #require(members["attributes"] as? [String: String])
        #expect(attributes.count == 63 && attributes["connectorlog.left_out"] == nil)
    }
}
