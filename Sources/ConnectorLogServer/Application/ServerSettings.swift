package import ConnectorLogCore
package import ConnectorLogInvoker

/// How the server listens, and how much it takes. The defaults are meant for production.
package struct ServerSettings: Sendable, Equatable {
    package struct TLSFiles: Sendable, Equatable {
        /// Path of the certificate chain in PEM, the server's own first.
        package var certificate: String
        /// Path of its private key in PEM.
        package var privateKey: String

        package init(certificate: String, privateKey: String) {
            (self.certificate, self.privateKey) = (certificate, privateKey)
        }
    }

    package var host = "127.0.0.1"
    /// 0 takes a free one; `onRunning` of `makeApplication` says which.
    package var port = 8080
    /// Turns on HTTPS, with HTTP/2 where the client offers it (ALPN).
    package var tls: TLSFiles?
    /// A reverse proxy in front terminates TLS: plain HTTP is allowed on any address, `X-Forwarded-Proto` and
    /// `X-Forwarded-For` are believed.
    package var isBehindProxy = false
    /// Origin under which clients reach the server, such as `https://log.example.org`: links in answers begin with it.
    /// Nil takes the scheme and the `Host` of the request.
    package var publicOrigin: String?
    /// Where traces are shown, such as `https://jaeger.example/trace/{trace_id}`: pages link trace ids there. Nil leaves them
    /// text.
    package var traceURL: String?

    /// Requests an hour that one key may make; 0 is unlimited. Ingest does not count.
    package var rateLimitPerHour = 10_000
    /// Failed authentications an hour that one peer address may make until it gets 429 for the next; 0 is unlimited.
    package var failedAuthenticationsPerHour = 1000

    /// Connections at once; past them new ones wait in the system's queue.
    package var maximumConnections = 10_000
    /// Seconds that a connection may be silent, between requests and within one, before it is closed. A request whose
    /// answer is being made is not silent.
    package var idleSeconds = 60

    /// Where the invoker may connect to beside the public internet.
    package var invokerNetworks = TargetNetworks()
    /// Path of certificates in PEM that vendors' are checked against; nil for the system's.
    package var invokerTrustedCertificates: String?

    /// How long records are kept of teams that say nothing of their own. The store removes them; the server tells.
    package var retention = Retention.forever

    package init() {}

    // MARK: - Limits of a request

    /// Bytes of a request's target, path and query together. Longer ones get 400.
    package static let targetBytes = 16_384
    /// Bytes of all header fields. Longer ones get 400, and the connection is closed.
    package static let headerBytes = 65_536
    /// Header fields.
    package static let headerFields = 200
    /// Bytes of a JSON body, ingest excepted (`IngestLimits`). Longer ones get 413.
    package static let jsonBodyBytes = 1 << 20
    /// Nesting of arrays and objects in a JSON body, ingest excepted.
    package static let jsonDepth = 128
    /// Bytes of an `application/x-www-form-urlencoded` body.
    package static let formBodyBytes = 65_536
    /// Bytes of a logo's image.
    package static let logoBytes = 5 << 20
    /// Bytes of the multipart body around a logo.
    package static let multipartFramingBytes = 65_536

    // MARK: - Checks

    /// Whether readers reach the server by HTTPS, as far as it can know.
    package var isSecure: Bool { tls != nil || isBehindProxy }

    /// What is wrong with the settings, in words for who starts the server; nil when nothing is.
    package var problem: String? {
        if !Self.isLoopback(host), tls == nil, !isBehindProxy {
            return """
                refusing to listen on \(host) without TLS: keys and bodies would cross the network in clear text. \
                Give a TLS certificate and its private key (--tls-certificate, --tls-private-key), or say that a \
                reverse proxy in front terminates TLS (--behind-proxy), or listen on 127.0.0.1
                """
        }
        if !(0...65535).contains(port) { return "a port is 0 to 65535" }
        if rateLimitPerHour < 0 || rateLimitPerHour > 1_000_000_000 || failedAuthenticationsPerHour < 0 {
            return "a rate limit is 0 (unlimited) to 1,000,000,000 requests an hour"
        }
        if idleSeconds < 1 || maximumConnections < 1 { return "idle time and connections are 1 or more" }
        if let publicOrigin, !Self.isOrigin(publicOrigin) {
            return "the public origin is http:// or https:// and a host, with a port if need be, and nothing behind it"
        }
        if let traceURL, TraceLink(template: traceURL) == nil {
            return "the trace URL is http:// or https://, a host, and {trace_id} once in what follows"
        }
        return nil
    }

    /// Throws what `problem` says.
    package func validate() throws(SettingsError) {
        if let problem { throw SettingsError(message: problem) }
    }

    /// 127.0.0.0/8 (RFC 1122, section 3.2.1.3), `::1` (RFC 4291, section 2.5.3) and `localhost` (RFC 6761, section 6.3).
    /// Other names are not resolved: what they mean may change after the check.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isOrigin(_ text: String) -> Bool {
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
            return Authority.isValid(text.dropFirst(scheme.count))
        }
        return false
    }
}

/// Settings with which the server does not start.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    package var message: String
    package var description: String { message }
}

/// The host of a URL, with a port if need be (RFC 3986, section 3.2, without user information).
enum Authority {
    static func isValid(_ text: some StringProtocol) -> Bool {
        (1...300).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                byte.isIdentifierByte || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
                    || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
            }
    }
}
