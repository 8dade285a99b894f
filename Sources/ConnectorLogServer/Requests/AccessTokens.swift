import ConnectorLogCore
import Crypto
import JWTKit

/// Access tokens for who gets no key into each request: JSON Web Tokens (RFC 7519) of fifteen minutes, signed with HS256
/// (RFC 7518, section 3.2) under a key that is derived from the server's own.
///
/// A token says whose it is and until when, no more: at each use its API key is looked up, so that a key's end is the end
/// of its tokens.
struct AccessTokens: Sendable {
    /// Seconds.
    static let lifetime: Int64 = 900
    /// Who issues tokens, and for whom.
    private static let name = "connectorlog"
    private static let algorithm = "HS256"

    private let key: SymmetricKey

    /// - Parameter signingKey: at least 32 bytes.
    init(signingKey: [UInt8]) {
        key = DerivedKey.make(from: signingKey, purpose: "connectorlog access token 1")
    }

    /// The claims of RFC 7519, section 4.1; times are seconds since 1970.
    private struct Claims: JWTPayload {
        var iss = AccessTokens.name
        var aud = AccessTokens.name
        var sub: String
        var iat: Int64
        var exp: Int64

        /// Times are compared with the server's clock, which is an argument, in `keyID`.
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    private var keys: JWTKeyCollection {
        get async { await JWTKeyCollection().add(hmac: HMACKey(key: key), digestAlgorithm: .sha256) }
    }

    func issue(for key: APIKey, now: Timestamp) async throws -> String {
        let seconds = now.microseconds / 1_000_000
        return try await keys.sign(Claims(sub: key.id, iat: seconds, exp: seconds + Self.lifetime))
    }

    /// The id of the token's API key; nil when the token was not issued here, is signed otherwise, or its time is over.
    func keyID(in token: String, now: Timestamp) async -> String? {
        let parser = DefaultJWTParser()
        // What the header says of the algorithm chooses nothing (RFC 8725, section 3.1), but has to be right.
        guard let header = try? parser.parse(Array(token.utf8), as: Claims.self).header,
            header.alg == Self.algorithm, header.kid == nil,
            let claims = try? await keys.verify(token, as: Claims.self),
            claims.iss == Self.name, claims.aud == Self.name, now.microseconds / 1_000_000 < claims.exp
        else { return nil }
        return claims.sub
    }
}
