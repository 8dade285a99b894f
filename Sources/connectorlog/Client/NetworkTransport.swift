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
        do {
            return try await Self.collect(try await execute(request))
        } catch {
            throw Self.failure(for: error, request)
        }
    }

    func stream(
        _ request: HTTPExchange.Request, _ receive: ([UInt8]) throws -> Void
    ) async throws -> HTTPExchange.Response {
        do {
            let answer = try await execute(request)
            guard answer.status == .ok else { return try await Self.collect(answer) }
            for try await piece in answer.body {
                do {
                    try receive(Array(piece.readableBytesView))
                } catch {
                    throw Refusal(reason: error)
                }
            }
            return HTTPExchange.Response(status: Int(answer.status.code), headers: Self.headers(answer))
        } catch let refusal as Refusal {
            throw refusal.reason
        } catch {
            throw Self.failure(for: error, request)
        }
    }

    /// Whoever receives an answer does not want the rest.
    private struct Refusal: Error {
        var reason: any Error
    }

    private func execute(_ request: HTTPExchange.Request) async throws -> HTTPClientResponse {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty { outgoing.body = .bytes(request.body) }
        return try await client.execute(outgoing, timeout: request.timeout.map { TimeAmount($0) } ?? timeout)
    }

    private static func collect(_ answer: HTTPClientResponse) async throws -> HTTPExchange.Response {
        var body = try await answer.body.collect(upTo: maximumAnswerBytes)
        return HTTPExchange.Response(
            status: Int(answer.status.code), headers: headers(answer),
            body: body.readBytes(length: body.readableBytes) ?? [])
    }

    private static func headers(_ answer: HTTPClientResponse) -> [HTTPExchange.Header] {
        answer.headers.map { HTTPExchange.Header($0.name, $0.value) }
    }

    /// Errors of the network name the kind of trouble alone: their own texts may hold the URL.
    private static func failure(for error: any Error, _ request: HTTPExchange.Request) -> APIFailure {
        let server = "the server at \(address(of: request.url))"
        switch error {
        case let error as HTTPClientError
        where [.readTimeout, .writeTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout].contains(error):
            return APIFailure(.timedOut, message: "\(server) did not answer in time")
        case let error as HTTPClientError where [.connectTimeout, .tlsHandshakeTimeout].contains(error):
            return APIFailure(
                .unconnected, message: "\(server) cannot be reached: it did not take the connection in time")
        case is NIOConnectionError:
            return APIFailure(.unconnected, message: "\(server) cannot be reached: \(ConnectionTrouble(error).text)")
        // Addresses in digits are not resolved. Of the codes these are of connect(2) alone.
        case let error as IOError where [ECONNREFUSED, EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode):
            return APIFailure(.unconnected, message: "\(server) cannot be reached: \(ConnectionTrouble(error).text)")
        case let error as HTTPClientError
        where [.invalidURL, .emptyHost, .emptyScheme].contains(error):
            return APIFailure(.misdirected, message: "the address of the server is no URL")
        case let error as HTTPClientError where error == .cancelled:
            return APIFailure(.cancelled, message: "stopped")
        case is CancellationError:
            return APIFailure(.cancelled, message: "stopped")
        case is NIOTooManyBytesError:
            return APIFailure(.unexpectedAnswer, message: "the answer is too large")
        default:
            return APIFailure(
                .unreachable, message: "the connection to \(server) failed: \(ConnectionTrouble(error).text)")
        }
    }

    /// Scheme, host and port; a path or a query tells more than a message needs.
    private static func address(of url: String) -> String {
        let host = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        return String(url[..<(url[host...].firstIndex { "/?#".contains($0) } ?? url.endIndex)])
    }
}
