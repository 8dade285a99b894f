import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogPostgres

/// Commits of several batches at once make of flow states what a store in memory makes of the batches one by one.
@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct FlowStateModelTests {
    @Test(arguments: 1...6)
    func agreesWithTheModel(seed: UInt64) async throws {
        try await TestDatabase.withStore { store, database in
            let model = InMemoryStore(clock: database.clock)
            var teams: [Int64] = []
            for _ in 0..<2 {
                let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now)
                _ = try await model.createTeam(name: "T", id: team.id, at: database.clock.now)
                teams.append(team.id)
            }
            var random = SeededRandom(seed: seed)
            var generator = SampleGenerator(seed: seed + 100, start: database.clock.now, seconds: 60)
            var rows: Int64 = 0
            for _ in 0..<25 {
                var changes = CommitChanges()
                for _ in 0..<random.pick([1, 1, 2, 5]) {
                    var entries = (0..<random.pick([0, 1, 5])).map { _ in generator.entry(team: random.pick(teams)) }
                    for index in entries.indices {
                        // No two of a connector at one instant, which the store would move.
                        rows += 1
                        entries[index].logTime = database.clock.now.advanced(
                            byMicroseconds: Int64.random(in: -60...60, using: &random) * 1_000_000 + rows)
                    }
                    let faults = (0..<random.pick([0, 0, 1, 2])).map { _ in generator.fault(team: random.pick(teams)) }
                    let states = (0..<random.pick([0, 1, 3])).map { _ in generator.change(team: random.pick(teams)) }
                    let batch = Fixtures.batch(entries, faults: faults, states: states)
                    var deltas = FlowStateDeltas(batch.entries)
                    for fault in batch.faults { deltas.add(fault) }
                    changes.states.append(CommitChanges.States(deltas: deltas, changes: batch.states))
                    _ = try await model.append(batch, idempotency: nil)
                }
                var proposal = CommitProposal.of(database)
                proposal.teams = Set(teams)
                try await store.ledger.begin(proposal).finish(changes)
            }
            for team in teams {
                for id in SampleGenerator.states {
                    #expect(try await store.ledger.state(team: team, id: id) == model.state(team: team, id: id))
                }
            }
            #expect(try database.integer("SELECT count(*) FROM flow_state") > 10)
        }
    }

    @Test func textsAreKeptAndOrderedByTheirBytes() async throws {
        try await TestDatabase.withStore { store, database in
            let now = database.clock.now
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: now).id
            let ids = ["a\0", "a", "A", "\u{E9}", "e\u{301}", "\u{1F469}", "\0", "z"]
            var changes = CommitChanges()
            changes.states = [
                CommitChanges.States(
                    deltas: FlowStateDeltas(),
                    changes: ids.map { id in
                        var change = Fixtures.change(team: team, state: id, at: now, flow: "Flow\0 \(id)")
                        (change.flowName, change.user) = ("NAME\0\u{C9}", "\0")
                        return change
                    })
            ]
            try await store.ledger.begin(.of(database, team: team)).finish(changes)
            for id in ids {
                let state = try #require(try await store.ledger.state(team: team, id: id))
                #expect(Array(state.stateID.utf8) == Array(id.utf8))
                #expect(state.user == "\0" && state.flowName == "NAME\0\u{C9}")
            }
            var query = FlowQuery(teamID: team, limit: 3)
            var found: [[UInt8]] = []
            repeat {
                let page = try await store.ledger.flows(query)
                found += page.rows.map { Array($0.flowID.utf8) }
                query.after = page.next
            } while query.after != nil
            #expect(found == ids.map { Array("Flow\0 \($0)".utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
            for (search, count) in [
                ("fLOW\0 A", 3), ("name\0", 8), ("\u{E9}", 1), ("name\0\u{C9}", 8), ("_", 0), ("%", 0),
            ] {
                query = FlowQuery(teamID: team)
                query.search = search
                #expect(try await store.ledger.flows(query).rows.count == count, "\(search)")
            }
        }
    }
}
