import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogSecrets
import ConnectorLogServer
import ConnectorLogTesting
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

/// The pages over HTTP, in process, on the in-memory store.
@Suite struct PagesRouteTests {
    // MARK: - Sign-in

    @Test func sendsStrangersToTheSignInPageAndBack() async throws {
        try await withReader { reader, _ in
            let address = PageAddress.log(1, state: PagesFixtures.failedState) + "?order=newest"
            let refused = try await reader.get(address)
            #expect(refused.status == .seeOther)
            let next = try #require(refused.headers[.location])
            #expect(next.hasPrefix("/sign-in?next=%2Fteams%2F1%2Fstates%2F"))
            let answer = try await reader.signIn(PagesFixtures.viewerKey, next: address)
            #expect(answer.status == .seeOther)
            #expect(answer.headers[.location] == address)
            #expect(try await reader.get(address).status == .ok)
        }
    }

    @Test func setsCookiesThatScriptsAndOtherSitesCannotUse() async throws {
        for isSecure in [false, true] {
            try await withReader(isSecure: isSecure) { reader, _ in
                _ = try await reader.get("/sign-in")
                var cookies = reader.setCookies
                _ = try await reader.signIn(PagesFixtures.viewerKey)
                cookies += reader.setCookies
                #expect(cookies.count == 2)
                for cookie in cookies {
                    let attributes = cookie.split(separator: ";").dropFirst().map { $0.drop { $0 == " " } }
                    #expect(attributes.contains("HttpOnly"))
                    #expect(attributes.contains("SameSite=Strict"))
                    #expect(attributes.contains("Path=/"))
                    #expect(attributes.contains("Secure") == isSecure)
                    #expect(!cookie.contains(PagesFixtures.viewerKey))
                }
            }
        }
    }

    @Test(arguments: [
        (PagesFixtures.expiredKey, 401), ("clk_unknown", 401), ("", 401), (PagesFixtures.recorderKey, 403),
    ])
    func refusesKeysThatMayNotRead(key: String, status: Int) async throws {
        try await withReader { reader, _ in
            let answer = try await reader.signIn(key)
            #expect(answer.status.code == status)
            #expect(answer.html.contains("role=\"alert\""))
            #expect(key.isEmpty || !answer.html.contains(key))
            #expect(try await reader.get("/").status == .seeOther)
        }
    }

    @Test func takesAKeyWithBlanksAroundIt() async throws {
        try await withReader { reader, _ in
            let answer = try await reader.signIn("  \(PagesFixtures.viewerKey)\r\n")
            #expect(answer.status == .seeOther)
            #expect(try await reader.get("/").status == .ok)
        }
    }

    @Test(arguments: ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
    func neverLeadsElsewhereAfterSignIn(next: String) async throws {
        try await withReader { reader, _ in
            let answer = try await reader.signIn(PagesFixtures.viewerKey, next: next)
            #expect(answer.headers[.location] == "/")
        }
    }

    @Test func refusesSignInWithoutTheFormsToken() async throws {
        try await withReader { reader, _ in
            let key = ("key", PagesFixtures.viewerKey)
            #expect(try await reader.post("/sign-in", [key]).status == .forbidden)
            let token = try #require(Self.token(in: try await reader.get("/sign-in").html))
            #expect(try await reader.post("/sign-in", [key, ("csrf_token", token + "A")]).status == .forbidden)
            reader.dropCookie("connectorlog_guest")
            #expect(try await reader.post("/sign-in", [key, ("csrf_token", token)]).status == .forbidden)
            #expect(try await reader.get("/").status == .seeOther)
        }
    }

    @Test func signsOutOnlyWithTheSessionsToken() async throws {
        try await withReader { reader, _ in
            let guestToken = try #require(Self.token(in: try await reader.get("/sign-in").html))
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let token = try #require(Self.token(in: try await reader.get("/").html))
            #expect(try await reader.get("/sign-out").status.code == 405)
            #expect(try await reader.post("/sign-out", []).status == .forbidden)
            #expect(try await reader.post("/sign-out", [("csrf_token", guestToken)]).status == .forbidden)
            #expect(try await reader.get("/").status == .ok)
            let answer = try await reader.post("/sign-out", [("csrf_token", token)])
            #expect(answer.status == .seeOther)
            #expect(reader.setCookies.contains { $0.contains("Max-Age=0") })
            #expect(try await reader.get("/").status == .seeOther)
        }
    }

    @Test func endsSessionsOfARevokedKeyAtOnce() async throws {
        try await withReader { reader, store in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            #expect(try await reader.get("/").status == .ok)
            #expect(try await !reader.get("/sign-in").html.contains("session is over"))
            #expect(try await store.revokeKey(team: 1, id: "viewer"))
            #expect(try await reader.get("/").status == .seeOther)
            // It says why the form stands there again.
            #expect(try await reader.get("/sign-in").html.contains("session is over"))
            reader.dropCookie("connectorlog_session")
            #expect(try await !reader.get("/sign-in").html.contains("session is over"))
        }
    }

    @Test func refusesForgedSessions() async throws {
        try await withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let value = try #require(reader.cookies["connectorlog_session"])
            for forged in [value + "A", String(value.dropLast()), "A" + value, "", "a.b", "owner.0.x"] {
                reader.setCookie("connectorlog_session", forged)
                #expect(try await reader.get("/").status == .seeOther)
            }
        }
    }

    /// SameSite=Strict keeps the cookie at home when a link of another site leads here.
    @Test func asksAgainFromHereAfterALinkOfAnotherSite() async throws {
        try await withReader { reader, _ in
            let site = try #require(HTTPField.Name("Sec-Fetch-Site"))
            let raw = try await reader.get("/teams/1?search=\"><script>", headers: [site: "cross-site"])
            #expect(raw.html.contains("content=\"0; url=/teams/1?search=&quot;&gt;&lt;script&gt;\""))
            let fine = try await reader.get("/teams/1?search=%22%3E", headers: [site: "cross-site"])
            #expect(fine.status == .ok)
            #expect(fine.html.contains("content=\"0; url=/teams/1?search=%22%3E\""))
        }
    }

    // MARK: - Headers

    @Test func sendsAStrictPolicyWithEveryPage() async throws {
        try await withReader { reader, _ in
            let signInPage = try await reader.get("/sign-in")
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            for page in [
                signInPage, try await reader.get("/"), try await reader.get("/teams/1/logs/none"),
                try await reader.get("/nowhere"),
            ] {
                let policy = page.headers[.contentSecurityPolicy] ?? ""
                #expect(policy.contains("default-src 'none'"))
                #expect(policy.contains("script-src 'self'") && policy.contains("style-src 'self'"))
                #expect(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"))
                #expect(policy.contains("base-uri 'none'"))
                #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("http"))
                #expect(page.headers[.cacheControl] == "no-store")
                #expect(page.headers[.xContentTypeOptions] == "nosniff")
                #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            }
        }
    }

    @Test func servesAssetsForEver() async throws {
        try await withReader { reader, _ in
            let page = try await reader.get("/sign-in").html
            for asset in PageAssets.all {
                #expect(page.contains(asset.address))
                let answer = try await reader.get(asset.address)
                #expect(answer.status == .ok)
                #expect(answer.headers[.cacheControl] == "public, max-age=31536000, immutable")
                #expect(Array(buffer: answer.body) == asset.bytes)
            }
            #expect(try await reader.get("/assets/pages-0000000000000000.css").status == .notFound)
        }
    }

    // MARK: - Teams

    @Test func showsOtherTeamsToNobody() async throws {
        try await withReader { reader, store in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let id = try #require(
                try await store.entries(EntryQuery(teamID: 1, limit: 1)).rows.first?.id)
            for address in [
                "/teams/2", "/teams/2/flows.csv", "/teams/2/connectors", "/teams/2/connectors/crm", "/teams/2/search",
                "/teams/2/settings", "/teams/2/settings/keys", "/teams/2/settings/retention",
                "/teams/2/settings/audit", "/teams/2/redaction", "/teams/2/flows/campaigns",
                "/teams/2/flows/campaigns/states.csv",
                "/teams/2/states/secret-run/log", "/teams/2/logs/\(id)", "/teams/2/logs/\(id)/failures",
                "/teams/2/faults/\(id)", "/teams/2/faults/\(id)/message", "/teams/99",
            ] {
                let answer = try await reader.get(address)
                #expect(answer.status == .forbidden, "\(address)")
                #expect(!answer.html.contains("Campaign") && !answer.html.contains("Marketing"))
            }
            for address in [
                "/teams/1/states/secret-run/log", "/teams/1/flows/campaigns", "/teams/0", "/teams/x", "/teams/01",
                "/teams/1/logs/none", "/teams/1/faults/\(id)", "/teams/1/states/none/log", "/teams/1/nothing",
            ] {
                #expect(try await reader.get(address).status == .notFound, "\(address)")
            }
            let home = try await reader.get("/").html
            #expect(!home.contains("Marketing data"))
        }
    }

    @Test func letsTheOwnerSwitchTeams() async throws {
        try await withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.ownerKey)
            let home = try await reader.get("/").html
            #expect(home.contains("href=\"/teams/2\""))
            #expect(home.contains("Sync orders to the warehouse"))
            let other = try await reader.get("/teams/2").html
            #expect(other.contains("Campaign costs"))
            #expect(!other.contains("Sync orders"))
        }
    }

    // MARK: - Pages

    @Test func findsARunWhoseIdsHoldEveryCharacter() async throws {
        try await withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let home = try await reader.get("/").html
            let flow = PageAddress.flow(1, PagesFixtures.awkwardFlow)
            #expect(home.contains("href=\"\(flow)\""))
            let insights = try await reader.get(flow)
            let log = PageAddress.log(1, state: PagesFixtures.awkwardState)
            #expect(insights.html.contains("href=\"\(log)\""))
            #expect(try await reader.get(log).status == .ok)
        }
    }

    @Test func showsWhatWasSentAsTextAlone() async throws {
        try await withReader { reader, store in
            _ = try await reader.signIn(PagesFixtures.ownerKey)
            var query = EntryQuery(teamID: 1)
            query.stateID = PagesFixtures.awkwardState
            let entry = try #require(try await store.entries(query).rows.first)
            var faultQuery = FaultQuery(teamID: 1)
            faultQuery.stateID = PagesFixtures.awkwardState
            let fault = try #require(try await store.faults(faultQuery).rows.first)
            let flow = PageAddress.flow(1, PagesFixtures.awkwardFlow)
            var shown = 0
            for address in [
                "/", flow, PageAddress.log(1, state: PagesFixtures.awkwardState), PageAddress.entry(1, entry.id),
                PageAddress.failures(1, entry: entry.id), PageAddress.fault(1, fault.id),
                "/?search=%22%3E%3Cscript%3Ealert('q')%3C/script%3E", "/teams/1/search?range=1y&q=script",
                "/teams/1/search?q=%22%3E%3Cscript%3Ealert('q')%3C/script%3E&event=%22%3E%3Cscript%3Ealert(1)",
                "/teams/1/connectors?search=%22%3E%3Cscript%3Ealert('q')%3C/script%3E",
                "/teams/1/connectors/hubspot?event=%22%3E%3Cscript%3Ealert('q')%3C/script%3E",
            ] + PageAddress.FaultPart.allCases.map({ PageAddress.fault(1, fault.id, part: $0) }) {
                let answer = try await reader.get(address)
                #expect(answer.status == .ok)
                let html = answer.html
                // The one script is the page's own.
                #expect(html.matches(of: /<script/.ignoresCase()).count == 1, "\(address)")
                #expect(html.matches(of: #/<(?:b|i|u)[ >]/#).isEmpty)
                #expect(html.matches(of: #/<img\s/#).count == 1)
                #expect(!html.contains("onerror=") || html.contains("&lt;img src=x onerror="))
                #expect(html.matches(of: ##/href="(?!/|#|https://example\.com/)/##).isEmpty)
                // A quote under a combining mark would still end an attribute.
                #expect(!html.unicodeScalars.contains("\u{301}") || html.contains("&quot;\u{301}"))
                if html.contains("&lt;script&gt;alert(") || html.contains("&lt;img") { shown += 1 }
            }
            #expect(shown >= 8)
        }
    }

    @Test func listsCallsAndFaultsOfOneRun() async throws {
        try await withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let log = try await reader.get(PageAddress.log(1, state: PagesFixtures.failedState)).html
            for text in [
                "Connector Log Events", "Root Faults", "Data Save Fault", ">View<", ">Failures<", ">Details<",
                "Jun 1st 2025, 10:59:10",
            ] {
                #expect(log.contains(text), "\(text)")
            }
            #expect(log.matches(of: /<tr class="tone-good"/).count == 7)
            let failed = try await reader.get(PageAddress.log(1, state: PagesFixtures.failedState) + "?outcome=failed")
            #expect(failed.html.matches(of: /<tr class="tone-good"/).isEmpty)
            let empty = try await reader.get(PageAddress.log(1, state: "invoice-3")).html
            #expect(empty.matches(of: /No Results/).count == 2)
        }
    }

    @Test func marksWhatWasRedactedAndNeverShowsIt() async throws {
        try await withReader { reader, store in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            var query = EntryQuery(teamID: 1)
            query.stateID = PagesFixtures.failedState
            for row in try await store.entries(query).rows {
                let html = try await reader.get(PageAddress.entry(1, row.id)).html
                #expect(html.contains("<mark class=\"redacted\""))
                #expect(html.contains("request_headers.Authorization"))
                #expect(!html.contains("made-up-"))
            }
        }
    }

    @Test func pagesThroughAllRowsOnce() async throws {
        try await withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            func walk(_ start: String, _ row: Regex<(Substring, Substring)>) async throws -> (ids: [String], pages: Int)
            {
                var (ids, pages) = ([String](), 0)
                var address: String? = start
                while let here = address, pages < 10 {
                    let html = try await reader.get(here).html
                    ids += html.matches(of: row).map { String($0.output.1) }
                    address = html.firstMatch(of: /rel="next" href="([^"]+)"/)
                        .map { String($0.output.1.replacing("&amp;", with: "&")) }
                    pages += 1
                }
                return (ids, pages)
            }
            let states = try await walk("/teams/1/flows/invoices?range=all", /states\/(invoice-[0-9]+)\/log/)
            #expect(states.pages == 2)
            #expect(Set(states.ids).count == 58 && states.ids.count == 58)
            for order in ["", "?order=newest"] {
                let events = try await walk(
                    "/teams/1/states/invoice-0/log" + order, /class="action" href="\/teams\/1\/logs\/([0-9a-f-]{36})"/)
                #expect(events.pages == 2)
                #expect(Set(events.ids).count == 120 && events.ids.count == 120)
            }
        }
    }

    @Test func refusesCursorsOfOtherLists() async throws {
        try await withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let html = try await reader.get("/teams/1/flows/invoices?range=all").html
            let next = try #require(html.firstMatch(of: /cursor=([^"&]+)/)?.output.1)
            for address in [
                "/teams/1/flows/invoices?cursor=\(next)", "/teams/1/search?cursor=\(next)",
                "/teams/1/connectors/hubspot?cursor=\(next)",
                "/teams/1/states/invoice-0/log?cursor=\(next)", "/teams/1/flows/invoices?range=all&cursor=\(next)A",
                "/teams/1/search?cursor=x",
            ] {
                #expect(try await reader.get(address).status == .badRequest, "\(address)")
            }
        }
    }

    @Test func filtersByStatusAndRange() async throws {
        try await withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let flow = PageAddress.flow(1, PagesFixtures.ordersFlow)
            func rows(_ query: String) async throws -> Int {
                try await reader.get(flow + query).html.matches(of: /<tr class="tone-/).count
            }
            #expect(try await rows("") == 4)
            #expect(try await rows("?range=7d") == 3)
            #expect(try await rows("?range=24h") == 3)
            #expect(try await rows("?range=24h&status=done") == 1)
            #expect(try await rows("?status=expired&range=all") == 1)
            #expect(try await rows("?status=expired&range=24h") == 0)
            #expect(try await rows("?status=") == 4)
            #expect(try await reader.get(flow + "?status=wrong").status == .badRequest)
        }
    }

    @Test func downloadsEveryFilteredRow() async throws {
        try await withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let all = try await reader.get("/teams/1/flows/invoices/states.csv?range=all")
            #expect(all.headers[.contentType] == "text/csv; charset=utf-8; header=present")
            #expect(all.headers[.contentDisposition] == "attachment; filename=\"insights-invoices.csv\"")
            #expect(all.html.split(separator: "\r\n").count == 59)
            let failed = try await reader.get("/teams/1/flows/invoices/states.csv?range=all&status=failed").html
            #expect(failed.split(separator: "\r\n").dropFirst().allSatisfy { $0.hasPrefix("Failed,") })
            #expect(failed.split(separator: "\r\n").count == 7)
            #expect(try await reader.get(PageAddress.statesCSV(1, PagesFixtures.awkwardFlow)).status == .ok)
        }
    }

    @Test func downloadsCallsAsArchives() async throws {
        try await withReader { reader, store in
            let path = "/teams/1/states/invoice-0/har"
            #expect(try await reader.get(path).status == .seeOther)
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let all = try await reader.get(path)
            #expect(all.headers[.contentType] == "application/json; charset=utf-8")
            #expect(all.headers[.contentDisposition] == "attachment; filename=\"connector-log-invoice-0.har\"")
            #expect(all.headers[.cacheControl] == "no-store")
            func urls(_ har: String) throws -> [String] {
                let json = try #require(JSONSerialization.jsonObject(with: Data(har.utf8)) as? [String: Any])
                let entries = (json["log"] as? [String: Any])?["entries"] as? [[String: Any]]
                return try #require(entries).compactMap { ($0["request"] as? [String: Any])?["url"] as? String }
            }
            #expect(try urls(all.html) == (0..<120).map { "https://billing.example/api/invoices/\($0)" })
            var query = EntryQuery(teamID: 1, limit: 1)
            query.stateID = PagesFixtures.failedState
            let entry = try #require(try await store.entries(query).rows.first)
            let one = try await reader.get(PageAddress.har(1, entry: entry.id))
            #expect(try urls(one.html) == [entry.uri])
            #expect(!one.html.contains("made-up"))
            #expect(try await reader.get(PageAddress.har(1, state: PagesFixtures.awkwardState)).status == .ok)
            #expect(try await reader.get("/teams/1/states/none/har").status == .notFound)
            #expect(try await reader.get("/teams/1/logs/none/har").status == .notFound)
            #expect(try await reader.get("/teams/2/states/secret-run/har").status == .forbidden)
        }
    }

    @Test func leadsFromCallToCall() async throws {
        try await withReader { reader, store in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            var query = EntryQuery(teamID: 1, order: .oldestFirst, limit: 20)
            query.stateID = PagesFixtures.failedState
            let calls = try await store.entries(query).rows
            let failed = try #require(calls.first { $0.outcome == .failed })
            for (index, call) in calls.enumerated() {
                let html = try await reader.get(PageAddress.entry(1, call.id)).html
                func leads(_ word: String, to other: EntrySummary?) -> Bool {
                    guard let other else { return !html.contains(">\(word)</a>") }
                    return html.contains(" href=\"\(PageAddress.entry(1, other.id))\">\(word)</a>")
                }
                #expect(leads("Previous call", to: index > 0 ? calls[index - 1] : nil))
                #expect(leads("Next call", to: index + 1 < calls.count ? calls[index + 1] : nil))
                #expect(leads("First failed call", to: call.id == failed.id ? nil : failed))
            }
        }
    }

    @Test func isLiveWhileAStateIsInProgress() async throws {
        try await withReader { reader, store in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let running = PageAddress.log(1, state: "c3d9f2aa-1b7d-45c1-a7bb-9a1e64a2b002")
            let html = try await reader.get(running + "?outcome=failed").html
            #expect(
                html.contains(
                    "data-live-source=\"/teams/1/states/c3d9f2aa-1b7d-45c1-a7bb-9a1e64a2b002/events?outcome=failed&amp;since="
                )
            )
            let done = try await reader.get(PageAddress.log(1, state: "invoice-0")).html
            #expect(!done.contains("data-live-source"))
            #expect(done.contains("id=\"call-") && done.contains("href=\"#call-"))
        }
    }

    // MARK: - Errors

    @Test func tellsTheAPIAndReadersApart() async throws {
        try await withReader { reader, _ in
            let page = try await reader.get("/nowhere")
            #expect(page.status == .notFound)
            #expect(page.html.contains("Nothing here"))
            let api = try await reader.get("/v1/nowhere")
            #expect(api.headers[.contentType]?.hasPrefix("application/json") == true)
        }
    }

    @Test func refusesFormsThatAreNone() async throws {
        try await withReader { reader, _ in
            let type = try await reader.client.execute(
                uri: "/sign-in", method: .post, headers: [.contentType: "text/plain"], body: ByteBuffer(string: "x"))
            #expect(type.status.code == 415)
            let size = try await reader.post("/sign-in", [("key", String(repeating: "x", count: 20_000))])
            #expect(size.status.code == 413)
        }
    }
}

extension TestResponse {
    var html: String { String(buffer: body) }
}
