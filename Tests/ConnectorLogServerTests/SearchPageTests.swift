import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@Suite struct SearchPageTests {
    private let now = PagesFixtures.now

    // MARK: - Matches

    private func marks(_ text: MatchedText?) -> String? {
        text?.matched.map { $0.isMatch ? "[\($0.text)]" : $0.isFaint ? "(\($0.text))" : $0.text }.joined()
    }

    @Test(arguments: [
        ("a rate limit", "RATE", "a [rate] limit"), ("aaa", "a", "[a][a][a]"), ("aaa", "aa", "[aa]a"),
        ("abc", "x", "abc"),
        ("Ärger", "ärger", "Ärger"), ("Ärger", "Är", "[Är]ger"), ("", "x", ""), ("x", "xyz", "x"),
        ("a b", " ", "a[ ]b"),
    ])
    func marksMatchesAsTheStoreFindsThem(text: String, needle: String, marked: String) {
        #expect(marks(MatchedText(text, needle: .init(needle))) == marked)
    }

    @Test(arguments: [
        ("rate limit, rates", "rate", "[rate] limit, rates"), ("a-rate", "RATE", "a-[rate]"),
        ("rate_x", "rate", "[rate]_x"),
        ("crate", "rate", "crate"), ("rate limited", "rate limit", "rate limited"), ("ärate", "rate", "ärate"),
        ("x rate limit", "rate limit", "x [rate limit]"), ("(x)", "(", "[(]x)"),
    ])
    func marksWholeWordsAlone(text: String, needle: String, marked: String) {
        #expect(marks(MatchedText(text, needle: .init(needle, isWord: true))) == marked)
    }

    @Test func marksOverTheBordersOfAnAddress() {
        let uri = DisplayURI("https://a.example/x/y?q=1")
        #expect(marks(MatchedText(uri, needle: nil)) == "(https://a.example)/x/y(?q=1)")
        #expect(marks(MatchedText(uri, needle: .init("example/x"))) == "(https://a.)[example][/x]/y(?q=1)")
    }

    /// Texts that begin the needle again and again take no longer than others.
    @Test func findsNeedlesThatRepeatThemselves() {
        #expect(marks(MatchedText("aabaabaaab", needle: .init("aabaaa"))) == "aab[aabaaa]b")
        #expect(marks(MatchedText("abababab", needle: .init("abab"))) == "[abab][abab]")
        #expect(marks(MatchedText("xab abab", needle: .init("ab", isWord: true))) == "xab abab")
        #expect(marks(MatchedText("xab ab-ab", needle: .init("ab", isWord: true))) == "xab [ab]-[ab]")
        var random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            let text = String((0..<12).map { _ in Bool.random(using: &random) ? "a" : "b" })
            let needle = String(
                (0..<Int.random(in: 1...4, using: &random)).map { _ in Bool.random(using: &random) ? "a" : "b" })
            let expected = text.replacing(needle, with: "[\(needle)]")
            #expect(marks(MatchedText(text, needle: .init(needle))) == expected)
        }
    }

    @Test func cutsAnExcerptAtCharacters() throws {
        let text = String(repeating: "ä", count: 100) + "needle" + String(repeating: "ö", count: 100)
        let excerpt = try #require(MatchedText.excerpt(of: text, needle: .init("NEEDLE"), around: 9))
        #expect(marks(excerpt) == "(…)äääää[needle]ööööö(…)")
        #expect(MatchedText.excerpt(of: text, needle: .init("none")) == nil)
        #expect(marks(MatchedText.excerpt(of: "a\nneedle\tb", needle: .init("needle"))) == "a [needle] b")
    }

    // MARK: - Filters

    @Test func readsTheFieldsOfTheForm() throws {
        let filter = SearchFilter(
            PageForm(
                "q=+limit+&connector=crm&outcome=failed&status=4xx&method=POST&event=data.save&request_id=r&flow_id=f&state_id=s&range=24h"
            ))
        let query = try filter.entryQuery(team: 3, now: now, limit: 50)
        #expect(query.teamID == 3 && query.limit == 50 && query.order == .newestFirst)
        #expect(query.word == "limit" && query.text == nil && query.connector == "crm" && query.outcome == .failed)
        #expect(query.status == .hundred(4) && query.method == "POST" && query.event == "data.save")
        #expect(query.requestID == "r" && query.flowID == "f" && query.stateID == "s")
        // As the chart above the list.
        let buckets = PageRange.day.buckets(now: now)
        #expect(query.from == buckets.from && query.to == buckets.to)
        let address = PageAddress.address("/x", query: filter.query())
        #expect(SearchFilter(PageForm(String(address.dropFirst(3)))) == filter)
    }

    @Test func searchesWithinWordsWhenAsked() throws {
        let query = try SearchFilter(PageForm("q=lim&within=1")).entryQuery(team: 1, now: now, limit: 50)
        #expect(query.text == "lim" && query.word == nil)
    }

    @Test(arguments: [
        ("status=abc", "status"), ("status=99", "status"), ("connector=a%20b", "connector"), ("outcome=bad", "outcome"),
    ])
    func saysWhichFieldCannotBeSearchedFor(query: String, field: String) {
        #expect {
            _ = try SearchFilter(PageForm(query)).entryQuery(team: 1, now: now, limit: 50)
        } throws: { ($0 as? SearchFilter.Problem)?.field.rawValue == field }
    }

    @Test func cutsWhatIsTooLong() {
        let filter = SearchFilter(PageForm("q=" + String(repeating: "x", count: 1000)))
        #expect(filter[.text]?.count == 255)
    }

    // MARK: - The page

    @Test func findsCallsByTextInBodiesAndMarksIt() async throws {
        try await PagesRouteTests().withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let html = try await reader.get("/teams/1/search?q=rate_limit").html
            #expect(html.contains("<mark class=\"match\">RATE_LIMIT</mark>"))
            #expect(html.contains("Response body"))
            #expect(html.contains("<h2 id=\"results\">1 call</h2>"))
            #expect(html.contains("id=\"found\" data-chart"))
            let none = try await reader.get("/teams/1/search?q=nothing-like-it").html
            #expect(none.contains("No Results") && none.contains("Show all calls"))
        }
    }

    @Test func pagesThroughAllThatIsFound() async throws {
        try await PagesRouteTests().withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            var ids: [String] = []
            var address: String? = "/teams/1/search?q=invoices&state_id=invoice-0"
            var pages = 0
            while let here = address, pages < 9 {
                let html = try await reader.get(here).html
                ids += html.matches(of: /class="action" href="\/teams\/1\/logs\/([0-9a-f-]{36})"/).map {
                    String($0.output.1)
                }
                // The chart is drawn once.
                #expect(html.contains("data-chart") == (pages == 0))
                address = html.firstMatch(of: /rel="next" href="([^"]+)"/)
                    .map { String($0.output.1.replacing("&amp;", with: "&")) }
                pages += 1
            }
            #expect(pages == 3)
            #expect(ids.count == 120 && Set(ids).count == 120)
        }
    }

    @Test func saysWhatIsWrongBesideTheField() async throws {
        try await PagesRouteTests().withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let answer = try await reader.get("/teams/1/search?status=abc")
            #expect(answer.status == .ok)
            #expect(answer.html.contains("id=\"status-problem\">A status is"))
            #expect(!answer.html.contains("id=\"results\""))
        }
    }
}
