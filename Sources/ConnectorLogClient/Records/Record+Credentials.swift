import NIOHTTP1

/// The first wall: what surely is a credential does not even wait in memory, let alone leave the host. The server's
/// redaction removes the rest.
extension ConnectorLogEntry {
    mutating func removeCredentials(in headers: CredentialHeaders) {
        requestHeaders = headers.removed(from: requestHeaders)
        responseHeaders = headers.removed(from: responseHeaders)
        errorMessage = errorMessage.map { URIUserInfo.removed(from: $0, of: uri) }
        uri = uri.map { URIUserInfo.removed(from: $0) }
        attributes = attributes.mapValues { URIUserInfo.removed(from: $0) }
    }
}

extension ConnectorLogFault {
    mutating func removeCredentials(in headers: CredentialHeaders) {
        responseHeaders = headers.removed(from: responseHeaders)
        message = message.map { URIUserInfo.removed(from: $0, of: uri) }
        uri = uri.map { URIUserInfo.removed(from: $0) }
    }
}

extension ConnectorLogStateChange {
    mutating func removeCredentials() {
        joinURI = joinURI.map { URIUserInfo.removed(from: $0) }
    }
}

/// Names of headers whose values are not sent. Of the other values, the user information of URIs is not.
struct CredentialHeaders: Sendable {
    /// What the server knows, and leaves as it is.
    static let mark = "[redacted]"

    private let names: Set<String>

    init(_ names: Set<String>) {
        self.names = Set(names.map { $0.lowercased() })
    }

    func removed(from headers: HTTPHeaders) -> HTTPHeaders {
        HTTPHeaders(
            headers.map { name, value in
                (name, names.contains(name.lowercased()) ? Self.mark : URIUserInfo.removed(from: value))
            })
    }
}

/// What stands between `//` and the last `@` of an authority (RFC 3986, section 3.2.1).
enum URIUserInfo {
    /// The text without that of any URI in it. In a URI that has a scheme, `//` within the path begins no authority.
    static func removed(from text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
        var kept = ""
        var rest = text[...]
        while let found = first(in: rest) {
            kept += rest[..<found.lowerBound]
            rest = rest[found.upperBound...]
        }
        return kept + rest
    }

    /// The text without that of any URI in it, and without that of `uri` wherever it stands.
    static func removed(from text: String, of uri: String?) -> String {
        let text = removed(from: text)
        guard let uri, let own = first(in: uri[...]) else { return text }
        return text.replacing(uri[own], with: "")
    }

    private static func first(in text: Substring) -> Range<Substring.Index>? {
        var rest = text
        while let slashes = rest.firstRange(of: "//") {
            let before = text[..<slashes.lowerBound].last
            let authority = text[slashes.upperBound...].prefix { !"/?#\\".contains($0) && !$0.isWhitespace }
            rest = text[slashes.upperBound...]
            if before?.isLetter == true || before?.isNumber == true { continue }
            guard let at = authority.lastIndex(of: "@"), at > authority.startIndex else { continue }
            return authority.startIndex..<text.index(after: at)
        }
        return nil
    }
}
