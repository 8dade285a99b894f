import ConnectorLogCore
import HTTPTypes
import Hummingbird

/// The scheme and host under which the client reached the server (RFC 6454).
enum Origin {
    static func of(_ request: Request, settings: ServerSettings) -> String {
        if let origin = settings.publicOrigin { return origin }
        var scheme = settings.tls == nil ? "http" : "https"
        if settings.isBehindProxy, let forwarded = request.headers[.xForwardedProto],
            ["http", "https"].contains(forwarded)
        {
            scheme = forwarded
        }
        // What a client sends as its `Host` comes back in its own answer alone, but must not break out of the URL.
        if let authority = request.head.authority, Authority.isValid(authority) { return scheme + "://" + authority }
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        return "\(scheme)://\(host):\(settings.port)"
    }
}
