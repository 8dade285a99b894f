import ConnectorLogCore
import ConnectorLogPostgres
import ConnectorLogTesting
import NIOCore
import Testing

@testable import ConnectorLogClickHouse

/// What becomes of a store whose servers do not do what they are asked.
@Suite(.enabled(if: !SharedStore.kinds.isEmpty)) struct FailureTests {
    private func team(_ server: SharedStore.Server, _ shared: SharedStore) async throws -> Int64 {
        try await server.postgres.catalog.createTeam(name: "T", id: nil, at: shared.clock.now).id
    }

    private func entries(_ count: Int, _ team: Int64, _ shared: SharedStore, state: String? = "run") -> [SampleEntry] {
        (0..<count).map { number in
            var entry = SampleEntry(
                team: team, at: shared.clock.now.advanced(byMicroseconds: Int64(number)), connector: "crm")
            entry.stateID = state
            return entry
        }
    }

    private func append(_ entries: [SampleEntry], _ server: SharedStore.Server) async throws {
        #expect(try await server.entries.append(Fixtures.batch(entries), idempotency: nil) == .stored)
    }

    private func physicalRows(_ shared: SharedStore) async throws -> Int64 {
        let client = ClickHouseClient(shared.clickHouse)
        let answer = try await client.query("SELECT toInt64(count()) FROM entries FORMAT RowBinary", "a test")
        await client.close()
        var reader = RowBinaryReader(answer, "a test")
        return try reader.integer()
    }

    private func run(_ sql: String, _ shared: SharedStore) async throws {
        let client = ClickHouseClient(shared.clickHouse)
        _ = try await client.query(sql, "a test")
        await client.close()
    }

    /// Of three inserts one fails: what the others left never shows, is not counted, and is removed later.
    @Test(arguments: SharedStore.kinds) func halfACommitNeverShows(_ kind: SharedDatabase.Kind) async throws {
        try await SharedStore.with(kind) { shared in
            let server = try await shared.open()
            let team = try await team(server, shared)
            let batch = entries(3, team, shared)
            try await run("RENAME TABLE entries_by_state TO elsewhere", shared)
            await #expect { try await append(batch, server) } throws: { ($0 as? StoreError)?.code == .missing }
            try await run("RENAME TABLE elsewhere TO entries_by_state", shared)
            #expect(try await physicalRows(shared) == 3)
            #expect(try await server.entries.entries(EntryQuery(teamID: team)).rows.isEmpty)
            #expect(try await server.entries.state(team: team, id: "run") == nil)
            try await append(batch, server)
            let shown = try await server.entries.entries(EntryQuery(teamID: team)).rows
            #expect(shown.count == 3)
            #expect(try await server.entries.state(team: team, id: "run")?.calls == 3)
            #expect(try await physicalRows(shared) == 6)
            // An insert that was given up may come late: its commit is hidden until then.
            try await server.entries.chores()
            #expect(try await physicalRows(shared) == 6)
            shared.clock.advance(bySeconds: 601)
            try await server.entries.chores()
            #expect(try await physicalRows(shared) == 3)
            #expect(try await server.postgres.ledger.snapshot().hidden.isEmpty)
            #expect(try await server.entries.entries(EntryQuery(teamID: team)).rows == shown)
            await server.close()
        }
    }

    @Test(arguments: SharedStore.kinds) func insertsMayGoCompressed(_ kind: SharedDatabase.Kind) async throws {
        try await SharedStore.with(kind) { shared in
            var shared = shared
            shared.clickHouse.isCompressed = true
            let server = try await shared.open()
            let team = try await team(server, shared)
            try await append(entries(500, team, shared), server)
            #expect(try await server.entries.entries(EntryQuery(teamID: team, limit: 1000)).rows.count == 500)
            await server.close()
        }
    }

    /// A replay is no commit that readers would have to leave out.
    @Test(arguments: SharedStore.kinds) func replaysLeaveNothingHidden(_ kind: SharedDatabase.Kind) async throws {
        try await SharedStore.with(kind) { shared in
            let server = try await shared.open()
            let team = try await team(server, shared)
            let answer = IdempotentAnswer(token: [1], fingerprint: [2], answer: [3])
            for expected in [AppendResult.stored, .replayed(answer: [3])] {
                let batch = Fixtures.batch(entries(1, team, shared))
                #expect(try await server.entries.append(batch, idempotency: answer) == expected)
            }
            #expect(try await server.postgres.ledger.snapshot().hidden.isEmpty)
            await server.close()
        }
    }

    /// More ids than ClickHouse takes in a statement unless it is told to.
    @Test(arguments: SharedStore.kinds) func statesOfManyCallsAreErased(_ kind: SharedDatabase.Kind) async throws {
        try await SharedStore.with(kind) { shared in
            let server = try await shared.open()
            let team = try await team(server, shared)
            try await append(entries(4500, team, shared), server)
            try await append(entries(1, team, shared, state: "other"), server)
            let erasure = try await server.entries.erase(.state("run"), team: team, keyID: "k", at: shared.clock.now)
            #expect((erasure.entries, erasure.states) == (4500, 1))
            #expect(try await physicalRows(shared) == 1)
            await server.close()
        }
    }

    @Test(arguments: SharedStore.kinds) func aChangeThatDoesNotEndIsNotWaitedForForEver(_ kind: SharedDatabase.Kind)
        async throws
    {
        try await SharedStore.with(kind) { shared in
            let server = try await shared.open()
            let team = try await team(server, shared)
            try await append(entries(1, team, shared), server)
            try await run("SYSTEM STOP MERGES", shared)
            let client = ClickHouseClient(shared.clickHouse)
            let mutations = Mutations(
                dialect: try await client.dialect(), cluster: try await Cluster.begin(client),
                patience: .milliseconds(200))
            let result: Result<Void, any Error>
            do {
                result = .success(try await mutations.delete(from: Tables.entries, where: "team_id = \(team)"))
            } catch {
                result = .failure(error)
            }
            try await run("SYSTEM START MERGES", shared)
            await client.close()
            await server.close()
            #expect { try result.get() } throws: { ($0 as? StoreError)?.code == .overloaded }
        }
    }

    // MARK: - Errors

    @Test(arguments: SharedStore.kinds) func errorsNameTheirNumberAndNothingElse(_ kind: SharedDatabase.Kind)
        async throws
    {
        try await SharedStore.with(kind) { shared in
            var address = shared.clickHouse
            (address.user, address.password) = ("nobody-we-know", "s3cret-of-tests")
            let refused = await failure(address, "SELECT 1")
            #expect(StoreError(refused).code == .failed)
            let missing = await failure(shared.clickHouse, "SELECT 's3cret-of-tests' FROM no_such_table")
            #expect(missing.reason == .exception(60))
            #expect(StoreError(missing).code == .missing)
            let wrong = await failure(shared.clickHouse, "SELEKT 's3cret-of-tests'")
            #expect(wrong.reason == .exception(62))
            for failure in [refused, missing, wrong] {
                let told = "\(failure) \(StoreError(failure))"
                #expect(!told.contains("s3cret") && !told.contains("nobody-we-know"))
            }
        }
    }

    @Test func nobodyThereIsOverloaded() async throws {
        let port = try FreePorts.take(1)[0]
        let failure = await failure(try ClickHouseAddress("clickhouse://127.0.0.1:\(port)/log"), "SELECT 1")
        #expect(failure.reason == .unreachable)
        #expect(StoreError(failure).code == .overloaded)
    }

    private func failure(_ address: ClickHouseAddress, _ sql: String) async -> ClickHouseFailure {
        let client = ClickHouseClient(address)
        defer { Task { await client.close() } }
        do throws(ClickHouseFailure) {
            _ = try await client.query(sql, "a test")
            return ClickHouseFailure(reason: .malformed, place: "nothing failed")
        } catch {
            return error
        }
    }
}
