import ConnectorLogCore
import Synchronization

/// A store in memory that keeps the promises of `LogWriter` as far as ingest needs them.
final class MemoryWriter: LogWriter {
    private struct Contents {
        var batches: [RedactedBatch] = []
        var answers: [[UInt8]: IdempotentAnswer] = [:]
        var failure: StoreError?
        var appends = 0
    }

    private let contents = Mutex(Contents())

    var batches: [RedactedBatch] { contents.withLock { $0.batches } }
    /// How often the store was asked, stored or not.
    var appends: Int { contents.withLock { $0.appends } }
    var tokens: Set<[UInt8]> { contents.withLock { Set($0.answers.keys) } }
    var fingerprints: Set<[UInt8]> { contents.withLock { Set($0.answers.values.map(\.fingerprint)) } }

    func fail(with failure: StoreError?) {
        contents.withLock { $0.failure = failure }
    }

    func append(_ batch: RedactedBatch, idempotency: IdempotentAnswer?) async throws(StoreError) -> AppendResult {
        let result = contents.withLock { contents -> Result<AppendResult, StoreError> in
            contents.appends += 1
            if let failure = contents.failure { return .failure(failure) }
            if let idempotency {
                if let known = contents.answers[idempotency.token] {
                    guard known.fingerprint == idempotency.fingerprint else {
                        return .failure(StoreError(.idempotencyMismatch, "another body"))
                    }
                    return .success(.replayed(answer: known.answer))
                }
                contents.answers[idempotency.token] = idempotency
            }
            if !batch.isEmpty { contents.batches.append(batch) }
            return .success(.stored)
        }
        return try result.get()
    }
}
