import ConnectorLogAPI
import Foundation

/// What became of the lines of one request.
struct IngestReceipt: Equatable, Sendable {
    var accepted: Int
    var rejected: [IngestDocument.RejectedLine]
}

extension APIClient {
    /// Sends a batch. What the server rejects of it is in the receipt, also when nothing was good (status 422).
    func ingest(
        _ batch: [UInt8], as format: UploadFormat, idempotencyKey: String
    ) async throws(APIFailure) -> IngestReceipt {
        struct Refusal: Decodable {
            var rejected: [IngestDocument.RejectedLine]
        }
        let response = try await send(
            .ingest, query: format.query,
            headers: [
                HTTPExchange.Header("Content-Type", format.contentType),
                HTTPExchange.Header("Idempotency-Key", idempotencyKey),
            ],
            body: batch)
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
