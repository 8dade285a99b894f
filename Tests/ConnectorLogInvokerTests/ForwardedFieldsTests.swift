import HTTPTypes
import NIOHTTP1
import Testing

@testable import ConnectorLogInvoker

@Suite struct ForwardedFieldsTests {
    private static func fields(_ pairs: (String, String)...) -> HTTPFields {
        HTTPFields(pairs.compactMap { name, value in HTTPField.Name(name).map { HTTPField(name: $0, value: value) } })
    }

    @Test func whatConcernsOneConnectionEndsHere() {
        let headers = ForwardedFields.request(
            Self.fields(
                ("Connection", "close, X-Hop"), ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "x"), ("TE", "gzip"),
                ("Transfer-Encoding", "chunked"), ("Upgrade", "h2c"), ("Expect", "100-continue"), ("X-Hop", "1"),
                ("Proxy-Authorization", "Basic made-up"), ("Content-Length", "5"), ("Accept", "*/*")),
            replaced: [])
        #expect(headers.map(\.name) == ["Accept"])
    }

    @Test func whatIsForTheLogEndsHere() {
        let headers = ForwardedFields.request(
            Self.fields(
                ("X-Connector-Log-Key", "clk_made-up"), ("X-Flow-Id", "f"), ("X-Flow-Name", "n"),
                ("X-Flow-Version", "1"), ("X-State-Id", "s"), ("X-Event-Type", "e"), ("Connector-Log-Slot", "7"),
                ("X-Request-Id", "r"), ("Authorization", "Bearer made-up")),
            replaced: [])
        #expect(headers.map(\.name) == ["X-Request-Id", "Authorization"])
    }

    @Test func whatTheConnectorSetsReplacesTheCallers() {
        let headers = ForwardedFields.request(
            Self.fields(("authorization", "Bearer made-up"), ("Accept", "a")), replaced: ["authorization"])
        #expect(headers.map(\.name) == ["Accept"])
    }

    @Test func repeatedFieldsStayInTheirOrderAndSpelling() {
        let headers = ForwardedFields.request(
            Self.fields(("X-B", "1"), ("x-A", "2"), ("X-B", "3")), replaced: [])
        #expect(headers.map { "\($0.name): \($0.value)" } == ["X-B: 1", "x-A: 2", "X-B: 3"])
    }

    @Test func answersLoseTheirConnectionsFieldsAlone() {
        let fields = ForwardedFields.response([
            "Connection": "keep-alive, X-Hop", "Keep-Alive": "timeout=5", "X-Hop": "1", "Content-Length": "5",
            "Set-Cookie": "a=1", "WWW-Authenticate": "Basic", "Connector-Log-Slot": "9", "Content-Encoding": "gzip",
        ])
        #expect(
            fields.map(\.name) == [
                "Content-Length", "Set-Cookie", "WWW-Authenticate", "Content-Encoding", "Content-Security-Policy",
                "X-Content-Type-Options",
            ])
    }

    /// HTTP/2 could carry them here, and HTTP/1.1 would read two answers.
    @Test func whatIsNoFieldIsNotPassedOn() {
        let fields = ForwardedFields.response([
            "X-A": "1\r\nSet-Cookie: made=up", "X-B": "1\n", "X-C": "\0", "X D": "1", "": "1", "X-E:": "1",
            "X-F": "\u{e9}",
        ])
        #expect(fields.map(\.name) == ["X-F", "Content-Security-Policy", "X-Content-Type-Options"])
    }

    @Test func trailersThatFrameOrRouteAreDropped() {
        #expect(ForwardedFields.trailers(nil as HTTPHeaders?) == nil)
        let trailers = ForwardedFields.trailers(["grpc-status": "0", "Content-Length": "5", "Authorization": "x"])
        #expect(trailers?.map(\.name.rawName) == ["grpc-status"])
        let headers = ForwardedFields.trailers(Self.fields(("X-Sum", "1"), ("Host", "h"), ("X-Flow-Id", "f")))
        #expect(headers?.map(\.name) == ["X-Sum"])
    }

    /// The log's own pages have the same origin for a browser.
    @Test func whatActsOnTheOriginOfTheLogEndsHere() {
        let fields = ForwardedFields.response([
            "Set-Cookie": "connectorlog_session=made-up", "Strict-Transport-Security": "max-age=9",
            "Clear-Site-Data": "*", "Service-Worker-Allowed": "/", "Alt-Svc": "h3=x",
            "Content-Security-Policy": "default-src *", "set-cookie": "=connectorlog_session=made-up",
            "SET-COOKIE": "\t connectorlog_session=made-up",
        ])
        #expect(
            fields.map { "\($0.name): \($0.value)" } == [
                "Content-Security-Policy: sandbox; default-src 'none'", "X-Content-Type-Options: nosniff",
            ])
        let headers = ForwardedFields.request(
            Self.fields(("Cookie", "a=1; connectorlog_session=made-up"), ("Cookie", "b=2")), replaced: [])
        #expect(headers.map { "\($0.name): \($0.value)" } == ["Cookie: a=1; b=2"])
    }

    @Test(arguments: ["Host", "Content-Length", "Connector-Log-Slot", "connection", "TE", "X-Connector-Log-Key"])
    func isNotForAConnectorToSet(_ name: String) {
        #expect(!ForwardedFields.maySet(name))
        #expect(ForwardedFields.maySet("Authorization"))
    }
}
