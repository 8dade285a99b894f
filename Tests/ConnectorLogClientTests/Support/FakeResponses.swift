import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

@testable import ConnectorLogClient

extension RecorderUnderTest {
    /// A client of which `answer` is the network.
    func client(
        _ answer: @escaping @Sendable (HTTPClientRequest) async throws -> HTTPClientResponse
    ) -> RecordingHTTPClient {
        RecordingHTTPClient(recorder: recorder, connector: "crm", context: ConnectorLogContext()) { request, _, _ in
            try await answer(request)
        }
    }

    /// A client whose every response is this one.
    func client(
        status: HTTPResponseStatus = .ok, headers: HTTPHeaders = [:], pieces: [String] = [],
        then error: (any Error)? = nil
    ) -> RecordingHTTPClient {
        client { _ in
            HTTPClientResponse(status: status, headers: headers, body: .stream(Pieces(pieces, then: error)))
        }
    }
}

/// A body that comes in pieces, and counts how often it was asked for one.
struct Pieces: AsyncSequence, Sendable {
    private let pieces: [ByteBuffer]
    private let error: (any Error)?
    let asked = Counted()

    final class Counted: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }

    init(_ pieces: [String], then error: (any Error)? = nil) {
        (self.pieces, self.error) = (pieces.map { ByteBuffer(string: $0) }, error)
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(pieces: pieces[...], error: error, asked: asked)
    }

    struct Iterator: AsyncIteratorProtocol {
        var pieces: ArraySlice<ByteBuffer>
        let error: (any Error)?
        let asked: Counted

        mutating func next() async throws -> ByteBuffer? {
            asked.add()
            if let piece = pieces.popFirst() { return piece }
            if let error { throw error }
            return nil
        }
    }
}
