import ConnectorLogAPI
package import ConnectorLogCore

/// Where each page lives. Ids of flows and states hold any character: they are percent-encoded here, and decoded after the
/// path was split.
package enum PageAddress {
    package static let dashboard = "/"
    package static let signIn = "/sign-in"
    package static let signOut = "/sign-out"

    package static func team(_ team: Int64) -> String { "/teams/\(team)" }

    package static func flowsCSV(_ team: Int64) -> String { Self.team(team) + "/flows.csv" }

    package static func flow(_ team: Int64, _ flow: String) -> String { "/teams/\(team)/flows/\(encode(flow))" }

    package static func statesCSV(_ team: Int64, _ flow: String) -> String { Self.flow(team, flow) + "/states.csv" }

    package static func log(_ team: Int64, state: String) -> String { "/teams/\(team)/states/\(encode(state))/log" }

    package static func entry(_ team: Int64, _ id: EntryID) -> String { "/teams/\(team)/logs/\(id)" }

    package static func har(_ team: Int64, entry id: EntryID) -> String { entry(team, id) + "/har" }

    package static func har(_ team: Int64, state: String) -> String { "/teams/\(team)/states/\(encode(state))/har" }

    package static func liveEvents(_ team: Int64, state: String) -> String {
        "/teams/\(team)/states/\(encode(state))/events"
    }

    /// The id of a call's row on its state's page.
    package static func callAnchor(_ id: EntryID) -> String { "call-\(id)" }

    /// The id of a root fault's row there.
    package static func faultAnchor(_ id: EntryID) -> String { "fault-\(id)" }

    package static func failures(_ team: Int64, entry id: EntryID) -> String { entry(team, id) + "/failures" }

    package static func fault(_ team: Int64, _ id: EntryID) -> String { "/teams/\(team)/faults/\(id)" }

    package static func fault(_ team: Int64, _ id: EntryID, part: FaultPart) -> String {
        fault(team, id) + "/" + part.rawValue
    }

    package static func connectors(_ team: Int64) -> String { Self.team(team) + "/connectors" }

    package static func connector(_ team: Int64, _ identifier: String) -> String {
        connectors(team) + "/\(encode(identifier))"
    }

    package static func invoker(_ team: Int64, _ connector: String) -> String {
        Self.connector(team, connector) + "/invoker"
    }

    package static func search(_ team: Int64) -> String { Self.team(team) + "/search" }

    package static func settings(_ team: Int64) -> String { Self.team(team) + "/settings" }

    package static func newTeam(_ team: Int64) -> String { settings(team) + "/teams" }

    package static func keys(_ team: Int64) -> String { settings(team) + "/keys" }

    package static func keyRevocation(_ team: Int64, _ id: String) -> String { keys(team) + "/\(encode(id))/revoke" }

    package static func retention(_ team: Int64) -> String { settings(team) + "/retention" }

    package static func retentionReset(_ team: Int64) -> String { retention(team) + "/reset" }

    package static func audit(_ team: Int64) -> String { settings(team) + "/audit" }

    package static func redaction(_ team: Int64) -> String { Self.team(team) + "/redaction" }

    package static func redactionTrial(_ team: Int64) -> String { redaction(team) + "/try" }

    package static func secrets(_ team: Int64) -> String { redaction(team) + "/secrets" }

    package static func secretDeletion(_ team: Int64, _ placeholder: String) -> String {
        secrets(team) + "/\(encode(placeholder))/delete"
    }

    /// What a View link of a root fault opens.
    package enum FaultPart: String, CaseIterable, Sendable {
        case message
        case responseBody = "response-body"
        case responseHeaders = "response-headers"
    }

    /// Adds a query; members that are nil or empty are left out.
    package static func address(_ path: String, query: [(name: String, value: String?)]) -> String {
        let members = query.compactMap { name, value in
            value.flatMap { $0.isEmpty ? nil : "\(name)=\(PercentEncoding.encode($0))" }
        }
        return members.isEmpty ? path : path + "?" + members.joined(separator: "&")
    }

    // MARK: - Segments

    /// One path segment (RFC 3986, section 3.3) for any text.
    ///
    /// An empty segment, `.` and `..` would not survive: clients drop them, encoded or not (WHATWG URL, "double-dot URL
    /// path segment"). They get a tilde before them, and so does whatever would be mistaken for that.
    package static func encode(_ id: String) -> String {
        (isDots(id.utf8.drop { $0 == UInt8(ascii: "~") }) ? "~" : "") + PercentEncoding.encode(id)
    }

    /// Nil when the segment's escapes are broken or its bytes are not UTF-8.
    package static func decode(_ segment: some StringProtocol) -> String? {
        guard let text = PercentEncoding.decode(segment) else { return nil }
        guard text.utf8.first == UInt8(ascii: "~"), isDots(text.utf8.drop { $0 == UInt8(ascii: "~") }) else {
            return text
        }
        return String(text.dropFirst())
    }

    private static func isDots(_ text: Substring.UTF8View) -> Bool {
        text.isEmpty || text.elementsEqual(".".utf8) || text.elementsEqual("..".utf8)
    }
}
