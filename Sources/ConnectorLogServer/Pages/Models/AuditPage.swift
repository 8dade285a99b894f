package import ConnectorLogCore

/// Settings: who changed what, the latest first.
package struct AuditPage: PageModel {
    package static let template = PageTemplates.Name.audit

    package struct Row: Sendable {
        package let at: DisplayTime
        package let action: String
        package let operation: String
        package let target: String?
        package let keyName: String
        package let keyID: String
        package let requestID: String
    }

    package let frame: PageFrame
    package let settings: SettingsFrame
    package let maySee: Bool
    /// For the owner: the team's changes, or those that concern no team.
    package let scopes: [PageChoice]
    package let hasScopes: Bool
    package let rows: [Row]
    package let hasRows: Bool
    package let firstHref: String?
    package let nextHref: String?
    package let hasPages: Bool

    /// - Parameters:
    ///   - records: nil when the reader may not see them.
    ///   - next: the number before which the next page begins.
    package init(
        viewer: PageFrame.Viewer, team: Int64, records: [AuditRecord]?, seesServer: Bool, isOfServer: Bool,
        isFirst: Bool, next: Int64?
    ) {
        frame = SettingsFrame.frame(.audit, viewer: viewer)
        settings = SettingsFrame(.audit, viewer: viewer, team: team)
        maySee = records != nil
        rows = (records ?? []).map { record in
            Row(
                at: DisplayTime(record.at), action: Self.words(record.action), operation: record.action,
                target: record.target, keyName: record.keyName, keyID: record.keyID, requestID: record.requestID)
        }
        hasRows = !rows.isEmpty
        func href(ofServer: Bool, before: Int64? = nil) -> String {
            PageAddress.address(
                PageAddress.audit(team),
                query: [("of", ofServer ? "server" : nil), ("before", before.map(String.init))])
        }
        scopes =
            seesServer
            ? [false, true].map {
                PageChoice(
                    $0 ? "Whole server" : "This team", href: href(ofServer: $0), isCurrent: $0 == isOfServer)
            } : []
        hasScopes = seesServer
        firstHref = isFirst ? nil : href(ofServer: isOfServer)
        nextHref = next.map { href(ofServer: isOfServer, before: $0) }
        hasPages = firstHref != nil || nextHref != nil
    }

    /// "Revoke key" for `revokeKey`.
    static func words(_ operation: String) -> String {
        var text = ""
        for character in operation {
            if character.isUppercase, !text.isEmpty { text += " " }
            text += text.isEmpty ? character.uppercased() : character.lowercased()
        }
        return text
    }
}
