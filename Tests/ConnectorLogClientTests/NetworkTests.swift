import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import ConnectorLogClient

/// Real HTTP over a socket: what the tests with a pretended network take for granted of the HTTP client.
@Suite(.timeLimit(.minutes(1))) struct NetworkTests {
    private static let timeout = TimeAmount.seconds(50)

    /// Records `call` of a server that gives this answer; returns the record, and what the server was asked.
    private func record(
        _ answer: LocalServer.Answer, _ call: @Sendable @escaping (RecordingHTTPClient, String) async throws -> Void
    ) async throws -> (JSONRecord, [LocalServer.Request]) {
        let test = try RecorderUnderTest()
        let asked = Asked()
        let record = try await test.record {
            try await LocalServer.run { request in
                asked.add(request)
                return answer
            } _: { url in
                try await HTTPClient.withHTTPClient { client in
                    try await call(client.recording(to: test.recorder, connector: "crm"), url)
                }
            }
        }
        return (record, asked.requests)
    }

    private final class Asked: Sendable {
        private let list = Mutex<[LocalServer.Request]>([])
        var requests: [LocalServer.Request] { list.withLock { $0 } }
        func add(_ request: LocalServer.Request) { list.withLock { $0.append(request) } }
    }

    @Test func aCallIsRecordedAndReachesTheServerUnchanged() async throws {
        let answer = LocalServer.Answer(status: .created, headers: ["X-Vendor": "v"], pieces: ["one,", "two"])
        let (record, asked) = try await record(answer) { client, url in
            var request = HTTPClientRequest(url: url + "/orders?page=1")
            request.method = .POST
            request.headers = ["Authorization": "Bearer made-up"]
            request.body = .bytes(ByteBuffer(string: "{}"))
            let response = try await client.execute(request, timeout: Self.timeout)
            let body = try await response.body.collect(upTo: 100)
            #expect(String(buffer: body) == "one,two")
        }
        #expect(asked.map(\.body) == ["{}"])
        #expect(asked.first?.head.headers["Authorization"] == ["Bearer made-up"])
        #expect(asked.first?.head.headers["Content-Length"] == ["2"])
        #expect(record["method"] == "POST")
        #expect(record["uri"]?.hasSuffix("/orders?page=1") == true)
        #expect(record.number("status") == 201)
        #expect(record["request_body"] == "{}")
        #expect(record["response_body"] == "one,two")
        #expect(record.object("request_headers")["Authorization"] == .init(CredentialHeaders.mark))
    }

    @Test(arguments: [7, nil] as [Int64?]) func aStreamedRequestStaysOne(length: Int64?) async throws {
        let (record, asked) = try await record(LocalServer.Answer()) { client, url in
            var request = HTTPClientRequest(url: url)
            request.method = .PUT
            request.body = .stream(Pieces(["one,", "two"]), length: length.map { .known($0) } ?? .unknown)
            _ = try await client.execute(request, timeout: Self.timeout).body.collect(upTo: 100)
        }
        #expect(asked.map(\.body) == ["one,two"])
        #expect(asked.first?.head.headers["Content-Length"] == (length.map { ["\($0)"] } ?? []))
        #expect(asked.first?.head.headers["Transfer-Encoding"] == (length == nil ? ["chunked"] : []))
        #expect(record["request_body"] == "one,two")
        #expect(!record.names.contains("request_body_truncated"))
    }

    @Test func aResponseThatNobodyReadsIsRecorded() async throws {
        let answer = LocalServer.Answer(status: .badGateway, headers: ["Content-Length": "7"], pieces: ["one,two"])
        let (record, _) = try await record(answer) { client, url in
            _ = try await client.execute(HTTPClientRequest(url: url), timeout: Self.timeout)
        }
        #expect(record.number("status") == 502)
        #expect(record.flag("response_body_truncated"))
        #expect(record.number("response_body_size") == 7)
    }

    @Test func aConnectionThatBreaksIsAnErrorWithWhatCameBefore() async throws {
        let answer = LocalServer.Answer(headers: ["Content-Length": "100"], pieces: ["one,"], breaksOff: true)
        let (record, _) = try await record(answer) { client, url in
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: Self.timeout)
            await #expect(throws: (any Error).self) { try await response.body.collect(upTo: 100) }
        }
        #expect(record.number("status") == 200)
        #expect(record["response_body"] == "one,")
        #expect(record.number("response_body_size") == 100)
        #expect(record.names.contains("error_name"))
    }

    @Test func aRedirectThatIsFollowedIsOneCall() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            try await LocalServer.run { request in
                request.head.uri == "/new"
                    ? LocalServer.Answer(pieces: ["here"])
                    : LocalServer.Answer(
                        status: .permanentRedirect, headers: ["Location": "/new", "Content-Length": "0"])
            } _: { url in
                try await HTTPClient.withHTTPClient { client in
                    var request = HTTPClientRequest(url: url + "/old")
                    request.method = .POST
                    // Has to be sent twice.
                    request.body = .bytes(ByteBuffer(string: "{}"))
                    let client = client.recording(to: test.recorder, connector: "crm")
                    _ = try await client.execute(request, timeout: Self.timeout).body.collect(upTo: 100)
                }
            }
        }
        #expect(record["uri"]?.hasSuffix("/old") == true)
        #expect((record.object("attributes")["redirected_to"]?.base as? String)?.hasSuffix("/new") == true)
        #expect(record["response_body"] == "here")
    }

    @Test func noServerIsAnError() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            // The port was free a moment ago, and nobody is likely to take it now.
            var free = ""
            try await LocalServer.run { _ in
                LocalServer.Answer()
            } _: {
                free = $0
            }
            let request = HTTPClientRequest(url: free)
            var configuration = HTTPClient.Configuration()
            configuration.connectionPool.retryConnectionEstablishment = false
            try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                _ = await #expect(throws: (any Error).self) {
                    try await client.recording(to: test.recorder, connector: "crm")
                        .execute(request, deadline: .now() + Self.timeout)
                }
            }
        }
        #expect(record.names.isSuperset(of: ["error_name", "error_message"]))
        #expect(!record.names.contains("status"))
    }
}
