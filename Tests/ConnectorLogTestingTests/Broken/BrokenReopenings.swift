import ConnectorLogCore
import ConnectorLogTesting
import Synchronization

/// An `InMemoryStore` that pretends to be opened again, and defects of that.
enum BrokenReopenings {
    /// Opening it again finds all that was there.
    static func intact() -> StoreUnderTest {
        let clock = ManualClock()
        let store = InMemoryStore(clock: clock)
        return reopenable(store, clock) { store }
    }

    private static func reopenable(
        _ store: InMemoryStore, _ clock: ManualClock, reopened: @escaping @Sendable () -> InMemoryStore
    ) -> StoreUnderTest {
        StoreUnderTest(writer: store, reader: store, catalog: store, keeper: store, pending: store, clock: clock) {
            reopenable(reopened(), clock, reopened: reopened)
        }
    }

    /// The store after it was opened again `times` times, through hooks.
    private static func reopenable(
        _ log: @escaping @Sendable (_ times: Int) -> BrokenLog, times: Int = 0, catalog: InMemoryStore,
        _ clock: ManualClock
    ) -> StoreUnderTest {
        StoreUnderTest(
            writer: log(times), reader: log(times), catalog: catalog, keeper: catalog, pending: catalog, clock: clock
        ) {
            reopenable(log, times: times + 1, catalog: catalog, clock)
        }
    }

    static let all: [BrokenVariant] = [
        BrokenVariant(
            name: "losesEverythingWhenReopened",
            caughtBy: [
                "rowsOutliveTheStore", "timesStayUniqueWhenReopened", "idsRiseWhenReopened", "tokensOutliveTheStore",
                "statesGoOnWhenReopened", "theCatalogOutlivesTheStore", "erasedRowsStayErased",
                "retentionOutlivesTheStore", "secretsOutliveTheStore",
                "auditOutlivesTheStore", "pendingPartsOutliveTheStore",
            ]
        ) {
            let clock = ManualClock()
            return reopenable(InMemoryStore(clock: clock), clock) { InMemoryStore(clock: clock) }
        },
        reopening("forgetsTokensWhenReopened", caughtBy: "tokensOutliveTheStore") { log, times in
            log.append = { store, batch, idempotency in
                var idempotency = idempotency
                idempotency?.token.append(UInt8(truncatingIfNeeded: times))
                return try await store.append(batch, idempotency: idempotency)
            }
        },
        reopening("losesTheLastRowWhenReopened", caughtBy: "rowsOutliveTheStore") { log, times in
            if times > 0 { log.entryPage = { Page(rows: $1.rows.dropLast(), next: $1.next) } }
        },
        reopening("forgetsLatenessWhenReopened", caughtBy: "statesGoOnWhenReopened") { log, times in
            guard times > 0 else { return }
            log.append = { store, batch, idempotency in
                var contents = try BatchContents(batch)
                for row in contents.states.indices { contents.states[row].updatedAt = .latest }
                return try await store.append(contents.batch, idempotency: idempotency)
            }
        },
        reopening("idsBeginAnewWhenReopened", caughtBy: "idsRiseWhenReopened") { log, times in
            log.shownID = { EntryID(milliseconds: $0.milliseconds, counter: ~$0.counter, random: $0.random) }
        },
    ]

    private static func reopening(
        _ name: String, caughtBy: String, defect: @escaping @Sendable (inout BrokenLog, _ times: Int) -> Void
    ) -> BrokenVariant {
        BrokenVariant(name: name, caughtBy: [caughtBy]) {
            let clock = ManualClock()
            let store = InMemoryStore(clock: clock)
            return reopenable(
                { times in
                    var log = BrokenLog(store)
                    defect(&log, times)
                    return log
                }, catalog: store, clock)
        }
    }
}
