import ConnectorLogCore
import Synchronization
import Testing

@Suite struct AsyncSlotsTests {
    /// How many are inside at once.
    private final class Inside: Sendable {
        private let state = Mutex((now: 0, most: 0))

        var most: Int { state.withLock { $0.most } }

        func enter() {
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
        }

        func leave() { state.withLock { $0.now -= 1 } }
    }

    @Test func givesOnlyAFreeSlotToWhoDoesNotWait() async throws {
        let slots = AsyncSlots(count: 2)
        try await slots.acquire()
        #expect(slots.acquireIfFree())
        #expect(!slots.acquireIfFree())
        slots.release()
        #expect(slots.acquireIfFree())
    }

    @Test func letsNoMoreThroughThanItHasSlots() async throws {
        let slots = AsyncSlots(count: 2)
        let inside = Inside()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await slots.acquire()
                    inside.enter()
                    await Task.yield()
                    inside.leave()
                    slots.release()
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.most <= 2)
    }

    @Test func refusesWhoeverWouldMakeTheQueueTooLong() async throws {
        let slots = AsyncSlots(count: 1, maximumWaiting: 0)
        try await slots.acquire()
        let error = await #expect(throws: StoreError.self) { try await slots.acquire() }
        #expect(error?.code == .overloaded)
        slots.release()
        try await slots.acquire()
    }

    @Test func aTaskThatIsCancelledLeavesTheQueueAndTakesNoSlot() async throws {
        let slots = AsyncSlots(count: 1, maximumWaiting: 1)
        try await slots.acquire()
        let abandoned = Task { try await slots.acquire() }
        abandoned.cancel()
        await #expect(throws: StoreError.self) { try await abandoned.value }
        let next = Task { try await slots.acquire() }
        slots.release()
        try await next.value
        slots.release()
        try await slots.acquire()
    }
}
