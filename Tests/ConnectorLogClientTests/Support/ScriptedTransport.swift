import Foundation
import Synchronization

@testable import ConnectorLogClient

/// In the server's place. Each batch is answered by `answer`, which is told how many came before; tests wait for batches.
final class ScriptedTransport: BatchTransport {
    struct NoAnswer: Error {}

    private let answer: @Sendable (Batch, Int) async throws -> IngestAnswer
    private let count = Mutex(0)
    private let batches = AsyncStream<Batch>.makeStream()

    init(
        _ answer: @escaping @Sendable (Batch, Int) async throws -> IngestAnswer = { batch, _ in .storing(batch.records)
        }
    ) {
        self.answer = answer
    }

    /// Statuses in their order, then 200.
    convenience init(statuses: [Int]) {
        self.init { batch, number in
            number < statuses.count ? IngestAnswer(status: statuses[number]) : .storing(batch.records)
        }
    }

    func send(_ batch: Batch) async throws -> IngestAnswer {
        let number = count.withLock { count in
            defer { count += 1 }
            return count
        }
        batches.continuation.yield(batch)
        return try await answer(batch, number)
    }

    /// The next batch that was sent and not been asked for yet; waits for it.
    func next() async -> Batch {
        for await batch in batches.stream { return batch }
        return Batch(idempotencyKey: "cancelled")
    }

    var sent: Int { count.withLock { $0 } }
}

extension IngestAnswer {
    static func storing(_ accepted: Int, rejecting rows: String = "") -> IngestAnswer {
        IngestAnswer(status: 200, body: Data(#"{"accepted":\#(accepted),"rejected":[\#(rows)],"meta":{}}"#.utf8))
    }
}

extension Batch {
    /// The lines as JSON values.
    var json: [JSONRecord] { JSONRecord.lines(lines) }
}
