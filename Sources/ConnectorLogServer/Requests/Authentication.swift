import ConnectorLogAPI
import ConnectorLogCore
import Crypto
import HTTPTypes
import Hummingbird

/// Finds out whose request it is, and whether the budget and the role allow it.
struct Authentication: Sendable {
    private let environment: ServerEnvironment

    init(environment: ServerEnvironment) {
        self.environment = environment
    }

    /// The caller, noted in the context. Throws 401, 429 or 403.
    func admit(_ request: Request, to route: Route, context: ServerRequestContext) async throws(APIError) -> APIKey {
        let caller = try await authenticate(request, context: context)
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

    private func authenticate(_ request: Request, context: ServerRequestContext) async throws(APIError) -> APIKey {
        do throws(Refusal) {
            return try await caller(
                authorization: request.headers[.authorization],
                peer: PeerAddress(of: request, context: context, settings: environment.settings))
        } catch {
            context.findings.rateLimit = error.rateLimit
            throw error.error
        }
    }

    /// Why nobody is let in, and how the peer's budget of failures stands.
    struct Refusal: Error {
        var error: APIError
        var rateLimit: RateLimitStatus?
    }

    /// Whose key an `Authorization` field, or metadata of this name, holds. Throws 401, and 429 for who tried too often.
    func caller(
        authorization field: String?, peer: @autoclosure () -> PeerAddress
    ) async throws(Refusal) -> APIKey {
        if let caller = await caller(with: field.flatMap { Credentials(field: $0) }) { return caller }
        let status = try noteFailure(of: peer())
        // RFC 6750, section 3: no error code when no credentials came.
        let challenge = #"Bearer realm="connectorlog""# + (field == nil ? "" : #", error="invalid_token""#)
        let error = APIError(
            .unauthorized,
            field == nil ? "this call needs an API key" : "the API key or token is unknown, revoked or expired",
            headers: [.wwwAuthenticate: challenge])
        throw Refusal(error: error, rateLimit: status)
    }

    /// The key of these credentials, if it holds now.
    private func caller(with credentials: Credentials?) async -> APIKey? {
        switch credentials {
        case nil: nil
        case .key(let text): key(text)
        case .token(let text):
            await environment.tokens.keyID(in: text, now: environment.now)
                .flatMap { environment.catalog.key(id: $0) }
                .flatMap { $0.isValid(at: environment.now) ? $0 : nil }
        }
    }

    /// The key with this text, if it holds now.
    func key(_ text: String) -> APIKey? {
        environment.catalog.key(hash: Self.hash(of: text)).flatMap { $0.isValid(at: environment.now) ? $0 : nil }
    }

    /// Counts a failure against the peer's budget, and says where that stands. Throws 429 when it is used up.
    func noteFailure(of peer: PeerAddress) throws(Refusal) -> RateLimitStatus? {
        environment.metrics.noteFailedAuthentication()
        let status = environment.limiter.noteFailure(of: peer, now: environment.now)
        if let status, status.isExceeded { throw Refusal(error: Self.tooManyRequests(status), rateLimit: status) }
        return status
    }

    private static func tooManyRequests(_ status: RateLimitStatus) -> APIError {
        APIError(
            .tooManyRequests, "the requests of this hour are used up",
            headers: [.retryAfter: String(status.retryAfterSeconds ?? 1)])
    }

    /// What the catalog knows a key by.
    static func hash(of key: some StringProtocol) -> [UInt8] {
        Array(SHA256.hash(data: Array(key.utf8)))
    }
}
