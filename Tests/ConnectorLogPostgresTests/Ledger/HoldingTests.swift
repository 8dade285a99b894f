import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogPostgres

/// What commits hold against one another: tokens and connectors.
@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct HoldingTests {
    @Test func tokensOfOneProposalAreSortedOut() async throws {
        try await TestDatabase.withStore { store, database in
            let tokens: [IdempotentAnswer?] = [
                .of(1, answer: "a"), nil, .of(2, answer: "b"), .of(1, answer: "c"), .of(2, body: 7), nil, .of(1),
            ]
            let commit = try await store.ledger.begin(.of(database, tokens: tokens))
            let expected = [
                "stored", "stored", "stored", "replayed a", "idempotencyMismatch", "stored", "replayed a",
            ]
            #expect(commit.results.map(\.name) == expected)
            try await commit.finish(CommitChanges())
            let again = try await store.ledger.begin(.of(database, tokens: [.of(2), .of(2, body: 7), .of(3), nil]))
            #expect(again.results.map(\.name) == ["replayed b", "idempotencyMismatch", "stored", "stored"])
            await again.abandon()
            try await store.ledger.forgetAnswers(before: database.clock.now)
            #expect(try database.integer("SELECT count(*) FROM idempotency") == 2)
            try await store.ledger.forgetAnswers(before: database.clock.now.advanced(byMicroseconds: 1))
            #expect(try await store.ledger.begin(.of(database, tokens: [.of(2)])).results.map(\.name) == ["stored"])
        }
    }

    @Test(arguments: [true, false])
    func whoComesWithATokenThatIsHeldWaits(isFinished: Bool) async throws {
        try await TestDatabase.withStore { store, database in
            let other = try await database.open()
            let first = try await store.ledger.begin(.of(database, tokens: [.of(2), .of(1, answer: "a")]))
            async let second = other.ledger.begin(.of(database, tokens: [.of(1, answer: "b")]))
            try await eventually("nobody waits") { try database.hasWaiting() }
            if isFinished { try await first.finish(CommitChanges()) } else { await first.abandon() }
            let commit = try await second
            #expect(commit.results.map(\.name) == [isFinished ? "replayed a" : "stored"])
            await commit.abandon()
            await other.close()
        }
    }

    @Test(arguments: [true, false])
    func commitsOfAConnectorFollowOneAnother(isKnown: Bool) async throws {
        try await TestDatabase.withStore { store, database in
            let other = try await database.open()
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now).id
            // Held are those that were there before, as well as new ones.
            let before = try await store.ledger.begin(.of(database, team: team, connectors: isKnown ? ["a", "b"] : []))
            try await before.finish(CommitChanges())
            let first = try await store.ledger.begin(.of(database, team: team, connectors: ["b", "a"]))
            let known = ConnectorTimes(latest: nil, lastCommit: 0)
            #expect(first.times == [ConnectorKey(team, "a"): known, ConnectorKey(team, "b"): known])
            async let second = other.ledger.begin(.of(database, team: team, connectors: ["c", "b"]))
            try await eventually("nobody waits") { try database.hasWaiting() }
            // Others do not wait.
            let third = try await other.ledger.begin(.of(database, team: team, connectors: ["d"]))
            var changes = CommitChanges()
            changes.times = [
                ConnectorKey(team, "a"): GivenTimes(latest: 7, count: 1),
                ConnectorKey(team, "b"): GivenTimes(latest: 9, count: 3),
            ]
            try await first.finish(changes)
            let commit = try await second
            #expect(commit.times[ConnectorKey(team, "b")] == ConnectorTimes(latest: 9, lastCommit: first.number))
            #expect(commit.times[ConnectorKey(team, "c")] == known)
            // An earlier time is not the latest, but the commit is the last.
            changes.times = [ConnectorKey(team, "b"): GivenTimes(latest: 8, count: 2)]
            try await commit.finish(changes)
            let last = try await store.ledger.begin(.of(database, team: team, connectors: ["b"]))
            #expect(last.times[ConnectorKey(team, "b")] == ConnectorTimes(latest: 9, lastCommit: commit.number))
            await last.abandon()
            await third.abandon()
            let one = try await store.ledger.snapshot(team: team, connector: "b")
            #expect(one.extent == EntryExtent(latest: Timestamp(microseconds: 9), entries: 5))
            #expect(one.snapshot == (try await store.ledger.snapshot()))
            let all = try await store.ledger.snapshot(team: team, connector: nil)
            #expect(all.extent == EntryExtent(latest: Timestamp(microseconds: 9), entries: 6))
            let none = try await store.ledger.snapshot(team: team + 1, connector: nil)
            #expect(none.extent == EntryExtent(latest: nil, entries: 0))
            // As it is of what an earlier version stored.
            try database.execute("UPDATE connector_times SET entries = NULL WHERE identifier = 'a'")
            #expect(try await store.ledger.snapshot(team: team, connector: nil).extent.entries == nil)
            await other.close()
        }
    }

    @Test func waitingForACommitEnds() async throws {
        try await TestDatabase.withStore { store, database in
            let other = try await database.open { $0.lockTimeout = 300 }
            let held = try await store.ledger.begin(.of(database, tokens: [.of(1)]))
            let code = await StoreError.code { _ = try await other.ledger.begin(.of(database, tokens: [.of(1)])) }
            #expect(code == .overloaded)
            try await held.finish(CommitChanges())
            let commit = try await other.ledger.begin(.of(database, tokens: [.of(1)]))
            #expect(commit.results.map(\.name) == ["replayed first"])
            await commit.abandon()
            await other.close()
        }
    }

    /// Commits of many servers that touch the same tokens, connectors and states in any order end, and none is lost.
    @Test func noneWaitsForOneThatWaitsForIt() async throws {
        try await TestDatabase.withStore { store, database in
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now).id
            let others = try await [database.open(), database.open()]
            let stored = try await withThrowingTaskGroup(of: Int.self) { group in
                for (seed, ledger) in ([store] + others + [store]).map(\.ledger).enumerated() {
                    group.addTask {
                        var random = SeededRandom(seed: UInt64(seed))
                        var stored = 0
                        for round in 0..<15 {
                            let connectors = (0..<2).map { _ in random.pick(["a", "b", "c", "d"]) }
                            let tokens = (0..<3).map { _ in IdempotentAnswer.of(random.next() % 1000) }
                            let commit = try await ledger.begin(
                                .of(database, team: team, tokens: tokens, connectors: connectors))
                            var changes = CommitChanges()
                            for _ in 0..<3 {
                                let states = (0..<10).map { _ in "s\(random.next() % 40)" }
                                changes.states +=
                                    CommitChanges.calls(
                                        team: team, states: states + ["new \(seed) \(round)"], at: database.clock.now
                                    ).states
                                stored += 11
                            }
                            try await commit.finish(changes)
                        }
                        return stored
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(try database.integer("SELECT sum(calls)::int8 FROM flow_state") == Int64(stored))
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 60, hidden: []))
            for other in others { await other.close() }
        }
    }
}
