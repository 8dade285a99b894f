import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogPostgres

@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct ErasureTableTests {
    @Test func completionTakesWhatIsLostOnce() async throws {
        try await TestDatabase.withStore { store, database in
            let (now, ledger) = (database.clock.now, store.ledger)
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: now).id
            try await ledger.begin(.of(database, team: team)).finish(
                .calls(team: team, states: ["a", "a", "a", "b", "c"], at: now))
            var erasure = try await ledger.beginErasure(.state("c"), team: team, keyID: "k", at: now)
            #expect(try await ledger.openErasures() == [erasure])
            (erasure.entries, erasure.faults, erasure.unreadableBlocks) = (3, 1, 2)
            var losses = ["a", "b", "c", "none"].map { FlowStateLoss(key: FlowStateKey(teamID: team, stateID: $0)) }
            (losses[0].calls, losses[0].firstCallAt, losses[0].lastCallAt) = (2, now, now.advanced(bySeconds: 1))
            // More than there is, and faults alone.
            (losses[1].calls, losses[1].failedCalls, losses[1].faults) = (9, 9, 9)
            losses[3].faults = 1
            let begun = ErasureProgress.begun(try await ledger.snapshot(), states: 1)
            #expect(try await ledger.takeUp(erasure) == begun)
            // Asked again, it removes nothing of what has come since.
            try await ledger.begin(.of(database, team: team)).finish(.calls(team: team, states: ["c"], at: now))
            #expect(try await ledger.takeUp(erasure) == begun)
            #expect(try await ledger.state(team: team, id: "c")?.calls == 1)
            #expect(try await ledger.openErasures().first?.states == 1)
            erasure.states = 1
            erasure.completedAt = now.advanced(bySeconds: 60)
            let (lost, states) = (losses, Set(losses.map(\.key)))
            try await ledger.complete(erasure, states: states) { snapshot async throws(StoreError) in
                try await expectHeld(snapshot, in: store, database)
                return lost
            }
            // What is completed takes nothing again.
            try await ledger.complete(erasure, states: states) { _ in
                Issue.record("a completed erasure asks for nothing")
                return lost
            }
            #expect(try await ledger.openErasures() == [])
            #expect(try await ledger.erasures(ErasureQuery(teamID: team)) == [erasure])
            let a = try #require(try await ledger.state(team: team, id: "a"))
            #expect((a.calls, a.firstCallAt) == (1, now) && a.lastCallAt == now.advanced(bySeconds: 1))
            let b = try #require(try await ledger.state(team: team, id: "b"))
            #expect((b.calls, b.failedCalls, b.faults) == (0, 0, 0) && b.firstCallAt == nil && b.lastCallAt == nil)
            #expect(try await ledger.takeUp(erasure) == .completed(erasure))
            erasure.number += 1
            #expect(await StoreError.code { try await ledger.complete(erasure, states: []) { _ in [] } } == .missing)
        }
    }

    /// Of two servers that plan the same erasure, the plan of the first holds; a completed one has none.
    @Test func plansAreNotedOnce() async throws {
        try await TestDatabase.withStore { store, database in
            let (now, ledger) = (database.clock.now, store.ledger)
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: now).id
            // One is open, so that it is hidden.
            let open = try await ledger.begin(.of(database, team: team))
            var erasure = try await ledger.beginErasure(.connector("c"), team: team, keyID: "k", at: now)
            guard case .begun(let snapshot, states: 0) = try await ledger.takeUp(erasure) else {
                Issue.record("it is not begun")
                return
            }
            func plan(_ entries: Int, _ states: [String]) -> ErasurePlan {
                ErasurePlan(
                    snapshot: snapshot, entries: entries, faults: 2,
                    losses: states.map { state in
                        FlowStateLoss(
                            key: FlowStateKey(teamID: team, stateID: state), calls: 5, failedCalls: 4, faults: 1)
                    })
            }
            #expect(snapshot.hidden == [open.number])
            await open.abandon()
            let first = plan(5, ["", "a", "b\u{0}", "ü"])
            #expect(try await ledger.note(first, of: erasure) == .planned(first, states: 0))
            #expect(try await ledger.note(plan(1, ["z"]), of: erasure) == .planned(first, states: 0))
            #expect(try await ledger.takeUp(erasure) == .planned(first, states: 0))
            erasure.completedAt = now
            (erasure.entries, erasure.faults) = (5, 2)
            try await ledger.complete(erasure, states: []) { _ in [] }
            #expect(try await ledger.takeUp(erasure) == .completed(erasure))
            // Who had it as open on his list neither plans nor removes anything more.
            #expect(try await ledger.note(first, of: erasure) == .completed(erasure))
            #expect(try database.integer("SELECT count(*) FROM erasure_loss") == 0)
        }
    }

    /// While an erasure asks what states lose, no commit changes them.
    private func expectHeld(
        _ snapshot: CommitSnapshot, in store: PostgresStore, _ database: TestDatabase
    ) async throws(StoreError) {
        #expect(snapshot == (try await store.ledger.snapshot()))
        #expect(throws: (any Error).self) {
            try database.execute("SELECT 1 FROM flow_state WHERE state_id = 'a' FOR UPDATE NOWAIT")
        }
    }

    @Test func statesThatAreOverAgeAreRemoved() async throws {
        try await TestDatabase.withStore { store, database in
            let (now, ledger) = (database.clock.now, store.ledger)
            let teams = try await [1, 2].map { _ in now }.asyncMap {
                try await store.catalog.createTeam(name: "T", id: nil, at: $0).id
            }
            for (number, team) in teams.enumerated() {
                for age in [0, 1] {
                    try await ledger.begin(.of(database, team: team)).finish(
                        .calls(team: team, states: ["s\(age)"], at: now.advanced(bySeconds: Int64(-age - number))))
                }
            }
            try await ledger.removeStates(team: teams[0], lastActionBefore: now)
            #expect(try await ledger.state(team: teams[0], id: "s1") == nil)
            #expect(try await ledger.state(team: teams[0], id: "s0") != nil)
            #expect(try database.integer("SELECT count(*) FROM flow_state") == 3)
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
