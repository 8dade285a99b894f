import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import HTTPTypes
import Synchronization
import Testing

@testable import ConnectorLogServer

@Suite("Trying rules")
struct RuleTrialRouteTests {
    private static let path = "/v1/teams/1/redaction/try"
    private static let order = #"{"patterns":[{"name":"order","expression":"ORD-[0-9]{8}"}]}"#
    private static let admin = TestServer.key(.admin)

    private static func fill(_ caller: TestCaller) async throws {
        let sent = try await caller.ingest(
            #"{"connector_identifier":"crm","uri":"/a","response_body":"{\"order\":\"ORD-12345678\"}"}"#,
            #"{"connector_identifier":"crm","uri":"/b/ORD-00000002"}"#,
            #"{"connector_identifier":"erp","uri":"/c","error_message":"no ORD-00000003"}"#,
            #"{"connector_identifier":"erp","uri":"/d"}"#)
        #expect(sent.status == 200)
    }

    private static func body(_ rules: String = order, _ more: String = "") -> String { #"{"rules":\#(rules)\#(more)}"# }

    @Test func tellsWhatRulesWouldRemove() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            try await Self.fill(caller)
            let answer = try await caller.sendJSON(.post, Self.path, key: Self.admin, Self.body())
            #expect(answer.status == 200)
            let told: RuleTrialDocument = try answer.decoded()
            #expect(told.entriesRead == 4)
            #expect(told.entriesChanged == 3)
            #expect(told.stoppedAt == nil)
            #expect(told.rules.map { "\($0.member) \($0.name) \($0.finds) \($0.entries)" } == ["patterns order 3 3"])
            #expect(
                Set(told.examples.map(\.before)) == [
                    "no ORD-00000003", "/b/ORD-00000002", #"{"order":"ORD-12345678"}"#,
                ])
            let last = try #require(told.examples.first { $0.receipt.field == "response_body.order" })
            #expect(last.after.withPlainPlaceholders == #"{"order":"[redacted]"}"#)
            #expect(last.receipt.rule == "pattern")
            #expect(last.receipt.field == "response_body.order")
            #expect(last.receipt.count == 1)
            #expect(last.connectorIdentifier == "crm")
            #expect(try await caller.get("/v1/teams/1/logs/\(last.logID)").text.contains("ORD-12345678"))
            #expect(answer.text.contains(#""text":null}"#))
        }
    }

    @Test func changesNothing() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            try await Self.fill(caller)
            let before = try await caller.get("/v1/teams/1/redaction").text
            #expect(try await caller.sendJSON(.post, Self.path, key: Self.admin, Self.body()).status == 200)
            #expect(try await caller.get("/v1/teams/1/redaction").text == before)
            _ = try await caller.ingest(#"{"connector_identifier":"crm","uri":"/e/ORD-00000009"}"#)
            #expect(try await caller.get("/v1/teams/1/logs").text.contains("/e/ORD-00000009"))
        }
    }

    @Test func readsOneConnectorOrFewEntries() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            try await Self.fill(caller)
            for (more, read, finds) in [
                (#","connector_identifier":"crm""#, 2, 2), (#","connector_identifier":"none""#, 0, 0),
                (#","limit":2"#, 2, 1), (#","connector_identifier":null"#, 4, 3),
            ] {
                let answer = try await caller.sendJSON(.post, Self.path, key: Self.admin, Self.body(Self.order, more))
                let told: RuleTrialDocument = try answer.decoded()
                #expect(told.entriesRead == read)
                #expect(told.rules.map(\.finds) == [finds])
            }
        }
    }

    @Test func redactsATextOfOnesOwn() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            let body = Self.body(#"{"names":["badge"],"exceptions":["token"]}"#, #","text":"badge=a&token=b""#)
            let answer = try await caller.sendJSON(.post, Self.path, key: Self.admin, body)
            #expect(answer.status == 200)
            #expect(
                answer.text.withPlainPlaceholders.contains(#""text":{"after":"badge=[redacted]&token=b","receipt":["#))
            #expect(answer.text.contains(#"{"rule":"parameter","field":"text.badge","count":1}"#))
        }
    }

    @Test(arguments: [Role.viewer, .recorder, .editor])
    func takesTheRoleThatSetsRules(_ role: Role) async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            try await Self.fill(caller)
            let answer = try await caller.sendJSON(.post, Self.path, key: TestServer.key(role), Self.body())
            #expect(answer.status == 403)
            #expect(!answer.text.contains("ORD"))
            let other = try await caller.sendJSON(.post, Self.path, key: TestServer.otherAdmin, Self.body())
            #expect(other.status == 403)
            let own = try await caller.sendJSON(
                .post, "/v1/teams/2/redaction/try", key: TestServer.otherAdmin, Self.body())
            #expect((try own.decoded() as RuleTrialDocument).entriesRead == 0)
        }
    }

    @Test(arguments: [
        (#"{"name":[]}"#, "the members are"), (#"{"names":["a",1]}"#, "names[1]"), (#"{"names":["ab"]}"#, "names[0]"),
        (#"{"patterns":[{"name":"a","expression":"x"},{"name":"b","expression":"("}]}"#, "patterns[1].expression"),
        (#"{"patterns":[{"name":"a b","expression":"x"}]}"#, "patterns[0].name"),
        (#"{"json_paths":["$.a","b"]}"#, "json_paths[1]"), (#"{"keep_no_bodies":["a b"]}"#, "keep_no_bodies[0]"),
        (#"{"patterns":[{"name":"a","expression":"é\n"}]}"#, "patterns[0].expression has a control"),
        (#"{"names":["abc\u2029"]}"#, "names[0]"),
    ])
    func tellsFaultsAsSettingDoes(_ rules: String, _ place: String) async throws {
        try await TestServer().run { caller async throws in
            let tried = try await caller.sendJSON(.post, Self.path, key: Self.admin, Self.body(rules))
            let set = try await caller.sendJSON(.put, "/v1/teams/1/redaction", key: Self.admin, rules)
            #expect(tried.status == 422)
            let (one, two): (ErrorEnvelope, ErrorEnvelope) = (try tried.decoded(), try set.decoded())
            #expect(one.error.message.hasPrefix(place))
            #expect(one.error == two.error)
        }
    }

    @Test(arguments: [
        ("{}", 422, "rules is missing"), (#"{"rules":[]}"#, 422, "rules"), (#"{"rules":{},"rule":1}"#, 422, "members"),
        (#"{"rules":{},"limit":0}"#, 422, "limit"), (#"{"rules":{},"limit":1001}"#, 422, "limit is 1 to 1000"),
        (#"{"rules":{},"limit":1000}"#, 200, ""), (#"{"rules":{},"limit":"5"}"#, 422, "limit"),
        (#"{"rules":{},"connector_identifier":"a b"}"#, 422, "connector_identifier"),
        (#"{"rules":{},"text":""}"#, 422, "text"), (#"{"rules":{},"text":"a\u0000"}"#, 422, "text"), ("{", 400, "JSON"),
    ])
    func checksTheRequest(_ body: String, _ status: Int, _ word: String) async throws {
        try await TestServer().run { caller async throws in
            let answer = try await caller.sendJSON(.post, Self.path, key: Self.admin, body)
            #expect(answer.status == status)
            #expect(answer.text.contains(word))
            if status >= 400 { #expect(answer.errorCode != nil) }
        }
    }

    @Test func holdsTheLimitOfATextOfOnesOwn() async throws {
        try await TestServer().run { caller async throws in
            for (count, status) in [(65_536, 200), (65_537, 422)] {
                let text = String(repeating: "x", count: count)
                let answer = try await caller.sendJSON(
                    .post, Self.path, key: Self.admin, Self.body("{}", #","text":"\#(text)""#))
                #expect(answer.status == status)
            }
        }
    }

    // MARK: - Limits of what is read

    private func environment(_ server: TestServer) -> ServerEnvironment {
        ServerEnvironment(dependencies: server.dependencies, settings: server.settings)
    }

    private func request() -> RuleTrialRequest {
        var rules = TeamRedactionRules()
        rules.names = ["ticket"]
        return RuleTrialRequest(rules: rules)
    }

    @Test func stopsAtItsLimitsAndSaysSo() async throws {
        let server = try await TestServer()
        _ = try await server.run { try await Self.fill($0) }
        var run = RuleTrialRun(environment: environment(server))
        run.bytes = 1
        let byBytes = try await run.run(request(), team: 1)
        #expect(byBytes.stoppedAt == .bytes)
        #expect(byBytes.result.entriesRead == 1)
        run = RuleTrialRun(environment: environment(server))
        run.duration = .zero
        let byTime = try await run.run(request(), team: 1)
        #expect(byTime.stoppedAt == .time)
        #expect(byTime.result.entriesRead == 0)
    }

    @Test func endsWithItsCaller() async throws {
        let server = try await TestServer()
        _ = try await server.run { try await Self.fill($0) }
        let run = RuleTrialRun(environment: environment(server))
        let request = request()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await run.run(request, team: 1)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func refusesMoreThanItsSlots() async throws {
        let slots = RuleTrialSlots(1)
        try await slots.run {
            let error = await #expect(throws: APIError.self) { try await slots.run {} }
            #expect(error?.code == .serviceUnavailable)
            #expect(error?.headers[.retryAfter] == "1")
        }
        // Also after a failure the slot is free again.
        await #expect(throws: CancellationError.self) { try await slots.run { throw CancellationError() } }
        try await slots.run {}
    }

    /// It is the one POST of which the work is worth nothing when nobody reads the answer.
    @Test func countsAsReading() {
        #expect(EdgeResponder.onlyReads(.post, Route.tryRedaction.path(["team_id": "1"])))
        #expect(EdgeResponder.onlyReads(.post, PageAddress.redactionTrial(1)))
        #expect(!EdgeResponder.onlyReads(.put, Route.setRedaction.path(["team_id": "1"])))
        #expect(!EdgeResponder.onlyReads(.post, PageAddress.redaction(1)))
        #expect(!EdgeResponder.onlyReads(.post, Route.ingest.path()))
    }
}
