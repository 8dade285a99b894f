import ConnectorLogAPI
import ConnectorLogCore
import Crypto
import Foundation

/// Calls the API of one server with one key.
struct APIClient: Sendable {
    /// What a call answers: its typed content, and the document as it came, for `--json`.
    struct Answer<Content: Sendable>: Sendable {
        var content: Content
        var document: [UInt8]
    }

    typealias Query = [(name: String, value: String)]

    /// Without a slash at its end.
    private let baseURL: String
    private let key: String
    private let transport: any HTTPTransport

    init(baseURL: String, key: String, transport: any HTTPTransport) {
        self.baseURL = baseURL
        self.key = key
        self.transport = transport
    }

    /// Tells servers and keys apart, and gives neither away.
    var identity: String { SHA256.hash(data: Array("\(baseURL) \(key)".utf8)).hexadecimal }

    /// Makes one request; any answer of the server, also one that refuses, is returned.
    func send(
        _ route: Route, _ parameters: [String: String] = [:], query: Query = [],
        headers: [HTTPExchange.Header] = [], body: [UInt8] = []
    ) async throws(APIFailure) -> HTTPExchange.Response {
        var request = request(route, parameters, query: query, accepting: "application/json")
        request.headers = headers + request.headers
        request.body = body
        return try await transport.send(request)
    }

    /// Makes one request whose good answer goes to `receive` piece by piece; returns the headers. Throws `APIFailure`, or
    /// what `receive` threw.
    func stream(
        _ route: Route, _ parameters: [String: String], query: Query, accepting type: String,
        _ receive: ([UInt8]) throws -> Void
    ) async throws -> HTTPExchange.Response {
        let answer = try await transport.stream(
            request(route, parameters, query: query, accepting: type), receive)
        guard answer.status == 200 else { throw Self.failure(for: answer) }
        return answer
    }

    private func request(
        _ route: Route, _ parameters: [String: String], query: Query, accepting type: String
    ) -> HTTPExchange.Request {
        var url = baseURL + route.path(parameters)
        if !query.isEmpty {
            let pairs = query.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
            url += "?" + pairs.joined(separator: "&")
        }
        return HTTPExchange.Request(
            method: route.method.rawValue, url: url,
            headers: [
                HTTPExchange.Header("Authorization", "Bearer " + key), HTTPExchange.Header("Accept", type),
                HTTPExchange.Header("User-Agent", "connectorlog/" + ProgramVersion.text),
            ])
    }

    /// Makes one request with a body of JSON; any answer of the server is returned.
    func send(
        _ route: Route, _ parameters: [String: String], query: Query = [], json body: any Encodable & Sendable
    ) async throws(APIFailure) -> HTTPExchange.Response {
        let bytes: [UInt8]
        do {
            bytes = Array(try JSONEncoder().encode(body))
        } catch {
            throw APIFailure(.misdirected, message: "the request cannot be written as JSON")
        }
        let type = HTTPExchange.Header("Content-Type", "application/json")
        return try await send(route, parameters, query: query, headers: [type], body: bytes)
    }

    /// Makes one request and reads the answer as `Content` when it has the expected status, else as the error envelope.
    func call<Content: Decodable & Sendable>(
        _ route: Route, _ parameters: [String: String] = [:], query: Query = [],
        body: (any Encodable & Sendable)? = nil, expecting status: Int = 200
    ) async throws(APIFailure) -> Answer<Content> {
        let response =
            if let body {
                try await send(route, parameters, query: query, json: body)
            } else {
                try await send(route, parameters, query: query)
            }
        return try Self.answer(response, expecting: status)
    }

    /// The same with a body that is JSON already.
    func call<Content: Decodable & Sendable>(
        _ route: Route, _ parameters: [String: String], json body: [UInt8]
    ) async throws(APIFailure) -> Answer<Content> {
        let type = HTTPExchange.Header("Content-Type", "application/json")
        return try Self.answer(await send(route, parameters, headers: [type], body: body), expecting: 200)
    }

    private static func answer<Content: Decodable & Sendable>(
        _ response: HTTPExchange.Response, expecting status: Int
    ) throws(APIFailure) -> Answer<Content> {
        guard response.status == status else { throw Self.failure(for: response) }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(response.body)) else {
            throw APIFailure(.unexpectedAnswer, message: "the answer is not one of this API")
        }
        return Answer(content: content, document: response.body)
    }

    /// Reads the error envelope; anything else is told by its status.
    static func failure(for response: HTTPExchange.Response) -> APIFailure {
        let retryAfter = response.header("Retry-After").flatMap { Int64($0) }.map { Duration.seconds(max($0, 0)) }
        guard let envelope = try? JSONDecoder().decode(ErrorEnvelope.self, from: Data(response.body)) else {
            let kind: APIFailure.Kind = response.status >= 400 ? .answered(status: response.status) : .unexpectedAnswer
            return APIFailure(
                kind, message: "the server answered with status \(response.status)", retryAfter: retryAfter)
        }
        let message = [envelope.error.message, envelope.error.description].compactMap(\.self).joined(separator: ": ")
        return APIFailure(
            .answered(status: response.status), code: envelope.error.code, message: message,
            requestID: envelope.meta.requestID, retryAfter: retryAfter)
    }
}
