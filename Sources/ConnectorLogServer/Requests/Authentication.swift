import ConnectorLogAPI
import ConnectorLogCore
import Crypto
import HTTPTypes
import Hummingbird

/// Finds out whose request it is, and whether the budget and the role allow it.
struct Authentication: Sendable {
    /// A key is shorter; longer values are not hashed.
    private static let maximumKeyBytes = 512

    private let environment: ServerEnvironment

    init(environment: ServerEnvironment) {
        self.environment = environment
    }

    /// The caller, noted in the context. Throws 401, 429 or 403.
    func admit(_ request: Request, to route: Route, context: ServerRequestContext) throws(APIError) -> APIKey {
        let caller = try authenticate(request, context: context)
        context.findings.caller = caller
        environment.catalog.noteUse(ofKey: caller.id, at: environment.now)
        if route.isRateLimited { try charge(caller, context: context) }
        return caller
    }

    /// Takes one request off the key's budget, noted in the context. Throws 429 when it is used up.
    func charge(_ caller: APIKey, context: ServerRequestContext) throws(APIError) {
        let status = environment.limiter.takeRequest(of: caller, now: environment.now)
        context.findings.rateLimit = status
        if let status, status.isExceeded { throw Self.tooManyRequests(status) }
    }

    private func authenticate(_ request: Request, context: ServerRequestContext) throws(APIError) -> APIKey {
        let field = request.headers[.authorization]
        if let field, let key = Self.key(in: field), let caller = environment.catalog.key(hash: Self.hash(of: key)),
            caller.isValid(at: environment.now)
        {
            return caller
        }
        environment.metrics.noteFailedAuthentication()
        let peer = PeerAddress(of: request, context: context, settings: environment.settings)
        let status = environment.limiter.noteFailure(of: peer, now: environment.now)
        context.findings.rateLimit = status
        if let status, status.isExceeded { throw Self.tooManyRequests(status) }
        // RFC 6750, section 3: no error code when no credentials came.
        let challenge = #"Bearer realm="connectorlog""# + (field == nil ? "" : #", error="invalid_token""#)
        throw APIError(
            .unauthorized, field == nil ? "this call needs an API key" : "the API key is unknown, revoked or expired",
            headers: [.wwwAuthenticate: challenge])
    }

    private static func tooManyRequests(_ status: RateLimitStatus) -> APIError {
        APIError(
            .tooManyRequests, "the requests of this hour are used up",
            headers: [.retryAfter: String(status.retryAfterSeconds ?? 1)])
    }

    /// The key in an `Authorization` field: `Bearer <key>` (the scheme in either case), or the key alone.
    static func key(in field: String) -> Substring? {
        guard field.utf8.count <= maximumKeyBytes else { return nil }
        let parts = field.split(separator: " ")
        switch parts.count {
        case 1: return parts[0]
        case 2 where parts[0].lowercased() == "bearer": return parts[1]
        default: return nil
        }
    }

    /// What the catalog knows a key by.
    static func hash(of key: some StringProtocol) -> [UInt8] {
        Array(SHA256.hash(data: Array(key.utf8)))
    }
}
