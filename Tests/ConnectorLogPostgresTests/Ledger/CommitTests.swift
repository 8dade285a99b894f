import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogPostgres

/// The life of a commit.
@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct CommitTests {
    private static let always = Timestamp.latest

    @Test func openCommitsAreHiddenAndFinishedOnesAreNot() async throws {
        try await TestDatabase.withStore { store, database in
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now).id
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 0, hidden: []))
            let first = try await store.ledger.begin(.of(database, team: team, connectors: ["a"]))
            let second = try await store.ledger.begin(.of(database, team: team, connectors: ["b"]))
            #expect([first.number, second.number] == [1, 2])
            #expect(first.teams == [team])
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 2, hidden: [1, 2]))
            try await second.finish(.calls(team: team, states: ["s"], at: database.clock.now))
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 2, hidden: [1]))
            #expect(try await store.ledger.state(team: team, id: "s")?.calls == 1)
            try await first.finish(CommitChanges())
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 2, hidden: []))
            #expect(await StoreError.code { try await first.finish(CommitChanges()) } == .failed)
        }
    }

    @Test func abandonedCommitsAreHiddenUntilTheyAreForgotten() async throws {
        try await TestDatabase.withStore { store, database in
            let proposal = CommitProposal.of(database, tokens: [.of(1)])
            let commit = try await store.ledger.begin(proposal)
            await commit.abandon()
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 1, hidden: [1]))
            #expect(try await store.ledger.abandoned(before: database.clock.now) == [])
            #expect(try await store.ledger.abandoned(before: Self.always) == [1])
            // The token is free again.
            let again = try await store.ledger.begin(proposal)
            #expect(again.results.map(\.name) == ["stored"])
            try await store.ledger.forget(abandoned: [1, again.number])
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 2, hidden: [2]))
            try await again.finish(CommitChanges())
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 2, hidden: []))
        }
    }

    @Test func commitsOfServersThatAreGoneAreAbandoned() async throws {
        var timing = PostgresTiming()
        timing.grace = 0
        try await TestDatabase.withStore(timing: timing) { store, database in
            let gone = try await database.open()
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now).id
            let lost = try await gone.ledger.begin(.of(database, team: team, tokens: [.of(1)], connectors: ["a"]))
            let living = try await store.ledger.begin(.of(database, team: team, connectors: ["b"]))
            #expect(try await store.ledger.abandoned(before: Self.always) == [])
            try database.terminate(
                where:
                    "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = \(lost.number))"
            )
            #expect(try await store.ledger.abandoned(before: Self.always) == [lost.number])
            // What it held is free.
            let next = try await store.ledger.begin(.of(database, team: team, tokens: [.of(1)], connectors: ["a"]))
            #expect(next.results.map(\.name) == ["stored"])
            await #expect(throws: StoreError.self) { try await lost.finish(CommitChanges()) }
            try await living.finish(CommitChanges())
            try await next.finish(CommitChanges())
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 3, hidden: [1]))
            await gone.close()
        }
    }

    @Test func aNumberJustDrawnIsNotTakenForAbandoned() async throws {
        try await TestDatabase.withStore { store, database in
            // As if its server had not come to its lock yet.
            _ = try await CommitNumbers(pool: store.ledger.reserve).draw(at: database.clock.now)
            #expect(try await store.ledger.abandoned(before: Self.always) == [])
        }
    }

    @Test func aCommitThatOthersTookForGoneStoresNothing() async throws {
        try await TestDatabase.withStore { store, database in
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now).id
            let commit = try await store.ledger.begin(.of(database, team: team, tokens: [.of(1)]))
            try database.execute("UPDATE open_commit SET is_abandoned = true, abandoned_at = 0")
            await #expect(throws: StoreError.self) {
                try await commit.finish(.calls(team: team, states: ["s"], at: database.clock.now))
            }
            #expect(try await store.ledger.state(team: team, id: "s") == nil)
            #expect(try await store.ledger.snapshot().hidden == [1])
            #expect(try await store.ledger.begin(.of(database, tokens: [.of(1)])).results.map(\.name) == ["stored"])
        }
    }

    @Test func droppedCommitsLeaveTheirConnections() async throws {
        try await TestDatabase.withStore { store, database in
            for _ in 0..<20 { _ = try await store.ledger.begin(.of(database)) }
            #expect(try await store.ledger.snapshot().hidden.count == 20)
            try await eventually("transactions stay open") {
                try database.integer(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
                ) == 0
            }
        }
    }

    @Test func idsRiseOverLedgersAndBackwardClocks() async throws {
        try await TestDatabase.withStore { store, database in
            let other = try await database.open()
            var ids: [EntryID] = []
            for (number, ledger) in [store.ledger, other.ledger, store.ledger, other.ledger].enumerated() {
                database.clock.advance(bySeconds: [0, -3600, 7200, -1][number])
                let commit = try await ledger.begin(.of(database))
                ids.append(commit.firstID)
                await commit.abandon()
            }
            #expect(ids == ids.sorted() && Set(ids.map(\.milliseconds)).count == 4)
            #expect(ids.allSatisfy { $0.counter == 0 })
            // The third is at the time that the clock said.
            #expect(Int64(ids[2].milliseconds) == (database.clock.now.microseconds + 1_000_000) / 1000)
            await other.close()
        }
    }

    /// A batch that was redacted by older secrets is refused, alone, and leaves no token: it can be sent again.
    @Test func batchesByOlderSecretsAreRefused() async throws {
        try await TestDatabase.withStore { store, database in
            let (now, catalog) = (database.clock.now, store.catalog)
            let team = try await catalog.createTeam(name: "T", id: nil, at: now).id
            #expect(try await catalog.secretVersions() == [:])
            var secret = SecretRecord(
                placeholder: "sec_1", teamID: team, connectorIdentifier: nil, name: "a", ignoresCase: false,
                sealedValue: [1], createdAt: now, updatedAt: now)
            _ = try await catalog.createSecret(secret, limit: 9)
            #expect(try await catalog.secretVersions() == [team: 1])
            _ = try await catalog.updateSecret(
                team: team, connector: nil, placeholder: "sec_1", sealedValue: [2], at: now)
            _ = try await catalog.setRedactionRules("{}", team: team, at: now)
            #expect(try await catalog.secretVersions() == [team: 3])
            // What changes nothing counts for nothing.
            _ = try await catalog.updateSecret(
                team: team, connector: nil, placeholder: "sec_0", sealedValue: [2], at: now)
            var another = secret
            (another.placeholder, another.name) = ("sec_2", "b")
            #expect(try await catalog.createSecret(another, limit: 1) == .limitReached)
            // Whoever still takes out what is no secret any more does no harm.
            _ = try await catalog.deleteSecret(team: team, connector: nil, placeholder: "sec_1")
            #expect(try await catalog.secretVersions() == [team: 3])

            let tokens = [1, 2, 3].map { IdempotentAnswer.of($0) }
            var proposal = CommitProposal.of(database, team: team, tokens: tokens)
            proposal.secretVersions = [[team: 2], [team: 3, team + 1: 0], [:]]
            let commit = try await store.ledger.begin(proposal)
            let codes = commit.results.map { result in
                if case .failure(let error) = result { error.code } else { nil as StoreError.Code? }
            }
            #expect(codes == [.overloaded, nil, nil])
            try await commit.finish(CommitChanges())
            proposal.secretVersions[0] = [team: 3]
            let again = try await store.ledger.begin(proposal)
            #expect(
                again.results.map { try? $0.get() } == [.stored]
                    + [2, 3].map { _ in .replayed(answer: Array("first".utf8)) })
            await again.abandon()
            secret.teamID += 1
            #expect(try await catalog.createSecret(secret, limit: 9) == .ownerMissing)
        }
    }

    @Test func rowsOfTeamsThatGoMeanwhileAreDropped() async throws {
        try await TestDatabase.withStore { store, database in
            let now = database.clock.now
            let kept = try await store.catalog.createTeam(name: "T", id: nil, at: now).id
            let gone = try await store.catalog.createTeam(name: "T", id: nil, at: now).id
            var proposal = CommitProposal.of(database)
            proposal.teams = [kept, gone, 999]
            let commit = try await store.ledger.begin(proposal)
            #expect(commit.teams == [kept, gone])
            #expect(try await store.catalog.deleteTeam(id: gone))
            var changes = CommitChanges.calls(team: kept, states: ["s"], at: now)
            let lost = CommitChanges.calls(team: gone, states: ["s"], at: now)
            changes.states += lost.states
            changes.connectors.formUnion(lost.connectors)
            try await commit.finish(changes)
            #expect(try database.integer("SELECT count(*) FROM flow_state") == 1)
            #expect(try database.integer("SELECT count(*) FROM connector") == 1)
            #expect(try await store.catalog.connectors(team: kept).map(\.identifier) == ["crm"])
        }
    }
}
