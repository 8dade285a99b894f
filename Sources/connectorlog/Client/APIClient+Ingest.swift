import ConnectorLogAPI
import Foundation

/// What became of the lines of one request.
struct IngestReceipt: Equatable, Sendable {
    var accepted: Int
    var rejected: [IngestDocument.RejectedLine]
}

extension APIClient {
    /// Sends NDJSON. Lines that the server rejects are in the receipt, also when no line was good (status 422).
    func ingest(lines: [UInt8], idempotencyKey: String) async throws(APIFailure) -> IngestReceipt {
        struct Refusal: Decodable {
            var rejected: [IngestDocument.RejectedLine]
        }
        let response = try await send(
            .ingest,
            headers: [
                HTTPExchange.Header("Content-Type", "application/x-ndjson"),
                HTTPExchange.Header("Idempotency-Key", idempotencyKey),
            ],
            body: lines)
        let body = Data(response.body)
        if response.status == 200, let answer = try? JSONDecoder().decode(IngestDocument.self, from: body) {
            return IngestReceipt(accepted: answer.accepted, rejected: answer.rejected)
        }
        if response.status == 422, let refusal = try? JSONDecoder().decode(Refusal.self, from: body),
            !refusal.rejected.isEmpty
        {
            return IngestReceipt(accepted: 0, rejected: refusal.rejected)
        }
        throw Self.failure(for: response)
    }
}
