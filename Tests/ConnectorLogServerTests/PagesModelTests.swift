import ConnectorLogCore
import ConnectorLogServer
import Testing

@Suite struct PagesModelTests {
    private let viewer = PageFrame.Viewer(keyName: "Key", team: nil, teams: [], csrfToken: "token")
    private let now = PagesFixtures.now

    private func state(_ status: FlowState.Status = .done) -> FlowState {
        FlowState(
            teamID: 1, stateID: "s/1", status: status, createdAt: now.advanced(bySeconds: -3600),
            lastActionAt: now.advanced(bySeconds: -1800))
    }

    // MARK: - Addresses

    @Test(arguments: [
        "plain-id_1", "a/b", "..", ".", "", "~", "~~", "~.", "~..", "~x", "%2F", "a%b", "ä ö", "x?y#z", "\"'<>&", "+",
        "\u{0}", "…", "...", "\u{301}",
    ])
    func bringsEveryIDThroughAnAddress(id: String) throws {
        let address = PageAddress.log(1, state: id)
        let segments = address.split(separator: "/", omittingEmptySubsequences: false)
        #expect(segments.count == 6)
        #expect(!["", ".", ".."].contains(segments[4]))
        #expect(address.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        let decoded = try #require(PageAddress.decode(segments[4]))
        #expect(Array(decoded.utf8) == Array(id.utf8))
    }

    @Test(arguments: ["%", "%1", "%zz", "%ff", "%c3%28"])
    func refusesBrokenEscapes(segment: String) {
        #expect(PageAddress.decode(segment) == nil)
    }

    @Test(arguments: ["/", "/teams/1?x=1#y", "/teams/1/states/%2F%2F/log"])
    func goesOnToAddressesOfItsOwn(address: String) {
        #expect(SignInPage.localAddress(address) == address)
    }

    @Test(arguments: [
        "", "teams", "//evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example",
        "https://evil.example",
        "javascript:alert(1)", "/a\\b", "/\u{a0}", "\\/evil.example", " //evil.example", "/\u{301}/evil.example",
    ])
    func refusesToLeadElsewhere(address: String) {
        #expect(SignInPage.localAddress(address) == nil)
    }

    // MARK: - CSV

    @Test(arguments: [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        (" =1", "' =1"), ("=\u{301}1", "'=\u{301}1"), ("\u{FF1D}1", "'\u{FF1D}1"), ("plain", "plain"), ("a=1", "a=1"),
        ("", ""),
    ])
    func disarmsFormulas(text: String, field: String) {
        #expect(CSVText.row([.text(text)]) == field + "\r\n")
    }

    @Test func quotesByTheRules() {
        #expect(
            CSVText.row([.text("a,b"), .text("say \"x\""), .text("two\nlines"), .text(nil), .number(-3)])
                == "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",,-3\r\n")
        #expect(CSVText.row([.text("=a,\"b\"")]) == "\"'=a,\"\"b\"\"\"\r\n")
    }

    @Test func writesStatesWithTheColumnsOfThePage() {
        var state = state(.failed)
        state.currentStep = "=cmd()"
        state.calls = 1200
        #expect(
            StatesCSV.header
                == "Status,Current Step,User,Elapsed Time,Created (UTC),Last Action (UTC),Join Uri,State ID,Calls,Failed,Faults\r\n"
        )
        #expect(
            StatesCSV.row(state, now: now)
                == "Failed,'=cmd(),Public User,30 minutes,\(state.createdAt),\(state.lastActionAt),,s/1,1200,0,0\r\n")
        #expect(StatesCSV.fileName(flowID: "a/../\"ü") == "insights-a_______.csv")
    }

    // MARK: - Insights

    @Test func countsAStateInProgressUntilNow() {
        #expect(InsightsPage.Row(state(.inProgress), now: now).elapsed == "1 hour")
        #expect(InsightsPage.Row(state(.done), now: now).elapsed == "30 minutes")
    }

    @Test func namesNobodyPublicUser() {
        var named = state()
        named.user = "maria"
        #expect(InsightsPage.Row(state(), now: now).user == "Public User")
        #expect(InsightsPage.Row(named, now: now).user == "maria")
    }

    @Test(arguments: ["http://a.example", "HTTPS://a.example/x?y"])
    func linksToWebAddresses(uri: String) {
        #expect(InsightsPage.Row.link(uri) == uri)
    }

    @Test(arguments: [
        "javascript:alert(1)", "data:text/html,x", "//a.example", "ftp://a.example", "java\nscript:1",
        " https://a.example",
        "https://a.example/ x", "http:/a", "",
    ])
    func showsOtherJoinURIsAsText(uri: String) {
        var state = state()
        state.joinURI = uri
        let row = InsightsPage.Row(state, now: now)
        #expect(row.joinHref == nil)
        #expect(row.joinURI == uri)
    }

    @Test func keepsFiltersInEveryLink() {
        let page = InsightsPage(
            viewer: viewer, team: 3, flowID: "f/1", flowName: nil, states: [state()],
            filter: .init(status: .failed, range: .week), cursor: "c1", next: "c2", now: now)
        #expect(page.name == "f/1")
        #expect(page.csvHref == "/teams/3/flows/f%2F1/states.csv?status=failed&range=7d")
        #expect(page.refreshHref == "/teams/3/flows/f%2F1?status=failed&range=7d&cursor=c1")
        #expect(page.firstHref == "/teams/3/flows/f%2F1?status=failed&range=7d")
        #expect(page.nextHref == "/teams/3/flows/f%2F1?status=failed&range=7d&cursor=c2")
        #expect(page.statuses.map(\.label) == ["All", "In progress", "Done", "Failed", "Expired"])
        #expect(page.statuses.filter(\.isCurrent).map(\.value) == ["failed"])
        #expect(page.range.rangeChoices.map(\.value) == ["24h", "7d", "30d", "1y", "all"])
        #expect(page.range.rangeChoices.filter(\.isCurrent).map(\.value) == ["7d"])
        #expect(page.range.rangeKept == [.init(name: "status", value: "failed")])
        #expect(page.frame.crumbs.map(\.label) == ["Dashboard", "Insights"])
        // A red number leads to what it counts.
        let row = page.rows[0]
        #expect(row.failedHref == row.logHref + "?outcome=failed" && row.faultsHref == row.logHref + "#faults")
    }

    // MARK: - Dashboard

    @Test(arguments: [(1, 0, 0, 0), (1, 1, 1, 1), (0, 100_000, 1, 0), (0, 1, 1, 100_000), (3, 0, 0, 997)])
    func dividesABarWithoutLosingAKind(counts: (Int, Int, Int, Int)) {
        let flow = FlowSummary(
            flowID: "f", flowName: nil, inProgress: counts.0, done: counts.1, failed: counts.2, expired: counts.3,
            lastActionAt: now)
        let bar = StatusBar(flow)
        #expect(bar.parts.count == [counts.0, counts.1, counts.2, counts.3].filter { $0 > 0 }.count)
        #expect(bar.parts.reduce(0) { $0 + $1.width } == 100)
        #expect(bar.parts.allSatisfy { $0.width >= 4 })
        var start = 0
        for part in bar.parts {
            #expect(part.start == start)
            start += part.width
        }
    }

    // MARK: - Failures

    @Test func showsTheCallAndItsFaultsAsJSON() throws {
        var summary = EntrySummary(
            id: EntryID(high: 1, low: 2), teamID: 1, logTime: now, connectorIdentifier: "c", outcome: .failed)
        summary.status = 422
        summary.uri = "https://a.example/\"x"
        var entry = LogEntry(summary: summary)
        entry.responseHeaders = [
            HeaderField(name: "Via", value: "a"), HeaderField(name: "X", value: "1"),
            HeaderField(name: "Via", value: "b"),
        ]
        let json = Array(#"{"token":"[redacted]","n":1.0}"#.utf8)
        entry.responseBody = Body(bytes: json, isBinary: false, originalSize: json.count, isTruncated: false)
        var fault = RootFault(id: EntryID(high: 1, low: 3), teamID: 1, occurredAt: now, name: "Bad Gateway")
        fault.responseBody = Body(
            bytes: Array("plain \u{1}".utf8), isBinary: false, originalSize: 7, isTruncated: false)
        let page = FailuresPage(viewer: viewer, entry: entry, faults: [fault])
        #expect(page.failures.count == 2)
        let call = try #require(page.failures.first)
        #expect(call.message == "The vendor answered with status 422.")
        #expect(call.occurred.text == DisplayTime(now, precision: .milliseconds).text)
        #expect(call.statusCode.label == "422")
        #expect(
            call.content.text == """
                {
                  "uri": "https://a.example/\\"x",
                  "statusCode": 422,
                  "responseHeaders": {
                    "Via": [
                      "a",
                      "b"
                    ],
                    "X": "1"
                  },
                  "responseBody": {
                    "token": "[redacted]",
                    "n": 1.0
                  }
                }
                """)
        #expect(call.content.pieces.filter(\.isRedaction).count == 1)
        #expect(call.receiptHref == "/teams/1/logs/\(summary.id)#redactions")
        #expect(page.failures.last?.receiptHref == nil)
        #expect(call.tree?.lines.first?.count == "4 members")
        #expect(page.failures.last?.content.text.contains(#""responseBody": "plain \u0001""#) == true)
        #expect(page.failures.last?.message == "Bad Gateway")
    }

    @Test func saysThatNoResponseCame() {
        let summary = EntrySummary(
            id: EntryID(high: 1, low: 2), teamID: 1, logTime: now, connectorIdentifier: "c", outcome: .failed)
        let page = FailuresPage(viewer: viewer, entry: LogEntry(summary: summary), faults: [])
        #expect(page.failures.first?.message == "No response came.")
        #expect(page.failures.first?.statusCode.label == "No response")
    }
}
