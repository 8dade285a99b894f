import ConnectorLogCore
import ConnectorLogTesting
import Dispatch
import GRDB
import Testing

@testable import ConnectorLogBlockStore

/// The calls of flow states wait in memory for their rows: nothing of that may show.
@Suite struct StateTallyTests {
    /// Batches of 300 entries of the states `state-1-0` to `state-1-44`, and a fault of one of them in between.
    private func fill(_ store: BlockStore, _ start: Timestamp) async throws {
        let entries = Fixtures.entries(900, from: start, teams: 1)
        for first in stride(from: 0, to: entries.count, by: 300) {
            _ = try await store.append(Fixtures.batch(Array(entries[first..<first + 300])), idempotency: nil)
            let fault = Fixtures.fault(team: 1, at: start, state: "state-1-3")
            _ = try await store.append(Fixtures.batch(faults: [fault]), idempotency: nil)
        }
        // States of which some calls were written with a fault, and some wait.
        _ = try await store.append(Fixtures.batch(Array(entries[40..<340])), idempotency: nil)
    }

    private func states(_ store: BlockStore) async throws -> [FlowState] {
        var states: [FlowState] = []
        for number in 0..<45 {
            states.append(try #require(try await store.state(team: 1, id: "state-1-\(number)")))
        }
        return states
    }

    /// Between the look at what waits and the look at the row, somebody else may have written it.
    @Test func whatIsWrittenMeanwhileIsToldOnce() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock.now)
            let key = FlowStateKey(teamID: 1, stateID: "state-1-5")
            let expected = try await store.state(team: 1, id: key.stateID)
            let waiting = try #require(store.tally.waiting(for: key))
            _ = try await store.flows(FlowQuery(teamID: 1))
            let state = try await store.catalog.pool.read { db in
                try FlowStateRows.state(team: 1, id: key.stateID, waiting: waiting, in: db)
            }
            #expect(state == expected)
        }
    }

    @Test func callsWaitUntilSomebodyListsStates() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock.now)
            // A state with its row, and what waits for it, is told without a write.
            let states = try await states(store)
            #expect(!store.tally.isEmpty)
            _ = try await store.flows(FlowQuery(teamID: 1))
            #expect(store.tally.isEmpty)
            #expect(try await self.states(store) == states)
            #expect(states.map(\.calls).reduce(0, +) == 1200)
            #expect(states[3].calls == 40)
            #expect(states[3].faults == 3)
            #expect(states[3].status == .failed)
        }
    }

    @Test func aCrashLosesNoCallAndCountsNoneTwice() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        try await fill(store, temporary.clock.now)
        let crashed = try temporary.afterCrash()
        defer { crashed.remove() }
        let expected = try await states(store)
        let restored = try await crashed.open()
        #expect(try await states(restored) == expected)
        // Again when the rows say all, and when the blocks are merged.
        let again = try crashed.afterCrash()
        defer { again.remove() }
        let last = try await again.open()
        #expect(try await states(last) == expected)
        while try await last.maintenance.compactor.step(isQuiet: true) {}
        #expect(try await states(last) == expected)
        for store in [store, restored, last] { try await store.close() }
    }

    /// The row that a change or a fault writes says that all blocks of its transaction are counted.
    @Test(arguments: [true, false])
    func batchesOfOneTransactionAreAllCounted(_ isChange: Bool) async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        let start = temporary.clock.now
        let first =
            isChange
            ? Fixtures.batch(states: [Fixtures.change(team: 1, state: "s", at: start, status: .done)])
            : Fixtures.batch(faults: [Fixtures.fault(team: 1, at: start, state: "s")])
        var call = SampleEntry(team: 1, at: start.advanced(bySeconds: 5))
        call.stateID = "s"
        let calls = Fixtures.batch([call, call])
        try await inOneTransaction(store, first, calls)
        let crashed = try temporary.afterCrash()
        defer { crashed.remove() }
        let restored = try await crashed.open()
        for store in [store, restored] {
            let state = try #require(try await store.state(team: 1, id: "s"))
            #expect(state.calls == 2)
            #expect(state.firstCallAt == call.logTime)
            #expect(state.status == (isChange ? .done : .failed))
            var query = EntryQuery(teamID: 1)
            query.stateID = "s"
            #expect(try await store.entries(query).rows.count == 2)
            try await store.close()
        }
    }

    /// Appends in this order, while the writer is held up: the next transaction takes both.
    private func inOneTransaction(_ store: BlockStore, _ first: RedactedBatch, _ second: RedactedBatch) async throws {
        let gate = DispatchSemaphore(value: 0)
        let (begun, begin) = AsyncStream<Void>.makeStream()
        async let held: Void = store.catalog.pool.write { _ in
            begin.finish()
            gate.wait()
        }
        for await _ in begun {}
        async let one = store.append(first, idempotency: nil)
        while store.committer.waitingCount < 1 { await Task.yield() }
        async let two = store.append(second, idempotency: nil)
        while store.committer.waitingCount < 2 { await Task.yield() }
        gate.signal()
        _ = try await (held, one, two)
    }

    /// What a sender said of a state's creation stays, and what its calls say of the flow is told, before and after the write.
    @Test(arguments: [true, false])
    func aStateIsTheSameBeforeItsCallsAreWritten(_ isCreatedStated: Bool) async throws {
        try await TemporaryStore.with { store, clock in
            let start = clock.now
            var change = Fixtures.change(team: 1, state: "s", at: start, status: .done)
            if isCreatedStated { change.createdAt = start }
            _ = try await store.append(Fixtures.batch(states: [change]), idempotency: nil)
            var call = SampleEntry(team: 1, at: start.advanced(bySeconds: -5))
            call.stateID = "s"
            call.flowName = "renamed"
            _ = try await store.append(Fixtures.batch([call]), idempotency: nil)
            let before = try #require(try await store.state(team: 1, id: "s"))
            #expect(!store.tally.isEmpty)
            _ = try await store.flows(FlowQuery(teamID: 1))
            #expect(store.tally.isEmpty)
            #expect(try await store.state(team: 1, id: "s") == before)
            #expect(before.createdAt == (isCreatedStated ? start : call.logTime))
            #expect(before.flowName == "renamed")
            #expect(before.calls == 1)
        }
    }

    @Test func aStatesCallsAreFoundBeforeItsRowSaysThem() async throws {
        try await TemporaryStore.with { store, clock in
            try await fill(store, clock.now)
            var query = EntryQuery(teamID: 1, limit: 100)
            query.stateID = "state-1-44"
            #expect(try await store.entries(query).rows.count == 20)
            #expect(!store.tally.isEmpty)
        }
    }

    @Test func tooManyStatesAreWrittenWithTheirCommit() async throws {
        try await TemporaryStore.with { store, clock in
            var entries = Fixtures.entries(StateTally.maximumStates + 1, from: clock.now, teams: 1)
            for index in entries.indices { entries[index].stateID = "s\(index)" }
            _ = try await store.append(Fixtures.batch(Array(entries.dropLast())), idempotency: nil)
            #expect(!store.tally.isEmpty)
            _ = try await store.append(Fixtures.batch(Array(entries.suffix(1))), idempotency: nil)
            #expect(store.tally.isEmpty)
            #expect(try await store.state(team: 1, id: "s7")?.calls == 1)
        }
    }
}
