import AsyncHTTPClient
import NIOCore

/// The response's body as the host reads it: each piece is handed on as it came, when it is asked for.
struct RecordedResponseBody: AsyncSequence, Sendable {
    let base: HTTPClientResponse.Body
    let call: RecordedCall

    func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), reading: Reading(call))
    }

    struct Iterator: AsyncIteratorProtocol {
        var base: HTTPClientResponse.Body.AsyncIterator
        let reading: Reading

        @concurrent mutating func next() async throws -> ByteBuffer? {
            do {
                guard let piece = try await base.next() else {
                    reading.call.end(isWhole: true)
                    return nil
                }
                reading.call.sawResponse(piece)
                return piece
            } catch {
                reading.call.fail(error)
                throw error
            }
        }
    }

    /// Lives as long as the iterator: a body can be read once, so that without it nobody reads on, though the host may keep
    /// the response.
    final class Reading: Sendable {
        let call: RecordedCall

        init(_ call: RecordedCall) {
            self.call = call
        }

        deinit {
            call.end(isWhole: false)
        }
    }
}

/// A streamed body of a request, as the client sends it.
struct RecordedRequestBody: AsyncSequence, Sendable {
    let base: HTTPClientRequest.Body
    let call: RecordedCall

    func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), call: call)
    }

    struct Iterator: AsyncIteratorProtocol {
        var base: HTTPClientRequest.Body.AsyncIterator
        let call: RecordedCall

        @concurrent mutating func next() async throws -> ByteBuffer? {
            guard let piece = try await base.next() else {
                call.requestEnded()
                return nil
            }
            call.sawRequest(piece)
            return piece
        }
    }
}
