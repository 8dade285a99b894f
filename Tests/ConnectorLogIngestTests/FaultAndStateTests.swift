import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

@Suite
struct FaultAndStateTests {
    @Test func readsAFault() async throws {
        let batch = try await IngestRun.line(
            """
            {"name":"Bad Gateway","state_id":"s","flow_id":"f","flow_name":"F","flow_version":3,"connector_identifier":"crm",\
            "log_time":"2026-11-01T00:00:00Z","kind":"api","uri":"https://h.example/?token=x","message":"m","status_code":502,\
            "response_headers":{"a":["1","2"],"Set-Cookie":"x"},"response_body":{"password":"x"},"invoke_type":"FORWARD","action":"save",\
            "entry_request_id":"r-1","team_id":8,"unknown":{"a":1},"type":"fault"}
            """
        ).get()
        let x = Fixtures.placeholder(of: "x", team: 8)
        var expected = RootFault(
            id: EntryID(high: 0, low: 0), teamID: 8, occurredAt: try #require(Timestamp("2026-11-01T00:00:00Z")),
            name: "Bad Gateway")
        expected.stateID = "s"
        expected.flowID = "f"
        expected.flowName = "F"
        expected.flowVersion = "3"
        expected.connectorIdentifier = "crm"
        expected.kind = "api"
        expected.uri = "https://h.example/?token=\(x)"
        expected.message = "m"
        expected.statusCode = 502
        expected.responseHeaders = [
            HeaderField(name: "a", value: "1"), HeaderField(name: "a", value: "2"),
            HeaderField(name: "Set-Cookie", value: x),
        ]
        expected.responseBody = Body(
            bytes: Array(#"{"password":"\#(x)"}"#.utf8), isBinary: false, originalSize: 16, isTruncated: false)
        expected.invokeType = "FORWARD"
        expected.action = "save"
        expected.entryRequestID = "r-1"
        expected.receipt = [
            Redaction(rule: .parameter, field: "uri.token", count: 1),
            Redaction(rule: .header, field: "response_headers.Set-Cookie", count: 1),
            Redaction(rule: .jsonKey, field: "response_body.password", count: 1),
        ]
        #expect(batch.faults == [expected])
        #expect(batch.entries.isEmpty)
    }

    @Test func aFaultNeedsItsNameAlone() async throws {
        let batch = try await IngestRun.line(#"{"type":"fault","name":"n"}"#).get()
        #expect(
            batch.faults == [RootFault(id: EntryID(high: 0, low: 0), teamID: 7, occurredAt: IngestRun.now, name: "n")])
    }

    @Test func readsAState() async throws {
        let batch = try await IngestRun.line(
            """
            {"type":"state","state_id":"s","flow_id":"f","flow_name":"F","flow_version":"v","status":"in_progress","current_step":"Load",\
            "user":"ann","join_uri":"https://h.example/join","created_at":"2026-11-01T00:00:00Z","updated_at":"2026-11-01T01:00:00+01:00"}
            """
        ).get()
        let time = try #require(Timestamp("2026-11-01T00:00:00Z"))
        var expected = StateChange(teamID: 7, stateID: "s", updatedAt: time)
        expected.flowID = "f"
        expected.flowName = "F"
        expected.flowVersion = "v"
        expected.status = .inProgress
        expected.currentStep = "Load"
        expected.user = "ann"
        expected.joinURI = "https://h.example/join"
        expected.createdAt = time
        #expect(batch.states == [expected])
    }

    @Test func aStateNeedsStateAndFlowAlone() async throws {
        let batch = try await IngestRun.line(#"{"flow_id":"f","state_id":"s","status":null,"type":"state"}"#).get()
        var expected = StateChange(teamID: 7, stateID: "s", updatedAt: IngestRun.now)
        expected.flowID = "f"
        #expect(batch.states == [expected])
    }

    @Test(
        arguments: [
            (#""type":"fault""#, LineError.Code.missingField, "name"),
            (#""type":"fault","name":"""#, .missingField, "name"),
            (#""type":"fault","name":1"#, .wrongType, "name"),
            (#""type":"fault","name":"n","status_code":"502""#, .wrongType, "status_code"),
            (#""type":"fault","name":"n","status_code":99"#, .outOfRange, "status_code"),
            (#""type":"fault","name":"n","connector_identifier":"a b""#, .invalidValue, "connector_identifier"),
            (#""type":"fault","name":"n","entry_request_id":"\u0000""#, .invalidValue, "entry_request_id"),
            (#""type":"fault","name":"a\u0000b""#, .invalidValue, "name"),
            (#""type":"fault","name":"n","flow_name":"a\u0000b""#, .invalidValue, "flow_name"),
            (#""type":"fault","name":"n","response_headers":[]"#, .wrongType, "response_headers"),
            (#""type":"fault","name":"n","team_id":9"#, .forbidden, "team_id"),
            (#""type":"fault","name":"n","message":[]"#, .wrongType, "message"),
            (#""type":"state","flow_id":"f""#, .missingField, "state_id"),
            (#""type":"state","state_id":"s""#, .missingField, "flow_id"),
            (#""type":"state","state_id":"","flow_id":"f""#, .missingField, "state_id"),
            (#""type":"state","state_id":"s","flow_id":"f","status":200"#, .wrongType, "status"),
            (#""type":"state","state_id":"s","flow_id":"f","status":"running""#, .invalidValue, "status"),
            (#""type":"state","state_id":"s","flow_id":"f","created_at":"x""#, .invalidValue, "created_at"),
            (
                #""type":"state","state_id":"s","flow_id":"f","updated_at":"9999-01-01T00:00:00Z""#, .outOfRange,
                "updated_at"
            ),
            (#""type":"state","state_id":"s","flow_id":"f","user":{}"#, .wrongType, "user"),
            (#""type":"state","state_id":"s","flow_id":"f","user":"a\u0000b""#, .invalidValue, "user"),
            (#""type":"state","state_id":"s","flow_id":"f","flow_name":"a\u0000b""#, .invalidValue, "flow_name"),
            (#""type":"state","state_id":"s","flow_id":"f","current_step":"a\u0000b""#, .invalidValue, "current_step"),
            (#""type":"state","state_id":"s","flow_id":"f","join_uri":"a\u0000b""#, .invalidValue, "join_uri"),
        ] as [(String, LineError.Code, String)])
    func refuses(members: String, code: LineError.Code, field: String) async throws {
        switch try await IngestRun.line("{\(members)}") {
        case .success: Issue.record("the line was taken")
        case .failure(let error):
            #expect(error.code == code)
            #expect(error.field == field)
        }
    }

    @Test func countsEntriesFaultsAndStates() async throws {
        let run = try await IngestRun(
            """
            {"connector_identifier":"a"}
            {"type":"fault","name":"n"}
            {"type":"state","state_id":"s","flow_id":"f"}
            {"type":"fault"}
            """)
        #expect(run.outcome.accepted == 3)
        #expect(run.rejected.map(\.line) == [4])
        #expect(run.batch?.count == 3)
    }
}
