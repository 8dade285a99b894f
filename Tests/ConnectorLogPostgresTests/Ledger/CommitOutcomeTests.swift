import CPostgres
import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Testing

@testable import ConnectorLogPostgres

/// What becomes of a commit whose connection breaks at its COMMIT.
@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct CommitOutcomeTests {
    /// Begins a commit of a state `s` and a token.
    private func begin(_ store: PostgresStore, _ database: TestDatabase) async throws -> (PostgresOpenCommit, Int64) {
        let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now).id
        let commit = try await store.ledger.begin(.of(database, team: team, tokens: [.of(1)]))
        return (try #require(commit as? PostgresOpenCommit), team)
    }

    @Test func aCommitThatTookPlaceIsFinished() async throws {
        try await TestDatabase.withStore { store, database in
            let (commit, team) = try await begin(store, database)
            let descriptor = try await commit.lease.run { PQsocket($0.handle) }.get()
            try database.atCommit("PERFORM pg_sleep(2)")
            async let finished: Void = commit.finish(.calls(team: team, states: ["s"], at: database.clock.now))
            try await eventually("no COMMIT sleeps") { try database.isCommitting() }
            // The client sees an end; the server reads on only when it has committed.
            #expect(shutdown(descriptor, Int32(SHUT_RDWR)) == 0)
            try await finished
            #expect(try await store.ledger.state(team: team, id: "s")?.calls == 1)
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 1, hidden: []))
            #expect(
                try await store.ledger.begin(.of(database, tokens: [.of(1)])).results.map(\.name) == ["replayed first"])
        }
    }

    @Test func aCommitThatDidNotTakePlaceIsAbandoned() async throws {
        try await TestDatabase.withStore { store, database in
            let (commit, team) = try await begin(store, database)
            try database.atCommit("PERFORM pg_terminate_backend(pg_backend_pid())")
            let code = await StoreError.code {
                try await commit.finish(.calls(team: team, states: ["s"], at: database.clock.now))
            }
            #expect(code == .overloaded)
            #expect(try await store.ledger.state(team: team, id: "s") == nil)
            #expect(try await store.ledger.abandoned(before: .latest) == [1])
            #expect(try await store.ledger.begin(.of(database, tokens: [.of(1)])).results.map(\.name) == ["stored"])
        }
    }

    @Test func anOutcomeIsAskedForUntilPostgresIsBack() async throws {
        let server = try await TestPostgres(isDurable: true)
        try await TestDatabase.with(on: server) { database in
            let store = try await database.open()
            let (commit, team) = try await begin(store, database)
            try database.atCommit("PERFORM pg_sleep(60)")
            async let finished: Void = commit.finish(.calls(team: team, states: ["s"], at: database.clock.now))
            try await eventually("no COMMIT sleeps") { try database.isCommitting() }
            try await server.stop(.immediate)
            try await server.start()
            do {
                try await finished
                Issue.record("a commit that did not take place is finished")
            } catch {
                #expect((error as? StoreError)?.code == .overloaded)
            }
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 1, hidden: [1]))
            await store.close()
        }
    }

    @Test func anOutcomeThatNobodyCanTellIsSaidToBeUnknown() async throws {
        let server = try await TestPostgres(isDurable: true)
        try await TestDatabase.with(on: server) { database in
            var impatient = PostgresTiming()
            impatient.outcomePatience = .zero
            let store = try await database.open(timing: impatient)
            let (commit, team) = try await begin(store, database)
            try database.atCommit("PERFORM pg_sleep(60)")
            async let finished: Void = commit.finish(.calls(team: team, states: ["s"], at: database.clock.now))
            try await eventually("no COMMIT sleeps") { try database.isCommitting() }
            try await server.stop(.immediate)
            do {
                try await finished
                Issue.record("a commit without an answer is finished")
            } catch {
                let error = try #require(error as? StoreError)
                #expect(error.code == .failed && error.message.contains("unknown"))
            }
            // It did not take place: the next server to look finds that out.
            try await server.start()
            var timing = PostgresTiming()
            timing.grace = 0
            let next = try await database.open(timing: timing)
            #expect(try await next.ledger.snapshot() == CommitSnapshot(last: 1, hidden: [1]))
            #expect(try await next.ledger.abandoned(before: .latest) == [1])
            #expect(try await next.ledger.state(team: team, id: "s") == nil)
            await store.close()
            await next.close()
        }
        try await server.remove()
    }
}
