package import ConnectorLogCore

/// The dashboard: what a team's flows did over a range, as charts and as a table.
package struct DashboardPage: PageModel {
    package static let template = PageTemplates.Name.dashboard

    package struct Filter: Hashable, Sendable {
        package var search: String?
        package var range = PageRange.standard
        package var sort = FlowSort.standard

        package init(search: String? = nil, range: PageRange = .standard, sort: FlowSort = .standard) {
            (self.search, self.range, self.sort) = (search, range, sort)
        }

        /// Members of an address.
        package func query(page: Int? = nil) -> [(name: String, value: String?)] {
            [("search", search)] + sort.query + range.query + [("page", page.map(String.init))]
        }
    }

    /// What the store answers for it.
    package struct Answers: Sendable {
        /// All that the filter leaves, sorted.
        package var flows: [FlowSummary]
        /// Whether there are more than `FlowSort.flowLimit`.
        package var isCut: Bool
        package var launches: [FlowLaunches]
        package var faults: [Int]
        package var calls: CallStatistics

        package init(
            flows: [FlowSummary], isCut: Bool, launches: [FlowLaunches], faults: [Int], calls: CallStatistics
        ) {
            (self.flows, self.isCut) = (flows, isCut)
            (self.launches, self.faults, self.calls) = (launches, faults, calls)
        }
    }

    package struct Row: Sendable {
        package let name: String
        /// Beside a name of its own.
        package let flowID: String?
        package let flowHref: String
        package let states: String
        package let failed: String
        /// Nil when no state failed.
        package let failedHref: String?
        package let lastActivity: DisplayTime
        package let bar: StatusBar

        package init(_ flow: FlowSummary, team: Int64, range: PageRange) {
            name = flow.flowName ?? flow.flowID
            flowID = flow.flowName == nil ? nil : flow.flowID
            let path = PageAddress.flow(team, flow.flowID)
            flowHref = PageAddress.address(path, query: range.query)
            states = DisplayNumber.grouped(flow.states)
            failed = DisplayNumber.grouped(flow.failed)
            failedHref =
                flow.failed == 0 ? nil : PageAddress.address(path, query: [("status", "failed")] + range.query)
            lastActivity = DisplayTime(flow.lastActionAt)
            bar = StatusBar(flow)
        }
    }

    package let frame: PageFrame
    package let path: String
    package let search: String?
    package let kept: [RangePicker.Field]
    package let range: RangePicker
    package let csvHref: String
    package let charts: [TimeChart]
    package let slowest: [ConnectorRank]
    package let failing: [ConnectorRank]
    package let hasRanks: Bool
    package let columns: [SortColumn]
    package let rows: [Row]
    package let hasRows: Bool
    package let isCut: Bool
    package let cutLimit = DisplayNumber.grouped(FlowSort.flowLimit)
    package let isFiltered: Bool
    package let everythingHref: String?
    package let pages: PageLinks

    /// - Parameter page: which of the table's pages is shown, the first is 1.
    package init(
        viewer: PageFrame.Viewer, team: Int64, answers: Answers, filter: Filter, page: Int, rowsPerPage: Int,
        now: Timestamp
    ) {
        frame = PageFrame(title: "Dashboard", viewer: viewer, section: .dashboard)
        let path = PageAddress.team(team)
        self.path = path
        search = filter.search
        kept = RangePicker.fields(filter.sort.query + filter.range.query)
        range = RangePicker(
            filter.range, path: path, kept: [("search", filter.search)] + filter.sort.query, now: now)
        csvHref = PageAddress.address(PageAddress.flowsCSV(team), query: filter.query())
        let buckets = filter.range.buckets(now: now)
        charts = [
            Self.launches(answers.launches, buckets, team: team, range: filter.range),
            Self.faults(answers.faults, buckets),
            CallCharts.outcomes(answers.calls.buckets, buckets, id: "calls"),
        ]
        slowest = ConnectorRank.slowest(answers.calls.groups, team: team, range: filter.range)
        failing = ConnectorRank.failing(answers.calls.groups, team: team, range: filter.range)
        hasRanks = !slowest.isEmpty || !failing.isEmpty
        columns = filter.sort.columns { sort in
            var other = filter
            other.sort = sort
            return PageAddress.address(path, query: other.query()) + "#flows"
        }
        pages = PageLinks(page: page, rows: answers.flows.count, rowsPerPage: rowsPerPage) {
            PageAddress.address(path, query: filter.query(page: $0)) + "#flows"
        }
        rows = answers.flows[pages.range].map { Row($0, team: team, range: filter.range) }
        hasRows = !rows.isEmpty
        isCut = answers.isCut
        isFiltered = filter.search != nil || filter.range != .year
        everythingHref =
            rows.isEmpty && isFiltered ? PageAddress.address(path, query: PageRange.year.query) : nil
    }

    private static func launches(
        _ flows: [FlowLaunches], _ buckets: TimeBuckets, team: Int64, range: PageRange
    ) -> TimeChart {
        TimeChart(
            id: "launches", title: "Flow Launches", look: .lines, buckets: buckets,
            series: flows.enumerated().map { number, flow in
                TimeChart.Input(
                    flow.flowName ?? flow.flowID, tone: String(number + 1), values: flow.launches.map(Double.init),
                    note: DisplayNumber.grouped(flow.total),
                    href: PageAddress.address(PageAddress.flow(team, flow.flowID), query: range.query))
            })
    }

    private static func faults(_ counts: [Int], _ buckets: TimeBuckets) -> TimeChart {
        TimeChart(
            id: "errors", title: "Errors", look: .bars, buckets: buckets,
            series: [
                TimeChart.Input(
                    "Root faults", tone: "bad", values: counts.map(Double.init),
                    note: DisplayNumber.grouped(counts.reduce(0, +)))
            ])
    }
}
