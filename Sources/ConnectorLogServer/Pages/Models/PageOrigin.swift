package import ConnectorLogCore

/// The run that an entry or a fault belongs to, as far as it says: what the breadcrumb of its page leads back through.
package struct PageOrigin: Hashable, Sendable {
    package var teamID: Int64
    package var flowID: String?
    package var stateID: String?

    package init(teamID: Int64, flowID: String?, stateID: String?) {
        (self.teamID, self.flowID, self.stateID) = (teamID, flowID, stateID)
    }

    package init(_ entry: EntrySummary) {
        self.init(teamID: entry.teamID, flowID: entry.flowID, stateID: entry.stateID)
    }

    package init(_ fault: RootFault) {
        self.init(teamID: fault.teamID, flowID: fault.flowID, stateID: fault.stateID)
    }

    package func crumbs(_ last: String) -> [PageFrame.Crumb] {
        var crumbs = [PageFrame.Crumb("Dashboard", href: PageAddress.team(teamID))]
        if let flowID { crumbs.append(.init("Insights", href: PageAddress.flow(teamID, flowID))) }
        if let logHref { crumbs.append(.init("Connector Log", href: logHref)) }
        return crumbs + [.init(last)]
    }

    package var logHref: String? { stateID.map { PageAddress.log(teamID, state: $0) } }
}
