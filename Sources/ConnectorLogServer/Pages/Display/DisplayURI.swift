import ConnectorLogCore

/// A URI in three pieces, so that the eye finds the path: what differs from call to call.
package struct DisplayURI: Hashable, Sendable {
    /// Scheme and authority; empty when the URI is relative.
    package let origin: String
    package let path: String
    /// With its `?` or `#`; empty without one.
    package let query: String
    /// All of it, with what redaction left in place of secrets.
    package let parts: [Part]

    package struct Part: Hashable, Sendable {
        package let text: String
        package let isRedaction: Bool
        /// What differs little from call to call.
        package let isFaint: Bool
    }

    package init(_ uri: String) {
        let rest = uri.contains("://") ? EntrySummary.pathAndQuery(uri) : uri[...]
        // `pathAndQuery` answers "/" for an authority alone; that slash is not the URI's.
        let start = rest.endIndex == uri.endIndex ? rest.startIndex : uri.endIndex
        origin = String(uri[..<start])
        let mark = uri[start...].firstIndex { $0 == "?" || $0 == "#" } ?? uri.endIndex
        path = String(uri[start..<mark])
        query = String(uri[mark...])
        parts = [(origin, true), (path, false), (query, true)].flatMap { text, isFaint in
            MarkedText(text).pieces.map { Part(text: $0.text, isRedaction: $0.isRedaction, isFaint: isFaint) }
        }
    }
}
