import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Testing

@Suite("Sessions")
struct SessionTests {
    let sessions = SessionCookie(signingKey: Array(repeating: 1, count: 32))
    let now = ManualClock.defaultStart
    let key = Fixtures.key("key_a.b", team: 1, at: ManualClock.defaultStart)

    @Test func namesItsKeyUntilItsTimeIsOver() {
        let value = sessions.issue(for: key, now: now)
        #expect(sessions.keyID(in: value, now: now) == "key_a.b")
        let end = now.advanced(bySeconds: SessionCookie.lifetimeSeconds)
        #expect(sessions.keyID(in: value, now: end.advanced(byMicroseconds: -1)) == "key_a.b")
        #expect(sessions.keyID(in: value, now: end) == nil)
    }

    @Test func refusesWhatWasNotIssuedHere() {
        let value = sessions.issue(for: key, now: now)
        let other = SessionCookie(signingKey: Array(repeating: 2, count: 32)).issue(for: key, now: now)
        for forged in [
            other, "", ".", "a.b", value + "A", "A" + value, value + ".", String(value.dropLast()),
            value.replacing(".", with: ""), String(repeating: "a", count: 2000),
        ] {
            #expect(sessions.keyID(in: forged, now: now) == nil)
        }
        for index in value.indices where value[index] != "." {
            var changed = value
            changed.replaceSubrange(index...index, with: value[index] == "x" ? "y" : "x")
            #expect(sessions.keyID(in: changed, now: now) == nil)
        }
    }

    @Test func endsWithItsKey() async throws {
        let store = InMemoryStore(clock: ManualClock())
        var key = key
        key.expiresAt = now.advanced(bySeconds: 100)
        _ = try await store.createTeam(name: "a", id: 1, at: now)
        try await store.createKey(key, hash: Fixtures.digest(1))
        let value = sessions.issue(for: key, now: now)
        #expect(sessions.caller(of: value, catalog: store, now: now)?.id == key.id)
        #expect(sessions.caller(of: value, catalog: store, now: now.advanced(bySeconds: 100)) == nil)
        _ = try await store.revokeKey(team: 1, id: key.id)
        #expect(sessions.caller(of: value, catalog: store, now: now) == nil)
    }

    @Test func bindsTokensToTheirSession() {
        let (first, second) = (
            sessions.issue(for: key, now: now), sessions.issue(for: key, now: now.advanced(bySeconds: 1))
        )
        let mask = Array(0..<UInt8(SessionCookie.tokenBytes))
        let token = sessions.token(for: first, mask: mask)
        #expect(sessions.isToken(token, for: first))
        #expect(!sessions.isToken(token, for: second))
        // Each page has another text, and all are of the session.
        let other = sessions.token(for: first, mask: mask.reversed())
        #expect(other != token && sessions.isToken(other, for: first))
        for forged in ["", token + "A", String(token.dropLast()), first, "B" + token.dropFirst()] {
            #expect(!sessions.isToken(forged, for: first))
        }
        // The cookie's own signature is no token.
        #expect(!sessions.isToken(String(first.split(separator: ".")[1]), for: first))
    }

    @Test func writesAndReadsTheCookie() {
        #expect(
            sessions.setCookie("v", isSecure: true)
                == "connectorlog_session=v; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure")
        #expect(!sessions.setCookie("v", isSecure: false).contains("Secure"))
        #expect(sessions.clearCookie(isSecure: false).contains("Max-Age=0"))
        #expect(SessionCookie.value(inCookieField: "a=1; connectorlog_session=v.w; b=2") == "v.w")
        #expect(SessionCookie.value(inCookieField: "connectorlog_session_x=v") == nil)
        #expect(SessionCookie.value(inCookieField: nil) == nil)
    }
}
