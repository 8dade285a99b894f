import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends requests over the network. Redirects are not followed: a key must not go where another server points.
struct NetworkTransport: HTTPTransport {
    /// An answer of the API is far smaller; past it the server is none of ours.
    private static let maximumAnswerBytes = 256 << 20

    private let client: HTTPClient
    private let timeout: TimeAmount

    /// Runs `body` with a transport whose connections are closed afterwards. `timeout` is of one request
    /// that names none of its own.
    static func run<Result: Sendable>(
        timeout: Duration, _ body: (NetworkTransport) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = TimeAmount(min(timeout, .seconds(10)))
        // Whether to try again is for the caller to say.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        let amount = TimeAmount(timeout)
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await body(NetworkTransport(client: client, timeout: amount))
        }
    }

    private init(client: HTTPClient, timeout: TimeAmount) {
        (self.client, self.timeout) = (client, timeout)
    }

    func send(_ request: HTTPExchange.Request) async throws(APIFailure) -> HTTPExchange.Response {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty { outgoing.body = .bytes(request.body) }
        do {
            let answer = try await client.execute(outgoing, timeout: request.timeout.map { TimeAmount($0) } ?? timeout)
            var body = try await answer.body.collect(upTo: Self.maximumAnswerBytes)
            return HTTPExchange.Response(
                status: Int(answer.status.code),
                headers: answer.headers.map { HTTPExchange.Header($0.name, $0.value) },
                body: body.readBytes(length: body.readableBytes) ?? []
            )
        } catch {
            throw Self.failure(for: error)
        }
    }

    /// Errors of the network name the kind of trouble alone: their own texts may hold the URL.
    private static func failure(for error: any Error) -> APIFailure {
        switch error {
        case let error as HTTPClientError
        where [.readTimeout, .writeTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout].contains(error):
            APIFailure(.timedOut, message: "the server did not answer in time")
        case let error as HTTPClientError where [.connectTimeout, .tlsHandshakeTimeout].contains(error):
            APIFailure(.unconnected, message: "the server did not take the connection in time")
        case is NIOConnectionError:
            APIFailure(.unconnected, message: "the connection to the server failed")
        // Addresses in digits are not resolved. Of the codes these are of connect(2) alone.
        case let error as IOError where [ECONNREFUSED, EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode):
            APIFailure(.unconnected, message: "the connection to the server failed")
        case let error as HTTPClientError
        where [.invalidURL, .emptyHost, .emptyScheme].contains(error):
            APIFailure(.misdirected, message: "the address of the server is no URL")
        case let error as HTTPClientError where error == .cancelled:
            APIFailure(.cancelled, message: "stopped")
        case is CancellationError:
            APIFailure(.cancelled, message: "stopped")
        case is NIOTooManyBytesError:
            APIFailure(.unexpectedAnswer, message: "the answer is too large")
        default:
            APIFailure(.unreachable, message: "the connection to the server failed")
        }
    }
}
