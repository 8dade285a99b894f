import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogClickHouse
@testable import ConnectorLogPostgres

/// Erasures whose server does not come to their end.
@Suite(.enabled(if: !SharedStore.kinds.isEmpty)) struct ErasureTests {
    private static let targets: [ErasureTarget] = [.state("lost"), .connector("crm")]

    /// The rows are gone when the end is tried again: nobody can count them any more.
    @Test(arguments: SharedStore.kinds, targets) func anErasureThatWasCutShortTellsAllThatItRemoved(
        _ kind: SharedDatabase.Kind, _ target: ErasureTarget
    ) async throws {
        try await SharedStore.with(kind) { shared in
            let server = try await shared.open()
            let team = try await server.postgres.catalog.createTeam(name: "T", id: nil, at: shared.clock.now).id
            let start = shared.clock.now
            func entries(_ states: [String], _ connector: String) -> [SampleEntry] {
                states.enumerated().map { number, state in
                    var entry = SampleEntry(
                        team: team, at: start.advanced(bySeconds: Int64(number)), connector: connector)
                    entry.stateID = state
                    return entry
                }
            }
            var fault = Fixtures.fault(team: team, at: start, state: "lost")
            fault.connectorIdentifier = "crm"
            let stored = entries(["lost", "kept", "lost", "kept", "kept"], "crm") + entries(["kept"], "shop")
            try await append(Fixtures.batch(stored, faults: [fault]), server)

            try execute(Self.refusal, shared)
            await #expect(throws: StoreError.self) {
                try await server.entries.erase(target, team: team, keyID: "k", at: shared.clock.now)
            }
            // What comes meanwhile is not what was to be erased.
            try await append(Fixtures.batch(entries(["kept"], "crm")), server)
            await #expect(throws: StoreError.self) { try await server.entries.chores() }
            try execute("DROP TRIGGER refusal ON erasure", shared)
            try await server.entries.chores()

            let erasure = try #require(try await server.entries.erasures(ErasureQuery(teamID: team)).first)
            let isState = target == .state("lost")
            #expect((erasure.entries, erasure.faults) == (isState ? 2 : 5, 1))
            #expect(erasure.states == (isState ? 1 : 0) && erasure.completedAt != nil)
            let kept = try #require(try await server.entries.state(team: team, id: "kept"))
            #expect(kept.calls == (isState ? 5 : 2))
            #expect(try await server.entries.entries(EntryQuery(teamID: team)).rows.count == (isState ? 5 : 2))
            let lost = try await server.entries.state(team: team, id: "lost")
            #expect(isState ? lost == nil : lost?.calls == 0 && lost?.faults == 0)
            // Another server may have it on its list of open ones still.
            try await append(Fixtures.batch(entries(["kept", "lost"], "crm")), server)
            var open = erasure
            open.completedAt = nil
            #expect(try await server.entries.complete(open) == erasure)
            let rows = try await server.entries.entries(EntryQuery(teamID: team)).rows
            #expect(rows.count == (isState ? 7 : 4))
            #expect(try await server.entries.state(team: team, id: "lost")?.calls == 1)
            await server.close()
        }
    }

    /// Lets no erasure be completed.
    private static let refusal = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not now''; END';
        CREATE TRIGGER refusal BEFORE UPDATE ON erasure FOR EACH ROW WHEN (NEW.completed_at IS NOT NULL)
        EXECUTE FUNCTION refuse()
        """

    private func append(_ batch: RedactedBatch, _ server: SharedStore.Server) async throws {
        #expect(try await server.entries.append(batch, idempotency: nil) == .stored)
    }

    private func execute(_ sql: String, _ shared: SharedStore) throws {
        let connection = try PostgresConnection.open(shared.postgres)
        defer { connection.close() }
        try connection.command(sql, at: #function)
    }
}
