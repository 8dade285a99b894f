import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import ConnectorLogClient

@Suite struct FlatFormTests {
    private func json(_ record: Record, team: Int64? = nil) throws -> JSONRecord {
        let line = FlatForm(teamID: team, now: SteppedTime.start).line(record)
        #expect(line.readableBytesView.last == UInt8(ascii: "\n"))
        #expect(line.readableBytesView.count { $0 == UInt8(ascii: "\n") } == 1)
        return try #require(JSONRecord.lines(line).first)
    }

    private func json(_ change: (inout ConnectorLogEntry) -> Void) throws -> JSONRecord {
        var entry = ConnectorLogEntry(connector: "crm")
        change(&entry)
        return try json(.entry(entry))
    }

    @Test func entryHasEachField() throws {
        var entry = ConnectorLogEntry(connector: "crm")
        entry.time = SteppedTime.start.addingTimeInterval(0.25)
        entry.method = "POST"
        entry.uri = "https://api.example/orders?page=1"
        entry.status = 422
        entry.outcome = .failed
        entry.duration = .microseconds(81_250)
        entry.requestID = "r-1"
        entry.context = ConnectorLogContext(
            flowID: "f", flowName: "Flow", flowVersion: "3", stateID: "s", event: "data.save",
            traceID: "4BF92F3577B34DA6A3CE929D0E0E4736", spanID: "00f067aa0ba902b7")
        entry.requestHeaders = ["Accept": "*/*"]
        entry.requestBody = ConnectorLogBody(#"{"amount":-1}"#)
        entry.responseHeaders = HTTPHeaders([("X-A", "1"), ("X-B", "2"), ("X-A", "3")])
        entry.responseBody = ConnectorLogBody("no\n")
        (entry.errorName, entry.errorMessage) = ("Validation", "amount")
        entry.attributes = ["shard": "7"]
        let line = FlatForm(teamID: 2, now: SteppedTime.start).line(.entry(entry))
        #expect(
            String(buffer: line) == """
                {"team_id":2,"connector_identifier":"crm","log_time":"2026-11-01T12:00:00.250000Z","event":"data.save",\
                "method":"POST","uri":"https://api.example/orders?page=1","status":422,"outcome":"failed",\
                "duration_ms":81.250,"request_id":"r-1","flow_id":"f","flow_name":"Flow","flow_version":"3",\
                "state_id":"s","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7",\
                "request_headers":{"Accept":"*/*"},"request_body":"{\\"amount\\":-1}",\
                "response_headers":{"X-A":["1","3"],"X-B":"2"},"response_body":"no\\n",\
                "error_name":"Validation","error_message":"amount","attributes":{"shard":"7"}}\n
                """)
    }

    @Test func whatIsNotKnownIsNotSent() throws {
        #expect(try json { _ in }.names == ["connector_identifier"])
    }

    @Test func faultHasEachField() throws {
        var fault = ConnectorLogFault(name: "Bad Gateway")
        fault.time = SteppedTime.start
        fault.context = ConnectorLogContext(
            flowID: "f", flowName: "F", flowVersion: "1", stateID: "s", event: "not of faults")
        (fault.connector, fault.entryRequestID, fault.kind) = ("crm", "r-1", "upstream")
        (fault.uri, fault.message, fault.statusCode) = ("/a", "acme did not answer", 502)
        (fault.invokeType, fault.action) = ("save", "Save order")
        fault.responseHeaders = ["Retry-After": "7"]
        fault.responseBody = ConnectorLogBody("sorry")
        let expected: NSDictionary = [
            "type": "fault", "name": "Bad Gateway", "log_time": "2026-11-01T12:00:00.000000Z", "flow_id": "f",
            "flow_name": "F", "flow_version": "1", "state_id": "s", "connector_identifier": "crm",
            "entry_request_id": "r-1", "kind": "upstream", "uri": "/a", "message": "acme did not answer",
            "status_code": 502, "invoke_type": "save", "action": "Save order",
            "response_headers": ["Retry-After": "7"], "response_body": "sorry",
        ]
        #expect(try json(.fault(fault)) == JSONRecord(value: expected))
    }

    @Test func stateHasEachField() throws {
        var change = ConnectorLogStateChange(stateID: "s", flowID: "f", status: .inProgress)
        (change.flowName, change.flowVersion, change.currentStep) = ("F", "1", "Load")
        (change.user, change.joinURI) = ("ada", "https://example.com/join")
        (change.createdAt, change.updatedAt) = (SteppedTime.start, SteppedTime.start.addingTimeInterval(60))
        let expected: NSDictionary = [
            "type": "state", "team_id": 9, "state_id": "s", "flow_id": "f", "flow_name": "F", "flow_version": "1",
            "status": "in_progress", "current_step": "Load", "user": "ada", "join_uri": "https://example.com/join",
            "created_at": "2026-11-01T12:00:00.000000Z", "updated_at": "2026-11-01T12:01:00.000000Z",
        ]
        #expect(try json(.state(change), team: 9) == JSONRecord(value: expected))
    }

    @Test func everyCharacterComesBack() throws {
        let text = String(String.UnicodeScalarView((0...0x2FF).compactMap(Unicode.Scalar.init))) + "\u{2028}👋"
        #expect(try json { $0.errorMessage = text }["error_message"] == text)
    }
}

@Suite struct RFC3339Tests {
    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00.000000Z"), (951_782_400.5, "2000-02-29T00:00:00.500000Z"),
        (1_793_534_400.000_001, "2026-11-01T12:00:00.000001Z"), (1_709_251_199.999_999, "2024-02-29T23:59:59.999999Z"),
        (4_107_542_399, "2100-02-28T23:59:59.000000Z"), (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
    ])
    func isOfUTCWithMicroseconds(seconds: Double, text: String) {
        #expect(Date(timeIntervalSince1970: seconds).rfc3339 == text)
    }
}
