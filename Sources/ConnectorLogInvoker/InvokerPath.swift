import ConnectorLogCore

/// A request's target under `/invoke/`, split: `/invoke/{connector_identifier}/{path}`, or
/// `/invoke/~{key}/{connector_identifier}/{path}` for clients that can set no header.
package struct InvokerPath: Equatable, Sendable {
    package static let prefix = "/invoke/"

    /// An API key.
    package var key: String?
    package var connector: String
    /// What follows the connector, as it came: empty, or it begins with `/` or `?`.
    package var rest: String

    /// Nil when the target does not begin with the prefix, or names no connector.
    package init?(target: String) {
        guard target.hasPrefix(Self.prefix) else { return nil }
        var rest = target[...].dropFirst(Self.prefix.count)
        if rest.first == "~" {
            let key = rest.dropFirst().prefix { $0 != "/" && $0 != "?" }
            guard !key.isEmpty else { return nil }
            self.key = String(key)
            rest = rest.dropFirst(key.count + 2)
        }
        let name = rest.prefix { $0 != "/" && $0 != "?" }
        guard Connector.isIdentifier(name) else { return nil }
        connector = String(name)
        self.rest = String(rest.dropFirst(name.count))
    }

    /// Whether a segment, percent-encoded or not, is `.` or `..` (RFC 3986, section 3.3): the vendor would read another path
    /// than the one below the connector's base URL.
    package var leavesBase: Bool {
        let path = rest.prefix { $0 != "?" }
        // Most paths have no such segment, and say so at once.
        guard path.utf8.contains(UInt8(ascii: ".")) || path.utf8.contains(UInt8(ascii: "%")) else { return false }
        let signs = ["%2e": ".", "%2f": "/", "%5c": "/", "%3b": ";", "%23": "#"]
        let plain = signs.reduce(path.lowercased()) { $0.replacing($1.key, with: $1.value) }
        return plain.split(whereSeparator: { $0 == "/" || $0 == "\\" }).contains { segment in
            // Some servers drop the parameters of a segment.
            let name = segment.prefix { $0 != ";" && $0 != "#" }
            return name == "." || name == ".."
        }
    }
}
