import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

@testable import ConnectorLogClient

@Suite(.timeLimit(.minutes(1))) struct ResponseBodyTests {
    private struct Broken: Error {}

    private let request = HTTPClientRequest(url: "http://api.example/a")

    @Test func aBodyIsRecordedAsTheHostReadIt() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            let response = try await test.client(pieces: ["one,", "two"]).execute(request, timeout: .seconds(1))
            #expect(test.recorder.statistics.recorded == 0)
            let read = try await response.body.collect(upTo: 100)
            #expect(String(buffer: read) == "one,two")
        }
        #expect(record["response_body"] == "one,two")
        #expect(!record.names.contains("response_body_truncated"))
    }

    @Test func piecesAreTakenOnlyWhenTheHostAsksForThem() async throws {
        let test = try RecorderUnderTest()
        let pieces = Pieces(["a", "b", "c"])
        let client = test.client { _ in HTTPClientResponse(body: .stream(pieces)) }
        let response = try await client.execute(request, timeout: .seconds(1))
        #expect(pieces.asked.count == 0)
        var asked: [Int] = []
        for try await _ in response.body { asked.append(pieces.asked.count) }
        #expect(asked == [1, 2, 3])
    }

    @Test func aBodyThatNobodyReadIsRecordedWhenTheResponseIsLetGo() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            let client = test.client(
                status: .internalServerError, headers: ["content-length": "7"], pieces: ["one,two"])
            let status = try await client.execute(request, timeout: .seconds(1)).status
            #expect(status == .internalServerError)
        }
        #expect(record.number("status") == 500)
        #expect(record["response_body"] == "")
        #expect(record.flag("response_body_truncated"))
        #expect(record.number("response_body_size") == 7)
    }

    @Test func aBodyThatIsLeftHalfReadIsRecordedAsFar() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            let client = test.client(headers: ["content-length": "10"], pieces: ["one,", "two,", "10"])
            let response = try await client.execute(request, timeout: .seconds(1))
            for try await _ in response.body { break }
            // The response is still there, but its body can be read only once.
            #expect(test.recorder.statistics.recorded == 1)
            _ = response.status
        }
        #expect(record["response_body"] == "one,")
        #expect(record.flag("response_body_truncated"))
        #expect(record.number("response_body_size") == 10)
        #expect(!record.names.contains("error_name"))
    }

    @Test func aBodyOfWhichAllWasReadIsWholeThoughTheHostDidNotAskForItsEnd() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            let client = test.client(headers: ["content-length": "4"], pieces: ["four"])
            for try await _ in try await client.execute(request, timeout: .seconds(1)).body { break }
        }
        #expect(record["response_body"] == "four")
        #expect(!record.names.contains("response_body_truncated"))
    }

    @Test(arguments: [(HTTPMethod.HEAD, HTTPResponseStatus.ok), (.GET, .noContent), (.GET, .notModified)])
    func aResponseThatHasNoBodyMissesNone(method: HTTPMethod, status: HTTPResponseStatus) async throws {
        let test = try RecorderUnderTest()
        var request = request
        request.method = method
        let record = try await test.record {
            let client = test.client(status: status, headers: ["content-length": "7"])
            _ = try await client.execute(request, timeout: .seconds(1))
        }
        #expect(record.names.isDisjoint(with: ["response_body", "response_body_truncated", "response_body_size"]))
    }

    @Test func theLengthOfACodedBodyIsNotThatOfWhatTheHostReads() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            let client = test.client(
                headers: ["content-length": "90", "content-encoding": "gzip"], pieces: ["decoded", "more"])
            for try await _ in try await client.execute(request, timeout: .seconds(1)).body { break }
        }
        #expect(record.flag("response_body_truncated"))
        #expect(record.number("response_body_size") == 7)
    }

    @Test func aBodyThatBreaksOffIsRecordedWithTheError() async throws {
        let test = try RecorderUnderTest()
        let record = try await test.record {
            let client = test.client(pieces: ["one,"], then: Broken())
            let response = try await client.execute(request, timeout: .seconds(1))
            await #expect(throws: Broken.self) { try await response.body.collect(upTo: 100) }
        }
        #expect(record.number("status") == 200)
        #expect(record["response_body"] == "one,")
        #expect(record.flag("response_body_truncated"))
        #expect(record["error_name"] == "Broken")
    }

    @Test func aLongBodyPassesWholeAndIsRecordedCut() async throws {
        let test = try RecorderUnderTest { $0.bodyBytes = 5 }
        let record = try await test.record {
            let response = try await test.client(pieces: ["abc", "def", "ghi"]).execute(request, timeout: .seconds(1))
            let read = try await response.body.collect(upTo: 100)
            #expect(String(buffer: read) == "abcdefghi")
        }
        #expect(record["response_body"] == "abcde")
        #expect(record.flag("response_body_truncated"))
        #expect(record.number("response_body_size") == 9)
    }

    @Test func noBodiesAreKeptIfTheHostSaysSo() async throws {
        let test = try RecorderUnderTest { $0.bodyBytes = 0 }
        let record = try await test.record {
            _ = try await test.client(pieces: ["abc"]).execute(request, timeout: .seconds(1)).body.collect(upTo: 9)
        }
        #expect(record["response_body"] == "")
        #expect(record.number("response_body_size") == 3)
    }

    @Test func aCallIsRecordedOnce() async throws {
        let test = try RecorderUnderTest()
        _ = try await test.record {
            let response = try await test.client(pieces: ["a"]).execute(request, timeout: .seconds(1))
            var iterator = response.body.makeAsyncIterator()
            while try await iterator.next() != nil {}
            _ = try await iterator.next()
        }
    }
}
