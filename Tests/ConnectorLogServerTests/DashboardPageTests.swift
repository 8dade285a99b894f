import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@Suite struct DashboardPageTests {
    private func flow(_ id: String, name: String? = nil, done: Int, failed: Int, at seconds: Int64) -> FlowSummary {
        FlowSummary(
            flowID: id, flowName: name, inProgress: 0, done: done, failed: failed, expired: 0,
            lastActionAt: Timestamp(microseconds: seconds * 1_000_000))
    }

    @Test func sortsByEachColumnBothWays() {
        let flows = [
            flow("z", done: 3, failed: 0, at: 30), flow("y", name: "Alpha", done: 1, failed: 9, at: 20),
            flow("a", name: "beta", done: 0, failed: 1, at: 10),
        ]
        func order(_ query: String) -> [String] { FlowSort(PageForm(query)).sorted(flows).map(\.flowID) }
        #expect(order("") == ["z", "y", "a"])
        #expect(order("sort=last&order=asc") == ["a", "y", "z"])
        #expect(order("sort=name") == ["y", "a", "z"])
        #expect(order("sort=name&order=desc") == ["z", "a", "y"])
        #expect(order("sort=states") == ["y", "z", "a"])
        #expect(order("sort=failed") == ["y", "a", "z"])
        #expect(order("sort=failed&order=asc") == ["z", "a", "y"])
        #expect(order("sort=nonsense&order=nonsense") == ["z", "y", "a"])
    }

    @Test func turnsTheOrderOfTheColumnThatSorts() {
        let columns = FlowSort(.failed).columns { PageAddress.address("/", query: $0.query) }
        #expect(columns.map(\.sorted) == [nil, nil, "descending", nil])
        #expect(columns.map(\.columnHref) == ["/?sort=name", "/?sort=states", "/?sort=failed&order=asc", "/"])
    }

    @Test(arguments: [
        (1, 120, 0..<50, "1 to 50 of 120"), (3, 120, 100..<120, "101 to 120 of 120"), (9, 120, 120..<120, ""),
        (1, 0, 0..<0, ""), (1, 50, 0..<50, "1 to 50 of 50"),
    ])
    func dividesAListIntoPages(page: Int, rows: Int, range: Range<Int>, text: String) {
        let links = PageLinks(page: page, rows: rows, rowsPerPage: 50) { $0.map { "/?page=\($0)" } ?? "/" }
        #expect(links.range == range)
        if !text.isEmpty { #expect(links.text == text) }
        #expect(links.nextHref == (range.upperBound < rows ? "/?page=\(page + 1)" : nil))
        #expect(links.previousHref == (page == 1 ? nil : page == 2 ? "/" : "/?page=\(page - 1)"))
        #expect(links.firstHref == (page > 2 ? "/" : nil))
    }

    @Test func filtersChartsAndTableAlike() async throws {
        try await PagesRouteTests().withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let all = try await reader.get("/").html
            // 10 calls of the run that failed, the awkward one, and those of an invoice.
            #expect(all.contains("Calls by Outcome") && all.contains("Flow Launches") && all.contains("Errors"))
            #expect(all.contains("Root faults</span><span class=\"legend-note\">3</span>"))
            let orders = try await reader.get("/?search=sync+orders").html
            #expect(orders.contains("Root faults</span><span class=\"legend-note\">2</span>"))
            #expect(orders.contains("OK</span><span class=\"legend-note\">127</span>"))
            #expect(!orders.contains("Send invoices"))
            let none = try await reader.get("/?search=no+such+flow").html
            #expect(none.matches(of: /No Results/).count == 4)
            // An hour before anything happened.
            let early = try await reader.get("/?from=2025-01-01T00:00&to=2025-01-01T01:00").html
            #expect(early.matches(of: /No Results/).count == 4)
        }
    }

    @Test func downloadsTheFlowsThatAreShown() async throws {
        try await PagesRouteTests().withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let answer = try await reader.get("/teams/1/flows.csv?sort=states")
            #expect(answer.headers[.contentDisposition] == "attachment; filename=\"flows.csv\"")
            let rows = answer.html.split(separator: "\r\n")
            #expect(rows[0] == "Flow Name,Flow ID,Number of States,In progress,Done,Failed,Expired,Last activity (UTC)")
            #expect(rows[1].hasPrefix("Send invoices,invoices,58,0,52,6,0,"))
            #expect(rows.count == 4)
            #expect(try await reader.get("/teams/1/flows.csv?search=invoice").html.split(separator: "\r\n").count == 2)
        }
    }

    // MARK: - Connectors

    @Test func listsConnectorsWithTheirCalls() async throws {
        try await PagesRouteTests().withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let html = try await reader.get("/teams/1/connectors").html
            #expect(html.contains("href=\"/teams/1/connectors/hubspot\""))
            #expect(html.contains("href=\"/teams/1/search?connector=hubspot&amp;outcome=failed\">4</a>"))
            #expect(try await reader.get("/teams/1/connectors?search=HUB").html.contains(">hubspot</a>"))
            #expect(try await reader.get("/teams/1/connectors?search=nope").html.contains("Show all connectors"))
        }
    }

    @Test func showsOneConnector() async throws {
        try await PagesRouteTests().withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            let html = try await reader.get("/teams/1/connectors/hubspot").html
            for text in ["Events by type", "data.load", "data.save", "auth.token.refresh", "p95", "Configuration"] {
                #expect(html.contains(text), "\(text)")
            }
            // A viewer may not list secrets by the API either.
            #expect(!html.contains("<dt>Secrets</dt>"))
            let failed = try await reader.get("/teams/1/connectors/hubspot?outcome=failed&event=data.save").html
            #expect(failed.matches(of: /<tr class="tone-bad">/).count == 3)
            #expect(failed.matches(of: /<tr class="tone-good">/).isEmpty)
            #expect(failed.contains("Show all events"))
            #expect(try await reader.get("/teams/1/connectors/none").status == .notFound)
            #expect(try await reader.get("/teams/1/connectors/a%20b").status == .notFound)
        }
    }

    // MARK: - Size

    @Test func sendsLittle() async throws {
        try await PagesRouteTests().withReader { reader, _ in
            _ = try await reader.signIn(PagesFixtures.viewerKey)
            var assets = 0
            for asset in PageAssets.all {
                assets += try await reader.get(asset.address, headers: [.acceptEncoding: "gzip"]).body.readableBytes
            }
            for address in ["/", "/teams/1/search", "/teams/1/connectors/hubspot", "/teams/1/redaction"] {
                let page = try await reader.get(address, headers: [.acceptEncoding: "br, gzip;q=0.5"])
                #expect(page.headers[.contentEncoding] == "gzip")
                #expect(page.headers[.vary] == "Accept-Encoding")
                #expect(
                    assets + page.body.readableBytes < 60_000, "\(address): \(assets) and \(page.body.readableBytes)")
            }
            for accepted in ["", "gzip;q=0", "br", "identity"] {
                let page = try await reader.get("/", headers: [.acceptEncoding: accepted])
                #expect(page.headers[.contentEncoding] == nil && page.html.contains("<h1>Dashboard</h1>"))
            }
        }
    }
}
