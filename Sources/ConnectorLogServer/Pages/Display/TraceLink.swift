import ConnectorLogAPI

/// Where a trace is shown, outside of this server: an address with a place for the trace's id.
package struct TraceLink: Hashable, Sendable {
    package static let placeholder = "{trace_id}"

    private let before: String
    private let after: String

    /// Nil unless `template` is an address of `http` or `https` with one `{trace_id}` in its path, query or fragment.
    package init?(template: String) {
        let places = template.ranges(of: Self.placeholder)
        guard places.count == 1, let place = places.first, InsightsPage.Row.link(template) != nil else { return nil }
        before = String(template[..<place.lowerBound])
        after = String(template[place.upperBound...])
        // A host has to stand before it, and to end (RFC 3986, section 3.2), so that no id can choose one.
        let authority = before.drop { $0 != ":" }.dropFirst(3)
        guard let end = authority.firstIndex(where: { "/?#".contains($0) }), Authority.isValid(authority[..<end])
        else { return nil }
    }

    package func address(ofTrace id: String) -> String { before + PercentEncoding.encode(id) + after }
}
