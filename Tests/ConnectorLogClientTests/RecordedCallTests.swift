import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

@testable import ConnectorLogClient

@Suite(.timeLimit(.minutes(1))) struct RecordedCallTests {
    private struct Refused: Error {}

    @Test func aCallHasItsRequestAndItsResponse() async throws {
        let test = try RecorderUnderTest()
        var request = HTTPClientRequest(url: "https://api.example/orders?page=1")
        request.method = .POST
        request.headers = ["Accept": "application/json", "X-Request-Id": "r-1"]
        let client = test.client(status: .created, headers: ["X-Vendor": "v"], pieces: ["{}"])
        let record = try await test.record {
            _ = try await client.execute(request, timeout: .seconds(1)).body.collect(upTo: 10)
        }
        #expect(record["connector_identifier"] == "crm")
        #expect(record["log_time"] == "2026-11-01T12:00:00.000000Z")
        #expect(record["method"] == "POST")
        #expect(record["uri"] == "https://api.example/orders?page=1")
        #expect(record["request_id"] == "r-1")
        #expect(record.number("status") == 201)
        #expect(record.object("request_headers") == ["Accept": "application/json", "X-Request-Id": "r-1"])
        #expect(record.object("response_headers") == ["X-Vendor": "v"])
        #expect(!record.names.contains("error_name"))
    }

    @Test func theHostGetsItsRequestThrough() async throws {
        let test = try RecorderUnderTest()
        var request = HTTPClientRequest(url: "https://me:pass@api.example/a")
        request.headers = ["Authorization": "Bearer made-up", "Cookie": "a=b"]
        let client = test.client { [expected = request] request in
            #expect(request.url == expected.url)
            #expect(request.headers == expected.headers)
            #expect(request.method == expected.method)
            return HTTPClientResponse(headers: ["Set-Cookie": "made-up"])
        }
        let response = try await client.execute(request, timeout: .seconds(1))
        #expect(response.headers == ["Set-Cookie": "made-up"])
    }

    @Test(arguments: [HTTPResponseStatus.badRequest, .unauthorized, .notFound, .tooManyRequests, .badGateway])
    func aFailedStatusIsNoError(status: HTTPResponseStatus) async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            let response = try await test.client(status: status, pieces: ["why"])
                .execute(HTTPClientRequest(url: "http://a"), timeout: .seconds(1))
            #expect(response.status == status)
            _ = try await response.body.collect(upTo: 10)
        }
        #expect(record.number("status") == Double(status.code))
        #expect(record["response_body"] == "why")
        #expect(record.names.isDisjoint(with: ["error_name", "outcome"]))
    }

    @Test func aCallWithoutAResponseHasTheError() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            await #expect(throws: Refused.self) {
                try await test.client { _ in throw Refused() }
                    .execute(HTTPClientRequest(url: "http://a"), timeout: .seconds(1))
            }
        }
        #expect(record["error_name"] == "Refused")
        #expect(record["error_message"] == "Refused()")
        #expect(record.names.isDisjoint(with: ["status", "response_body", "response_body_truncated"]))
    }

    @Test func aCancelledCallIsRecordedAsCancelled() async throws {
        let test = try RecorderUnderTest()
        let (entered, isIn) = AsyncStream<Void>.makeStream()
        let client = test.client { _ in
            isIn.finish()
            for await _ in AsyncStream<Never>.makeStream().stream {}
            try Task.checkCancellation()
            return HTTPClientResponse()
        }
        let record = try await test.record {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try? await client.execute(HTTPClientRequest(url: "http://a"), timeout: .seconds(1))
                }
                for await _ in entered {}
                group.cancelAll()
            }
        }
        #expect(record["error_name"] == "CancellationError")
    }

    @Test func aCallTakesUntilTheLastPieceCame() async throws {
        let test = try RecorderUnderTest()
        let client = test.client { _ in
            test.time.advance(by: .milliseconds(40))
            return HTTPClientResponse(body: .stream(Pieces(["a"])))
        }
        let record = try await test.record {
            let response = try await client.execute(HTTPClientRequest(url: "http://a"), timeout: .seconds(1))
            test.time.advance(by: .milliseconds(2))
            for try await _ in response.body {
                // What the host then does is not the vendor's time.
                test.time.advance(by: .seconds(5))
            }
        }
        #expect(record.number("duration_ms") == 42)
        #expect(record["log_time"] == "2026-11-01T12:00:00.000000Z")
    }

    @Test func theContextIsThatInWhichTheCallBegan() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            let response = try await ConnectorLogContext.with(flowID: "f", stateID: "s", event: "data.load") {
                try await test.client(pieces: ["a"]).execute(HTTPClientRequest(url: "http://a"), timeout: .seconds(1))
            }
            await ConnectorLogContext.with(stateID: "other", traceID: "4bf92f3577b34da6a3ce929d0e0e4736") {
                _ = try? await response.body.collect(upTo: 10)
            }
        }
        #expect(record["flow_id"] == "f")
        #expect(record["state_id"] == "s")
        #expect(record["event"] == "data.load")
        #expect(!record.names.contains("trace_id"))
    }

    @Test func aClientsOwnContextComesFirst() async throws {
        let test = try RecorderUnderTest()
        let client = RecordingHTTPClient(
            recorder: test.recorder, connector: "crm", context: ConnectorLogContext(stateID: "own")
        ) { _, _, _ in HTTPClientResponse() }
        let record = try await test.record {
            try await ConnectorLogContext.with(flowID: "f", stateID: "s") {
                _ = try await client.execute(HTTPClientRequest(url: "http://a"), timeout: .seconds(1))
            }
        }
        #expect(record["state_id"] == "own")
        #expect(record["flow_id"] == "f")
    }

    @Test(arguments: [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("nonsense", nil),
        ("00-short-00f067aa0ba902b7-01", nil), ("", nil),
    ])
    func aTraceIsTakenFromItsHeader(header: String, trace: String?) async throws {
        let test = try RecorderUnderTest()
        var request = HTTPClientRequest(url: "http://a")
        request.headers = ["traceparent": header]
        let record = try await test.record {
            _ = try await test.client().execute(request, timeout: .seconds(1))
        }
        #expect(record["trace_id"] == trace)
    }
}
