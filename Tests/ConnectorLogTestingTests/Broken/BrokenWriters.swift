import ConnectorLogCore
import ConnectorLogTesting
import Synchronization

/// Defects of what is stored.
enum BrokenWriters {
    static let all: [BrokenVariant] =
        rows + [
            keepsTies, losesEverySixtiethBatch, storesRowByRow, forgetsTokens, ignoresFingerprints, answersAnew,
            takesEachTokenForever, dropsBatchesOfDeletedTeams, idsFollowTheClockBack,
        ]

    private static let rows: [BrokenVariant] = [
        .batch("losesTheLastRow", caughtBy: "batchesOfOneAndOfAThousand", "everyFieldOfAnEntryComesBack") { batch in
            _ = batch.entries.popLast()
        },
        .batch("losesTheLastFault", caughtBy: "everyFieldOfAFaultComesBack") { batch in _ = batch.faults.popLast() },
        .batch("swapsRows", caughtBy: "idsRiseWithRowsAndCommits", "tiesFillTheFirstGap") { $0.entries.reverse() },
        .batch("cutsHeadersAtAHundred", caughtBy: "headersKeepOrderAndRepeats") { batch in
            for row in batch.entries.indices {
                batch.entries[row].responseHeaders = Array(batch.entries[row].responseHeaders.prefix(100))
            }
        },
        .batch("dropsMilliseconds", caughtBy: "timesComeBackToTheMicrosecond", "tiesOfABatchMoveOn") { batch in
            for row in batch.entries.indices {
                let time = batch.entries[row].logTime.microseconds
                batch.entries[row].logTime = Timestamp(microseconds: time / 1000 * 1000)
            }
        },
        .batch("mergesConnectorsOfEitherCase", caughtBy: "connectorsAndTeamsKeepTheirTies") { batch in
            for row in batch.entries.indices {
                batch.entries[row].connector = batch.entries[row].connector.lowercased()
            }
        },
        .batch("registersNoConnectorOfFaults", caughtBy: "connectorsAreRegisteredOnFirstSight") { batch in
            for row in batch.faults.indices { batch.faults[row].connectorIdentifier = nil }
        },
        .batch("cutsBatchesAtTenThousand", caughtBy: "batchesOfTwentyThousand") { batch in
            batch.entries = Array(batch.entries.prefix(10_000))
        },
        .batch("givesRowsToTheFirstTeam", caughtBy: "batchesOverTeamsComeApart") { batch in
            for row in batch.entries.indices { batch.entries[row].teamID = batch.entries[0].teamID }
        },
        .log("givesUpOnLongRunsOfTies", caughtBy: "longRunsOfTiesMoveOn") { log in
            log.entryPage = { _, page in
                var page = page
                let limit = ManualClock.defaultStart.advanced(byMicroseconds: 2000)
                for row in page.rows.indices { page.rows[row].logTime = min(page.rows[row].logTime, limit) }
                return page
            }
        },
        .log("forgetsTokensOfEmptyBatches", caughtBy: "emptyBatchesTakeTheirToken") { log in
            log.append = { store, batch, idempotency in
                try await store.append(batch, idempotency: batch.isEmpty ? nil : idempotency)
            }
        },
        .log("refusesEmptyBatches", caughtBy: "emptyBatchesStoreNothing") { log in
            log.append = { store, batch, idempotency in
                if batch.isEmpty { throw StoreError(.failed, "nothing to store") }
                return try await store.append(batch, idempotency: idempotency)
            }
        },
        .batch("keepsOneFaultAnInstant", caughtBy: "faultsMayShareTheirInstant") { batch in
            var seen: Set<Timestamp> = []
            batch.faults.removeAll { !seen.insert($0.occurredAt).inserted }
        },
    ]

    /// Shows the times that came, where they had to be moved.
    private static let keepsTies = BrokenVariant(
        name: "keepsTies",
        caughtBy: [
            "tiesOfABatchMoveOn", "tiesAcrossBatchesMoveOn", "tiesFarBackInTimeMoveOn",
            "generatedTimesMoveAsTheRuleSays",
            "concurrentTiesMoveOn", "pagesByTimeAloneCoverAConnector",
        ]
    ) {
        let clock = ManualClock()
        let store = InMemoryStore(clock: clock)
        let times = Shown<Timestamp>()
        var log = BrokenLog(store)
        log.append = { store, batch, idempotency in
            try await times.append(batch, idempotency, to: store) { _, sample in sample.logTime }
        }
        log.entry = { entry in
            var entry = entry
            entry.summary.logTime = times[entry.summary.id] ?? entry.summary.logTime
            return entry
        }
        log.entryPage = { _, page in
            var page = page
            for row in page.rows.indices { page.rows[row].logTime = times[page.rows[row].id] ?? page.rows[row].logTime }
            return page
        }
        return StoreUnderTest(writer: log, reader: log, catalog: store, keeper: store, pending: store, clock: clock)
    }

    private static let idsFollowTheClockBack = BrokenVariant(
        name: "idsFollowTheClockBack", caughtBy: ["idsRiseWhenTheClockGoesBack"]
    ) {
        let clock = ManualClock()
        let store = InMemoryStore(clock: clock)
        let ids = Shown<EntryID>()
        var log = BrokenLog(store)
        log.append = { store, batch, idempotency in
            let milliseconds = UInt64(clock.now.microseconds / 1000)
            return try await ids.append(batch, idempotency, to: store) { id, _ in
                EntryID(milliseconds: milliseconds, counter: id.counter, random: id.random)
            }
        }
        log.entryPage = { _, page in
            var page = page
            for row in page.rows.indices { page.rows[row].id = ids[page.rows[row].id] ?? page.rows[row].id }
            return page
        }
        return StoreUnderTest(writer: log, reader: log, catalog: store, keeper: store, pending: store, clock: clock)
    }

    private static let losesEverySixtiethBatch = BrokenVariant.log(
        "losesEverySixtiethBatch", caughtBy: "concurrentAppendsLoseNothing", "manySmallBatches"
    ) { log in
        let count = Counter()
        log.append = { store, batch, idempotency in
            if count.next() % 60 == 0 { return .stored }
            return try await store.append(batch, idempotency: idempotency)
        }
    }

    private static let storesRowByRow = BrokenVariant.log(
        "storesRowByRow", caughtBy: "readersSeeWholeBatches"
    ) { log in
        log.append = { store, batch, _ in
            let contents = try BatchContents(batch)
            for entry in contents.entries {
                _ = try await store.append(Fixtures.batch([entry]), idempotency: nil)
                for _ in 0..<5 { await Task.yield() }
            }
            return .stored
        }
    }

    private static let forgetsTokens = BrokenVariant.log(
        "forgetsTokens", caughtBy: "repeatedTokensReplayTheFirstAnswer", "concurrentDuplicatesAreStoredOnce",
        "replaysLeaveStatesAsTheyAre", "anotherFingerprintIsAMismatch"
    ) { log in
        log.append = { store, batch, _ in try await store.append(batch, idempotency: nil) }
    }

    private static let ignoresFingerprints = BrokenVariant.log(
        "ignoresFingerprints", caughtBy: "anotherFingerprintIsAMismatch"
    ) { log in
        log.append = { store, batch, idempotency in
            var idempotency = idempotency
            idempotency?.fingerprint = []
            return try await store.append(batch, idempotency: idempotency)
        }
    }

    private static let answersAnew = BrokenVariant.log(
        "answersAnew", caughtBy: "repeatedTokensReplayTheFirstAnswer", "concurrentDuplicatesAreStoredOnce"
    ) { log in
        log.append = { store, batch, idempotency in
            let result = try await store.append(batch, idempotency: idempotency)
            if case .replayed = result, let idempotency { return .replayed(answer: idempotency.answer) }
            return result
        }
    }

    private static let takesEachTokenForever = BrokenVariant.log(
        "takesEveryTokenForOne", caughtBy: "otherTokensAreOtherBatches"
    ) { log in
        log.append = { store, batch, idempotency in
            var idempotency = idempotency
            idempotency?.token = [1]
            return try await store.append(batch, idempotency: idempotency)
        }
    }

    private static let dropsBatchesOfDeletedTeams = BrokenVariant.log(
        "dropsWholeBatchesOfDeletedTeams", caughtBy: "rowsOfADeletedTeamAreDropped"
    ) { log in
        log.append = { store, batch, idempotency in
            guard batch.entries.teamIDs.allSatisfy(store.hasTeam) else { return .stored }
            return try await store.append(batch, idempotency: idempotency)
        }
    }
}

/// What a defect shows of an entry, by its id in the store.
private final class Shown<Value: Sendable>: Sendable {
    private let values = Mutex<[EntryID: Value]>([:])

    subscript(id: EntryID) -> Value? { values.withLock { $0[id] } }

    /// Appends, and notes `value` of each new entry. For one append at a time.
    func append(
        _ batch: RedactedBatch, _ idempotency: IdempotentAnswer?, to store: InMemoryStore,
        value: (EntryID, SampleEntry) -> Value
    ) async throws -> AppendResult {
        let result = try await store.append(batch, idempotency: idempotency)
        let samples = try BatchContents(batch).entries
        for team in Set(samples.map(\.teamID)) {
            let mine = samples.filter { $0.teamID == team }
            var query = EntryQuery(teamID: team, order: .oldestFirst, limit: 10_000)
            query.after = nil
            let rows = try await store.entries(query).rows.sorted { $0.id < $1.id }
            for (row, sample) in zip(rows.suffix(mine.count), mine) {
                let value = value(row.id, sample)
                values.withLock { $0[row.id] = value }
            }
        }
        return result
    }
}

final class Counter: Sendable {
    private let count = Atomic(0)

    /// From 1 on.
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
