import Testing

@testable import ConnectorLogCore

@Suite struct GroupQueueTests {
    /// A lane that takes one group, and answers it when it is told to.
    private func fill(_ queue: GroupQueue<Int>, _ batches: [Int], bytes: Int = 10) -> [Task<AppendResult, any Error>] {
        batches.map { batch in Task { try await queue.commit(batch, bytes: bytes) {} } }
    }

    /// Ends a group, and waits for nobody.
    private func free(_ group: [GroupQueue<Int>.Waiting], of queue: GroupQueue<Int>) async {
        await queue.gather(after: group, wanted: 0, patience: .zero)
    }

    private func waitFor(_ count: Int, in queue: GroupQueue<Int>) async {
        while queue.waitingCount < count { await Task.yield() }
    }

    @Test func whatWaitsIsOneGroupUpToItsBytes() async throws {
        let queue = GroupQueue<Int>(lanes: 1, maximumQueuedBytes: 1000, maximumGroupBytes: 25)
        let tasks = fill(queue, [1, 2, 3])
        await waitFor(3, in: queue)
        let first = try #require(queue.takeGroup())
        #expect(first.count == 2)
        let second = try #require(queue.takeGroup())
        #expect(second.count == 1)
        #expect(Set((first + second).map(\.batch)) == [1, 2, 3])
        for waiting in first + second { waiting.answer(.success(.stored)) }
        for task in tasks { #expect(try await task.value == .stored) }
        #expect(queue.takeGroup() == nil)
    }

    @Test func oneBatchMayBeLargerThanAGroup() async throws {
        let queue = GroupQueue<Int>(lanes: 1, maximumQueuedBytes: 5, maximumGroupBytes: 5)
        let tasks = fill(queue, [1])
        await waitFor(1, in: queue)
        for waiting in try #require(queue.takeGroup()) { waiting.answer(.success(.stored)) }
        #expect(try await tasks[0].value == .stored)
    }

    @Test func pastItsBytesBatchesAreRefused() async throws {
        let queue = GroupQueue<Int>(lanes: 1, maximumQueuedBytes: 20, maximumGroupBytes: 100)
        let tasks = fill(queue, [1, 2])
        await waitFor(2, in: queue)
        await #expect { try await queue.commit(3, bytes: 1) {} } throws: { ($0 as? StoreError)?.code == .overloaded }
        for waiting in try #require(queue.takeGroup()) { waiting.answer(.success(.stored)) }
        for task in tasks { _ = try await task.value }
        let next = fill(queue, [4])
        await waitFor(1, in: queue)
        for waiting in try #require(queue.takeGroup()) { waiting.answer(.success(.stored)) }
        _ = try await next[0].value
    }

    @Test func noMoreLanesBeginThanMayRun() async throws {
        let queue = GroupQueue<Int>(lanes: 2, maximumQueuedBytes: 1000, maximumGroupBytes: 1000)
        let (begun, lanes) = AsyncStream<Void>.makeStream()
        let tasks = (0..<5).map { batch in Task { try await queue.commit(batch, bytes: 1) { lanes.yield() } } }
        await waitFor(5, in: queue)
        for waiting in try #require(queue.takeGroup()) { waiting.answer(.success(.stored)) }
        for task in tasks { _ = try await task.value }
        lanes.finish()
        var count = 0
        for await _ in begun { count += 1 }
        #expect(count == 2)
    }

    /// A batch waits for the lane that has its keys, and goes with what came meanwhile; others go beside it.
    @Test func whatNeedsTheSameGoesOneBehindTheOther() async throws {
        let queue = GroupQueue<Int>(lanes: 2, maximumQueuedBytes: 1000, maximumGroupBytes: 1000)
        func add(_ batch: Int, _ keys: Set<UInt64>) async -> Task<AppendResult, any Error> {
            let before = queue.waitingCount
            let task = Task { try await queue.commit(batch, bytes: 1, keys: keys) {} }
            await waitFor(before + 1, in: queue)
            return task
        }
        var tasks = [await add(1, [7])]
        let first = try #require(queue.takeGroup())
        // The third needs what the second waits for: it does not go before it.
        tasks += [await add(2, [7, 8]), await add(3, [8]), await add(4, [9])]
        let beside = try #require(queue.takeGroup())
        #expect(beside.map(\.batch) == [4])
        // Nothing is left for that lane, which ends; the other takes what it freed.
        await free(beside, of: queue)
        #expect(queue.takeGroup() == nil)
        await free(first, of: queue)
        let second = try #require(queue.takeGroup())
        #expect(second.map(\.batch) == [2, 3])
        for waiting in first + beside + second { waiting.answer(.success(.stored)) }
        for task in tasks { #expect(try await task.value == .stored) }
        await free(second, of: queue)
        #expect(queue.takeGroup() == nil)
    }

    /// A lane that gathers is alone, until as many have come as it wants; or until its patience ends.
    @Test func aLaneGathersThoseThatItHasAnswered() async throws {
        let queue = GroupQueue<Int>(lanes: 2, maximumQueuedBytes: 1000, maximumGroupBytes: 1000)
        let (begun, lanes) = AsyncStream<Void>.makeStream()
        func add(_ batch: Int) -> Task<AppendResult, any Error> {
            Task { try await queue.commit(batch, bytes: 1, keys: [7]) { lanes.yield() } }
        }
        let first = add(1)
        await waitFor(1, in: queue)
        let group = try #require(queue.takeGroup())
        for waiting in group { waiting.answer(.success(.stored)) }
        _ = try await first.value
        let gathering = Task { await queue.gather(after: group, wanted: 3, patience: .seconds(600)) }
        while !queue.isGathering { await Task.yield() }
        let tasks = [add(2), add(3)]
        await waitFor(2, in: queue)
        #expect(queue.isGathering)
        let last = add(4)
        await gathering.value
        let next = try #require(queue.takeGroup())
        #expect(Set(next.map(\.batch)) == [2, 3, 4])
        for waiting in next { waiting.answer(.success(.stored)) }
        for task in tasks + [last] { #expect(try await task.value == .stored) }
        await queue.gather(after: next, wanted: 3, patience: .milliseconds(1))
        #expect(queue.takeGroup() == nil)
        lanes.finish()
        var count = 0
        for await _ in begun { count += 1 }
        #expect(count == 1)
    }

    @Test func closingEndsAGathering() async throws {
        let queue = GroupQueue<Int>(lanes: 1, maximumQueuedBytes: 1000, maximumGroupBytes: 1000)
        let task = fill(queue, [1])[0]
        await waitFor(1, in: queue)
        let group = try #require(queue.takeGroup())
        for waiting in group { waiting.answer(.success(.stored)) }
        _ = try await task.value
        let gathering = Task { await queue.gather(after: group, wanted: 9, patience: .seconds(600)) }
        while !queue.isGathering { await Task.yield() }
        let closing = Task { await queue.close() }
        await gathering.value
        #expect(queue.takeGroup() == nil)
        await closing.value
    }

    @Test func closingWaitsForWhatRunsAndRefusesTheRest() async throws {
        let queue = GroupQueue<Int>(lanes: 1, maximumQueuedBytes: 1000, maximumGroupBytes: 1000)
        let tasks = fill(queue, [1])
        await waitFor(1, in: queue)
        let closing = Task { await queue.close() }
        while !queue.isClosed { await Task.yield() }
        await #expect { try await queue.commit(2, bytes: 1) {} } throws: { ($0 as? StoreError)?.code == .closed }
        for waiting in try #require(queue.takeGroup()) { waiting.answer(.success(.stored)) }
        #expect(try await tasks[0].value == .stored)
        #expect(queue.takeGroup() == nil)
        await closing.value
    }
}
