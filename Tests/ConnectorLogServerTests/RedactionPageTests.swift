import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogSecrets
import ConnectorLogTesting
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ConnectorLogServer

/// The page of redaction over HTTP, in process: what each role sees and may do, and that no value is ever shown.
@Suite("Page of redaction") struct RedactionPageTests {
    private static let value = "correct-horse-battery-staple"
    private static let page = "/teams/1/redaction"

    /// Signed in with the key of a role, and with the token of the session's forms.
    private struct Reader {
        let reader: PagesRouteTests.Reader
        let token: String

        init(_ caller: TestCaller, _ key: String) async throws {
            reader = PagesRouteTests.Reader(caller.client)
            _ = try await reader.signIn(key)
            token = try #require(PagesRouteTests.token(in: try await reader.get("/").html))
        }

        func get(_ address: String = page) async throws -> TestResponse { try await reader.get(address) }

        func post(_ address: String, _ fields: [(String, String)]) async throws -> TestResponse {
            // As a browser does that opened the page just now.
            let loaded = fields.contains { $0.0 == "loaded_rules" } ? nil : try await loadedRules()
            return try await reader.post(
                address, [("csrf_token", token)] + fields + (loaded.map { [("loaded_rules", $0)] } ?? []))
        }

        /// Nil where the page has no form of rules.
        func loadedRules() async throws -> String? {
            try await get().html.firstMatch(of: /name="loaded_rules" value="([0-9a-f]{32})"/).map { String($0.1) }
        }
    }

    private func run(
        _ role: Role = .admin, requestsPerHour: Int? = nil,
        _ body: @Sendable @escaping (TestServer, TestCaller, Reader) async throws -> Void
    ) async throws {
        var server = try await TestServer()
        if let requestsPerHour { server.settings.rateLimitPerHour = requestsPerHour }
        for identifier in ["crm", "erp"] {
            try await server.store.createConnector(
                Fixtures.connector(identifier, team: 1, at: server.clock.now), logo: nil)
        }
        try await server.run { [server] caller async throws in
            try await body(server, caller, try await Reader(caller, TestServer.key(role)))
        }
    }

    private static let fields = [
        ("names", "x-ticket\r\n\r\n  badge  \r\n"), ("exceptions", "pin"), ("pattern_name_0", " order "),
        ("pattern_expression_0", "ORD-[0-9]{8} "), ("pattern_name_1", ""), ("pattern_expression_1", ""),
        ("pattern_name_2", "seat"), ("pattern_expression_2", "seat (\\w+)"), ("json_paths", "$.vat"), ("email", "1"),
        ("keep_no_bodies", "erp"),
    ]

    // MARK: - Rules

    @Test func savesWhatTheFormSays() async throws {
        try await run { server, _, reader async throws in
            let saved = try await reader.post(Self.page, Self.fields)
            #expect(saved.status == .seeOther)
            #expect(saved.headers[.location] == "/teams/1/redaction?done=rules#rules")
            var rules = TeamRedactionRules()
            rules.names = ["x-ticket", "badge"]
            rules.exceptions = ["pin"]
            rules.patterns = [
                .init(name: "order", expression: "ORD-[0-9]{8} "), .init(name: "seat", expression: "seat (\\w+)"),
            ]
            rules.jsonPaths = ["$.vat"]
            rules.removesEmails = true
            rules.connectorsWithoutBodies = ["erp"]
            #expect(try await server.vault.rules(team: 1) == rules)
            let html = try await reader.get("/teams/1/redaction?done=rules").html
            #expect(html.contains("role=\"status\">The rules are saved."))
            #expect(html.contains(">\nx-ticket\nbadge</textarea>"))
            #expect(html.contains("name=\"pattern_expression_1\" value=\"seat (\\w+)\""))
            #expect(html.contains("name=\"email\" value=\"1\" checked"))
            #expect(!html.contains("name=\"iban\" value=\"1\" checked"))
            // Nothing of an address comes onto the page but by a word that is known.
            let other = try await reader.get("/teams/1/redaction?done=other").html
            #expect(!other.contains("role=\"status\""))
            let emptied = try await reader.post(Self.page, [])
            #expect(emptied.status == .seeOther)
            #expect(try await server.vault.rules(team: 1) == TeamRedactionRules())
        }
    }

    @Test func triesWithoutSaving() async throws {
        try await run { server, caller, reader async throws in
            let sent = try await caller.ingest(
                #"{"connector_identifier":"crm","uri":"/<b>/ORD-12345678 "}"#,
                #"{"connector_identifier":"erp","response_body":"a salary"}"#)
            #expect(sent.status == 200)
            let tried = try await reader.post(Self.page + "/try", Self.fields + [("trial_text", "badge=7<i>&x=1")])
            #expect(tried.status == .ok)
            let html = tried.html
            #expect(html.contains("2 entries would change"))
            #expect(html.contains("/&lt;b&gt;/<del class=\"removed\">ORD-12345678 </del>"))
            #expect(html.contains("<del class=\"removed\">a salary</del>"))
            #expect(html.contains("<span class=\"faint\">nothing</span>"))
            #expect(html.contains("badge=<mark class=\"redacted\""))
            #expect(!html.contains("<b>") && !html.contains("7<i>"))
            // The form keeps what was typed.
            #expect(html.contains(">\nx-ticket\nbadge</textarea>"))
            #expect(html.contains("badge=7&lt;i&gt;&amp;x=1</textarea>"))
            #expect(try await server.vault.rules(team: 1) == TeamRedactionRules())
            let one = try await reader.post(Self.page + "/try", Self.fields + [("trial_connector", "crm")])
            #expect(one.html.contains("1 entry would change"))
            #expect(one.html.contains("<option value=\"crm\" selected>"))
            let none = try await reader.post(Self.page + "/try", [("trial_connector", "none")])
            #expect(none.html.contains("There are no stored entries of none to try the rules on."))
            #expect(none.html.contains("<option value=\"none\" selected>"))
        }
    }

    /// Two people have the page open: who saves second is told, and keeps what they typed.
    @Test func savesNothingOverRulesOfSomebodyElse() async throws {
        try await run { server, caller, reader async throws in
            let loaded = try #require(try await reader.loadedRules())
            let other = try await caller.sendJSON(
                .put, "/v1/teams/1/redaction", key: TestServer.key(.admin), #"{"names":["badge"]}"#)
            #expect(other.status == 200)
            // Neither a trial nor a fault makes the form one of the rules that are there now.
            for (address, names) in [(Self.page + "/try", "x-ticket"), (Self.page, "ab")] {
                let answer = try await reader.post(address, [("loaded_rules", loaded), ("names", names)])
                #expect(answer.html.contains("name=\"loaded_rules\" value=\"\(loaded)\""))
            }
            for form in [loaded, "", "x"] {
                let refused = try await reader.post(Self.page, [("loaded_rules", form), ("names", "x-ticket")])
                #expect(refused.status == .conflict)
                #expect(refused.html.contains("role=\"alert\">The team’s rules were changed after"))
                #expect(refused.html.contains(">\nx-ticket</textarea>"))
                #expect(try await server.vault.rules(team: 1).names == ["badge"])
                let now = try #require(try await reader.loadedRules())
                #expect(refused.html.contains("name=\"loaded_rules\" value=\"\(now)\""))
            }
            #expect(try await reader.post(Self.page, [("names", "x-ticket")]).status == .seeOther)
            #expect(try await server.vault.rules(team: 1).names == ["x-ticket"])
        }
    }

    @Test(arguments: [
        ("trial_connector", "a <b>", "This is no connector"),
        ("trial_text", String(repeating: "x", count: 65_537), "The text is too long"),
    ])
    func saysWhatIsWrongWithWhatRulesAreTriedOn(_ field: String, _ value: String, _ words: String) async throws {
        try await run { _, _, reader async throws in
            let answer = try await reader.post(Self.page + "/try", [(field, value), ("names", "x-ticket")])
            #expect(answer.status == .unprocessableContent)
            #expect(answer.html.contains("id=\"trial-problem\" role=\"alert\">\(words)"))
            #expect(answer.html.contains(">\nx-ticket</textarea>"))
            #expect(!answer.html.contains("<b>"))
        }
    }

    /// A browser sends two characters for a line break, and counts one.
    @Test func takesATextOfLinesUpToItsLimit() async throws {
        try await run { _, _, reader async throws in
            let text = String(repeating: "x\r\n", count: 32_768)
            #expect(try await reader.post(Self.page + "/try", [("trial_text", text)]).status == .ok)
        }
    }

    @Test func keepsNothingOfATextOfAConnectorWithoutBodies() async throws {
        try await run { _, _, reader async throws in
            let tried = try await reader.post(
                Self.page + "/try",
                [("keep_no_bodies", "erp"), ("trial_connector", "erp"), ("trial_text", "a salary")])
            let trial = try #require(tried.html.firstMatch(of: /id="trial"[\s\S]*?<\/section>/)).output
            #expect(trial.contains("body not kept") && !trial.contains("<pre") && !trial.contains("a salary"))
        }
    }

    @Test(arguments: [
        ([("names", "ab\nokay")], "names", "“ab”: a name has 3 to"),
        ([("exceptions", "okay\nab")], "exceptions", "“ab”: a name has 3 to"),
        ([("json_paths", "$.a\n$.\u{22}<x>")], "json_paths", "“$.&quot;&lt;x&gt;”: "),
        ([("keep_no_bodies", "a b")], "keep_no_bodies", "“a b”: has 1 to 100 of"),
        ([("names", (0..<201).map { "name\($0)" }.joined(separator: "\n"))], "names", "The list has at most 200"),
        (
            [
                ("pattern_name_3", "a"), ("pattern_expression_3", "("), ("pattern_name_0", "b"),
                ("pattern_expression_0", "b"),
            ],
            "pattern_name_1", "The expression: the group is not closed, at byte 0."
        ),
        ([("pattern_expression_0", "b")], "pattern_name_0", "The name has 1 to 64 of"),
    ])
    func saysAtTheFieldWhatIsWrong(_ fields: [(String, String)], _ field: String, _ words: String) async throws {
        try await run { server, _, reader async throws in
            for address in [Self.page, Self.page + "/try"] {
                let answer = try await reader.post(address, fields)
                #expect(answer.status == .unprocessableContent)
                let place = try #require(answer.html.firstRange(of: "id=\"\(field)-problem\">"))
                #expect(answer.html[place.upperBound...].hasPrefix(words))
                #expect(answer.html.contains("aria-errormessage=\"\(field)-problem\""))
                #expect(answer.html.matches(of: /class="field-problem"/).count == 1)
            }
            #expect(try await server.vault.rules(team: 1) == TeamRedactionRules())
        }
    }

    @Test func offersRowsUpToTheLimit() async throws {
        try await run { server, _, reader async throws in
            var rules = TeamRedactionRules()
            rules.patterns = (0..<49).map { .init(name: "p\($0)", expression: "x\($0)") }
            #expect(try await server.vault.setRules(rules, team: 1, at: server.clock.now))
            let html = try await reader.get().html
            #expect(html.contains("name=\"pattern_name_49\" value=\"\"") && !html.contains("pattern_name_50"))
        }
    }

    @Test func tellsWhatATrialLeftOut() throws {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array(Self.value.utf8))], team: 1, connector: nil)
        var rules = TeamRedactionRules()
        rules.names = (0..<31).map { "ticket\($0)" }
        var trial = try book.trial(of: rules, team: 1)
        var entry = LogEntry(
            summary: EntrySummary(
                id: EntryID(high: 1, low: 1), teamID: 1, logTime: PagesFixtures.now, connectorIdentifier: "crm",
                outcome: .ok))
        entry.summary.uri = "/?ticket7=\(Self.value)&x=\(Self.value)"
        trial.read(entry)
        var outcome = RuleTrialOutcome()
        outcome.result = trial.result
        var part = TrialPart(outcome, team: 1, connector: nil)
        #expect(part.rules.count == 20 && part.silentRules == "11 more rules found nothing.")
        #expect(part.standing?.contains("known secret 2.") == true)
        #expect(part.standing?.contains("verify-secrets --erase") == true)
        #expect(part.stopped == nil)
        outcome.stoppedAt = .bytes
        part = TrialPart(outcome, team: 1, connector: nil)
        #expect(part.stopped?.contains("32 MiB") == true)
        outcome.stoppedAt = .time
        part = TrialPart(outcome, team: 1, connector: nil)
        #expect(part.stopped?.contains("ten seconds") == true)
    }

    // MARK: - Secrets

    @Test(arguments: ["", "crm"])
    func registersAndDeletesSecrets(_ connector: String) async throws {
        try await run { server, caller, reader async throws in
            let fields = [("secret_name", "<token>"), ("secret_value", Self.value), ("connector", connector)]
            let added = try await reader.post(Self.page + "/secrets", fields + [("ignore_case", "1")])
            #expect(added.headers[.location] == "/teams/1/redaction?done=secret#secrets")
            let owner = connector.isEmpty ? nil : connector
            let secret = try #require(try await server.vault.secrets(team: 1, connector: owner).first)
            #expect(secret.name == "<token>" && secret.ignoresCase)
            _ = try await caller.ingest(#"{"connector_identifier":"crm","uri":"/x/\#(Self.value)"}"#)
            let logged = try await caller.get("/v1/teams/1/logs").text
            let html = try await reader.get().html
            // What stands in the log is what the list shows.
            let placeholder = try #require(logged.firstMatch(of: /\[secret:[0-9a-z]{6}\]/)).output
            #expect(html.contains(">\(placeholder)</mark>"))
            #expect(html.contains("&lt;token&gt;") && html.contains(secret.placeholder) && html.contains("either case"))
            #expect(!html.contains(Self.value))

            let deletion = PageAddress.secretDeletion(1, secret.placeholder)
            let wrong = try await reader.post(deletion, [("connector", connector.isEmpty ? "crm" : "")])
            #expect(wrong.status == .notFound)
            let deleted = try await reader.post(deletion, [("connector", connector)])
            #expect(deleted.headers[.location] == "/teams/1/redaction?done=deleted#secrets")
            #expect(try await server.vault.secrets(team: 1, connector: owner).isEmpty)
            #expect(try await reader.get().html.contains("No secret is registered."))
        }
    }

    @Test(arguments: [
        ("token", "abc", "", "4 bytes"), ("token", String(repeating: "v", count: 10_001), "", "10,000"),
        ("", value, "", "1 to 255"), (String(repeating: "n", count: 256), value, "", "1 to 255"),
        ("token", "", "", "missing"), ("token", value, "none", "no such connector"), ("taken", value, "", "exists"),
    ])
    func saysWhatIsWrongWithASecretWithoutItsValue(
        _ name: String, _ value: String, _ connector: String, _ words: String
    ) async throws {
        try await run { server, _, reader async throws in
            _ = try await server.vault.createSecret(
                name: "taken", value: "another-value", ignoresCase: false, team: 1, connector: nil, at: server.clock.now
            )
            let answer = try await reader.post(
                Self.page + "/secrets", [("secret_name", name), ("secret_value", value), ("connector", connector)])
            #expect(answer.status == .unprocessableContent)
            let place = try #require(answer.html.firstRange(of: "id=\"secret-problem\" role=\"alert\">"))
            #expect(answer.html[place.upperBound...].prefix(120).contains(words))
            #expect(value.count < 4 || !answer.html.contains(value))
            #expect(name.isEmpty || answer.html.contains("value=\"\(name)\""))
            // Also one that is no more: sent again, the form must not register the secret for another.
            #expect(answer.html.contains("<option value=\"\(connector)\" selected>"))
        }
    }

    @Test func takesAValueOfTenThousandCharacters() async throws {
        try await run { server, _, reader async throws in
            let value = String(repeating: "é", count: 10_000)
            let added = try await reader.post(
                Self.page + "/secrets", [("secret_name", "long"), ("secret_value", value)])
            #expect(added.status == .seeOther)
            #expect(try await server.vault.secrets(team: 1, connector: nil).count == 1)
        }
    }

    // MARK: - Who may

    private static let deletion = "/teams/1/redaction/secrets/sec_000000000/delete"

    @Test(arguments: [
        (Role.viewer, [403, 403, 403, 403, 403, 403]), (.editor, [403, 403, 403, 303, 403, 404]),
        (.admin, [303, 200, 303, 303, 404, 404]),
    ])
    func letsEachRoleDoWhatTheAPILetsItDo(_ role: Role, _ statuses: [Int]) async throws {
        try await run(role) { _, _, reader async throws in
            let secret = [("secret_name", "n"), ("secret_value", Self.value)]
            let forms: [(String, [(String, String)])] = [
                (Self.page, []), (Self.page + "/try", []), (Self.page + "/secrets", secret),
                (Self.page + "/secrets", secret + [("connector", "crm")]), (Self.deletion, []),
                (Self.deletion, [("connector", "crm")]),
            ]
            for (form, status) in zip(forms, statuses) {
                #expect(try await reader.post(form.0, form.1).status.code == status, "\(form.0)")
            }
        }
    }

    /// As the same calls of the API do; to look at pages is free.
    @Test func takesFromTheKeysBudget() async throws {
        try await run(requestsPerHour: 4) { server, caller, reader async throws in
            let secret = [("secret_name", "n"), ("secret_value", Self.value)]
            let forms = [
                (Self.page, []), (Self.page + "/try", []), (Self.page + "/secrets", secret), (Self.deletion, []),
            ]
            for (address, fields) in forms {
                #expect(try await reader.post(address, fields).status != .tooManyRequests)
            }
            for (address, fields) in forms {
                let refused = try await reader.post(address, fields)
                #expect(refused.status == .tooManyRequests)
                #expect(refused.headers[.retryAfter] == "900")
                #expect(refused.html.contains("The requests of this hour are used up."))
            }
            #expect(try await caller.get("/v1/teams/1/redaction", key: TestServer.key(.admin)).status == 429)
            #expect(try await server.vault.secrets(team: 1, connector: nil).count == 1)
            #expect(try await reader.get().status == .ok)
            server.clock.advance(bySeconds: 900)
            #expect(try await reader.post(Self.page, []).status == .seeOther)
        }
    }

    @Test func showsEachRoleWhatTheAPIShowsIt() async throws {
        for role in [Role.viewer, .editor, .admin] {
            try await run(role) { server, _, reader async throws in
                var rules = TeamRedactionRules()
                rules.patterns = [.init(name: "order", expression: "ORD-<[0-9]{8}")]
                #expect(try await server.vault.setRules(rules, team: 1, at: server.clock.now))
                for (name, connector) in [("of-team", nil), ("of-crm", "crm")] as [(String, String?)] {
                    _ = try await server.vault.createSecret(
                        name: name, value: Self.value, ignoresCase: false, team: 1, connector: connector,
                        at: server.clock.now)
                }
                let html = try await reader.get().html
                #expect(html.contains("ORD-&lt;[0-9]{8}"))
                #expect(html.contains("Try on stored entries") == (role == .admin))
                #expect(html.contains("<textarea") == (role == .admin))
                #expect(html.contains("of-team") == (role == .admin))
                #expect(html.contains("of-crm") == (role != .viewer))
                #expect(html.contains("Register a secret") == (role != .viewer))
                #expect(html.contains("Whole team</option>") == (role == .admin))
                #expect(html.contains("What always goes"))
                #expect(!html.contains(Self.value))
            }
        }
    }

    @Test func takesFormsOfTheSessionAlone() async throws {
        try await run { server, caller, reader async throws in
            let addresses = [Self.page, Self.page + "/try", Self.page + "/secrets", Self.deletion]
            for address in addresses {
                for token in [[], [("csrf_token", "wrong")]] {
                    #expect(try await reader.reader.post(address, token + Self.fields).status == .forbidden)
                }
                let stranger = PagesRouteTests.Reader(caller.client)
                let answer = try await stranger.post(address, [("csrf_token", reader.token)] + Self.fields)
                #expect(answer.status == .seeOther)
                #expect(answer.headers[.location] == "/sign-in?next=%2Fteams%2F1%2Fredaction&lost=1")
                #expect(try await reader.get(address).status.code == (address == Self.page ? 200 : 405))
            }
            #expect(try await server.vault.rules(team: 1) == TeamRedactionRules())
        }
    }

    @Test func reachesNoOtherTeam() async throws {
        try await run { _, _, reader async throws in
            for address in ["", "/try", "/secrets", "/secrets/sec_000000000/delete"] {
                let other = "/teams/2/redaction" + address
                #expect(try await reader.post(other, Self.fields).status == .forbidden)
            }
            #expect(try await reader.get("/teams/2/redaction").status == .forbidden)
        }
    }

    @Test func refusesU0000AndFormsThatAreTooLarge() async throws {
        try await run { _, _, reader async throws in
            #expect(try await reader.post(Self.page, [("names", "a\u{0}bc")]).status == .badRequest)
            let large = [("trial_text", String(repeating: "x", count: 2 << 20))]
            #expect(try await reader.post(Self.page + "/try", large).status == .contentTooLarge)
            let value = [("secret_name", "n"), ("secret_value", String(repeating: "x", count: 131_072))]
            #expect(try await reader.post(Self.page + "/secrets", value).status == .contentTooLarge)
        }
    }

    // MARK: - Around it

    @Test func isATabOfSettings() async throws {
        try await run(.viewer) { _, _, reader async throws in
            let settings = "<a href=\"/teams/1/settings\""
            let tab = "<a href=\"/teams/1/redaction\""
            #expect(try await reader.get("/").html.contains(settings + ">Settings</a>"))
            #expect(try await reader.get("/teams/1/settings").html.contains(tab + ">Redaction</a>"))
            let page = try await reader.get().html
            #expect(page.contains(settings + " aria-current=\"page\">Settings</a>"))
            #expect(page.contains(tab + " aria-current=\"page\">Redaction</a>"))
            let signIn = try await PagesRouteTests.Reader(reader.reader.client).get("/sign-in").html
            #expect(!signIn.contains("Redaction") && !signIn.contains("Settings"))
        }
    }

    @Test(arguments: RedactionRule.allCases)
    func saysOfEveryRuleWhatItMeans(_ rule: RedactionRule) throws {
        #expect(rule.meaning.hasSuffix(".") && rule.meaning.count > 20)
        #expect(RedactionRule.allCases.count { $0.meaning == rule.meaning } == 1)
        let viewer = PageFrame.Viewer(keyName: "Key", team: nil, teams: [], csrfToken: "token")
        var entry = LogEntry(
            summary: EntrySummary(
                id: EntryID(high: 1, low: 1), teamID: 1, logTime: PagesFixtures.now, connectorIdentifier: "crm",
                outcome: .ok))
        entry.receipt = [Redaction(rule: rule, field: "uri", count: 1)]
        var fault = RootFault(id: EntryID(high: 1, low: 1), teamID: 1, occurredAt: PagesFixtures.now, name: "Fault")
        fault.receipt = entry.receipt
        let templates = try PageTemplates()
        for html in [
            templates.render(EntryPage(viewer: viewer, entry: entry)),
            templates.render(FaultPage(viewer: viewer, fault: fault)),
        ] {
            #expect(html.contains(rule.meaning))
        }
    }
}
