import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import HTTPTypes
import Testing

@testable import ConnectorLogServer

/// Errors of OTLP are google.rpc.Status in the encoding of the request. The exporters themselves are in
/// `Tests/AcceptanceTests/test_otlp.py`.
@Suite("OTLP over HTTP")
struct OTLPRouteTests {
    @Test(arguments: Array(Route.otlp), [(nil, 401, 16), (Role.viewer, 403, 7)] as [(Role?, Int, Int)])
    func refusalIsAStatus(_ route: Route, _ refusal: (role: Role?, status: Int, code: Int)) async throws {
        let answer = try await TestServer().run {
            try await $0.send(
                .post, route.template, key: refusal.role.map(TestServer.key),
                headers: [.contentType: "application/json"], body: Array("{}".utf8))
        }
        #expect(answer.status == refusal.status)
        #expect(answer.text.contains("\"code\":\(refusal.code)"))
        #expect(answer.header("Content-Type") == "application/json")
    }

    /// What the server fails at, exporters may repeat: on 500 they would drop their records.
    @Test(arguments: ErrorCode.allCases) func failuresOfTheServerMayBeRepeated(_ code: ErrorCode) {
        let error = APIError(code, "a reason")
        let isRepeated = [429, 502, 503, 504].contains(error.otlpHTTPStatus)
        #expect(isRepeated == (OTLPStatus(code) == .unavailable))
        #expect(isRepeated == (error.retrySeconds != nil))
        #expect(error.otlpHTTPStatus != 500)
    }
}
