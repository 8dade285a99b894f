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

    private static let forBrowsers: [(HTTPField.Name, String)] = [
        ("Content-Security-Policy", "sandbox; default-src 'none'"), ("X-Content-Type-Options", "nosniff"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }

    /// Cookies of the log's own pages begin so.
    private static let cookiePrefix = "connectorlog_"

    /// Whether a connector's configuration may set the field.
    static func maySet(_ name: String) -> Bool {
        let name = name.lowercased()
        return !endHere.contains(name) && !ours.contains(name) && name != "host" && name != "content-length"
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
            guard !endHere.contains(name), !ours.contains(name), name != "content-length", name != "host",
                !named.contains(name), !replaced.contains(name)
            else { continue }
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
    static func response(_ headers: HTTPHeaders) -> HTTPFields {
        let named = names(in: headers["connection"])
        var fields = HTTPFields()
        fields.reserveCapacity(headers.count)
        for (name, value) in headers {
            guard let name = HTTPField.Name(name), !endHere.contains(name.canonicalName),
                name.canonicalName != UpstreamTap.slotField, !named.contains(name.canonicalName),
                !ofOrigin.contains(name.canonicalName),
                name.canonicalName != "set-cookie" || !value.drop(while: { $0 == " " }).hasPrefix(cookiePrefix)
            else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        // Programs pass over it. A browser that is led here must not run a vendor's page as one of the log's.
        for (name, value) in forBrowsers { fields[name] = value }
        return fields
    }

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
        !endHere.contains(name) && !ours.contains(name) && name != "content-length" && name != "host"
            && name != "authorization" && name != "trailer"
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
