package import ConnectorLogCore

/// Search: the calls of a team that pass a filter, over time and one by one.
package struct SearchPage: PageModel {
    package static let template = PageTemplates.Name.search

    package struct Field: Hashable, Sendable {
        package let label: String
        package let fieldName: String
        package let value: String
        package let hint: String?
        package let limit: Int
        package let problem: String?
        package let list: String?
    }

    /// Where else than in its address a call matches.
    package struct Excerpt: Hashable, Sendable {
        package let place: String
        package let text: MatchedText
    }

    package struct Row: Sendable {
        package let call: ConnectorLogPage.EventRow
        package let uri: MatchedText?
        package let excerpts: [Excerpt]
        package let stateHref: String?
        package let connectorHref: String

        package init(_ entry: EntrySummary, details: LogEntry?, needle: MatchedText.Needle?) {
            call = ConnectorLogPage.EventRow(entry)
            uri = entry.uri.map { MatchedText(DisplayURI($0), needle: needle) }
            excerpts = Self.excerpts(entry, details, needle: needle)
            stateHref = entry.stateID.map { PageAddress.log(entry.teamID, state: $0) }
            connectorHref = PageAddress.connector(entry.teamID, entry.connectorIdentifier)
        }

        /// What the error says is shown also where it does not match.
        private static func excerpts(_ entry: EntrySummary, _ details: LogEntry?, needle: MatchedText.Needle?)
            -> [Excerpt]
        {
            var excerpts: [Excerpt] = []
            let error = [entry.errorName, entry.errorMessage].compactMap(\.self).joined(separator: ": ")
            if !error.isEmpty {
                let text =
                    needle.flatMap { MatchedText.excerpt(of: error, needle: $0, around: 100) }
                    ?? MatchedText(String(error.prefix(200)), needle: nil)
                excerpts.append(Excerpt(place: "Error", text: text))
            }
            for (place, body) in [("Request body", details?.requestBody), ("Response body", details?.responseBody)] {
                guard let body, !body.isBinary, let needle,
                    let text = MatchedText.excerpt(of: body.text, needle: needle)
                else { continue }
                excerpts.append(Excerpt(place: place, text: text))
            }
            return excerpts
        }
    }

    package let frame: PageFrame
    package let path: String
    package let text: String?
    package let isWithin: Bool
    package let fields: [Field]
    package let outcomes: [PageChoice]
    package let hasFields: Bool
    package let connectors: [String]
    package let kept: [RangePicker.Field]
    package let range: RangePicker
    package let chart: TimeChart?
    /// "1,234 calls".
    package let total: String?
    /// Where the count stopped.
    package let incompleteBefore: DisplayTime?
    package let countAllHref: String
    package let rows: [Row]
    package let hasRows: Bool
    package let isSearched: Bool
    package let problem: String?
    package let clearHref: String?
    package let firstHref: String?
    package let nextHref: String?
    package let hasPages: Bool

    /// What was found; nil when a field cannot be searched for.
    package struct Result: Sendable {
        package var rows: [Row]
        /// Nil behind the first page.
        package var counts: EntryCounts?
        package var next: String?

        package init(rows: [Row], counts: EntryCounts?, next: String?) {
            (self.rows, self.counts, self.next) = (rows, counts, next)
        }
    }

    package init(
        viewer: PageFrame.Viewer, team: Int64, filter: SearchFilter, problem: SearchFilter.Problem?,
        connectors: [String], result: Result?, cursor: String?, now: Timestamp
    ) {
        frame = PageFrame(title: filter[.text].map { "\($0) · Search" } ?? "Search", viewer: viewer, section: .search)
        let path = PageAddress.search(team)
        self.path = path
        text = filter[.text]
        isWithin = filter.isWithin
        fields = Self.fields(filter, problem)
        outcomes = [("Any", ""), ("OK", Outcome.ok.name), ("Failed", Outcome.failed.name)].map { label, value in
            PageChoice(label, value: value, href: "", isCurrent: (filter[.outcome] ?? "") == value)
        }
        hasFields = filter.hasFields
        self.connectors = connectors
        kept = RangePicker.fields(filter.range.query)
        range = RangePicker(filter.range, path: path, kept: filter.query(withoutRange: true), now: now)
        let buckets = filter.range.buckets(now: now)
        chart = result?.counts.map { counts in
            CallCharts.outcomes(
                ok: counts.ok, failed: counts.failed, buckets, id: "found", title: "Calls found",
                rangeHref: PageAddress.address(path, query: filter.query(withoutRange: true)))
        }
        total = result?.counts.map { counts in
            let word = counts.total == 1 ? "call" : "calls"
            return "\(counts.incompleteBefore == nil ? "" : "At least ")\(DisplayNumber.grouped(counts.total)) \(word)"
        }
        incompleteBefore = result?.counts?.incompleteBefore.map { DisplayTime($0) }
        countAllHref = PageAddress.address(path, query: filter.query() + [("count", "all")])
        rows = result?.rows ?? []
        hasRows = !rows.isEmpty
        isSearched = result != nil
        self.problem = problem?.text
        clearHref = filter.values.isEmpty ? nil : PageAddress.address(path, query: filter.range.query)
        firstHref = cursor == nil ? nil : PageAddress.address(path, query: filter.query())
        nextHref = result?.next.map { PageAddress.address(path, query: filter.query(cursor: $0)) }
        hasPages = firstHref != nil || nextHref != nil
    }

    private static func fields(_ filter: SearchFilter, _ problem: SearchFilter.Problem?) -> [Field] {
        let asked: [(SearchFilter.Field, hint: String?, list: String?)] = [
            (.connector, nil, "connectors"), (.status, "404, 5xx, none", nil), (.method, "POST", nil),
            (.event, "data.load", nil), (.requestID, nil, nil), (.flowID, nil, nil), (.stateID, nil, nil),
        ]
        return asked.map { field, hint, list in
            Field(
                label: field.label, fieldName: field.rawValue, value: filter[field] ?? "", hint: hint,
                limit: field.limit, problem: problem?.field == field ? problem?.text : nil, list: list)
        }
    }
}
