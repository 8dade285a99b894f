import HTTPTypes
import NIOHTTP1

/// Which header fields go on to the other side, and which end here.
enum ForwardedFields {
    /// Of one connection (RFC 9110, section 7.6.1), and credentials for proxies (section 11.7). `Expect` is answered here
    /// (section 10.1.1).
    private static let endHere: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
        "transfer-encoding", "upgrade", "expect", "http2-settings",
    ]

    /// What says something to the log alone.
    private static let ours: Set<String> = [
        "x-connector-log-key", "x-flow-id", "x-flow-name", "x-flow-version", "x-state-id", "x-event-type",
        UpstreamTap.slotField,
    ]

    /// What a vendor's answer could do to the origin of the log's own pages.
    private static let ofOrigin: Set<String> = [
        "strict-transport-security", "clear-site-data", "service-worker-allowed", "alt-svc",
    ]

    private static let endsAtRequest = endHere.union(ours).union(["host", "content-length"])
    /// The fields for browsers are ours to set.
    private static let endsAtAnswer = endHere.union(ofOrigin).union([UpstreamTap.slotField]).union(
        forBrowsers.map { $0.0.lowercased() })

    private static let forBrowsers = [
        ("Content-Security-Policy", "sandbox; default-src 'none'"), ("X-Content-Type-Options", "nosniff"),
    ]

    /// Cookies of the log's own pages begin so.
    private static let cookiePrefix = "connectorlog_"

    /// Whether a connector's configuration may set the field.
    static func maySet(_ name: String) -> Bool {
        let name = name.lowercased()
        return !endsAtRequest.contains(name)
    }

    /// Of a caller's request, for the vendor. Framing is the client's own affair.
    ///
    /// - Parameter replaced: names, in lower case, for which the connector's configuration has values.
    static func request(_ fields: HTTPFields, replaced: Set<String>) -> HTTPHeaders {
        let named = names(in: fields[values: .connection])
        var headers = HTTPHeaders()
        headers.reserveCapacity(fields.count + 4)
        var cookies: [Substring] = []
        for field in fields {
            let name = field.name.canonicalName
            guard !endsAtRequest.contains(name), !named.contains(name), !replaced.contains(name) else { continue }
            if name == "cookie" {
                cookies += field.value.split(separator: ";").map { $0.drop { $0 == " " } }
                    .filter { !$0.hasPrefix(cookiePrefix) }
            } else {
                headers.add(name: field.name.rawName, value: field.value)
            }
        }
        // In HTTP/2 they may come one by one (RFC 9113, section 8.2.3).
        if !cookies.isEmpty { headers.add(name: "Cookie", value: cookies.joined(separator: "; ")) }
        return headers
    }

    /// Of a vendor's answer, for the caller.
    static func response(_ headers: HTTPHeaders) -> HTTPHeaders {
        let named = names(in: headers["connection"])
        var passed = HTTPHeaders()
        passed.reserveCapacity(headers.count + forBrowsers.count)
        for (name, value) in headers where isToken(name) && isValue(value) {
            let lowercased = name.lowercased()
            guard !endsAtAnswer.contains(lowercased), !named.contains(lowercased),
                lowercased != "set-cookie" || !isOurCookie(value)
            else { continue }
            passed.add(name: name, value: value)
        }
        // Programs pass over it. A browser that is led here must not run a vendor's page as one of the log's.
        for (name, value) in forBrowsers { passed.add(name: name, value: value) }
        return passed
    }

    /// Blanks before a name do not count, and browsers take `=name` for `name` (RFC 6265bis, section 5.6).
    private static func isOurCookie(_ value: String) -> Bool {
        value.drop { $0 == " " || $0 == "\t" || $0 == "=" }.hasPrefix(cookiePrefix)
    }

    /// What names of fields are made of (RFC 9110, section 5.6.2).
    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: otherTokenBytes.contains(byte)
                }
            }
    }

    /// What ends a field, or its whole head, stands in none (RFC 9110, section 5.5). HTTP/2 could carry it here.
    private static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 != 0 && $0 != 0x0A && $0 != 0x0D }
    }

    private static let otherTokenBytes = Array("!#$%&'*+-.^_`|~".utf8)

    /// Framing and routing may not come behind a body (RFC 9110, section 6.5.1).
    static func trailers(_ fields: HTTPFields?) -> HTTPHeaders? {
        guard let fields, !fields.isEmpty else { return nil }
        return HTTPHeaders(
            fields.compactMap { field in
                isTrailer(field.name.canonicalName) ? (field.name.rawName, field.value) : nil
            })
    }

    static func trailers(_ headers: HTTPHeaders?) -> HTTPFields? {
        guard let headers, !headers.isEmpty else { return nil }
        var fields = HTTPFields()
        for (name, value) in headers {
            guard let name = HTTPField.Name(name), isTrailer(name.canonicalName) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        return fields
    }

    private static func isTrailer(_ name: String) -> Bool {
        !endsAtRequest.contains(name) && name != "authorization" && name != "trailer"
    }

    /// Names that `Connection` fields list, in lower case.
    private static func names(in fields: [String]) -> Set<String> {
        guard !fields.isEmpty else { return [] }
        return Set(
            fields.flatMap { $0.split(separator: ",") }.map { name in
                String(name.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }).lowercased()
            })
    }
}
