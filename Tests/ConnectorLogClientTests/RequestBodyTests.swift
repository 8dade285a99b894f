import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

@testable import ConnectorLogClient

@Suite(.timeLimit(.minutes(1))) struct RequestBodyTests {
    /// Sends `body` as the network does, piece by piece; returns what arrived there.
    private func send(_ body: HTTPClientRequest.Body, bodyBytes: Int = 1000) async throws -> (
        arrived: String, JSONRecord
    ) {
        let test = try RecorderUnderTest { $0.bodyBytes = bodyBytes }
        var request = HTTPClientRequest(url: "http://api.example/a")
        request.body = body
        var text = ""
        let (pieces, continuation) = AsyncStream<String>.makeStream()
        let record = try await test.record {
            let client = test.client { request in
                if let body = request.body { for try await piece in body { continuation.yield(String(buffer: piece)) } }
                return HTTPClientResponse()
            }
            _ = try await client.execute(request, timeout: .seconds(1))
        }
        continuation.finish()
        for await piece in pieces { text += piece }
        return (text, record)
    }

    static let bodiesInMemory: [HTTPClientRequest.Body] = [
        .bytes(ByteBuffer(string: "one,two")), .bytes(Array("one,two".utf8)),
        .bytes(Array("one,two".utf8), length: .known(Int64(7))),
        .bytes("one,two".utf8.map { $0 }.reversed().reversed()),
        .bytes(Set([1]).flatMap { _ in Array("one,two".utf8) }, length: .unknown),
    ]

    @Test(arguments: bodiesInMemory.indices) func aBodyInMemoryIsRecorded(index: Int) async throws {
        let (arrived, record) = try await send(Self.bodiesInMemory[index])
        #expect(arrived == "one,two")
        #expect(record["request_body"] == "one,two")
        #expect(!record.names.contains("request_body_truncated"))
    }

    @Test(arguments: [HTTPClientRequest.Body.Length.unknown, .known(Int64(7))] as [HTTPClientRequest.Body.Length])
    func aStreamIsRecordedAsItPasses(length: HTTPClientRequest.Body.Length) async throws {
        let (arrived, record) = try await send(.stream(Pieces(["one,", "two"]), length: length))
        #expect(arrived == "one,two")
        #expect(record["request_body"] == "one,two")
        #expect(!record.names.contains("request_body_truncated"))
    }

    @Test func aLongStreamPassesWholeAndIsRecordedCut() async throws {
        let (arrived, record) = try await send(.stream(Pieces(["one,", "two"]), length: .unknown), bodyBytes: 5)
        #expect(arrived == "one,two")
        #expect(record["request_body"] == "one,t")
        #expect(record.number("request_body_size") == 7)
        #expect(record.flag("request_body_truncated"))
    }

    @Test(arguments: bodiesInMemory.indices) func noBodyIsLookedAtIfTheHostSaysSo(index: Int) async throws {
        let (arrived, record) = try await send(Self.bodiesInMemory[index], bodyBytes: 0)
        #expect(arrived == "one,two")
        #expect(record.names.isDisjoint(with: ["request_body", "request_body_size"]))
    }

    @Test func aStreamThatTheNetworkDidNotReadToItsEndIsCut() async throws {
        let test = try RecorderUnderTest()
        var request = HTTPClientRequest(url: "http://api.example/a")
        request.body = .stream(Pieces(["one,", "two"]), length: .unknown)
        let record = try await test.record {
            let client = test.client { request in
                if let body = request.body { for try await _ in body { break } }
                return HTTPClientResponse(status: .payloadTooLarge)
            }
            _ = try await client.execute(request, timeout: .seconds(1))
        }
        #expect(record["request_body"] == "one,")
        #expect(record.flag("request_body_truncated"))
    }

    @Test func theLengthOfAStreamStaysKnown() async {
        let known = await RequestBodyContent(of: .stream(Pieces([]), length: .known(Int64(7))))
        let unknown = await RequestBodyContent(of: .stream(Pieces([]), length: .unknown))
        for (content, expected) in [(known, "known(7)"), (unknown, "unknown")] {
            guard case .stream(let length) = content else {
                Issue.record("the body is not seen to be a stream")
                continue
            }
            #expect("\(length)".contains(expected))
        }
    }
}
