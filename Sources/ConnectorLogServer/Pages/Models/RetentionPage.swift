package import ConnectorLogCore

/// Settings: how long a team's records are kept.
package struct RetentionPage: PageModel {
    package static let template = PageTemplates.Name.retention

    package struct Attempt: Sendable {
        package var done: String?
        package var entryDays: String?
        package var detailDays: String?
        package var problem: String?

        package init() {}
    }

    package let frame: PageFrame
    package let settings: SettingsFrame
    package let csrfToken: String
    package let notice: String?
    package let entries: String
    package let details: String
    package let isDefault: Bool
    package let mayChange: Bool
    package let saveHref: String
    package let resetHref: String
    package let entryDays: String
    package let detailDays: String
    package let problem: String?
    package let mostDays = Retention.days.upperBound

    /// - Parameter own: nil when the team leaves it to the server's setting, `standard`.
    package init(
        viewer: PageFrame.Viewer, team: Int64, own: Retention?, standard: Retention, mayChange: Bool, attempt: Attempt
    ) {
        frame = SettingsFrame.frame(.retention, viewer: viewer)
        settings = SettingsFrame(.retention, viewer: viewer, team: team)
        csrfToken = viewer.csrfToken
        notice = attempt.done.flatMap { Self.notices[$0] }
        let retention = own ?? standard
        entries = retention.entryDays.map(Self.days) ?? "for ever"
        details = retention.detailDays.map(Self.days) ?? "as long as the entry"
        isDefault = own == nil
        self.mayChange = mayChange
        saveHref = PageAddress.retention(team)
        resetHref = PageAddress.retentionReset(team)
        entryDays = attempt.entryDays ?? retention.entryDays.map(String.init) ?? ""
        detailDays = attempt.detailDays ?? retention.detailDays.map(String.init) ?? ""
        problem = attempt.problem
    }

    private static func days(_ count: Int) -> String { "\(DisplayNumber.grouped(count)) day\(count == 1 ? "" : "s")" }

    private static let notices = [
        "saved": "The retention is saved. What is over age goes with the next round, within the hour.",
        "reset": "The team leaves its retention to the server again.",
    ]
}
