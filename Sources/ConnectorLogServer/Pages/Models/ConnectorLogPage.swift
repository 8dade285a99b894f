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
        package let occurred: DisplayTime
        package let uri: DisplayURI?
        package let connector: String
        package let event: String?
        package let method: String?
        package let outcome: Badge
        package let statusCode: Int?
        package let duration: String?
        /// Nil for calls that went well.
        package let failuresHref: String?
        package let detailsHref: String

        package init(_ entry: EntrySummary) {
            occurred = DisplayTime(entry.logTime)
            uri = entry.uri.map(DisplayURI.init)
            event = entry.event
            connector = entry.connectorIdentifier
            method = entry.method
            outcome = Badge(entry.outcome)
            statusCode = entry.status
            duration = entry.durationMicroseconds.map(DisplayDuration.call)
            failuresHref = entry.outcome == .failed ? PageAddress.failures(entry.teamID, entry: entry.id) : nil
            detailsHref = PageAddress.entry(entry.teamID, entry.id)
        }
    }

    package struct FaultRow: Sendable {
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

    package let frame: PageFrame
    package let state: InsightsPage.Row
    package let flowName: String?
    package let path: String
    package let outcomes: [PageChoice]
    package let orderHref: String
    package let isNewestFirst: Bool
    package let refreshHref: String
    package let events: [EventRow]
    package let hasEvents: Bool
    package let failedOnly: Bool
    package let faults: [FaultRow]
    package let hasFaults: Bool
    /// How many faults more than shown the state has; nil when all are shown.
    package let faultsNotShown: String?
    package let firstHref: String?
    package let nextHref: String?
    package let hasPages: Bool

    package init(
        viewer: PageFrame.Viewer, state: FlowState, entries: [EntrySummary], faults: [RootFault], filter: Filter,
        cursor: String?, next: String?, now: Timestamp
    ) {
        frame = PageFrame(
            title: "Connector Log", crumbs: Self.crumbs(state) + [.init("Connector Log")], viewer: viewer)
        self.state = InsightsPage.Row(state, now: now)
        flowName = state.flowName ?? state.flowID
        let path = PageAddress.log(state.teamID, state: state.stateID)
        self.path = path
        outcomes = [false, true].map { failedOnly in
            PageChoice(
                label: failedOnly ? "Failed" : "All", value: failedOnly ? Outcome.failed.name : "",
                choiceHref: PageAddress.address(
                    path, query: Filter(failedOnly: failedOnly, order: filter.order).query()),
                isCurrent: failedOnly == filter.failedOnly)
        }
        isNewestFirst = filter.order == .newestFirst
        orderHref = PageAddress.address(
            path,
            query: Filter(
                failedOnly: filter.failedOnly, order: filter.order == .newestFirst ? .oldestFirst : .newestFirst
            ).query())
        refreshHref = PageAddress.address(path, query: filter.query(cursor: cursor))
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

    /// The way to a state's log: Dashboard, Insights.
    package static func crumbs(_ state: FlowState) -> [PageFrame.Crumb] {
        [.init("Dashboard", href: PageAddress.team(state.teamID))]
            + (state.flowID.map { [.init("Insights", href: PageAddress.flow(state.teamID, $0))] } ?? [])
    }
}
