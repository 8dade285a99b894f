import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import ConnectorLogTesting
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import ConnectorLogServer

/// The page that says where the invoker sends a connector's calls, over HTTP, in process.
@Suite("Page of the invoker") struct InvokerPageTests {
    private static let page = "/teams/1/connectors/crm/invoker"
    private static let api = "/v1/teams/1/connector_builder/connectors/crm"
    private static let value = "correct-horse-battery-staple"

    private typealias Fields = [(String, String)]

    /// Signed in with the key of a role, and with the token of the session's forms.
    private struct Reader {
        let reader: PagesRouteTests.Reader
        let token: String

        init(_ caller: TestCaller, _ role: Role) async throws {
            reader = PagesRouteTests.Reader(caller.client)
            _ = try await reader.signIn(TestServer.key(role))
            token = try #require(PagesRouteTests.token(in: try await reader.get("/").html))
        }

        func get(_ address: String = page) async throws -> TestResponse { try await reader.get(address) }

        /// As a browser does that opened the page just now.
        func post(_ fields: Fields) async throws -> TestResponse {
            let loaded = fields.contains { $0.0 == "loaded_settings" } ? nil : try await loaded()
            return try await reader.post(
                page, [("csrf_token", token)] + fields + (loaded.map { [("loaded_settings", $0)] } ?? []))
        }

        /// Nil where the page has no form.
        func loaded() async throws -> String? {
            try await get().html.firstMatch(of: /name="loaded_settings" value="([0-9a-f]{32})"/).map { String($0.1) }
        }
    }

    private func run(
        _ role: Role = .editor, _ json: String = "{}",
        _ body: @Sendable @escaping (TestServer, TestCaller, Reader) async throws -> Void
    ) async throws {
        let server = try await TestServer()
        try await server.store.createConnector(
            Fixtures.connector("crm", team: 1, at: server.clock.now, json: json), logo: nil)
        try await server.run { caller async throws in
            try await body(server, caller, try await Reader(caller, role))
        }
    }

    private func stored(_ server: TestServer) async throws -> String {
        try #require(try await server.store.connector(team: 1, identifier: "crm")).configuration.json
    }

    private static let fields: Fields = [
        ("base_url", " https://api.example.com/v2 "), ("time_limit_seconds", "5"), ("concurrency", "7.0"),
        ("calls_per_second", ""), ("retries", "2"), ("record", "required"), ("header_name_0", "Authorization"),
        ("header_value_0", "Bearer {{secret:API_TOKEN}}"), ("header_name_1", ""), ("header_value_1", ""),
        ("header_name_2", "X-Version"), ("header_value_2", "\"3\" \\ ü"),
    ]

    // MARK: - Saving

    @Test func savesWhatTheFormSays() async throws {
        try await run { server, caller, reader async throws in
            let saved = try await reader.post(Self.fields)
            #expect(saved.status == .seeOther && saved.headers[.location] == Self.page + "?done=saved")
            #expect(
                try await stored(server) == """
                    {"base_url":"https://api.example.com/v2","invoker":{"time_limit_seconds":5,"concurrency":7,\
                    "retries":2,"record":"required","headers":{"Authorization":"Bearer {{secret:API_TOKEN}}",\
                    "X-Version":"\\"3\\" \\\\ ü"}}}
                    """)
            let html = try await reader.get(Self.page + "?done=saved").html
            #expect(html.contains("role=\"status\">Saved."))
            for (field, value) in [
                ("base_url", "https://api.example.com/v2"), ("time_limit_seconds", "5"), ("concurrency", "7"),
                ("calls_per_second", ""), ("retries", "2"), ("header_name_0", "Authorization"),
                ("header_value_0", "Bearer {{secret:API_TOKEN}}"), ("header_name_1", "X-Version"),
            ] {
                #expect(Self.value(of: field, in: html) == value, "\(field)")
            }
            #expect(html.contains("name=\"record\" type=\"checkbox\" value=\"required\" checked"))
            let audit = try await server.store.audit(team: 1, before: nil, limit: 10)
            #expect(audit.map { "\($0.action) \($0.target ?? "")" } == ["updateConnector crm"])
            #expect(audit.first?.keyID == "key_editor")
            let shown = try await caller.get(Self.api, key: TestServer.key(.viewer)).text
            #expect(shown.contains("\"version\":\"2\""))
        }
    }

    private static func value(of field: String, in html: String) -> String? {
        guard let place = html.firstRange(of: " name=\"\(field)\"") else { return nil }
        let tag = html[place.upperBound...].prefix { $0 != ">" }
        return tag.firstMatch(of: /\svalue="([^"]*)"/).map { String($0.1) }
    }

    @Test func leavesEveryOtherMemberAsItWas() async throws {
        let json = #"""
            { "page_size" : 1.50, "base_url":"https:\/\/old.example.com", "a\u0062c":[1, {"base_url":7}],
              "invoker":{"later":{"x":9007199254740993},"concurrency":3,"headers":{"X-Old":"1"}}, "é":"}{,:\"\\" }
            """#
        try await run(.editor, json) { server, _, reader async throws in
            let saved = try await reader.post([("base_url", "https://new.example.com"), ("concurrency", "4")])
            #expect(saved.status == .seeOther)
            #expect(
                try await stored(server) == #"""
                    {"page_size":1.50,"base_url":"https://new.example.com","a\u0062c":[1, {"base_url":7}],\#
                    "invoker":{"later":{"x":9007199254740993},"concurrency":4},"é":"}{,:\"\\"}
                    """#)
            // An empty base URL takes the connector off, and leaves the rest.
            let off = try await reader.post([("base_url", ""), ("concurrency", "")])
            #expect(off.headers[.location] == Self.page + "?done=off")
            #expect(
                try await stored(server) == #"""
                    {"page_size":1.50,"a\u0062c":[1, {"base_url":7}],\#
                    "invoker":{"later":{"x":9007199254740993}},"é":"}{,:\"\\"}
                    """#)
            let html = try await reader.get(Self.page + "?done=off").html
            #expect(html.contains("off the invoker: its calls are refused") && html.contains(">Off</span>"))
        }
    }

    // MARK: - What is wrong

    @Test(arguments: [
        ("base_url", "ftp://api.example.com", "It is http:// or https://"),
        ("base_url", "api.example.com", "It is http:// or https://"),
        ("base_url", "https://api.example.com?x=1", "It is http:// or https://"),
        ("time_limit_seconds", "0", "It is 1 to 3600."), ("time_limit_seconds", "<b>", "It is 1 to 3600."),
        ("concurrency", "10001", "It is 1 to 10000."), ("concurrency", "1.5", "It is 1 to 10000."),
        ("calls_per_second", "99999999999999999999", "It is 1 to 100000."), ("retries", "6", "It is 0 to 5."),
        ("retries", "-1", "It is 0 to 5."),
    ])
    func saysWhatIsWrongAtItsField(_ field: String, _ text: String, _ words: String) async throws {
        try await run { server, _, reader async throws in
            let answer = try await reader.post(
                Self.fields.filter { $0.0 != field } + [(field, text), ("calls_per_second", "12")])
            #expect(answer.status == .unprocessableContent)
            let html = answer.html
            #expect(html.contains("role=\"alert\">Nothing was saved."))
            #expect(html.contains("id=\"\(field)-problem\">\(words)"))
            #expect(html.matches(of: /class="field-problem"/).count == 1)
            #expect(html.matches(of: /aria-invalid="true"/).count == 1)
            // What was typed stays.
            #expect(Self.value(of: field, in: html) == PageEscaping().escapeText(text))
            #expect(Self.value(of: "header_value_0", in: html) == "Bearer {{secret:API_TOKEN}}")
            #expect(html.contains("value=\"required\" checked"))
            #expect(try await stored(server) == "{}")
            #expect(try await server.store.audit(team: 1, before: nil, limit: 10).isEmpty)
        }
    }

    @Test func saysAllThatIsWrongAtOnce() async throws {
        try await run { _, _, reader async throws in
            let answer = try await reader.post([
                ("base_url", ""), ("time_limit_seconds", "x"), ("retries", "9"), ("header_name_0", "a b"),
                ("header_value_0", "1"), ("header_name_1", "Host"), ("header_value_1", "h"), ("header_name_2", "X-A"),
                ("header_value_2", "{{secret:"), ("header_name_3", "x-a"), ("header_value_3", "2"),
                ("header_name_4", "X-B"), ("header_value_5", "nameless"),
            ])
            #expect(answer.status == .unprocessableContent)
            let problems = answer.html.matches(of: /class="field-problem" id="([^"]+)-problem">([^<]+)</)
            #expect(
                problems.map { "\($0.1): \($0.2)" } == [
                    "time_limit_seconds: It is 1 to 3600.", "retries: It is 0 to 5.",
                    "header_name_0: It has a name that no header may have.",
                    "header_name_1: It has a name that cannot be set: the invoker says that itself, or keeps it.",
                    "header_name_2: It has a template without a name or an end: it is {{secret:NAME}}.",
                    "header_name_3: This name stands in another row, too.",
                    "header_name_4: There is no value. Empty both fields to take the header away.",
                    "header_name_5: It has a name that no header may have.",
                ])
        }
    }

    @Test func takesAsManyHeadersAsThereMayBe() async throws {
        try await run { server, _, reader async throws in
            func headers(_ count: Int) -> Fields {
                (0..<count).flatMap {
                    [("header_name_\($0)", "X-\($0)"), ("header_value_\($0)", String(repeating: "ä", count: 4096))]
                }
            }
            let refused = try await reader.post(headers(33))
            #expect(refused.status == .unprocessableContent)
            #expect(refused.html.contains("class=\"field-problem\">It has at most 32 fields."))
            #expect(refused.html.contains("name=\"header_name_32\" value=\"X-32\""))
            #expect(try await reader.post(headers(32)).status == .seeOther)
            #expect(InvokerForm(configuration: try await stored(server)).headers.count == 32)
            #expect(try await !reader.get().html.contains("header_name_32"))
        }
    }

    // MARK: - Secrets

    @Test func refusesSecretsAndShowsNone() async throws {
        try await run(.admin) { server, _, reader async throws in
            _ = try await server.vault.createSecret(
                name: "API_TOKEN", value: Self.value, ignoresCase: false, team: 1, connector: "crm",
                at: server.clock.now)
            let typed = "made-up-token-of-nobody-4711"
            let answers = [
                try await reader.post([("base_url", "https://maria:\(typed)@api.example.com/v2")]),
                try await reader.post([("base_url", "https://api.example.com/\(Self.value)/v2")]),
                try await reader.post([("header_name_0", "Authorization"), ("header_value_0", "Bearer \(typed)")]),
                try await reader.post([("header_name_0", "X-Any"), ("header_value_0", Self.value)]),
                try await reader.post([("header_name_0", "X-Any"), ("header_value_0", "[secret:k3f9c2]")]),
                try await reader.post([("time_limit_seconds", Self.value)]),
            ]
            let words = [
                "It has no place for a user name or a password", "It holds a secret, which would not be stored.",
                "The value is a secret, which is not stored here.", "The value is a secret",
                "The value is a secret", "It is 1 to 3600.",
            ]
            for (answer, words) in zip(answers, words) {
                #expect(answer.status == .unprocessableContent)
                #expect(answer.html.contains("-problem\">\(words)"), "\(words)")
                #expect(!answer.html.contains(typed) && !answer.html.contains(Self.value))
            }
            #expect(try await stored(server) == "{}")
            let html = try await reader.get().html
            #expect(html.contains("<li><code>{{secret:API_TOKEN}}</code></li>") && !html.contains(Self.value))
        }
    }

    @Test func saysThatASecretIsMissing() async throws {
        try await run { server, _, reader async throws in
            _ = try await reader.post(Self.fields)
            let html = try await reader.get().html
            #expect(html.contains("Calls are refused: the connector has no secret API_TOKEN."))
            #expect(html.contains("Secrets of this connector: none."))
            #expect(try await reader.get("/teams/1/connectors/crm").html.contains(">Calls are refused</a>"))
            _ = try await server.vault.createSecret(
                name: "API_TOKEN", value: Self.value, ignoresCase: false, team: 1, connector: "crm",
                at: server.clock.now)
            #expect(try await reader.get().html.contains("badge-good\">On</span>"))
        }
    }

    /// What somebody set by the API may be anything.
    @Test(arguments: [
        (#"{"base_url":7,"invoker":[]}"#, "Calls are refused: base_url has another type"),
        (
            #"{"base_url":"https://h","invoker":{"concurrency":0}}"#,
            "Calls are refused: invoker.concurrency is 1 to 10000."
        ),
        (#"{"base_url":"https://h","invoker":{"headers":{"A":5,"B":null}}}"#, "Calls are refused: invoker.headers."),
        (#"{"base_url":"https://h","invoker":{"retries":"2"}}"#, "Calls are refused: invoker.retries has another type"),
    ])
    func showsWhatIsWrongAlreadyAndMendsIt(_ json: String, _ words: String) async throws {
        try await run(.editor, json) { server, _, reader async throws in
            #expect(try await reader.get().html.contains(words))
            #expect(try await reader.post([("base_url", "https://h.example.com")]).status == .seeOther)
            #expect(try await stored(server) == #"{"base_url":"https://h.example.com"}"#)
            #expect(try await !reader.get().html.contains("Calls are refused"))
        }
    }

    // MARK: - Two at once

    @Test func savesNothingOverSettingsOfSomebodyElse() async throws {
        try await run { server, caller, reader async throws in
            let loaded = try #require(try await reader.loaded())
            func put(_ json: String) async throws {
                let answer = try await caller.sendJSON(
                    .put, Self.api, key: TestServer.key(.editor), #"{"configuration":{"configuration_json":\#(json)}}"#)
                #expect(answer.status == 204)
            }
            // What the form does not show is in nobody's way, and stays.
            try await put(#"{"page_size":5}"#)
            let first = try await reader.post([("loaded_settings", loaded), ("base_url", "https://a.example.com")])
            #expect(first.status == .seeOther)
            #expect(try await stored(server) == #"{"page_size":5,"base_url":"https://a.example.com"}"#)
            for form in [loaded, "", "x"] {
                let refused = try await reader.post([("loaded_settings", form), ("base_url", "https://b.example.com")])
                #expect(refused.status == .conflict)
                #expect(refused.html.contains("role=\"alert\">These settings were changed after"))
                #expect(Self.value(of: "base_url", in: refused.html) == "https://b.example.com")
                #expect(try await stored(server) == #"{"page_size":5,"base_url":"https://a.example.com"}"#)
                // To save once more is to mean it.
                let now = try #require(try await reader.loaded())
                #expect(refused.html.contains("name=\"loaded_settings\" value=\"\(now)\""))
            }
            #expect(try await server.store.audit(team: 1, before: nil, limit: 10).count == 2)
            #expect(try await reader.post([("base_url", "https://b.example.com")]).status == .seeOther)
        }
    }

    // MARK: - Who may

    @Test(arguments: [(Role.viewer, 403), (.editor, 303), (.admin, 303)])
    func letsEachRoleDoWhatTheAPILetsItDo(_ role: Role, _ status: Int) async throws {
        let json = #"{"base_url":"https://<i>.example.com","invoker":{"headers":{"X-A":"{{secret:API_TOKEN}}"}}}"#
        try await run(role, json) { server, caller, reader async throws in
            _ = try await server.vault.createSecret(
                name: "REGISTERED", value: Self.value, ignoresCase: false, team: 1, connector: "crm",
                at: server.clock.now)
            let html = try await reader.get().html
            let mayChange = role != .viewer
            #expect(html.contains("method=\"post\" action=\"\(Self.page)\"") == mayChange)
            #expect(html.contains("Editors and admins of the team change this.") != mayChange)
            #expect(html.contains("{{secret:REGISTERED}}") == mayChange)
            #expect(html.contains("https://&lt;i&gt;.example.com") && html.contains("{{secret:API_TOKEN}}"))
            #expect(html.contains("X-Connector-Log-Key: $RECORDER_KEY"))
            #expect(try await reader.post(Self.fields).status.code == status)
            let answer = try await caller.sendJSON(
                .put, Self.api, key: TestServer.key(role), #"{"configuration":{"configuration_json":{}}}"#)
            #expect((answer.status == 204) == (status == 303))
        }
    }

    @Test func takesFormsOfTheSessionAlone() async throws {
        try await run(.admin) { server, caller, reader async throws in
            for token in [[], [("csrf_token", "wrong")]] as [Fields] {
                #expect(try await reader.reader.post(Self.page, token + Self.fields).status == .forbidden)
            }
            let stranger = PagesRouteTests.Reader(caller.client)
            let answer = try await stranger.post(Self.page, [("csrf_token", reader.token)] + Self.fields)
            #expect(
                answer.headers[.location] == "/sign-in?next=%2Fteams%2F1%2Fconnectors%2Fcrm%2Finvoker&lost=1")
            let asked = try await stranger.get(Self.page)
            #expect(asked.headers[.location] == "/sign-in?next=%2Fteams%2F1%2Fconnectors%2Fcrm%2Finvoker")
            #expect(try await reader.post([("base_url", "https://h\u{0}")]).status == .badRequest)
            let large = [("header_value_0", String(repeating: "x", count: 1 << 20))]
            #expect(try await reader.post(large).status == .contentTooLarge)
            #expect(try await stored(server) == "{}")
        }
    }

    @Test(arguments: [
        ("/teams/2/connectors/crm/invoker", 403), ("/teams/1/connectors/none/invoker", 404),
        ("/teams/1/connectors/a%20b/invoker", 404), ("/teams/0/connectors/crm/invoker", 404),
    ])
    func reachesNoOtherConnector(_ address: String, _ status: Int) async throws {
        try await run { _, _, reader async throws in
            #expect(try await reader.get(address).status.code == status)
            let answer = try await reader.reader.post(address, [("csrf_token", reader.token)] + Self.fields)
            #expect(answer.status.code == status)
        }
    }

    // MARK: - Around it

    @Test func tellsHowTheConnectorCalls() async throws {
        try await run { _, _, reader async throws in
            let link = "<a class=\"button\" href=\"\(Self.page)\">"
            #expect(try await reader.get("/teams/1/connectors/crm").html.contains(link))
            #expect(try await reader.get().html.contains("Authorization: Bearer $VENDOR_TOKEN"))
            _ = try await reader.post(Self.fields)
            let html = try await reader.get().html
            let curl = try #require(html.firstMatch(of: /a curl command">\n(?s)(.*?)<\/pre>/)?.1)
            let lines = curl.split(separator: "\n")
            let first = try #require(lines.first)
            #expect(first.contains(#/^curl -sS &#39;http://[^&]+/invoke/crm/orders\?status=open&#39; \\$/#))
            #expect(lines.dropFirst() == ["  -H &quot;X-Connector-Log-Key: $RECORDER_KEY&quot;"])
            #expect(!html.contains(TestServer.key(.editor)))
        }
    }
}

@Suite struct JSONObjectTextTests {
    @Test(arguments: ["", "[]", "7", "{", "{\"a\":1", "{\"a\":1}x", "{\"a\":1,\"a\":2}", "{\"a\":1,}", "\"{}\""])
    func isNoObject(_ text: String) {
        #expect(JSONObjectText(text.utf8) == nil)
    }

    @Test(arguments: [
        ("{}", "{}"), (" { } ", "{}"), (#"{"a":1}"#, #"{"a":1}"#), (#"{"a" : [ 1 , 2 ] }"#, #"{"a":[ 1 , 2 ]}"#),
        (#"{"\"},{:":"\\","b":{"c":{}}}"#, #"{"\"},{:":"\\","b":{"c":{}}}"#),
        ("{\n\t\"a\": -1.50e+3,\r\n \"b\": null\n}", #"{"a":-1.50e+3,"b":null}"#),
    ])
    func keepsNamesAndValues(_ text: String, _ kept: String) throws {
        #expect(String(decoding: try #require(JSONObjectText(text.utf8)).bytes, as: UTF8.self) == kept)
    }

    @Test func setsOneMember() throws {
        var object = try #require(JSONObjectText(#"{"a":1,"b\u0063":{"x":[1]},"d":3}"#.utf8))
        #expect(object["bc"].map { String(decoding: $0, as: UTF8.self) } == #"{"x":[1]}"#)
        #expect(object["none"] == nil)
        object["bc"] = JSONObjectText.quoted("\"\n")
        object["e"] = Array("true".utf8)[...]
        object["a"] = nil
        #expect(String(decoding: object.bytes, as: UTF8.self) == #"{"b\u0063":"\"\n","d":3,"e":true}"#)
        for name in ["bc", "d", "e", "none"] { object[name] = nil }
        #expect(object.isEmpty && object.bytes == Array("{}".utf8))
    }
}
