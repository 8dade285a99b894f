package import ConnectorLogCore

/// The dashboard: the flows of a team, the latest active first.
package struct FlowsPage: PageModel {
    package static let template = PageTemplates.Name.flows

    package struct Filter: Hashable, Sendable {
        package var search: String?
        package var range = PageRange.standard

        package init(search: String? = nil, range: PageRange = .standard) {
            (self.search, self.range) = (search, range)
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
            flowHref = PageAddress.address(path, query: [("range", range.queryValue)])
            states = DisplayNumber.grouped(flow.states)
            failed = DisplayNumber.grouped(flow.failed)
            failedHref =
                flow.failed == 0
                ? nil : PageAddress.address(path, query: [("status", "failed"), ("range", range.queryValue)])
            lastActivity = DisplayTime(flow.lastActionAt)
            bar = StatusBar(flow)
        }
    }

    package let frame: PageFrame
    package let path: String
    package let search: String?
    package let rangeValue: String?
    package let ranges: [PageChoice]
    package let rows: [Row]
    package let hasRows: Bool
    /// The page without filters, when filters are on and nothing is left.
    package let everythingHref: String?
    package let firstHref: String?
    package let nextHref: String?
    package let hasPages: Bool

    /// - Parameters:
    ///   - next: the cursor of the page behind this one.
    ///   - isFirst: whether the list starts here.
    package init(
        viewer: PageFrame.Viewer, team: Int64, flows: [FlowSummary], filter: Filter, next: String?, isFirst: Bool
    ) {
        frame = PageFrame(title: "Dashboard", viewer: viewer)
        let path = PageAddress.team(team)
        func href(range: PageRange, cursor: String? = nil) -> String {
            PageAddress.address(
                path, query: [("search", filter.search), ("range", range.queryValue), ("cursor", cursor)])
        }
        self.path = path
        search = filter.search
        rangeValue = filter.range.queryValue
        ranges = filter.range.choices { href(range: $0) }
        rows = flows.map { Row($0, team: team, range: filter.range) }
        hasRows = !flows.isEmpty
        let isFiltered = filter.search != nil || filter.range != .all
        everythingHref =
            flows.isEmpty && isFiltered ? PageAddress.address(path, query: [("range", PageRange.all.rawValue)]) : nil
        firstHref = isFirst ? nil : href(range: filter.range)
        nextHref = next.map { href(range: filter.range, cursor: $0) }
        hasPages = firstHref != nil || nextHref != nil
    }
}
