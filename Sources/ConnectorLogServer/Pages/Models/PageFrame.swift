package import ConnectorLogCore

/// What surrounds a page's own content: title, breadcrumb, team switch, who is signed in.
package struct PageFrame: Sendable {
    package struct Crumb: Hashable, Sendable {
        package let label: String
        /// Nil for the page itself.
        package let href: String?

        package init(_ label: String, href: String? = nil) {
            (self.label, self.href) = (label, href)
        }
    }

    package struct Viewer: Sendable {
        package let keyName: String
        package let team: TeamChoice?
        /// All teams, for keys that reach more than one; else empty.
        package let teams: [TeamChoice]
        package let hasTeams: Bool
        package let csrfToken: String

        package init(keyName: String, team: Team?, teams: [Team], csrfToken: String) {
            self.keyName = keyName
            self.team = team.map { TeamChoice($0, isCurrent: true) }
            self.teams = teams.map { TeamChoice($0, isCurrent: $0.id == team?.id) }
            hasTeams = !teams.isEmpty
            self.csrfToken = csrfToken
        }
    }

    package struct TeamChoice: Hashable, Sendable {
        package let teamName: String
        package let teamID: Int64
        package let teamHref: String
        package let isCurrent: Bool

        init(_ team: Team, isCurrent: Bool) {
            teamName = team.name
            teamID = team.id
            teamHref = PageAddress.team(team.id)
            self.isCurrent = isCurrent
        }
    }

    /// The parts of the site that the bar at the top links, for one team.
    package enum Section: String, CaseIterable, Sendable {
        case dashboard = "Dashboard"
        case connectors = "Connectors"
        case search = "Search"
        case settings = "Settings"

        func address(_ team: Int64) -> String {
            switch self {
            case .dashboard: PageAddress.team(team)
            case .connectors: PageAddress.connectors(team)
            case .search: PageAddress.search(team)
            case .settings: PageAddress.settings(team)
            }
        }
    }

    package let title: String
    package let crumbs: [Crumb]
    package let hasCrumbs: Bool
    /// Nil before sign-in.
    package let viewer: Viewer?
    /// The links of the bar at the top; none before a team is chosen.
    package let sections: [PageChoice]
    package let home = PageAddress.dashboard
    package let signOut = PageAddress.signOut
    package let styleHref = PageAssets.style.address
    package let scriptHref = PageAssets.script.address
    package let iconHref = PageAssets.icon.address

    /// A breadcrumb of one page tells nothing and is left out.
    package init(title: String, crumbs: [Crumb] = [], viewer: Viewer?, section: Section? = nil) {
        let team = viewer?.team
        sections = Section.allCases.compactMap { one in
            team.map { PageChoice(one.rawValue, href: one.address($0.teamID), isCurrent: one == section) }
        }
        self.title = title
        self.crumbs = crumbs
        hasCrumbs = crumbs.count > 1
        self.viewer = viewer
    }
}

/// One of several settings of a page, as a link or an option.
package struct PageChoice: Hashable, Sendable {
    package let label: String
    package let value: String
    package let choiceHref: String
    package let isCurrent: Bool

    package init(_ label: String, value: String = "", href: String, isCurrent: Bool) {
        (self.label, self.value, choiceHref, self.isCurrent) = (label, value, href, isCurrent)
    }
}

/// What a page model is: values only, and the template that shows them.
package protocol PageModel: Sendable {
    static var template: PageTemplates.Name { get }
    var frame: PageFrame { get }
}
