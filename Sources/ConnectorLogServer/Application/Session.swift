import ConnectorLogAPI
package import ConnectorLogCore
import Crypto

/// Signed sessions of the pages: a cookie that holds the id of a key and an expiry, and tokens against request forgery
/// that are derived from it. Nothing is kept on the server; a revoked key ends its sessions at once.
package struct SessionCookie: Sendable {
    package static let name = "connectorlog_session"
    /// Twelve hours: a working day.
    package static let lifetimeSeconds: Int64 = 43_200

    private let cookieKey: SymmetricKey
    private let tokenKey: SymmetricKey

    /// - Parameter signingKey: at least 32 bytes. Keys for each purpose are derived from it (RFC 5869), so that no
    ///   signature of one is good for another.
    package init(signingKey: [UInt8]) {
        cookieKey = DerivedKey.make(from: signingKey, purpose: "connectorlog session cookie 1")
        tokenKey = DerivedKey.make(from: signingKey, purpose: "connectorlog request token 1")
    }

    // MARK: - Cookie

    /// The cookie's value for a session that begins now.
    package func issue(for key: APIKey, now: Timestamp) -> String {
        let payload = Array("\(now.advanced(bySeconds: Self.lifetimeSeconds).microseconds).\(key.id)".utf8)
        return Base64.encodeURLSafe(payload) + "." + Base64.encodeURLSafe(Self.mac(of: payload, cookieKey))
    }

    /// The id of the session's key; nil when the value was not issued here or its time is over.
    package func keyID(in value: String, now: Timestamp) -> String? {
        let parts = value.split(separator: ".", omittingEmptySubsequences: false)
        guard value.utf8.count <= 1024, parts.count == 2, let payload = Base64.decodeURLSafe(parts[0]),
            let mac = Base64.decodeURLSafe(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: payload, using: cookieKey),
            let text = String(validating: payload, as: UTF8.self), let dot = text.firstIndex(of: "."),
            let expiry = Int64(text[..<dot]), now.microseconds < expiry
        else { return nil }
        return String(text[text.index(after: dot)...])
    }

    /// The key of a valid session, as the catalog knows it now; nil too when it was revoked or has expired.
    package func caller(of value: String, catalog: any Catalog, now: Timestamp) -> APIKey? {
        guard let id = keyID(in: value, now: now), let key = catalog.key(id: id), key.isValid(at: now) else {
            return nil
        }
        return key
    }

    /// The `Set-Cookie` field that begins a session (RFC 6265, section 4.1).
    package func setCookie(_ value: String, isSecure: Bool) -> String {
        "\(Self.name)=\(value); Path=/; Max-Age=\(Self.lifetimeSeconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    /// The `Set-Cookie` field that ends it.
    package func clearCookie(isSecure: Bool) -> String {
        "\(Self.name)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    /// The session's value out of a `Cookie` field (RFC 6265, section 4.2).
    package static func value(inCookieField field: String?) -> String? {
        guard let field else { return nil }
        for pair in field.split(separator: ";") {
            let pair = pair.drop { $0 == " " }
            if pair.hasPrefix(name + "=") { return String(pair.dropFirst(name.utf8.count + 1)) }
        }
        return nil
    }

    // MARK: - Tokens against request forgery

    /// The token that forms of this session send along. Before a session, `binding` is a random value of a cookie.
    ///
    /// - Parameter mask: random bytes, as many as `tokenBytes`. They stand before the token, and are added to it, so that it is
    ///   another text in every page: pages are compressed, and a text that stays could be guessed from their lengths (BREACH).
    package func token(for binding: String, mask: [UInt8]) -> String {
        precondition(mask.count == Self.tokenBytes)
        let mac = Self.mac(of: Array(binding.utf8), tokenKey)
        return Base64.encodeURLSafe(mask + zip(mac, mask).map { $0 ^ $1 })
    }

    package static let tokenBytes = SHA256.byteCount

    /// In time that does not depend on where they differ.
    package func isToken(_ token: String, for binding: String) -> Bool {
        guard let bytes = Base64.decodeURLSafe(token), bytes.count == 2 * Self.tokenBytes else { return false }
        let mac = zip(bytes[..<Self.tokenBytes], bytes[Self.tokenBytes...]).map { $0 ^ $1 }
        return HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: Array(binding.utf8), using: tokenKey)
    }

    private static func mac(of bytes: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
    }
}

/// Keys for single purposes, out of one (HKDF, RFC 5869).
enum DerivedKey {
    static func make(from signingKey: [UInt8], purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: signingKey), info: Array(purpose.utf8), outputByteCount: 32)
    }
}

extension APIKey {
    func isValid(at now: Timestamp) -> Bool {
        expiresAt.map { now < $0 } ?? true
    }
}
