import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct ReadinessTests {
    @Test func aFullDiskMakesTheStoreUnreadyUntilThereIsRoom() async throws {
        try await TemporaryStore.with { store, clock in
            #expect(await store.isReady())
            let before = Fixtures.entries(300, from: clock.now)
            _ = try await store.append(Fixtures.batch(before), idempotency: nil)

            let pages = try await store.limitPages(to: 0)
            let refused = Fixtures.entries(300, from: clock.now.advanced(bySeconds: 10), seed: 2)
            await #expect(throws: StoreError.self) {
                _ = try await store.append(Fixtures.batch(refused), idempotency: nil)
            }
            #expect(await store.isReady() == false)
            let found = try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows
            #expect(found.count == before.count { $0.teamID == 1 })

            _ = try await store.limitPages(to: pages)
            #expect(await store.isReady())
            _ = try await store.append(Fixtures.batch(refused), idempotency: nil)
            let all = try await store.entries(EntryQuery(teamID: 1, limit: 1000)).rows
            #expect(all.count == (before + refused).count { $0.teamID == 1 })
        }
    }

    @Test func theFailureSaysThatTheDiskIsFull() async throws {
        try await TemporaryStore.with { store, clock in
            let pages = try await store.limitPages(to: 0)
            do throws(StoreError) {
                _ = try await store.append(Fixtures.batch(Fixtures.entries(300, from: clock.now)), idempotency: nil)
                Issue.record("the batch was stored")
            } catch {
                #expect(error.code == .full)
            }
            _ = try await store.limitPages(to: pages)
        }
    }

    @Test func aClosedStoreIsNotReady() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        try await store.close()
        #expect(await store.isReady() == false)
    }
}

@Suite struct KeyMemoryTests {
    /// Keys that are made while their team is deleted must not outlive it in memory, whatever the order.
    @Test func aKeyMadeBesideTheDeletionOfItsTeamIsGoneWithItOrAnswersToADeletedTeam() async throws {
        try await TemporaryStore.with { store, clock in
            for round in 0..<20 {
                let team = try await store.createTeam(name: "Team", id: nil, at: clock.now)
                let hash = [UInt8](repeating: UInt8(round), count: 32)
                let key = Fixtures.key("key\(round)", team: team.id, at: clock.now)
                async let isDeleted = store.deleteTeam(id: team.id)
                async let made: Void? = try? store.createKey(key, hash: hash)
                _ = try await (isDeleted, made)
                let stored = try await store.keys(team: team.id).map(\.id)
                #expect((store.key(hash: hash) != nil) == (stored == [key.id]))
            }
        }
    }

    /// The texts of flows are stored once; what a refused transaction stored of them has to be stored again.
    @Test func aFlowThatARefusedBatchNamedFirstHasItsNameInTheNext() async throws {
        try await TemporaryStore.with { store, clock in
            let entries = Fixtures.entries(20, from: clock.now, teams: 1)
            try await store.refusingCommits {
                await #expect(throws: StoreError.self) {
                    _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
                }
            }
            _ = try await store.append(
                Fixtures.batch(states: [Fixtures.change(team: 1, state: "s", at: clock.now, flow: "other")]),
                idempotency: nil)
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
            let state = try #require(try await store.state(team: 1, id: entries[0].stateID ?? ""))
            #expect(state.flowID?.hasPrefix("flow-") == true)
            #expect(state.flowName?.hasPrefix("Flow ") == true)
            #expect(try await store.state(team: 1, id: "s")?.flowID == "other")
        }
    }

    @Test func whatCouldNotBeWrittenDoesNotHoldInMemory() async throws {
        try await TemporaryStore.with { store, clock in
            let team = try await store.createTeam(name: "Team", id: nil, at: clock.now)
            let made = [UInt8](repeating: 1, count: 32)
            try await store.createKey(Fixtures.key("made", team: team.id, at: clock.now), hash: made)
            let refused = [UInt8](repeating: 2, count: 32)
            try await store.refusingCommits {
                await #expect(throws: StoreError.self) {
                    try await store.createKey(Fixtures.key("refused", team: team.id, at: clock.now), hash: refused)
                }
                await #expect(throws: StoreError.self) { _ = try await store.revokeKey(team: team.id, id: "made") }
                await #expect(throws: StoreError.self) { _ = try await store.deleteTeam(id: team.id) }
            }
            _ = try await store.createTeam(name: "next transaction", id: nil, at: clock.now)
            #expect(store.key(hash: refused) == nil)
            #expect(store.key(hash: made)?.id == "made")
            #expect(store.hasTeam(team.id))
        }
    }
}
