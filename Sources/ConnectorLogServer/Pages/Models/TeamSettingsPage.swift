package import ConnectorLogCore

/// Settings: the team itself, and all teams for the owner.
package struct TeamSettingsPage: PageModel {
    package static let template = PageTemplates.Name.teamSettings

    package struct TeamRow: Sendable {
        package let name: String
        package let teamID: Int64
        package let teamHref: String
        package let created: DisplayTime
        package let isCurrent: Bool
    }

    /// A form that was sent and could not be used.
    package struct Attempt: Sendable {
        package var done: String?
        package var name: String?
        package var newName: String?
        package var nameProblem: String?
        package var newProblem: String?

        package init() {}
    }

    package let frame: PageFrame
    package let settings: SettingsFrame
    package let csrfToken: String
    package let notice: String?
    package let name: String
    package let teamID: Int64
    package let created: DisplayTime
    package let connectors: String
    package let keyName: String
    package let role: String
    package let mayRename: Bool
    package let renameHref: String
    package let nameValue: String
    package let nameProblem: String?
    package let newValue: String
    package let newProblem: String?
    package let createHref: String
    package let teams: [TeamRow]
    package let nameLimit = Limits.name

    /// - Parameter teams: all, for keys that may see them; else nil.
    package init(
        viewer: PageFrame.Viewer, team: Team, teams: [Team]?, connectors: Int, key: APIKey, attempt: Attempt
    ) {
        frame = SettingsFrame.frame(.team, viewer: viewer)
        settings = SettingsFrame(.team, viewer: viewer, team: team.id)
        csrfToken = viewer.csrfToken
        notice = attempt.done.flatMap { Self.notices[$0] }
        name = team.name
        teamID = team.id
        created = DisplayTime(team.createdAt)
        self.connectors = DisplayNumber.grouped(connectors)
        keyName = key.name
        role = key.isOwner ? "owner" : key.role.rawValue
        mayRename = teams != nil
        renameHref = PageAddress.settings(team.id)
        nameValue = attempt.name ?? team.name
        nameProblem = attempt.nameProblem
        newValue = attempt.newName ?? ""
        newProblem = attempt.newProblem
        createHref = PageAddress.newTeam(team.id)
        self.teams = (teams ?? []).map {
            TeamRow(
                name: $0.name, teamID: $0.id, teamHref: PageAddress.settings($0.id), created: DisplayTime($0.createdAt),
                isCurrent: $0.id == team.id)
        }
    }

    private static let notices = [
        "renamed": "The team has its new name.",
        "created": "The team is there. It has no keys yet: make one under Keys.",
    ]
}
