import ConnectorLogCore
import ConnectorLogTesting
import Synchronization
import Testing

@testable import ConnectorLogPostgres

@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct ReconnectionTests {
    @Test func brokenConnectionsAreReplaced() async throws {
        try await TestDatabase.withStore { store, database in
            for _ in 0..<3 {
                try database.terminate()
                #expect(try await store.catalog.teams().isEmpty)
                try database.terminate()
                #expect(try await store.catalog.renameTeam(id: 1, name: "T") == false)
                try database.terminate()
                await (try await store.ledger.begin(.of(database))).abandon()
            }
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 3, hidden: [1, 2, 3]))
        }
    }

    /// Keys stay known while it is away; what is asked of it is answered with a code that says "later".
    @Test func aServerThatRestartsIsFoundAgain() async throws {
        let server = try await TestPostgres(isDurable: true)
        try await TestDatabase.with(on: server) { database in
            let store = try await database.open()
            let other = try await database.open()
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now).id
            try await store.catalog.createKey(
                Fixtures.key("k", team: team, at: database.clock.now), hash: Fixtures.digest(1))
            try await eventually("the key does not come") { other.catalog.key(id: "k") != nil }
            let commit = try await store.ledger.begin(.of(database, team: team, tokens: [.of(1)]))
            try await commit.finish(.calls(team: team, states: ["s"], at: database.clock.now))
            try await server.stop(.immediate)
            #expect(await StoreError.code { _ = try await store.catalog.teams() } == .overloaded)
            #expect(
                await StoreError.code { _ = try await store.catalog.renameTeam(id: team, name: "U") } == .overloaded)
            #expect(await StoreError.code { _ = try await store.ledger.begin(.of(database)) } == .overloaded)
            #expect(other.catalog.key(id: "k") != nil && other.catalog.hasTeam(team))
            try await server.start()
            // What was acknowledged is there.
            #expect(try await store.ledger.state(team: team, id: "s")?.calls == 1)
            #expect(try await store.ledger.snapshot() == CommitSnapshot(last: 1, hidden: []))
            #expect(try await store.catalog.revokeKey(team: team, id: "k"))
            try await eventually(within: .seconds(10), "the key stays") { other.catalog.key(id: "k") == nil }
            await other.close()
            await store.close()
        }
        try await server.remove()
    }

    @Test func changesThatBreakBeforeTheirCommitAreTriedAgain() async throws {
        try await TestDatabase.withStore { store, database in
            let runs = Mutex(0)
            _ = try await store.pool.write { connection in
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                try connection.execute("INSERT INTO sealed_key (name, sealed) VALUES ('k', '')")
                if run == 1 { try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
            }
            #expect(runs.withLock { $0 } == 2)
            #expect(try await store.catalog.sealedKeys() == ["k": []])
        }
    }

    @Test func changesThatBreakAtTheirCommitAreNot() async throws {
        try await TestDatabase.withStore { store, database in
            try database.atCommit("PERFORM pg_terminate_backend(pg_backend_pid())")
            try database.execute("INSERT INTO open_commit (number, opened_at, begun_at) VALUES (7, 0, 0)")
            let runs = Mutex(0)
            let code = await StoreError.code {
                _ = try await store.pool.write { connection in
                    runs.withLock { $0 += 1 }
                    try connection.execute("DELETE FROM open_commit")
                }
            }
            #expect(code == .failed)
            #expect(runs.withLock { $0 } == 1)
        }
    }

    @Test func changesThatOthersStandInTheWayOfAreTriedAgain() async throws {
        try await TestDatabase.withStore { store, _ in
            let runs = Mutex(0)
            func write(failures: Int) async throws {
                runs.withLock { $0 = 0 }
                _ = try await store.pool.write { connection in
                    let run = runs.withLock { runs in
                        runs += 1
                        return runs
                    }
                    if run <= failures {
                        try connection.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
                    }
                }
            }
            try await write(failures: 4)
            #expect(runs.withLock { $0 } == 5)
            #expect(await StoreError.code { try await write(failures: 9) } == .overloaded)
            #expect(runs.withLock { $0 } == 5)
        }
    }
}
