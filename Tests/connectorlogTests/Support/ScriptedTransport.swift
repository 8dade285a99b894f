import Synchronization

@testable import connectorlog

/// Answers requests by a function, and remembers them.
final class ScriptedTransport: HTTPTransport {
    typealias Answer = Result<HTTPExchange.Response, APIFailure>

    private let answer: @Sendable (_ request: HTTPExchange.Request, _ number: Int) -> Answer
    private let received = Mutex<[HTTPExchange.Request]>([])

    /// `number` counts requests from 0.
    init(_ answer: @escaping @Sendable (_ request: HTTPExchange.Request, _ number: Int) -> Answer) {
        self.answer = answer
    }

    convenience init(status: Int, headers: [HTTPExchange.Header] = [], _ body: String) {
        self.init { _, _ in .success(.json(status, headers: headers, body)) }
    }

    var requests: [HTTPExchange.Request] { received.withLock { $0 } }

    func send(_ request: HTTPExchange.Request) async throws(APIFailure) -> HTTPExchange.Response {
        let number = received.withLock { received in
            received.append(request)
            return received.count - 1
        }
        return try answer(request, number).get()
    }

    /// Byte by byte, as a network may do it.
    func stream(
        _ request: HTTPExchange.Request, _ receive: ([UInt8]) throws -> Void
    ) async throws -> HTTPExchange.Response {
        var response = try await send(request)
        guard response.status == 200 else { return response }
        for byte in response.body { try receive([byte]) }
        response.body = []
        return response
    }
}

extension HTTPExchange.Response {
    static func json(_ status: Int, headers: [HTTPExchange.Header] = [], _ body: String) -> HTTPExchange.Response {
        HTTPExchange.Response(status: status, headers: headers, body: Array(body.utf8))
    }

    static func problem(_ status: Int, _ code: String, _ message: String = "no") -> HTTPExchange.Response {
        json(
            status,
            #"{"meta":{"request_id":"request-1234"},"error":{"code":"\#(code)","message":"\#(message)"}}"#)
    }
}

extension HTTPExchange.Request {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
