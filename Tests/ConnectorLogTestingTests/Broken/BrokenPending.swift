import ConnectorLogTesting

@testable import ConnectorLogCore

/// Defects of parts that wait.
enum BrokenPending {
    static let all: [BrokenVariant] = [
        batches("forgetsPendingParts", caughtBy: "pendingPartsAreNoEntries", "callsWaitUntilTheyAreWholeOrOver") {
            batch, _ in RedactedBatch(batch, parts: [])
        },
        batches("releasesNothing", caughtBy: "partsAreReleasedWithTheirBatch") { batch, _ in
            RedactedBatch(batch, parts: batch.pendingParts, released: [])
        },
        batches("takesEventsAgain", caughtBy: "eventsAreTakenOnce", "concurrentEventsAreTakenOnce") { batch, count in
            var parts = batch.pendingParts
            for at in parts.indices { parts[at].key.event += [UInt8(truncatingIfNeeded: count), UInt8(at)] }
            return RedactedBatch(batch, parts: parts)
        },
        batches("takesEventsOnceForAllCalls", caughtBy: "pendingPartsComeBackAsTheyWere") { batch, _ in
            var parts = batch.pendingParts
            for at in parts.indices { parts[at].key.event = [UInt8](repeating: 0, count: 16) }
            return RedactedBatch(batch, parts: parts)
        },
        BrokenVariant(name: "releasesPartsOfRefusedBatches", caughtBy: ["refusedBatchesReleaseNothing"]) {
            store { log in
                log.append = { store, batch, idempotency in
                    var builder = RedactingBatchBuilder(book: Fixtures.redactionBook())
                    builder.release(batch.releasedParts)
                    _ = try await store.append(builder.finish(), idempotency: nil)
                    return try await store.append(batch, idempotency: idempotency)
                }
            }
        },
        asked("answersAllThatWaits", caughtBy: "callsWaitUntilTheyAreWholeOrOver") { $0.time = .latest },
        asked("takesTheTimeInclusively", caughtBy: "callsWaitUntilTheyAreWholeOrOver") { asked in
            if asked.time < .latest { asked.time = asked.time.advanced(byMicroseconds: 1) }
        },
        asked("ignoresTheLimitOfCalls", caughtBy: "pendingCallsKeepTheirLimits") { $0.limit = 1000 },
        asked("ignoresTheLimitOfBytes", caughtBy: "pendingCallsKeepTheirLimits") { $0.bytes = .max },
        asked("countsAllTeamsAsOne", caughtBy: "pendingPartsAreCountedByTeam") { $0.team = nil },
    ]

    private static func store(_ defect: (inout BrokenLog) -> Void) -> StoreUnderTest {
        let clock = ManualClock()
        let store = InMemoryStore(clock: clock)
        var log = BrokenLog(store)
        defect(&log)
        return StoreUnderTest(writer: log, reader: log, catalog: store, keeper: store, pending: store, clock: clock)
    }

    /// Other batches in the place of those that come.
    private static func batches(
        _ name: String, caughtBy: String..., change: @escaping @Sendable (RedactedBatch, _ count: Int) -> RedactedBatch
    ) -> BrokenVariant {
        BrokenVariant(name: name, caughtBy: caughtBy) {
            let counter = Counter()
            return store { log in
                log.append = { store, batch, idempotency in
                    try await store.append(change(batch, counter.next()), idempotency: idempotency)
                }
            }
        }
    }

    struct Asked {
        var team: Int64?
        var time = Timestamp.epoch
        var limit = 0
        var bytes = 0
    }

    private struct Asking: PendingCalls {
        let store: InMemoryStore
        let change: @Sendable (inout Asked) -> Void

        func pendingCounts(team: Int64?) async throws(StoreError) -> PendingCounts {
            var asked = Asked(team: team)
            change(&asked)
            return try await store.pendingCounts(team: asked.team)
        }

        func pendingCalls(
            arrivedBefore time: Timestamp, limit: Int, bytes: Int
        ) async throws(StoreError) -> [[StoredPendingPart]] {
            var asked = Asked(time: time, limit: limit, bytes: bytes)
            change(&asked)
            return try await store.pendingCalls(arrivedBefore: asked.time, limit: asked.limit, bytes: asked.bytes)
        }
    }

    /// Other questions in the place of those that are asked.
    private static func asked(
        _ name: String, caughtBy: String..., change: @escaping @Sendable (inout Asked) -> Void
    ) -> BrokenVariant {
        BrokenVariant(name: name, caughtBy: caughtBy) {
            let clock = ManualClock()
            let store = InMemoryStore(clock: clock)
            return StoreUnderTest(
                writer: store, reader: store, catalog: store, keeper: store,
                pending: Asking(store: store, change: change), clock: clock)
        }
    }
}

extension RedactedBatch {
    fileprivate init(_ batch: RedactedBatch, parts: [PendingPart], released: [Int64]? = nil) {
        self.init(
            entries: batch.entries, faults: batch.faults, states: batch.states, pendingParts: parts,
            releasedParts: released ?? batch.releasedParts, secretVersions: batch.secretVersions)
    }
}
