import ConnectorLogCore
import ConnectorLogIngest
import Testing

/// Lines that are refused: the code, the field, and nothing of the contents.
@Suite
struct RejectionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var members: String
        var code: LineError.Code
        var field: String?

        init(_ members: String, _ code: LineError.Code, _ field: String?) {
            (self.members, self.code, self.field) = (members, code, field)
        }

        var testDescription: String { String(members.prefix(80)) }
    }

    private static func text(_ count: Int, _ scalar: String = "x") -> String { String(repeating: scalar, count: count) }

    @Test(arguments: [
        Case(#""event":1"#, .wrongType, "event"), Case(#""event":{}"#, .wrongType, "event"),
        Case(#""event":true"#, .wrongType, "event"),
        Case(#""method":["GET"]"#, .wrongType, "method"), Case(#""uri":false"#, .wrongType, "uri"),
        Case(#""status":"200""#, .wrongType, "status"),
        Case(#""duration_ms":"1""#, .wrongType, "duration_ms"), Case(#""team_id":"7""#, .wrongType, "team_id"),
        Case(#""outcome":1"#, .wrongType, "outcome"),
        Case(#""type":1"#, .wrongType, "type"), Case(#""log_time":1700000000"#, .wrongType, "log_time"),
        Case(#""request_id":1"#, .wrongType, "request_id"),
        Case(#""flow_version":true"#, .wrongType, "flow_version"), Case(#""trace_id":1"#, .wrongType, "trace_id"),
        Case(#""request_headers":[]"#, .wrongType, "request_headers"),
        Case(#""request_headers":"a: b""#, .wrongType, "request_headers"),
        Case(#""request_headers":{"a":1}"#, .wrongType, "request_headers"),
        Case(#""response_headers":{"a":[1]}"#, .wrongType, "response_headers"),
        Case(#""response_headers":{"a":{"b":"c"}}"#, .wrongType, "response_headers"),
        Case(#""response_headers":{"a":[["b"]]}"#, .wrongType, "response_headers"),
        Case(#""request_body_size":"1""#, .wrongType, "request_body_size"),
        Case(#""request_body_truncated":1"#, .wrongType, "request_body_truncated"),
        Case(#""request_body_encoding":1"#, .wrongType, "request_body_encoding"),
        Case(#""request_body":1,"request_body_encoding":"base64""#, .wrongType, "request_body"),
        Case(#""attributes":[]"#, .wrongType, "attributes"), Case(#""attributes":{"a":[]}"#, .wrongType, "attributes"),
        Case(#""attributes":{"a":{}}"#, .wrongType, "attributes"),
        Case(#""error_name":1"#, .wrongType, "error_name"), Case(#""error_message":1"#, .wrongType, "error_message"),

        Case("\"event\":\"\(text(256))\"", .tooLong, "event"),
        Case("\"event\":\"\(text(256, "🙂"))\"", .tooLong, "event"),
        Case("\"event\":\"\(text(256, "\\n"))\"", .tooLong, "event"),
        Case("\"method\":\"\(text(33))\"", .tooLong, "method"),
        Case("\"uri\":\"\(text(8193))\"", .tooLong, "uri"),
        Case("\"request_id\":\"\(text(256))\"", .tooLong, "request_id"),
        Case("\"flow_id\":\"\(text(256))\"", .tooLong, "flow_id"),
        Case("\"flow_name\":\"\(text(256))\"", .tooLong, "flow_name"),
        Case("\"flow_version\":\"\(text(256))\"", .tooLong, "flow_version"),
        Case("\"flow_version\":1\(text(255, "0"))", .tooLong, "flow_version"),
        Case("\"state_id\":\"\(text(256))\"", .tooLong, "state_id"),
        Case("\"error_name\":\"\(text(256))\"", .tooLong, "error_name"),
        Case("\"error_message\":\"\(text(16_385))\"", .tooLong, "error_message"),
        Case("\"request_headers\":{\"a\":\"\(text(65_536))\"}", .tooLong, "request_headers"),
        Case(
            "\"request_headers\":{\((0..<257).map { "\"h\($0)\":\"\"" }.joined(separator: ","))}", .tooLong,
            "request_headers"),
        Case("\"response_headers\":{\"a\":[\(text(256, "\"\",") + "\"\"")]}", .tooLong, "response_headers"),

        Case(#""status":99"#, .outOfRange, "status"), Case(#""status":600"#, .outOfRange, "status"),
        Case(#""status":-200"#, .outOfRange, "status"),
        Case(#""status":0"#, .outOfRange, "status"), Case(#""status":1e400"#, .outOfRange, "status"),
        Case(#""status":1e99999999999999999999"#, .outOfRange, "status"),
        Case("\"status\":1\(text(5000, "0"))", .outOfRange, "status"),
        Case(#""status":99999999999999999999"#, .outOfRange, "status"),
        Case(#""team_id":0"#, .outOfRange, "team_id"), Case(#""team_id":-1"#, .outOfRange, "team_id"),
        Case(#""team_id":9223372036854775808"#, .outOfRange, "team_id"),
        Case(#""duration_ms":-1"#, .outOfRange, "duration_ms"),
        Case(#""duration_ms":86400000.001"#, .outOfRange, "duration_ms"),
        Case(#""duration_ms":1e400"#, .outOfRange, "duration_ms"),
        Case(#""request_body_size":-1"#, .outOfRange, "request_body_size"),
        Case(#""request_body_size":9007199254740993"#, .outOfRange, "request_body_size"),
        Case(#""log_time":"1969-12-31T23:59:59.999999Z""#, .outOfRange, "log_time"),
        Case(#""log_time":"0000-01-01T00:00:00Z""#, .outOfRange, "log_time"),
        Case(#""log_time":"9999-12-31T23:59:59Z""#, .outOfRange, "log_time"),
        Case(#""log_time":"2027-01-16T08:00:01Z""#, .outOfRange, "log_time"),

        Case(#""status":200.5"#, .invalidValue, "status"), Case(#""status":1e-400"#, .invalidValue, "status"),
        Case("\"status\":200.\(text(3000, "0"))1", .invalidValue, "status"),
        Case(#""team_id":7.1"#, .invalidValue, "team_id"),
        Case(#""flow_version":1.5"#, .invalidValue, "flow_version"),
        Case(#""flow_version":1e2"#, .invalidValue, "flow_version"),
        Case(#""method":"""#, .invalidValue, "method"), Case(#""method":"GET /""#, .invalidValue, "method"),
        Case(#""method":"G\u0000T""#, .invalidValue, "method"), Case(#""method":"GÉT""#, .invalidValue, "method"),
        Case(#""outcome":"OK""#, .invalidValue, "outcome"), Case(#""outcome":"""#, .invalidValue, "outcome"),
        Case(#""type":"event""#, .invalidValue, "type"), Case(#""type":"""#, .invalidValue, "type"),
        Case(#""log_time":"yesterday""#, .invalidValue, "log_time"),
        Case(#""log_time":"2026-11-01T00:00:00""#, .invalidValue, "log_time"),
        Case(#""log_time":"""#, .invalidValue, "log_time"),
        Case(#""log_time":"2026-02-30T00:00:00Z""#, .invalidValue, "log_time"),
        Case("\"trace_id\":\"\(text(32, "0"))\"", .invalidValue, "trace_id"),
        Case("\"trace_id\":\"\(text(31, "a"))\"", .invalidValue, "trace_id"),
        Case("\"trace_id\":\"\(text(32, "g"))\"", .invalidValue, "trace_id"),
        Case("\"trace_id\":\"\(text(33, "a"))\"", .invalidValue, "trace_id"),
        Case("\"span_id\":\"\(text(16, "0"))\"", .invalidValue, "span_id"),
        Case("\"span_id\":\"\(text(17, "a"))\"", .invalidValue, "span_id"),
        Case(#""request_id":"a\u0000""#, .invalidValue, "request_id"),
        Case(#""flow_id":"a\u0000""#, .invalidValue, "flow_id"),
        Case(#""state_id":"\u0000""#, .invalidValue, "state_id"),
        Case(#""flow_name":"a\u0000b""#, .invalidValue, "flow_name"),
        Case(#""request_headers":{"":"x"}"#, .invalidValue, "request_headers"),
        Case(#""request_headers":{"a\u0000":"x"}"#, .invalidValue, "request_headers"),
        Case(#""request_body":"x","request_body_encoding":"hex""#, .invalidValue, "request_body_encoding"),
        Case(#""request_body_encoding":"base64","request_body":"AA=""#, .invalidValue, "request_body"),
        Case(#""request_body_encoding":"base64","request_body":"AA""#, .invalidValue, "request_body"),
        Case(#""request_body_encoding":"base64","request_body":"AB==""#, .invalidValue, "request_body"),
        Case(#""request_body_encoding":"base64","request_body":"AAF=""#, .invalidValue, "request_body"),
        Case(#""request_body_encoding":"base64","request_body":"A===""#, .invalidValue, "request_body"),
        Case(#""request_body_encoding":"base64","request_body":"====""#, .invalidValue, "request_body"),
        Case(#""request_body_encoding":"base64","request_body":"AA==AAAA""#, .invalidValue, "request_body"),
        Case(#""request_body_encoding":"base64","request_body":"AAEC\n""#, .invalidValue, "request_body"),
        Case(#""request_body_encoding":"base64","request_body":"-_-_""#, .invalidValue, "request_body"),
        Case(#""request_body_encoding":"base64","request_body":"AA=A""#, .invalidValue, "request_body"),

        Case(#""event":"a","event":"b""#, .duplicateMember, "event"),
        Case(#""event":null,"ev\u0065nt":null"#, .duplicateMember, "event"),
        Case(#""request_headers":{},"request_headers":{}"#, .duplicateMember, "request_headers"),
        Case(#""name":1,"name":2"#, .duplicateMember, "name"),
        Case(#""x":1,"x":2"#, .duplicateMember, "attributes"),
        Case(#""x":1,"\u0078":2"#, .duplicateMember, "attributes"),
        Case(#""attributes":{"a":1,"a":2}"#, .duplicateMember, "attributes"),
        Case(#""attributes":{"a":1},"a":2"#, .duplicateMember, "attributes"),

        Case(#""team_id":9"#, .forbidden, "team_id"), Case(#""team_id":10"#, .teamNotFound, "team_id"),
    ])
    func namesCodeAndField(_ c: Case) async throws {
        let error = try await rejection("{\"connector_identifier\":\"crm\",\(c.members)}")
        #expect(error.code == c.code)
        #expect(error.field == c.field)
        #expect(error.message.utf8.count < 120)
    }

    @Test(arguments: [
        ("{}", LineError.Code.missingField), (#"{"connector_identifier":null}"#, .missingField),
        (#"{"connector_identifier":""}"#, .invalidValue),
        (#"{"connector_identifier":"a b"}"#, .invalidValue), (#"{"connector_identifier":"é"}"#, .invalidValue),
        (#"{"connector_identifier":"a\u0000"}"#, .invalidValue),
        (#"{"connector_identifier":7}"#, .wrongType), ("{\"connector_identifier\":\"\(text(101))\"}", .tooLong),
    ])
    func refusesConnectors(line: String, code: LineError.Code) async throws {
        let error = try await rejection(line)
        #expect(error.code == code && error.field == "connector_identifier")
    }

    @Test(arguments: ["[]", "[{}]", "1", "null", "true", #""text""#, "-1.5e3"])
    func refusesLinesThatAreNoObjects(line: String) async throws {
        #expect(try await rejection(line).code == .notAnObject)
    }

    @Test func takesTextsOfTheLargestSize() async throws {
        for (field, count) in [
            ("event", 255), ("uri", 8192), ("request_id", 255), ("flow_name", 255), ("error_message", 16_384),
        ] {
            for scalar in ["x", "é", "🙂", "\\n", "\\ud83d\\ude42"] {
                let line =
                    "{\"connector_identifier\":\"\(Self.text(100))\",\"\(field)\":\"\(Self.text(count, scalar))\"}"
                _ = try await IngestRun.line(line).get()
            }
        }
        _ = try await IngestRun.line(
            "{\"connector_identifier\":\"a\",\"request_headers\":{\"a\":\"\(Self.text(65_535))\"}}"
        ).get()
        _ = try await IngestRun.line(
            "{\"connector_identifier\":\"a\",\"request_headers\":{\((0..<256).map { "\"h\($0)\":\"\"" }.joined(separator: ","))}}"
        ).get()
    }

    @Test func asksForTheTeamWhenTheCallerHasNone() async throws {
        let owner = IngestCaller(defaultTeam: nil, identity: "owner") { _ in nil }
        let error = try await rejection(#"{"connector_identifier":"crm"}"#, caller: owner)
        #expect(error.code == .missingField && error.field == "team_id")
        #expect(
            try await IngestRun.line(#"{"connector_identifier":"crm","team_id":3}"#, caller: owner).get().entries
                .teamIDs == [3])
    }

    @Test func neverRepeatsWhatTheLineHolds() async throws {
        let secret = "hunter2"
        for line in [
            "{\"connector_identifier\":\"\(secret) x\"}",
            "{\"\(secret)\":1,\"\(secret)\":2,\"connector_identifier\":\"a\"}",
            "{\"connector_identifier\":\"a\",\"type\":\"\(secret)\"}", "{\"\(secret)", "\(secret)",
            "{\"connector_identifier\":\"a\",\"log_time\":\"\(secret)\"}",
            "{\"connector_identifier\":\"a\",\"request_headers\":{\"\(secret)\":1}}",
            "{\"connector_identifier\":\"a\",\"\(secret)\":\\}",
        ] {
            let error = try await rejection(line)
            #expect(!"\(error)".contains(secret))
        }
    }

    @Test func saysLimitAndOffset() async throws {
        let error = try await rejection("{\"connector_identifier\":\"crm\",\"event\":\"\(Self.text(256))\"}")
        #expect(error.message == "longer than 255 characters, at byte 38")
        #expect(
            try await rejection(#"{"connector_identifier":"crm","status":700}"#).message
                == "not within 100...599, at byte 39")
        #expect(
            try await rejection(#"{"connector_identifier":"crm",]"#).message
                == "a member's name is expected, at byte 30")
    }

    private func rejection(_ line: String, caller: IngestCaller = IngestRun.team7) async throws -> LineError {
        switch try await IngestRun.line(line, caller: caller) {
        case .success: throw IngestError(.empty, "the line was taken")
        case .failure(let error): return error
        }
    }
}
