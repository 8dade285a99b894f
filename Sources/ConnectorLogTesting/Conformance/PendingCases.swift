import ConnectorLogCore

/// Parts of calls wait until they are released, each told once.
enum PendingCases {
    static let all = [
        StoreConformanceCase("pendingPartsAreNoEntries", pendingPartsAreNoEntries),
        StoreConformanceCase("pendingPartsComeBackAsTheyWere", pendingPartsComeBackAsTheyWere),
        StoreConformanceCase("callsWaitUntilTheyAreWholeOrOver", callsWaitUntilTheyAreWholeOrOver),
        StoreConformanceCase("pendingCallsKeepTheirLimits", pendingCallsKeepTheirLimits),
        StoreConformanceCase("partsAreReleasedWithTheirBatch", partsAreReleasedWithTheirBatch),
        StoreConformanceCase("refusedBatchesReleaseNothing", refusedBatchesReleaseNothing),
        StoreConformanceCase("eventsAreTakenOnce", eventsAreTakenOnce),
        StoreConformanceCase("concurrentEventsAreTakenOnce", concurrentEventsAreTakenOnce),
        StoreConformanceCase("pendingPartsAreCountedByTeam", pendingPartsAreCountedByTeam),
    ]

    static let durable = [
        StoreConformanceCase("pendingPartsOutliveTheStore", pendingPartsOutliveTheStore)
    ]

    struct Part {
        var sample: SampleEntry
        var key: PendingPart.Key
        var arrivedAt: Timestamp

        init(
            _ store: StoreUnderTest, team: Int64, call: UInt64, event: UInt64, _ kind: PendingPart.Kind = .request
        ) {
            sample = SampleEntry(team: team, at: store.now, connector: "crm", status: kind.isAnswer ? 200 : nil)
            key = PendingPart.Key(
                teamID: team, call: Array(Fixtures.digest(call).prefix(PendingPart.Key.byteCount)),
                event: Array(Fixtures.digest(1000 + event).prefix(PendingPart.Key.byteCount)), kind: kind)
            arrivedAt = store.now
        }
    }

    static func batch(
        _ parts: [Part], entries: [SampleEntry] = [], releasing numbers: [Int64] = []
    ) -> RedactedBatch {
        var builder = RedactingBatchBuilder(book: Fixtures.redactionBook())
        for entry in entries { builder.append(entry) }
        for part in parts { builder.hold(part.sample, as: part.key, arrivedAt: part.arrivedAt) }
        builder.release(numbers)
        return builder.finish()
    }

    private static func append(_ batch: RedactedBatch, to store: StoreUnderTest) async throws {
        let result = try await store.writer.append(batch, idempotency: nil)
        try expectEqual(result, .stored, "result of an append")
    }

    /// All that waits.
    private static func all(_ store: StoreUnderTest) async throws -> [[StoredPendingPart]] {
        try await store.pending.pendingCalls(arrivedBefore: .latest, limit: 1000, bytes: .max)
    }

    /// The first that waits, of which there has to be one.
    private static func first(_ store: StoreUnderTest) async throws -> StoredPendingPart {
        guard let part = try await all(store).first?.first else { throw ConformanceFailure("no part waits") }
        return part
    }

    // MARK: - Cases

    private static func pendingPartsAreNoEntries(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await append(batch([Part(store, team: team, call: 1, event: 1)]), to: store)
        try expectEqual(try await store.entriesByArrival(team: team).count, 0, "entries")
        try expectEqual(try await all(store).count, 1, "calls that wait")
    }

    private static func pendingPartsComeBackAsTheyWere(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var parts: [Part] = []
        var generator = SampleGenerator(seed: 91, start: store.now)
        for number in 0..<40 as Range<UInt64> {
            let kind = PendingPart.Kind.allCases[Int(number) % 3]
            var part = Part(store, team: team, call: number, event: number, kind)
            part.sample = generator.entry(team: team)
            parts.append(part)
            store.clock.advance(byMicroseconds: 1)
        }
        let expected = batch(parts).pendingParts
        try await append(batch(Array(parts[..<15])), to: store)
        try await append(batch(Array(parts[15...])), to: store)
        let calls = try await all(store)
        try expectEqual(calls.map(\.count), Array(repeating: 1, count: 40), "parts of each call")
        let found = calls.flatMap(\.self)
        for (part, wanted) in zip(found, expected) {
            try expectEqual(part, StoredPendingPart(number: part.number, wanted), "a part")
        }
        try expect(zip(found, found.dropFirst()).allSatisfy { $0.number < $1.number }, "numbers rise")
    }

    private static func callsWaitUntilTheyAreWholeOrOver(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let start = store.now
        let first = Part(store, team: team, call: 1, event: 1)
        store.clock.advance(bySeconds: 10)
        let second = Part(store, team: team, call: 2, event: 2, .failure)
        try await append(batch([first, second]), to: store)
        func ready(before time: Timestamp) async throws -> [[PendingPart.Kind]] {
            try await store.pending.pendingCalls(arrivedBefore: time, limit: 10, bytes: .max).map { $0.map(\.kind) }
        }
        try expectEqual(try await ready(before: start), [], "calls before any part arrived")
        try expectEqual(
            try await ready(before: start.advanced(byMicroseconds: 1)), [[.request]], "calls after the first arrived")
        try expectEqual(
            try await ready(before: store.now.advanced(bySeconds: 1)), [[.request], [.failure]], "calls later")
        // Answers alone make no call whole, whatever they are.
        try await append(batch([Part(store, team: team, call: 2, event: 3, .response)]), to: store)
        try expectEqual(try await ready(before: start), [], "calls without a request")
        try await append(batch([Part(store, team: team, call: 1, event: 4, .response)]), to: store)
        try expectEqual(try await ready(before: start), [[.request, .response]], "calls that are whole")
        // The same call of another team is another call.
        let other = try await store.makeTeam()
        try await append(batch([Part(store, team: other, call: 2, event: 5)]), to: store)
        try expectEqual(try await ready(before: start).count, 1, "whole calls beside another team's")
    }

    private static func pendingCallsKeepTheirLimits(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for number in 0..<10 as Range<UInt64> {
            try await append(batch([Part(store, team: team, call: number, event: number)]), to: store)
        }
        let numbers = try await all(store).map { $0[0].number }
        let size = try await first(store).entry?.bytes.count ?? 0
        for limit in [1, 3, 10, 11] {
            let found = try await store.pending.pendingCalls(arrivedBefore: .latest, limit: limit, bytes: .max)
            try expectEqual(found.map { $0[0].number }, Array(numbers.prefix(limit)), "the first \(limit) calls")
        }
        for (bytes, count) in [(1, 1), (size, 1), (size + 1, 2), (3 * size, 3)] {
            let found = try await store.pending.pendingCalls(arrivedBefore: .latest, limit: 10, bytes: bytes)
            try expectEqual(found.count, count, "calls of \(bytes) bytes")
        }
    }

    private static func partsAreReleasedWithTheirBatch(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let parts = (0..<3).map { Part(store, team: team, call: $0, event: $0) }
        try await append(batch(parts), to: store)
        let numbers = try await all(store).map { $0[0].number }
        try expectEqual(numbers.count, 3, "parts that wait")
        let entry = SampleEntry(team: team, at: store.now)
        try await append(batch([], entries: [entry], releasing: Array(numbers[..<2])), to: store)
        try expectEqual(try await all(store).map { $0[0].number }, [numbers[2]], "parts that still wait")
        try expectEqual(try await store.entriesByArrival(team: team).count, 1, "entries")
        // Also where nothing else is in the batch, and once more.
        for _ in 0..<2 { try await append(batch([], releasing: numbers), to: store) }
        try expectEqual(try await store.pending.pendingCounts(team: nil).parts, 0, "parts in the end")
        try await append(batch([Part(store, team: team, call: 9, event: 9)]), to: store)
        let next = try await first(store).number
        try expect(!numbers.contains(next), "a number is given twice")
    }

    private static func refusedBatchesReleaseNothing(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await append(batch([Part(store, team: team, call: 1, event: 1)]), to: store)
        let number = try await first(store).number
        let release = batch([Part(store, team: team, call: 2, event: 2)], releasing: [number])
        _ = try await store.writer.append(Fixtures.batch(), idempotency: IdempotencyCases.answer(1, body: 1, ""))
        try await expectThrows(.idempotencyMismatch, "a batch with another fingerprint") {
            _ = try await store.writer.append(release, idempotency: IdempotencyCases.answer(1, body: 2, ""))
        }
        try expectEqual(try await all(store).map { $0[0].number }, [number], "parts after a refused batch")
    }

    private static func eventsAreTakenOnce(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let part = Part(store, team: team, call: 1, event: 1)
        var later = part
        later.key.call[0] ^= 1
        try await append(batch([part, part]), to: store)
        try await append(batch([part]), to: store)
        try await append(batch([later]), to: store)
        let waiting = try await all(store)
        try expectEqual(waiting.map(\.count), [1], "parts that were told again")
        try await append(batch([], releasing: waiting[0].map(\.number)), to: store)
        store.clock.advance(bySeconds: 86_000)
        try await append(batch([part]), to: store)
        try expectEqual(
            try await store.pending.pendingCounts(team: nil).parts, 0, "parts told again after their release")
        try await append(batch([Part(store, team: team, call: 1, event: 2)]), to: store)
        try expectEqual(try await store.pending.pendingCounts(team: nil).parts, 1, "another event of the same call")
    }

    private static func concurrentEventsAreTakenOnce(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await append(batch((0..<5).map { Part(store, team: team, call: $0, event: $0) }), to: store)
                }
            }
            try await group.waitForAll()
        }
        try expectEqual(try await all(store).map(\.count), [1, 1, 1, 1, 1], "parts")
    }

    private static func pendingPartsAreCountedByTeam(_ store: StoreUnderTest) async throws {
        let teams = [try await store.makeTeam(), try await store.makeTeam()]
        try expectEqual(
            try await store.pending.pendingCounts(team: nil), PendingCounts(parts: 0, bytes: 0), "counts of nothing")
        for number in 0..<3 as Range<UInt64> {
            try await append(
                batch([Part(store, team: teams[number == 0 ? 0 : 1], call: number, event: number)]), to: store)
        }
        let bytes = try await all(store).map { $0.reduce(0) { $0 + ($1.entry?.bytes.count ?? 0) } }
        try expectEqual(bytes.count, 3, "parts that wait")
        for (team, wanted) in [(teams[0], bytes[..<1]), (teams[1], bytes[1...]), (nil, bytes[...])] {
            try expectEqual(
                try await store.pending.pendingCounts(team: team),
                PendingCounts(parts: wanted.count, bytes: wanted.reduce(0, +)), "counts of \(team ?? 0)")
        }
    }

    private static func pendingPartsOutliveTheStore(_ first: StoreUnderTest) async throws {
        var store = first
        let team = try await store.makeTeam()
        let parts = (0..<4).map { Part(store, team: team, call: $0 / 2, event: $0, $0 % 2 == 0 ? .request : .response) }
        try await append(batch(parts), to: store)
        let waiting = try await all(store)
        try expectEqual(waiting.map(\.count), [2, 2], "parts before")
        try await append(batch([], releasing: waiting[0].map(\.number)), to: store)
        store = try await store.reopened()
        try expectEqual(try await all(store), [waiting[1]], "parts after")
        try await append(batch(parts), to: store)
        try expectEqual(try await all(store), [waiting[1]], "parts that were told again")
    }
}
