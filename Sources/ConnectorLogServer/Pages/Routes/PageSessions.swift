import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
import Hummingbird

/// The pages' side of sessions: which cookies go out and come in. What they hold is `SessionCookie`'s.
struct PageSessions: Sendable {
    struct Session: Sendable {
        let key: APIKey
        /// What the session's forms send along.
        let csrfToken: String
    }

    /// Before a session there is no cookie to bind a form's token to; this one holds a random value for that.
    private static let guestName = "connectorlog_guest"
    private static let guestBytes = 18
    private static let guestSeconds: Int64 = 3600

    let environment: ServerEnvironment

    /// Nil without a cookie of this server, when its time is over, and when its key was revoked or has expired.
    func session(of request: Request) -> Session? {
        guard let value = SessionCookie.value(inCookieField: request.headers[.cookie]),
            let key = environment.sessions.caller(of: value, catalog: environment.catalog, now: environment.now)
        else { return nil }
        return Session(key: key, csrfToken: token(for: value))
    }

    /// Whether the browser brings a session that holds no more.
    func hasEnded(_ request: Request) -> Bool {
        SessionCookie.value(inCookieField: request.headers[.cookie]) != nil && session(of: request) == nil
    }

    /// The `Set-Cookie` field that begins a session.
    func begin(_ key: APIKey) -> String {
        environment.sessions.setCookie(
            environment.sessions.issue(for: key, now: environment.now), isSecure: environment.settings.isSecure)
    }

    /// The `Set-Cookie` field that ends it.
    var end: String { environment.sessions.clearCookie(isSecure: environment.settings.isSecure) }

    /// Whether a form was made for this request's session.
    func isToken(_ token: String?, of request: Request) -> Bool {
        guard let token, let value = SessionCookie.value(inCookieField: request.headers[.cookie]) else { return false }
        return environment.sessions.isToken(token, for: value)
    }

    private func token(for binding: String) -> String {
        environment.sessions.token(
            for: binding, mask: environment.dependencies.randomBytes(SessionCookie.tokenBytes))
    }

    // MARK: - Before sign-in

    /// The token of the sign-in form, and the cookie to set for it when the browser has none yet.
    func guest(of request: Request) -> (token: String, cookie: String?) {
        if let value = Self.guestValue(of: request) { return (token(for: value), nil) }
        let value = Base64.encodeURLSafe(environment.dependencies.randomBytes(Self.guestBytes))
        return (
            token(for: Self.binding(value)),
            guestCookie(value)
        )
    }

    func isGuestToken(_ token: String?, of request: Request) -> Bool {
        guard let token, let value = Self.guestValue(of: request) else { return false }
        return environment.sessions.isToken(token, for: value)
    }

    private static func guestValue(of request: Request) -> String? {
        for pair in request.headers[.cookie]?.split(separator: ";") ?? [] {
            let pair = pair.drop { $0 == " " }
            guard pair.hasPrefix(guestName + "=") else { continue }
            let value = String(pair.dropFirst(guestName.utf8.count + 1))
            return Base64.decodeURLSafe(value)?.count == guestBytes ? binding(value) : nil
        }
        return nil
    }

    /// Sets the tokens of guests apart from those of sessions.
    private static func binding(_ value: String) -> String { "guest " + value }

    private func guestCookie(_ value: String) -> String {
        "\(Self.guestName)=\(value); Path=/; Max-Age=\(Self.guestSeconds); HttpOnly; SameSite=Strict"
            + (environment.settings.isSecure ? "; Secure" : "")
    }
}
