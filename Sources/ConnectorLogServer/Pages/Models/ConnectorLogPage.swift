package import ConnectorLogCore

/// Connector Log: the calls of one flow state and its root faults.
package struct ConnectorLogPage: PageModel {
    package static let template = PageTemplates.Name.connectorLog

    package struct Filter: Hashable, Sendable {
        package var failedOnly: Bool
        package var order: PageOrder

        package init(failedOnly: Bool = false, order: PageOrder = .oldestFirst) {
            (self.failedOnly, self.order) = (failedOnly, order)
        }

        package func query(cursor: String? = nil) -> [(name: String, value: String?)] {
            [
                ("outcome", failedOnly ? Outcome.failed.name : nil),
                ("order", order == .newestFirst ? "newest" : nil), ("cursor", cursor),
            ]
        }
    }

    package struct EventRow: Sendable {
        /// The row's id in the page.
        package let anchor: String
        /// Orders rows like the list: microseconds since the epoch, and the id behind them.
        package let order: String
        package let occurred: DisplayTime
        package let uri: DisplayURI?
        package let connector: String
        package let event: String?
        package let method: String?
        package let outcome: Badge
        package let statusCode: Int?
        package let duration: String?
        /// In microseconds.
        package let durationExact: String?
        /// Nil for calls that went well.
        package let failuresHref: String?
        package let detailsHref: String

        package init(_ entry: EntrySummary) {
            anchor = PageAddress.callAnchor(entry.id)
            order = "\(entry.logTime.microseconds) \(entry.id)"
            occurred = DisplayTime(entry.logTime)
            uri = entry.uri.map(DisplayURI.init)
            event = entry.event
            connector = entry.connectorIdentifier
            method = entry.method
            outcome = Badge(entry.outcome)
            statusCode = entry.status
            duration = entry.durationMicroseconds.map(DisplayDuration.call)
            durationExact = entry.durationMicroseconds.map { "\(DisplayNumber.grouped(Int($0))) µs" }
            failuresHref = entry.outcome == .failed ? PageAddress.failures(entry.teamID, entry: entry.id) : nil
            detailsHref = PageAddress.entry(entry.teamID, entry.id)
        }
    }

    package struct FaultRow: Sendable {
        /// The row's id in the page.
        package let anchor: String
        /// Orders rows like the list: microseconds since the epoch, and the id behind them.
        package let order: String
        package let name: String
        package let faultHref: String
        package let uri: DisplayURI?
        package let message: CutText?
        /// Nil when the message fits.
        package let messageHref: String?
        package let statusCode: Badge?
        package let bodyHref: String?
        package let headersHref: String?

        package init(_ fault: RootFault) {
            anchor = PageAddress.faultAnchor(fault.id)
            order = "\(fault.occurredAt.microseconds) \(fault.id)"
            name = fault.name
            faultHref = PageAddress.fault(fault.teamID, fault.id)
            uri = fault.uri.map(DisplayURI.init)
            message = fault.message.map(CutText.init)
            messageHref =
                message?.isCut == true ? PageAddress.fault(fault.teamID, fault.id, part: .message) : nil
            statusCode = fault.statusCode.map { Badge(statusCode: $0) }
            bodyHref =
                DisplayBody(fault.responseBody) == nil
                ? nil : PageAddress.fault(fault.teamID, fault.id, part: .responseBody)
            headersHref =
                fault.responseHeaders.isEmpty
                ? nil : PageAddress.fault(fault.teamID, fault.id, part: .responseHeaders)
        }
    }

    /// Where what comes in is told of.
    package struct Live: Hashable, Sendable {
        package let source: String
        package let isNewestFirst: Bool
        /// There are pages beside this one: rows that belong there are left out here.
        package let isPart: Bool
    }

    package let frame: PageFrame
    package let state: InsightsPage.Row
    package let flowName: String?
    package let path: String
    package let outcomes: [PageChoice]
    package let orderHref: String
    package let failedHref: String
    package let isNewestFirst: Bool
    package let refreshHref: String
    /// All calls of the state as an archive; nil without calls.
    package let harHref: String?
    package let waterfall: Waterfall?
    package let events: [EventRow]
    package let hasEvents: Bool
    /// Also without rows, where some may come.
    package let hasEventTable: Bool
    /// Nil unless the state is in progress, and this the page that new rows come to.
    package let live: Live?
    package let failedOnly: Bool
    package let faults: [FaultRow]
    package let hasFaults: Bool
    package let hasFaultTable: Bool
    /// How many faults more than shown the state has; nil when all are shown.
    package let faultsNotShown: String?
    package let firstHref: String?
    package let nextHref: String?
    package let hasPages: Bool

    /// - Parameter place: behind what came in before these rows were read; nil leaves the page as it is.
    package init(
        viewer: PageFrame.Viewer, state: FlowState, entries: [EntrySummary], faults: [RootFault], filter: Filter,
        cursor: String?, next: String?, now: Timestamp, place: LivePlace? = nil
    ) {
        frame = PageFrame(
            title: "Connector Log", crumbs: Self.crumbs(state) + [.init("Connector Log")], viewer: viewer)
        self.state = InsightsPage.Row(state, now: now)
        flowName = state.flowName ?? state.flowID
        let path = PageAddress.log(state.teamID, state: state.stateID)
        self.path = path
        outcomes = [false, true].map { failedOnly in
            PageChoice(
                failedOnly ? "Failed" : "All", value: failedOnly ? Outcome.failed.name : "",
                href: PageAddress.address(
                    path, query: Filter(failedOnly: failedOnly, order: filter.order).query()),
                isCurrent: failedOnly == filter.failedOnly)
        }
        failedHref = PageAddress.address(path, query: Filter(failedOnly: true, order: filter.order).query())
        isNewestFirst = filter.order == .newestFirst
        orderHref = PageAddress.address(
            path,
            query: Filter(
                failedOnly: filter.failedOnly, order: filter.order == .newestFirst ? .oldestFirst : .newestFirst
            ).query())
        refreshHref = PageAddress.address(path, query: filter.query(cursor: cursor))
        live = Self.live(state, place: place, filter: filter, hasBefore: cursor != nil, hasMore: next != nil)
        hasEventTable = !entries.isEmpty || live != nil
        hasFaultTable = !faults.isEmpty || live != nil
        harHref = state.calls > 0 ? PageAddress.har(state.teamID, state: state.stateID) : nil
        waterfall = Waterfall(entries)
        events = entries.map(EventRow.init)
        hasEvents = !entries.isEmpty
        failedOnly = filter.failedOnly
        self.faults = faults.map(FaultRow.init)
        hasFaults = !faults.isEmpty
        faultsNotShown = state.faults > faults.count ? DisplayNumber.grouped(state.faults - faults.count) : nil
        firstHref = cursor == nil ? nil : PageAddress.address(path, query: filter.query())
        nextHref = next.map { PageAddress.address(path, query: filter.query(cursor: $0)) }
        hasPages = firstHref != nil || nextHref != nil
    }

    private static func live(
        _ state: FlowState, place: LivePlace?, filter: Filter, hasBefore: Bool, hasMore: Bool
    ) -> Live? {
        let isNewestFirst = filter.order == .newestFirst
        guard state.status == .inProgress, let place, isNewestFirst ? !hasBefore : !hasMore else { return nil }
        return Live(
            source: PageAddress.address(
                PageAddress.liveEvents(state.teamID, state: state.stateID),
                query: [("outcome", filter.failedOnly ? Outcome.failed.name : nil), ("since", place.description)]),
            isNewestFirst: isNewestFirst, isPart: hasBefore || hasMore)
    }

    /// The way to a state's log: Dashboard, Insights.
    package static func crumbs(_ state: FlowState) -> [PageFrame.Crumb] {
        [.init("Dashboard", href: PageAddress.team(state.teamID))]
            + (state.flowID.map { [.init("Insights", href: PageAddress.flow(state.teamID, $0))] } ?? [])
    }
}
