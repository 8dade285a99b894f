import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogServer
import ConnectorLogTesting
import HTTPTypes
import Testing

@Suite("Boomi Flow: reports over HTTP")
struct BoomiReportRouteTests {
    static let asked =
        #"{"type":"serviceinvoker.request","id":"a","request":"r-1","state":"s-1","flow":"f-1","flowVersion":"1","tenant":"t-1","service":"crm","serviceUri":"https://crm.example.com","endpoint":"data","data":{"method":"POST","content":"{\"n\":1}"}}"#
    static let answered =
        #"{"type":"serviceinvoker.response","id":"b","request":"r-1","state":"s-1","service":"crm","duration":81,"data":{"statusCode":200,"content":"{}"}}"#
    static let state = #"{"id":"s-1","currentFlowId":{"id":"f-1","versionId":"1"},"isDone":true}"#

    private func report(
        _ caller: TestCaller, _ body: String, path: String = "/api/reporting/1/events",
        key: String = TestServer.key(.recorder), headers: HTTPFields = [:], type: String? = "application/json"
    ) async throws -> TestAnswer {
        var headers = headers
        if let type { headers[.contentType] = type }
        return try await caller.send(.post, path, key: key, headers: headers, body: Array(body.utf8))
    }

    private func entries(_ server: TestServer) async throws -> [EntrySummary] {
        _ = try await server.dependencies.boomi.joiner.join()
        return try await server.store.entries(EntryQuery(teamID: 1)).rows
    }

    /// Boomi posts to the one address that it is given.
    @Test(arguments: [
        "/api/reporting/1/events", "/api/reporting/1/events/", "/api/reporting/1/states", "/api/reporting/1/states/",
    ])
    func takesEventsAndStatesAtEitherPath(_ path: String) async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            let events = try await report(caller, "[\(Self.asked),\(Self.answered)]", path: path)
            #expect(events.status == 204)
            #expect(events.bytes.isEmpty)
            #expect(try await report(caller, Self.state, path: path).status == 204)
        }
        #expect(try await entries(server).map(\.status) == [200])
        #expect(try await server.store.state(team: 1, id: "s-1")?.status == .done)
    }

    @Test func takesEveryKindOfCredentials() async throws {
        try await TestServer().run { caller async throws in
            let key = TestServer.key(.recorder)
            let form = "grant_type=client_credentials&client_id=key_recorder&client_secret=\(key)"
            let token = try await caller.send(
                .post, "/oauth/token", key: nil, headers: [.contentType: "application/x-www-form-urlencoded"],
                body: Array(form.utf8)
            ).decoded(AccessTokenTests.Token.self).access_token
            for field in [
                key, "Bearer \(key)", "Basic " + Base64.encode(Array("boomi:\(key)".utf8)), "Bearer \(token)",
            ] {
                let answer = try await report(caller, Self.state, headers: [.authorization: field])
                #expect(answer.status == 204)
            }
            let wrong = "Basic " + Base64.encode(Array("boomi:\(key)x".utf8))
            #expect(try await report(caller, Self.state, headers: [.authorization: wrong]).status == 401)
        }
    }

    @Test func aKeyOfTheOwnersNamesTheTeam() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            func status(_ query: String, _ key: String) async throws -> Int {
                try await report(caller, Self.state, path: "/api/reporting/1/states" + query, key: key).status
            }
            #expect(try await status("", TestServer.owner) == 400)
            #expect(try await status("?team=2", TestServer.owner) == 204)
            #expect(try await status("?team=3", TestServer.owner) == 404)
            #expect(try await status("?team=0", TestServer.owner) == 400)
            #expect(try await status("?team=1", TestServer.key(.recorder)) == 204)
            #expect(try await status("?team=2", TestServer.key(.recorder)) == 403)
        }
        #expect(try await server.store.state(team: 2, id: "s-1") != nil)
    }

    @Test(arguments: ["text/plain", "application/x-ndjson", "application/json; charset=latin1", nil])
    func takesJSONAlone(_ type: String?) async throws {
        let answer = try await TestServer().run { try await report($0, Self.state, type: type) }
        #expect(answer.status == 415)
        #expect(answer.errorCode == "UNSUPPORTED_MEDIA_TYPE")
    }

    @Test(arguments: [
        ("{", 400, "BAD_REQUEST"), ("", 400, "BAD_REQUEST"), ("[1", 400, "BAD_REQUEST"), ("1", 400, "BAD_REQUEST"),
        ("[{}]", 422, "UNPROCESSABLE_ENTITY"), (#"{"type":"serviceinvoker.request"}"#, 422, "UNPROCESSABLE_ENTITY"),
        ("[]", 204, nil), (#"[{"type":"flow.published"}]"#, 204, nil), (#"[{},{"type":"unheard.of"}]"#, 204, nil),
        ("[{},\(asked)]", 204, nil),
    ])
    func answersByWhatWasGood(_ body: String, _ status: Int, _ code: String?) async throws {
        let answer = try await TestServer().run { try await report($0, body) }
        #expect(answer.status == status)
        #expect(answer.errorCode == code)
    }

    @Test func takesCompressedReports() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            let bytes = Compressed.gzip("[\(Self.asked),\(Self.answered)]")
            let answer = try await caller.send(
                .post, "/api/reporting/1/events", key: TestServer.key(.recorder),
                headers: [.contentType: "application/json", .contentEncoding: "gzip"], body: bytes)
            #expect(answer.status == 204)
            let unknown = try await report(caller, Self.state, headers: [.contentEncoding: "br"])
            #expect(unknown.status == 415)
        }
        #expect(try await entries(server).count == 1)
    }

    @Test func countsWhatCame() async throws {
        let server = try await TestServer()
        let text = try await server.run { caller async throws in
            _ = try await report(caller, #"[\#(Self.asked),\#(Self.state),{"type":"flow.a"},{"type":"x"},{}]"#)
            return try await caller.get("/metrics", key: TestServer.owner).text
        }
        for line in [
            #"connectorlog_boomi_events_total{result="taken",type="request"} 1"#,
            #"connectorlog_boomi_events_total{result="taken",type="state"} 1"#,
            #"connectorlog_boomi_events_total{result="skipped",type="flow"} 1"#,
            #"connectorlog_boomi_events_total{result="skipped",type="unknown"} 1"#,
            #"connectorlog_boomi_events_total{result="rejected",type="unknown"} 1"#,
        ] {
            #expect(text.contains(line), "\(line) in \(text.split(separator: "\n").filter { $0.contains("boomi") })")
        }
    }

    /// The service that runs beside the server puts parts together by itself.
    @Test func theServerJoinsWithoutBeingAsked() async throws {
        let server = try await TestServer()
        let environment = ServerEnvironment(dependencies: server.dependencies, settings: server.settings)
        let task = Task { await CallJoinService(environment: environment).run() }
        defer { task.cancel() }
        try await server.run { caller async throws in
            #expect(try await report(caller, "[\(Self.asked),\(Self.answered)]").status == 204)
        }
        while try await server.store.entries(EntryQuery(teamID: 1)).rows.isEmpty { await Task.yield() }
        #expect(try await server.store.pendingCounts(team: nil).parts == 0)
    }
}
