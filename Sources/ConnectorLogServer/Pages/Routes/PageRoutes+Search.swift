import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// Search.
extension PageRoutes {
    /// Connectors that the form offers.
    private static let offeredConnectors = 200
    /// Calls that are read for the chart, unless the reader wants all to be counted: of texts, which are long, and of other
    /// fields.
    private static let countedTexts = 150_000
    private static let countedCalls = 2_000_000
    /// When the reader wants all to be counted.
    private static let countedAtMost = 50_000_000

    func addSearch(to router: Router<ServerRequestContext>) {
        show(router, "/teams/:team/search", search)
    }

    private func search(_ visit: PageVisit, _ parameters: Parameters) async throws -> any PageModel {
        let team = try await visit.team(parameters.get("team"))
        let filter = SearchFilter(visit.query)
        let now = environment.now
        var problem: SearchFilter.Problem?
        var result: SearchPage.Result?
        do {
            let query = try filter.entryQuery(team: team.id, now: now, limit: Self.rowsPerPage)
            result = try await found(query, filter, visit.query, now: now)
        } catch let found as SearchFilter.Problem {
            problem = found
        }
        let connectors = try await visit.catalog.connectors(team: team.id, withConfigurations: false)
        return SearchPage(
            viewer: team.viewer, team: team.id, filter: filter, problem: problem,
            connectors: connectors.prefix(Self.offeredConnectors).map(\.identifier), result: result,
            cursor: visit.query["cursor"], now: now)
    }

    private func found(
        _ query: EntryQuery, _ filter: SearchFilter, _ address: PageForm, now: Timestamp
    ) async throws -> SearchPage.Result {
        var query = query
        let cursors = PageCursors(
            codec: environment.cursors, path: PageAddress.search(query.teamID), filters: filter.query().map(\.value))
        query.after = try cursors.position(address["cursor"])
        // The list before the chart: a count of all must not make it wait for a turn to search.
        let page = try await reader.entries(query)
        let counts = try await counts(query, filter, all: address["count"] == "all", now: now)
        let rows = try await rows(page.rows, needle: filter.needle)
        return SearchPage.Result(rows: rows, counts: counts, next: cursors.text(page.next))
    }

    /// Nil behind the first page, where nobody looks at the chart again.
    private func counts(
        _ query: EntryQuery, _ filter: SearchFilter, all: Bool, now: Timestamp
    ) async throws -> EntryCounts? {
        guard query.after == nil else { return nil }
        let limit = all ? Self.countedAtMost : query.readsDetail ? Self.countedTexts : Self.countedCalls
        return try await reader.counts(
            EntryCountQuery(entries: query, buckets: filter.range.buckets(now: now), readLimit: limit))
    }

    /// The bodies of calls are read only where the text is found nowhere else.
    private func rows(_ entries: [EntrySummary], needle: MatchedText.Needle?) async throws -> [SearchPage.Row] {
        var rows: [SearchPage.Row] = []
        for entry in entries {
            var details: LogEntry?
            if let needle, !Self.shows(needle, entry) {
                details = try await reader.entry(team: entry.teamID, id: entry.id)
            }
            rows.append(SearchPage.Row(entry, details: details, needle: needle))
        }
        return rows
    }

    private static func shows(_ needle: MatchedText.Needle, _ entry: EntrySummary) -> Bool {
        [entry.uri, entry.errorName, entry.errorMessage].contains { text in
            text.map { MatchedText.excerpt(of: $0, needle: needle) != nil } ?? false
        }
    }
}
