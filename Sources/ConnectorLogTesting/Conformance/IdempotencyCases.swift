import ConnectorLogCore

/// A batch with a token is stored once.
enum IdempotencyCases {
    static let all = [
        StoreConformanceCase("repeatedTokensReplayTheFirstAnswer", repeatedTokensReplayTheFirstAnswer),
        StoreConformanceCase("anotherFingerprintIsAMismatch", anotherFingerprintIsAMismatch),
        StoreConformanceCase("otherTokensAreOtherBatches", otherTokensAreOtherBatches),
        StoreConformanceCase("emptyBatchesTakeTheirToken", emptyBatchesTakeTheirToken),
        StoreConformanceCase("concurrentDuplicatesAreStoredOnce", concurrentDuplicatesAreStoredOnce),
        StoreConformanceCase("replaysLeaveStatesAsTheyAre", replaysLeaveStatesAsTheyAre),
    ]

    static func answer(_ token: UInt64, body: UInt64 = 1, _ text: String) -> IdempotentAnswer {
        IdempotentAnswer(
            token: Fixtures.digest(token), fingerprint: Fixtures.digest(1000 + body), answer: Array(text.utf8))
    }

    private static func repeatedTokensReplayTheFirstAnswer(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let batch = Fixtures.batch([SampleEntry(team: team, at: store.now)])
        let first = try await store.writer.append(batch, idempotency: answer(1, "first"))
        try expectEqual(first, .stored, "result of the first append")
        for _ in 0..<3 {
            store.clock.advance(bySeconds: 3600)
            let again = try await store.writer.append(batch, idempotency: answer(1, "again"))
            try expectEqual(again, .replayed(answer: Array("first".utf8)), "result of a repeated append")
        }
        try expectEqual(try await store.entriesByArrival(team: team).count, 1, "entries")
    }

    private static func anotherFingerprintIsAMismatch(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let batch = Fixtures.batch([SampleEntry(team: team, at: store.now)])
        _ = try await store.writer.append(batch, idempotency: answer(1, body: 1, "first"))
        try await expectThrows(.idempotencyMismatch, "an append with another fingerprint") {
            _ = try await store.writer.append(batch, idempotency: answer(1, body: 2, "second"))
        }
        try expectEqual(try await store.entriesByArrival(team: team).count, 1, "entries")
        let again = try await store.writer.append(batch, idempotency: answer(1, body: 1, "third"))
        try expectEqual(again, .replayed(answer: Array("first".utf8)), "result after a mismatch")
    }

    private static func otherTokensAreOtherBatches(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let batch = Fixtures.batch([SampleEntry(team: team, at: store.now)])
        for token in 1...5 as ClosedRange<UInt64> {
            let result = try await store.writer.append(batch, idempotency: answer(token, "\(token)"))
            try expectEqual(result, .stored, "result of another token")
            let plain = try await store.writer.append(batch, idempotency: nil)
            try expectEqual(plain, .stored, "result without a token")
        }
        try expectEqual(try await store.entriesByArrival(team: team).count, 10, "entries")
        for token in 1...5 as ClosedRange<UInt64> {
            let result = try await store.writer.append(batch, idempotency: answer(token, "again"))
            try expectEqual(result, .replayed(answer: Array("\(token)".utf8)), "result of a repeated token")
        }
    }

    private static func emptyBatchesTakeTheirToken(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let empty = try await store.writer.append(Fixtures.batch(), idempotency: answer(1, ""))
        try expectEqual(empty, .stored, "result of an empty batch")
        let batch = Fixtures.batch([SampleEntry(team: team, at: store.now)])
        let again = try await store.writer.append(batch, idempotency: answer(1, "again"))
        try expectEqual(again, .replayed(answer: []), "result of its token")
        try expectEqual(try await store.entriesByArrival(team: team).count, 0, "entries")
    }

    private static func concurrentDuplicatesAreStoredOnce(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for round in 0..<8 as Range<UInt64> {
            let results = try await withThrowingTaskGroup(of: (AppendResult, String).self) { group in
                for sender in 0..<8 {
                    group.addTask {
                        let batch = Fixtures.batch(
                            (0..<3).map { SampleEntry(team: team, at: store.now.advanced(bySeconds: $0)) })
                        let result = try await store.writer.append(batch, idempotency: answer(round, "\(sender)"))
                        return (result, "\(sender)")
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let stored = results.filter { $0.0 == AppendResult.stored }
            try expectEqual(stored.count, 1, "appends that were stored")
            let first = AppendResult.replayed(answer: Array((stored.first?.1 ?? "").utf8))
            try expectEqual(results.count { $0.0 == first }, 7, "appends that replay the answer of the stored one")
            try expectEqual(
                try await store.entriesByArrival(team: team).count, 3 * (Int(round) + 1), "entries after a round")
        }
    }

    private static func replaysLeaveStatesAsTheyAre(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var sample = SampleEntry(team: team, at: store.now, status: 500)
        sample.stateID = "s"
        let batch = Fixtures.batch(
            [sample], faults: [Fixtures.fault(team: team, at: store.now, state: "s")],
            states: [Fixtures.change(team: team, state: "s", at: store.now, status: .done)])
        _ = try await store.writer.append(batch, idempotency: answer(1, "first"))
        let before = try await store.state("s", team: team)
        try await store.append(Fixtures.change(team: team, state: "s", at: store.now, status: .expired))
        _ = try await store.writer.append(batch, idempotency: answer(1, "again"))
        var expected = before
        expected.status = .expired
        try expectEqual(try await store.state("s", team: team), expected, "the state after a replay")
        try expectEqual(try await store.allFaults(FaultQuery(teamID: team)).count, 1, "faults after a replay")
    }
}
