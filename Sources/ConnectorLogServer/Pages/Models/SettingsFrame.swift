/// What the pages of Settings share: their tabs, and what has just been done.
package struct SettingsFrame: Sendable {
    package enum Tab: String, CaseIterable, Sendable {
        case team = "Team"
        case keys = "Keys"
        case retention = "Retention"
        case redaction = "Redaction"
        case audit = "Audit"

        func address(_ team: Int64) -> String {
            switch self {
            case .team: PageAddress.settings(team)
            case .keys: PageAddress.keys(team)
            case .retention: PageAddress.retention(team)
            case .redaction: PageAddress.redaction(team)
            case .audit: PageAddress.audit(team)
            }
        }
    }

    package let tabs: [PageChoice]
    package let csrfToken: String

    package init(_ tab: Tab, viewer: PageFrame.Viewer, team: Int64) {
        tabs = Tab.allCases.map {
            PageChoice($0.rawValue, href: $0.address(team), isCurrent: $0 == tab)
        }
        csrfToken = viewer.csrfToken
    }

    package static func frame(_ tab: Tab, viewer: PageFrame.Viewer) -> PageFrame {
        PageFrame(title: "\(tab.rawValue) · Settings", viewer: viewer, section: .settings)
    }
}
