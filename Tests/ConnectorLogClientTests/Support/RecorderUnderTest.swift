import Foundation
import Testing

@testable import ConnectorLogClient

/// A recorder with nothing of the outside world: neither network nor clock.
struct RecorderUnderTest: Sendable {
    static let key = "clk_made-up-key-of-the-tests"

    let time = SteppedTime()
    let reports = CapturedReports()
    let transport: ScriptedTransport
    let recorder: ConnectorLogRecorder

    init(
        _ transport: ScriptedTransport = ScriptedTransport(),
        configure: (inout ConnectorLogRecorder.Configuration) -> Void = { _ in }
    ) throws {
        self.transport = transport
        var configuration = try ConnectorLogRecorder.Configuration(baseURL: "http://log.example", apiKey: Self.key)
        configure(&configuration)
        recorder = ConnectorLogRecorder(
            configuration: configuration, source: .other(transport), logger: reports.logger, metrics: reports.metrics,
            surroundings: time.surroundings())
    }

    /// What was recorded while `body` ran, as it is sent.
    func records(_ body: () async throws -> Void) async throws -> [JSONRecord] {
        try await body()
        _ = try await recorder.runAround { _ in }
        #expect(recorder.statistics.accepted == recorder.statistics.recorded)
        var records: [JSONRecord] = []
        for _ in 0..<transport.sent { records += await transport.next().json }
        return records
    }

    /// The one that was recorded.
    func record(_ body: () async throws -> Void) async throws -> JSONRecord {
        let records = try await records(body)
        try #require(records.count == 1)
        return records[0]
    }
}

extension ConnectorLogEntry {
    static func numbered(_ number: Int) -> ConnectorLogEntry {
        var entry = ConnectorLogEntry(connector: "crm")
        entry.uri = "/\(number)"
        return entry
    }
}
