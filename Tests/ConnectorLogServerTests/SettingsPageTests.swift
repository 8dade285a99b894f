import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Crypto
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite struct SettingsPageTests {
    /// A key of each role, made up.
    private static func key(_ role: Role) -> String { "clk_example-\(role.rawValue)-of-settings-00000000000" }

    private func run(
        _ role: Role?, _ body: @Sendable @escaping (PagesRouteTests.Reader, InMemoryStore) async throws -> Void
    ) async throws {
        try await PagesRouteTests().withReader { reader, store in
            guard let role else {
                _ = try await reader.signIn(PagesFixtures.ownerKey)
                return try await body(reader, store)
            }
            try await store.createKey(
                Fixtures.key("own", team: 1, role: role, at: PagesFixtures.now),
                hash: Array(SHA256.hash(data: Array(Self.key(role).utf8))))
            _ = try await reader.signIn(Self.key(role))
            try await body(reader, store)
        }
    }

    private func token(_ reader: PagesRouteTests.Reader, _ address: String = "/teams/1/settings") async throws -> (
        String, String
    ) {
        ("csrf_token", try #require(PagesRouteTests.token(in: try await reader.get(address).html)))
    }

    /// The fields of the form that makes keys.
    private func keyForm(_ reader: PagesRouteTests.Reader, _ more: [(String, String)]) async throws -> [(
        String, String
    )] {
        let page = try await reader.get("/teams/1/settings/keys").html
        let formID = try #require(page.firstMatch(of: /name="form_id" value="([^"]+)"/)?.output.1)
        return [try await token(reader), ("form_id", String(formID))] + more
    }

    private func actions(_ store: InMemoryStore, team: Int64? = 1) async throws -> [String] {
        try await store.audit(team: team, before: nil, limit: 100).map { "\($0.action) \($0.target ?? "-")" }
    }

    // MARK: - Keys

    @Test func showsAKeyOnceAndTakesItAtOnce() async throws {
        try await run(.admin) { reader, store in
            let form = try await keyForm(
                reader, [("name", " orders <b> "), ("role", "viewer"), ("lifetime", "30")])
            let made = try await reader.post("/teams/1/settings/keys", form)
            #expect(made.status == .created)
            let text = try #require(
                made.html.firstMatch(of: /<code data-copy="key">(clk_[A-Za-z0-9_-]+)<\/code>/)?.output.1)
            #expect(made.headers[.cacheControl] == "no-store")
            #expect(made.html.contains("orders &lt;b&gt;"))
            let page = try await reader.get("/teams/1/settings/keys").html
            #expect(!page.contains(text) && page.contains("orders &lt;b&gt;"))
            let key = try #require(try await store.keys(team: 1).first { $0.name == "orders <b>" })
            #expect(key.role == .viewer && key.expiresAt == PagesFixtures.now.advanced(bySeconds: 30 * 86_400))
            // A page that is loaded again sends its form again.
            let again = try await reader.post("/teams/1/settings/keys", form)
            #expect(again.headers[.location] == "/teams/1/settings/keys?done=sent")
            #expect(try await store.keys(team: 1).count(where: { $0.name == "orders <b>" }) == 1)
            let other = PagesRouteTests.Reader(reader.client)
            #expect(try await other.signIn(String(text)).status == .seeOther)
            #expect(try await other.get("/").status == .ok)

            let revoked = try await reader.post("/teams/1/settings/keys/\(key.id)/revoke", [try await token(reader)])
            #expect(revoked.headers[.location] == "/teams/1/settings/keys?done=revoked")
            #expect(try await other.get("/").status == .seeOther)
            #expect(try await actions(store) == ["revokeKey \(key.id)", "createKey \(key.id)"])
        }
    }

    @Test(arguments: ["", "   ", String(repeating: "x", count: 300)])
    func saysWhatIsWrongWithAName(name: String) async throws {
        try await run(.admin) { reader, store in
            let before = try await store.keys(team: 1).count
            let answer = try await reader.post(
                "/teams/1/settings/keys",
                try await keyForm(reader, [("name", name), ("role", "editor"), ("lifetime", "never")]))
            #expect(answer.status == .unprocessableContent)
            #expect(answer.html.contains("id=\"key-problem\""))
            // What was chosen stays chosen.
            #expect(answer.html.contains("value=\"editor\" selected"))
            #expect(try await store.keys(team: 1).count == before)
            #expect(try await actions(store).isEmpty)
        }
    }

    @Test func revokesNoKeyOfAnotherTeam() async throws {
        try await run(.admin) { reader, store in
            try await store.createKey(
                Fixtures.key("other", team: 2, role: .viewer, at: PagesFixtures.now), hash: Fixtures.digest(77))
            let answer = try await reader.post("/teams/1/settings/keys/other/revoke", [try await token(reader)])
            #expect(answer.status == .notFound)
            #expect(try await store.keys(team: 2).count == 1)
        }
    }

    // MARK: - Retention

    @Test func savesAndResetsRetention() async throws {
        try await run(.admin) { reader, store in
            let page = "/teams/1/settings/retention"
            let saved = try await reader.post(
                page, [try await token(reader), ("entries_days", "90"), ("details_days", " 30 "), ("confirmed", "1")])
            #expect(saved.headers[.location] == page + "?done=saved")
            #expect(try await store.retention(team: 1) == Retention(entryDays: 90, detailDays: 30))
            #expect(try await reader.get(page).html.contains("90 days"))
            let forever = try await reader.post(
                page, [try await token(reader), ("entries_days", ""), ("details_days", "7"), ("confirmed", "1")])
            #expect(forever.status == .seeOther)
            #expect(try await store.retention(team: 1) == Retention(entryDays: nil, detailDays: 7))
            for form in [page, page + "/reset"] {
                let unconfirmed = try await reader.post(
                    form, [try await token(reader), ("entries_days", "1"), ("details_days", "1")])
                #expect(unconfirmed.status == .unprocessableContent && unconfirmed.html.contains("Confirm that"))
            }
            #expect(try await store.retention(team: 1) == Retention(entryDays: nil, detailDays: 7))
            _ = try await reader.post(page + "/reset", [try await token(reader), ("confirmed", "1")])
            #expect(try await store.retention(team: 1) == nil)
            #expect(try await actions(store) == ["resetRetention -", "setRetention -", "setRetention -"])
        }
    }

    @Test(arguments: [("30", "90"), ("0", ""), ("x", ""), ("40000", ""), ("-1", ""), ("1.5", ""), ("", "9 9")])
    func refusesRetentionThatIsNone(entries: String, details: String) async throws {
        try await run(.admin) { reader, store in
            let answer = try await reader.post(
                "/teams/1/settings/retention",
                [try await token(reader), ("entries_days", entries), ("details_days", details)])
            #expect(answer.status == .unprocessableContent)
            #expect(answer.html.contains("id=\"retention-problem\"") && answer.html.contains("value=\"\(entries)\""))
            #expect(try await store.retention(team: 1) == nil)
        }
    }

    // MARK: - Teams

    @Test func renamesAndCreatesTeamsForTheOwner() async throws {
        try await run(nil) { reader, store in
            let renamed = try await reader.post("/teams/1/settings", [try await token(reader), ("name", "Orders")])
            #expect(renamed.headers[.location] == "/teams/1/settings?done=renamed")
            let created = try await reader.post(
                "/teams/1/settings/teams", [try await token(reader), ("name", "New <b>")])
            #expect(created.headers[.location] == "/teams/3/settings?done=created")
            #expect(try await store.teams().map(\.name) == ["Orders", "Marketing data", "New <b>"])
            let page = try await reader.get("/teams/3/settings?done=created").html
            #expect(page.contains("New &lt;b&gt;") && page.contains("role=\"status\""))
            #expect(try await actions(store) == ["updateTeam Orders"])
            #expect(try await actions(store, team: nil) == ["createTeam 3"])
            let audit = try await reader.get("/teams/1/settings/audit?of=server").html
            #expect(audit.contains("Create team") && !audit.contains("Update team"))
        }
    }

    // MARK: - Who may

    @Test(arguments: [Role.viewer, .editor])
    func changesNothingForLowerRoles(role: Role) async throws {
        try await run(role) { reader, store in
            let token = try await token(reader)
            for (address, fields) in [
                ("/teams/1/settings", [("name", "X")]), ("/teams/1/settings/teams", [("name", "X")]),
                ("/teams/1/settings/keys", [("name", "X"), ("role", "admin"), ("lifetime", "")]),
                ("/teams/1/settings/keys/viewer/revoke", []),
                ("/teams/1/settings/retention", [("entries_days", "1"), ("details_days", "1")]),
                ("/teams/1/settings/retention/reset", []),
            ] {
                #expect(try await reader.post(address, [token] + fields).status == .forbidden, "\(address)")
            }
            #expect(try await store.retention(team: 1) == nil)
            let keys = try await reader.get("/teams/1/settings/keys").html
            #expect(keys.contains("Keys are shown to admins") && !keys.contains("<form class=\"panel\""))
            #expect(try await reader.get("/teams/1/settings/audit").html.contains("shown to admins"))
            #expect(try await reader.get("/teams/1/settings").html.contains("<form class=\"panel") == false)
            #expect(try await actions(store).isEmpty)
        }
    }

    @Test func wantsTheSessionsToken() async throws {
        try await run(.admin) { reader, store in
            for token in ["", "x"] {
                let answer = try await reader.post(
                    "/teams/1/settings/keys",
                    [("csrf_token", token), ("name", "X"), ("role", "viewer"), ("lifetime", "never")])
                #expect(answer.status == .forbidden)
            }
            reader.dropCookie("connectorlog_session")
            let stranger = try await reader.post("/teams/1/settings/keys/viewer/revoke", [])
            #expect(stranger.headers[.location] == "/sign-in?next=%2Fteams%2F1%2Fsettings%2Fkeys&lost=1")
            let signIn = try await reader.get(try #require(stranger.headers[.location])).html
            #expect(signIn.contains("was not saved"))
            #expect(try await !reader.get("/sign-in").html.contains("was not saved"))
            #expect(try await actions(store).isEmpty)
        }
    }

    // MARK: - Audit

    @Test func listsWhoDidWhat() async throws {
        try await run(.admin) { reader, store in
            for number in 1...60 {
                try await store.note(
                    AuditRecord(
                        at: PagesFixtures.now, teamID: 1, keyID: "key_1", keyName: "<i>Admin</i>", action: "revokeKey",
                        target: "key_<b>\(number)", requestID: "req_00000001"))
            }
            let page = try await reader.get("/teams/1/settings/audit").html
            #expect(page.contains("Revoke key") && page.contains("&lt;i&gt;Admin&lt;/i&gt;"))
            #expect(page.contains("key_&lt;b&gt;60<") && !page.contains("key_&lt;b&gt;10<"))
            let next = try #require(page.firstMatch(of: /rel="next" href="([^"]+)"/)?.output.1)
            let second = try await reader.get(String(next)).html
            #expect(second.contains("key_&lt;b&gt;10<") && !second.contains("key_&lt;b&gt;11<"))
        }
    }
}
