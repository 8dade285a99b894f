package import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
package import HTTPTypes

/// A request that fails with a status. What it says goes to the client; `cause` goes to the server's own log alone.
package struct APIError: Error, Sendable {
    package var code: ErrorCode
    /// 1...255 characters; never a record's contents, nor what the client sent.
    package var message: String
    package var headers: HTTPFields
    /// Why the server failed, for 500, 503 and 507.
    package var cause: (any Error)?

    package init(_ code: ErrorCode, _ message: String, headers: HTTPFields = [:], cause: (any Error)? = nil) {
        (self.code, self.message, self.headers, self.cause) = (code, message, headers, cause)
    }

    package var status: HTTPResponse.Status { HTTPResponse.Status(code: code.status) }

    /// There is no such thing, or not in this team.
    static func notFound(_ thing: String) -> APIError {
        APIError(.notFound, "there is no such \(thing)")
    }

    static func unavailable(_ message: String, retryAfterSeconds: Int = 1, cause: (any Error)? = nil) -> APIError {
        APIError(.serviceUnavailable, message, headers: [.retryAfter: String(retryAfterSeconds)], cause: cause)
    }

    /// Whatever was thrown on a request's way. Errors that are not known tell the client nothing.
    package init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as StoreError: self = APIError(store: error)
        case let error as SecretVaultError: self = APIError(vault: error)
        default: self = APIError(.internalServerError, "the server failed", cause: error)
        }
    }

    /// An erasure's: on a full disk what was begun is ended later, so that "nothing was stored" would be wrong.
    init(erasing error: any Error) {
        self = APIError(error)
        if code == .insufficientStorage {
            message = "the server's disk is full: an erasure that is listed is ended when there is room again"
        } else if let error = error as? StoreError, error.code == .overloaded {
            message = """
                too many erasures are under way, or readers hold what was erased: an erasure that is listed is ended in \
                the background
                """
        }
    }

    private init(vault error: SecretVaultError) {
        switch error {
        case .nameTaken: self = APIError(.conflict, "a secret of this name exists")
        case .limitReached:
            self = APIError(.unprocessableEntity, "there are \(SecretLimits.perOwner) secrets, which is the limit")
        case .ownerMissing: self = .notFound("connector")
        case .valueLength:
            self = APIError(
                .unprocessableEntity,
                "secret_value has \(SecretLimits.value.lowerBound) to \(SecretLimits.value.upperBound) characters, and "
                    + "\(SecretLimits.leastValueBytes) bytes of UTF-8 or more: a shorter one cannot be told from other text"
            )
        case .rules(let error): self = APIError(.unprocessableEntity, "\(error.field) \(error.message)")
        case .rulesChanged: self = APIError(.conflict, "the team has other rules by now")
        case .store(let error): self = APIError(store: error)
        }
    }

    private init(store error: StoreError) {
        switch error.code {
        case .overloaded: self = .unavailable("the store has too much to do at once", cause: error)
        case .closed: self = .unavailable("the server is stopping", retryAfterSeconds: 5, cause: error)
        case .full:
            self = APIError(
                .insufficientStorage, "the server's disk is full: nothing was stored", headers: [.retryAfter: "30"],
                cause: error)
        case .conflict: self = APIError(.conflict, "something with this id exists")
        case .idempotencyMismatch:
            self = APIError(.unprocessableEntity, "the Idempotency-Key was used with another body")
        case .damaged, .newer, .missing, .unfinished, .failed:
            self = APIError(.internalServerError, "the server failed", cause: error)
        }
    }
}

extension HTTPField.Name {
    static let xRequestID = fieldName("X-Request-Id")
    static let xRateLimitLimit = fieldName("X-RateLimit-Limit")
    static let xRateLimitRemaining = fieldName("X-RateLimit-Remaining")
    static let xForwardedFor = fieldName("X-Forwarded-For")
    static let xForwardedProto = fieldName("X-Forwarded-Proto")
    static let referrerPolicy = fieldName("Referrer-Policy")
    static let idempotencyKey = fieldName("Idempotency-Key")
    static let link = fieldName("Link")

    /// For names that are tokens as they stand here; the initializer is failable for those that come from outside.
    private static func fieldName(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("no field name") }
        return name
    }
}
