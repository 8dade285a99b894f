package import ConnectorLogCore

/// Insights: the states of one flow, the latest active first.
package struct InsightsPage: PageModel {
    package static let template = PageTemplates.Name.insights

    package struct Filter: Hashable, Sendable {
        package var status: FlowState.Status?
        package var range: PageRange

        package init(status: FlowState.Status? = nil, range: PageRange = .standard) {
            (self.status, self.range) = (status, range)
        }

        /// Members of an address.
        package func query(cursor: String? = nil) -> [(name: String, value: String?)] {
            [("status", status?.rawValue)] + range.query + [("cursor", cursor)]
        }
    }

    package struct Row: Sendable {
        package let status: Badge
        package let currentStep: String?
        package let user: String
        package let isPublicUser: Bool
        package let elapsed: String
        /// To the second.
        package let elapsedExact: String
        package let created: DisplayTime
        package let lastAction: DisplayTime
        package let joinURI: String?
        /// Nil when the join URI is none that a browser should open.
        package let joinHref: String?
        package let stateID: String
        package let calls: String
        package let failedCalls: String
        package let hasFailedCalls: Bool
        package let faults: String
        package let hasFaults: Bool
        package let logHref: String
        /// Its log, with the calls alone that failed.
        package let failedHref: String
        package let faultsHref: String

        package init(_ state: FlowState, now: Timestamp) {
            status = Badge(state.status)
            currentStep = state.currentStep
            user = state.user ?? "Public User"
            isPublicUser = state.user == nil
            elapsed = Self.elapsed(state, now: now)
            elapsedExact = DisplayDuration.exact(microseconds: Self.elapsedMicroseconds(state, now: now))
            created = DisplayTime(state.createdAt)
            lastAction = DisplayTime(state.lastActionAt)
            joinURI = state.joinURI
            joinHref = state.joinURI.flatMap(Self.link)
            stateID = state.stateID
            calls = DisplayNumber.grouped(state.calls)
            failedCalls = DisplayNumber.grouped(state.failedCalls)
            hasFailedCalls = state.failedCalls > 0
            faults = DisplayNumber.grouped(state.faults)
            hasFaults = state.faults > 0
            logHref = PageAddress.log(state.teamID, state: state.stateID)
            failedHref = PageAddress.address(
                logHref, query: ConnectorLogPage.Filter(failedOnly: true).query())
            faultsHref = logHref + "#faults"
        }

        /// A state in progress runs until now, any other ended with its last action.
        package static func elapsed(_ state: FlowState, now: Timestamp) -> String {
            DisplayDuration.elapsed(microseconds: elapsedMicroseconds(state, now: now))
        }

        private static func elapsedMicroseconds(_ state: FlowState, now: Timestamp) -> Int64 {
            let end = state.status == .inProgress ? max(now, state.lastActionAt) : state.lastActionAt
            return end.microseconds - state.createdAt.microseconds
        }

        /// `http` and `https` alone: other schemes (`javascript`, `data`) act in the reader's name.
        package static func link(_ uri: String) -> String? {
            let scheme = uri.utf8.prefix(8).map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }
            guard scheme.starts(with: "http://".utf8) || scheme.starts(with: "https://".utf8) else { return nil }
            return uri.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F } ? uri : nil
        }
    }

    package let frame: PageFrame
    package let path: String
    package let name: String
    package let flowID: String
    package let statuses: [PageChoice]
    package let kept: [RangePicker.Field]
    package let range: RangePicker
    package let csvHref: String
    package let refreshHref: String
    package let rows: [Row]
    package let hasRows: Bool
    package let everythingHref: String?
    package let firstHref: String?
    package let nextHref: String?
    package let hasPages: Bool

    package init(
        viewer: PageFrame.Viewer, team: Int64, flowID: String, flowName: String?, states: [FlowState],
        filter: Filter, cursor: String?, next: String?, now: Timestamp
    ) {
        let name = flowName ?? flowID
        frame = PageFrame(
            title: "\(name) · Insights",
            crumbs: [.init("Dashboard", href: PageAddress.team(team)), .init("Insights")], viewer: viewer)
        let path = PageAddress.flow(team, flowID)
        self.path = path
        self.name = name
        self.flowID = flowID
        statuses =
            [
                PageChoice(
                    "All", value: "",
                    href: PageAddress.address(path, query: Filter(range: filter.range).query()),
                    isCurrent: filter.status == nil)
            ]
            + FlowState.Status.allCases.map { status in
                PageChoice(
                    Badge(status).label, value: status.rawValue,
                    href: PageAddress.address(path, query: Filter(status: status, range: filter.range).query()),
                    isCurrent: filter.status == status)
            }
        kept = RangePicker.fields(filter.range.query)
        range = RangePicker(
            filter.range, offered: PageRange.named, path: path, kept: [("status", filter.status?.rawValue)], now: now)
        csvHref = PageAddress.address(PageAddress.statesCSV(team, flowID), query: filter.query())
        refreshHref = PageAddress.address(path, query: filter.query(cursor: cursor))
        rows = states.map { Row($0, now: now) }
        hasRows = !states.isEmpty
        let isFiltered = filter.status != nil || filter.range != .all
        everythingHref =
            states.isEmpty && isFiltered
            ? PageAddress.address(path, query: Filter(range: .all).query()) : nil
        firstHref = cursor == nil ? nil : PageAddress.address(path, query: filter.query())
        nextHref = next.map { PageAddress.address(path, query: filter.query(cursor: $0)) }
        hasPages = firstHref != nil || nextHref != nil
    }
}
