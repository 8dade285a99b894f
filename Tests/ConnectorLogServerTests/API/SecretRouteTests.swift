import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import ConnectorLogTesting
import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import ConnectorLogServer

@Suite("Secrets and rules")
struct SecretRouteTests {
    private static let connector = "/v1/teams/1/connector_builder/connectors/crm"
    private static let ofConnector = connector + "/secrets"
    private static let ofTeam = "/v1/teams/1/secrets"
    private static let value = "correct-horse-battery-staple"

    private static func body(_ name: String, _ value: String = value) -> String {
        #"{"secret_name":"\#(name)","secret_value":"\#(value)"}"#
    }

    private func server(logger: Logger? = nil) async throws -> TestServer {
        let server = try await TestServer(logger: logger)
        for team in [1, 2] as [Int64] {
            try await server.store.createConnector(
                Fixtures.connector("crm", team: team, at: server.clock.now), logo: nil)
        }
        return server
    }

    private static let owners: [(path: String, role: Role)] = [(ofConnector, .editor), (ofTeam, .admin)]

    @Test(arguments: owners)
    func createsUpdatesAndDeletes(_ path: String, _ role: Role) async throws {
        let server = try await server()
        let now = server.clock.now
        let key = TestServer.key(role)
        try await server.run { caller async throws in
            #expect(try await caller.get(path, key: key).text == #"{"count":0,"secrets":[]}"#)
            let first = try await caller.sendJSON(.post, path, key: key, Self.body("b"))
            #expect(first.status == 201)
            let list: SecretListDocument = try first.decoded()
            let b = try #require(list.secrets.first)
            #expect(b.placeholder.wholeMatch(of: /sec_[0-9a-f]{9}/) != nil)
            #expect(
                first.text == """
                    {"count":1,"secrets":[{"secret_placeholder":"\(b.placeholder)","secret_name":"b",\
                    "ignore_case":false,"created_at":"\(now)","updated_at":"\(now)"}]}
                    """)
            let second = try await caller.sendJSON(
                .post, path, key: key, #"{"secret_name":"a","secret_value":"Value-2","ignore_case":true}"#)
            let both: SecretListDocument = try second.decoded()
            #expect(both.count == 2)
            #expect(both.secrets.map(\.name) == ["a", "b"])
            #expect(both.secrets.map(\.ignoresCase) == [true, false])
            #expect(try await caller.get(path, key: key).text == second.text)

            server.clock.advance(bySeconds: 60)
            let updated = try await caller.sendJSON(
                .put, "\(path)/\(b.placeholder)", key: key, #"{"secret_value":"value-3"}"#)
            #expect(updated.status == 204)
            #expect(updated.bytes.isEmpty)
            let deleted = try await caller.send(.delete, "\(path)/\(both.secrets[0].placeholder)", key: key)
            #expect(deleted.status == 204)
            let left: SecretListDocument = try await caller.get(path, key: key).decoded()
            #expect(left.secrets.map(\.placeholder) == [b.placeholder])
            #expect(left.secrets.map(\.createdAt) == [now])
            #expect(left.secrets.map(\.updatedAt) == [server.clock.now])
            #expect(try await caller.send(.delete, "\(path)/\(both.secrets[0].placeholder)", key: key).status == 404)
        }
    }

    /// What is told of a connector is stored and shown as well.
    @Test func connectorsAreRedactedAndTheirTemplatesStay() async throws {
        let server = try await server()
        let key = TestServer.key(.editor)
        try await server.run { caller async throws in
            #expect(try await caller.sendJSON(.post, Self.ofConnector, key: key, Self.body("n")).status == 201)
            let changed = try await caller.sendJSON(
                .put, Self.connector, key: key,
                """
                {"connector":{"name":"CRM \(Self.value)","description":"token=abc123"},"configuration":{\
                "configuration_json":{"api_key":"{{CRM_KEY}}","password":"hunter2","n":[1,"\(Self.value)"]}}}
                """)
            #expect(changed.status == 204)
            let text = try await caller.get(Self.connector, key: key).text
            for secret in [Self.value, "abc123", "hunter2"] { #expect(!text.contains(secret)) }
            #expect(
                text.withPlainPlaceholders.contains(
                    #"{"api_key":"{{CRM_KEY}}","password":"[redacted]","n":[1,"[redacted]"]}"#))
            #expect(text.withPlainPlaceholders.contains(#""name":"CRM [redacted]""#))
        }
    }

    @Test func aLogoWithASecretInItIsRefused() async throws {
        let server = try await server()
        try await server.run { caller async throws in
            let secret = try await caller.sendJSON(
                .post, Self.ofConnector, key: ConnectorRouteTests.editor, Self.body("n"))
            #expect(secret.status == 201)
            let image = LogoRouteTests.png + Array("tEXt\(Self.value)".utf8)
            #expect(try await LogoRouteTests.upload(caller, to: Self.connector, image).status == 422)
            #expect(try await caller.get(Self.connector + "/logo").status == 404)
            #expect(try await LogoRouteTests.upload(caller, to: Self.connector, LogoRouteTests.png).status == 201)
        }
    }

    @Test func aSecretHoldsForWhatComesNext() async throws {
        let server = try await server()
        try await server.run { caller async throws in
            let created = try await caller.sendJSON(
                .post, Self.ofConnector, key: TestServer.key(.editor), Self.body("n"))
            #expect(created.status == 201)
            let line = #"{"connector_identifier":"crm","uri":"/x?q=\#(Self.value)&r=1"}"#
            let sent = try await caller.sendJSON(.post, "/v1/ingest", key: TestServer.key(.recorder), line)
            #expect(sent.status == 200)
            let logs = try await caller.get("/v1/teams/1/logs", key: TestServer.key(.viewer)).text
            #expect(logs.withPlainPlaceholders.contains("/x?q=[redacted]&r=1"))
        }
    }

    @Test(arguments: owners)
    func takesANameOnce(_ path: String, _ role: Role) async throws {
        try await server().run { caller async throws in
            let key = TestServer.key(role)
            #expect(try await caller.sendJSON(.post, path, key: key, Self.body("n")).status == 201)
            let again = try await caller.sendJSON(.post, path, key: key, Self.body("n", "another-value"))
            #expect(again.status == 409)
            #expect(again.errorCode == "CONFLICT_ERROR")
            // In another team, or for another owner, it is free.
            let other = path.replacing("/teams/1/", with: "/teams/2/")
            #expect(try await caller.sendJSON(.post, other, key: TestServer.otherAdmin, Self.body("n")).status == 201)
        }
    }

    @Test(arguments: [
        (#"{"secret_value":"value"}"#, 422, "secret_name"), (#"{"secret_name":"n"}"#, 422, "secret_value"),
        (#"{"secret_name":"","secret_value":"value"}"#, 422, "secret_name"),
        (#"{"secret_name":"n","secret_value":""}"#, 422, "secret_value"),
        (#"{"secret_name":"n","secret_value":"abc"}"#, 422, "4 bytes"),
        (#"{"secret_name":"n","secret_value":"éa"}"#, 422, "4 bytes"),
        (#"{"secret_name":"n","secret_value":"éaa"}"#, 201, ""),
        (#"{"secret_name":"n","secret_value":1234}"#, 422, "secret_value"),
        (#"{"secret_name":"n","secret_value":"a\u0000bcd"}"#, 422, "secret_value"),
        (#"{"secret_name":"n","secret_value":"value","ignore_case":1}"#, 422, "ignore_case"),
        (#"{"secret_name":"n","secret_value":"value","ignore_case":null}"#, 422, "ignore_case"),
        (#"{"secret_name":"n","secret_value":"value","ignore_cases":true}"#, 422, "members"),
        ("[]", 422, "object"), ("{", 400, "JSON"),
    ])
    func checksWhatIsCreated(_ body: String, _ status: Int, _ word: String) async throws {
        let answer = try await server().run {
            try await $0.sendJSON(.post, Self.ofConnector, key: TestServer.key(.editor), body)
        }
        #expect(answer.status == status)
        #expect(answer.text.contains(word))
        if status >= 400 { #expect(answer.errorCode != nil) }
    }

    @Test func holdsTheLimits() async throws {
        let server = try await server()
        let key = TestServer.key(.editor)
        try await server.run { caller async throws in
            for (count, status) in [(10_000, 201), (10_001, 422)] {
                let body = Self.body("v\(count)", String(repeating: "v", count: count))
                #expect(try await caller.sendJSON(.post, Self.ofConnector, key: key, body).status == status)
            }
            for (count, status) in [(255, 201), (256, 422)] {
                let body = Self.body(String(repeating: "n", count: count))
                #expect(try await caller.sendJSON(.post, Self.ofConnector, key: key, body).status == status)
            }
            for number in 3...100 {
                _ = try await server.vault.createSecret(
                    name: "n\(number)", value: "value-\(number)", ignoresCase: false, team: 1, connector: "crm",
                    at: server.clock.now)
            }
            let more = try await caller.sendJSON(.post, Self.ofConnector, key: key, Self.body("more"))
            #expect(more.status == 422)
            #expect(more.text.contains("100"))
            let list: SecretListDocument = try await caller.get(Self.ofConnector, key: key).decoded()
            #expect(list.count == 100)
        }
    }

    @Test func findsNothingOfAnotherOwner() async throws {
        try await server().run { caller async throws in
            let admin = TestServer.key(.admin)
            let made = try await caller.sendJSON(.post, Self.ofConnector, key: admin, Self.body("n"))
            let placeholder = try (made.decoded() as SecretListDocument).secrets[0].placeholder
            let wrong = [
                (Self.ofTeam, admin), ("/v1/teams/2/secrets", TestServer.otherAdmin),
                (Self.ofConnector.replacing("/teams/1/", with: "/teams/2/"), TestServer.otherAdmin),
                (Self.ofConnector.replacing("crm", with: "none"), admin),
            ]
            for (path, key) in wrong {
                let change = #"{"secret_value":"other-value"}"#
                let updated = try await caller.sendJSON(.put, "\(path)/\(placeholder)", key: key, change)
                #expect(updated.status == 404)
                #expect(updated.errorCode == "NOT_FOUND")
                #expect(try await caller.send(.delete, "\(path)/\(placeholder)", key: key).status == 404)
            }
            let none = Self.ofConnector.replacing("crm", with: "none")
            #expect(try await caller.get(none, key: admin).status == 404)
            #expect(try await caller.sendJSON(.post, none, key: admin, Self.body("n")).status == 404)
            let long = Self.ofConnector + "/" + String(repeating: "s", count: 101)
            #expect(try await caller.send(.delete, long, key: admin).status == 400)
            let list: SecretListDocument = try await caller.get(Self.ofConnector, key: admin).decoded()
            #expect(list.count == 1)
        }
    }

    @Test func deletesAConnectorsSecretsWithIt() async throws {
        let server = try await server()
        try await server.run { caller async throws in
            let key = TestServer.key(.editor)
            _ = try await caller.sendJSON(.post, Self.ofConnector, key: key, Self.body("n"))
            #expect(try await caller.send(.delete, Self.connector, key: key).status == 204)
            #expect(try await caller.get(Self.ofConnector, key: key).status == 404)
            #expect(try await server.store.allSecrets().isEmpty)
        }
    }

    /// Whatever is done with it, a value stands in no answer, in no header, and in no line of the server's own log.
    @Test func neverGivesAValueOut() async throws {
        let lines = Mutex<[String]>([])
        var logger = Logger(label: "test") { _ in CollectingLog { line in lines.withLock { $0.append(line) } } }
        logger.logLevel = .trace
        let server = try await server(logger: logger)
        let told = Mutex<[String]>([])
        try await server.run { caller async throws in
            let key = TestServer.key(.admin)
            func send(_ method: HTTPRequest.Method, _ path: String, _ body: String = "") async throws {
                let answer = try await caller.sendJSON(method, path, key: key, body)
                told.withLock { $0.append(answer.text + "\(answer.headers)") }
            }
            for path in [Self.ofConnector, Self.ofTeam] {
                try await send(.post, path, Self.body("n"))
                try await send(.post, path, Self.body("n"))
                try await send(.post, path, Self.body("n").dropLast() + #","more":1}"#)
                try await send(.post, path, String(Self.body("n").dropLast()))
                try await send(.post, path, #"{"secret_name":["\#(Self.value)"],"secret_value":{"\#(Self.value)":1}}"#)
                try await send(.get, path)
                try await send(.put, path + "/sec_000000000", #"{"secret_value":"\#(Self.value)"}"#)
                try await send(.put, path + "/sec_000000000", #"{"secret_values":"\#(Self.value)"}"#)
                try await send(.post, path.replacing("crm", with: "none"), Self.body("n"))
                try await send(.get, Self.connector)
            }
        }
        #expect(told.withLock { $0 }.count == 20)
        for text in told.withLock({ $0 }) + lines.withLock({ $0 }) { #expect(!text.contains(Self.value)) }
        for secret in try await server.store.allSecrets() {
            #expect(!String(decoding: secret.sealedValue, as: UTF8.self).contains(Self.value))
        }
    }

    // MARK: - Rules

    private static let redaction = "/v1/teams/1/redaction"
    private static let none = """
        {"names":[],"exceptions":[],"patterns":[],"json_paths":[],\
        "personal_data":{"email":false,"phone":false,"iban":false},"keep_no_bodies":[]}
        """

    @Test func setsRulesAsAWhole() async throws {
        try await server().run { caller async throws in
            let admin = TestServer.key(.admin)
            #expect(try await caller.get(Self.redaction).text == Self.none)
            let rules = """
                {"names":["x-pass"],"exceptions":["token_count"],\
                "patterns":[{"name":"order","expression":"ORD-[0-9]{8}"}],"json_paths":["$.customer.vat_id"],\
                "personal_data":{"email":true,"phone":false,"iban":true},"keep_no_bodies":["payroll"]}
                """
            let set = try await caller.sendJSON(.put, Self.redaction, key: admin, rules)
            #expect(set.status == 200)
            #expect(set.text == rules)
            #expect(try await caller.get(Self.redaction).text == rules)
            let part = try await caller.sendJSON(
                .put, Self.redaction, key: admin, #"{"personal_data":{"phone":true}}"#)
            #expect(part.text == Self.none.replacing(#""phone":false"#, with: #""phone":true"#))
            #expect(try await caller.sendJSON(.put, Self.redaction, key: admin, "{}").text == Self.none)
            #expect(try await caller.get("/v1/teams/2/redaction", key: TestServer.otherAdmin).text == Self.none)
        }
    }

    @Test(arguments: [
        (#"{"name":[]}"#, "members"), (#"{"names":"a"}"#, "names"), (#"{"names":null}"#, "names"),
        (#"{"names":["a",1]}"#, "names[1]"), (#"{"names":["a",""]}"#, "names[1]"),
        (#"{"patterns":["a"]}"#, "patterns[0]"), (#"{"patterns":[{"name":"a"}]}"#, "patterns[0].expression"),
        (#"{"patterns":[{"name":"a b","expression":"x"}]}"#, "patterns[0].name"),
        (#"{"patterns":[{"name":"a","expression":"x"},{"name":"a","expression":"y"}]}"#, "patterns[1].name"),
        (#"{"patterns":[{"name":"a","expression":"x","more":1}]}"#, "members"),
        (#"{"personal_data":{"emails":true}}"#, "members"), (#"{"personal_data":{"email":1}}"#, "personal_data.email"),
        (#"{"keep_no_bodies":["a b"]}"#, "keep_no_bodies[0]"), (#"{"json_paths":[""]}"#, "json_paths[0]"),
        ("[]", "object"),
    ])
    func namesWhatIsWrongWithRules(_ body: String, _ field: String) async throws {
        let answer = try await server().run {
            try await $0.sendJSON(.put, Self.redaction, key: TestServer.key(.admin), body)
        }
        #expect(answer.status == 422)
        #expect(answer.errorCode == "UNPROCESSABLE_ENTITY")
        #expect(answer.text.contains(field))
    }
}

/// Keeps every line, with all of its metadata.
private struct CollectingLog: LogHandler {
    let collect: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ collect: @escaping @Sendable (String) -> Void) { self.collect = collect }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        collect("\(event.message) \(metadata) \(event.metadata ?? [:]) \(event.error.map { "\($0)" } ?? "")")
    }
}
