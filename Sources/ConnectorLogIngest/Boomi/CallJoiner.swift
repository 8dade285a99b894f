package import ConnectorLogCore
import Synchronization

/// Writes calls of which all parts have come, or of which one has waited long enough, as entries: one caller at a time, so
/// that no call is written twice. What is cut short is done again from what waits: parts are released in the transaction
/// that stores their entry.
package final class CallJoiner: Sendable {
    private let pipeline: IngestPipeline
    private let pending: any PendingCalls
    private let slot = AsyncSlots(count: 1)
    /// While the server was away, no answer could come: nothing is over before it has been here for as long as a part waits.
    private let started: Timestamp
    /// One whenever parts have come, for one reader; several that nobody waited for are one.
    package let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(pipeline: IngestPipeline, pending: any PendingCalls) {
        (self.pipeline, self.pending) = (pipeline, pending)
        started = pipeline.now()
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What was written.
    package struct Outcome: Equatable, Sendable {
        package var joined = 0
        /// Requests without an answer.
        package var requestsAlone = 0
        /// Answers without a request, or beside the one that was joined.
        package var answersAlone = 0
        /// Parts that the store could not give back.
        package var damaged = 0

        package init() {}

        package static func += (a: inout Outcome, b: Outcome) {
            a.joined += b.joined
            a.requestsAlone += b.requestsAlone
            a.answersAlone += b.answersAlone
            a.damaged += b.damaged
        }
    }

    /// Says that parts came, of which some may make a call whole.
    package func wake() { signal.yield() }

    /// Writes all that need not wait now.
    package func join() async throws(StoreError) -> Outcome {
        try await slot.acquire()
        defer { slot.release() }
        var outcome = Outcome()
        while true {
            var time = pipeline.now().advanced(bySeconds: -BoomiLimits.window)
            if time < started { time = .epoch }
            let calls = try await pending.pendingCalls(
                arrivedBefore: time, limit: BoomiLimits.callsAtOnce, bytes: BoomiLimits.bytesAtOnce)
            if calls.isEmpty { return outcome }
            outcome += try await write(calls, isOver: { $0.arrivedAt < time })
        }
    }

    private func write(
        _ calls: [[StoredPendingPart]], isOver: (StoredPendingPart) -> Bool
    ) async throws(StoreError) -> Outcome {
        var builder = RedactingBatchBuilder(
            book: pipeline.book, decompressor: BodyDecompressor(), bodyLimit: pipeline.limits.bodyBytes)
        var join = CallJoin()
        var outcome = Outcome()
        for parts in calls {
            builder.release(parts.filter { $0.entry == nil }.map(\.number))
            outcome.damaged += parts.count { $0.entry == nil }
            var parts = parts.filter { $0.entry != nil }
            // A sender may use one id for several calls: their requests and answers belong together in the order in which they
            // came.
            let (requests, answers) = (parts.filter { !$0.kind.isAnswer }, parts.filter(\.kind.isAnswer))
            for (request, answer) in zip(requests, answers) {
                join.fill(request: request.entry, answer: answer.entry)
                builder.append(join.assembler.draft)
                builder.release([request.number, answer.number])
                outcome.joined += 1
            }
            let joined = min(requests.count, answers.count)
            parts = Array(requests[joined...]) + Array(answers[joined...])
            for part in parts where isOver(part) {
                if part.kind.isAnswer {
                    join.fill(request: nil, answer: part.entry)
                    outcome.answersAlone += 1
                } else {
                    join.fill(request: part.entry, answer: nil)
                    outcome.requestsAlone += 1
                }
                builder.append(join.assembler.draft)
                builder.release([part.number])
            }
        }
        _ = try await pipeline.writer.append(builder.finish(), idempotency: nil)
        return outcome
    }
}
