package import ConnectorLogCore

/// Settings: the API keys of a team. A key's text is shown once, on the page that answers its creation.
package struct KeysPage: PageModel {
    package static let template = PageTemplates.Name.keys

    /// For how long a key may be made.
    package static let lifetimes: [(value: String, label: String, days: Int64?)] = [
        ("30", "30 days", 30), ("90", "90 days", 90), ("365", "1 year", 365), ("never", "No end", nil),
    ]

    package struct Row: Sendable {
        package let name: String
        package let prefix: String
        package let role: String
        package let created: DisplayTime
        package let lastUsed: DisplayTime?
        package let expires: DisplayTime?
        package let isExpired: Bool
        /// The key of this session: to revoke it ends the session.
        package let isOwn: Bool
        package let revokeHref: String
    }

    package struct RoleChoice: Sendable {
        package let value: String
        package let meaning: String
        package let isChosen: Bool
    }

    package struct LifetimeChoice: Sendable {
        package let value: String
        package let label: String
        package let isChosen: Bool
    }

    package struct Attempt: Sendable {
        package var done: String?
        package var name: String?
        package var role: Role = .recorder
        package var lifetime = "90"
        package var problem: String?
        /// The text of a key that was made just now.
        package var issued: String?

        package init() {}
    }

    package let frame: PageFrame
    package let settings: SettingsFrame
    package let csrfToken: String
    package let notice: String?
    package let issued: String?
    /// A key of a lower role sees none.
    package let mayManage: Bool
    package let rows: [Row]
    package let hasRows: Bool
    package let createHref: String
    /// Becomes part of the key's id: a form that is sent twice makes one key.
    package let formID: String
    package let nameValue: String
    package let roles: [RoleChoice]
    package let lifetimes: [LifetimeChoice]
    package let problem: String?
    package let nameLimit = Limits.name

    /// - Parameter keys: nil when the reader may not see them.
    package init(
        viewer: PageFrame.Viewer, team: Int64, keys: [APIKey]?, own: APIKey, formID: String, attempt: Attempt,
        now: Timestamp
    ) {
        frame = SettingsFrame.frame(.keys, viewer: viewer)
        settings = SettingsFrame(.keys, viewer: viewer, team: team)
        csrfToken = viewer.csrfToken
        notice = attempt.done.flatMap { Self.notices[$0] }
        self.formID = formID
        issued = attempt.issued
        mayManage = keys != nil
        rows = (keys ?? []).map { key in
            Row(
                name: key.name, prefix: key.prefix, role: key.role.rawValue, created: DisplayTime(key.createdAt),
                lastUsed: key.lastUsedAt.map { DisplayTime($0) }, expires: key.expiresAt.map { DisplayTime($0) },
                isExpired: key.expiresAt.map { $0 <= now } ?? false, isOwn: key.id == own.id,
                revokeHref: PageAddress.keyRevocation(team, key.id))
        }
        hasRows = !rows.isEmpty
        createHref = PageAddress.keys(team)
        nameValue = attempt.name ?? ""
        roles = Role.allCases.map {
            RoleChoice(value: $0.rawValue, meaning: Self.meaning(of: $0), isChosen: $0 == attempt.role)
        }
        lifetimes = Self.lifetimes.map {
            LifetimeChoice(value: $0.value, label: $0.label, isChosen: $0.value == attempt.lifetime)
        }
        problem = attempt.problem
    }

    private static let notices = [
        "revoked": "The key is revoked. No request with it is answered any more.",
        "sent": "This form was sent already. The key that it made is in the list; its text was shown once.",
    ]

    private static func meaning(of role: Role) -> String {
        switch role {
        case .viewer: "reads everything of the team"
        case .recorder: "sends logs, reads nothing"
        case .editor: "reads, sends, changes connectors and their secrets"
        case .admin: "all of that, and keys, retention, redaction, erasure"
        }
    }
}
