import AsyncHTTPClient
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Sends one batch once.
protocol BatchTransport: Sendable {
    /// Throws when no answer came.
    func send(_ batch: Batch) async throws -> IngestAnswer
}

/// `POST /v1/ingest`.
struct HTTPBatchTransport: BatchTransport {
    /// An answer that rejects every line of a batch is far smaller.
    private static let maximumAnswerBytes = 4 << 20

    struct TimedOut: Error {}

    let client: HTTPClient
    let configuration: ConnectorLogRecorder.Configuration
    let sleep: @Sendable (Duration) async throws -> Void

    /// Within the request timeout, the answer's body included: the HTTP client's own deadline ends with the answer's head.
    func send(_ batch: Batch) async throws -> IngestAnswer {
        try await withThrowingTaskGroup(of: IngestAnswer.self) { group in
            group.addTask { try await exchange(batch) }
            group.addTask {
                try await sleep(configuration.requestTimeout)
                throw TimedOut()
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    private func exchange(_ batch: Batch) async throws -> IngestAnswer {
        var request = HTTPClientRequest(url: configuration.baseURL + "/v1/ingest")
        request.method = .POST
        request.headers = [
            "Authorization": "Bearer \(configuration.apiKey.value)",
            "Content-Type": "application/x-ndjson",
            "Idempotency-Key": batch.idempotencyKey,
        ]
        request.body = .bytes(batch.lines)
        let response = try await client.execute(request, deadline: .distantFuture)
        let body = try await response.body.collect(upTo: Self.maximumAnswerBytes)
        return IngestAnswer(
            status: Int(response.status.code), retryAfter: response.headers.first(name: "retry-after"),
            body: Data(body.readableBytesView))
    }

    /// Of a client for a recorder alone. Redirects are not followed: the key must not go where another server points.
    static var clientConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        // Whether to try again is the retry schedule's to say.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}
