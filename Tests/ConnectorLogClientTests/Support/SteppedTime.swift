import Foundation
import Synchronization

@testable import ConnectorLogClient

/// Time that goes on only when a test says so. Whoever sleeps wakes when its time has come.
final class SteppedTime: Sendable {
    private struct Sleeper {
        var end: Duration
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var uptime = Duration.zero
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var started = 0
        var ids = 0
        var asleepWaiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// 2026-11-01T12:00:00Z.
    static let start = Date(timeIntervalSince1970: 1_793_534_400)

    private let state = Mutex(State())

    var uptime: Duration { state.withLock { $0.uptime } }
    var now: Date { Self.start.addingTimeInterval(uptime / .seconds(1)) }

    /// `random` is what every random number is; ids are `id-1`, `id-2`, ...
    func surroundings(random: Double = 0) -> Surroundings {
        Surroundings(
            now: { self.now }, uptime: { self.uptime }, sleep: { try await self.sleep($0) }, random: { random },
            newID: { self.newID() })
    }

    func advance(by duration: Duration) {
        let awake = state.withLock { state in
            state.uptime += duration
            let due = state.sleepers.filter { $0.value.end <= state.uptime }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in awake { continuation.resume() }
    }

    /// When those that sleep will wake, as uptime in order.
    var wakeTimes: [Duration] { state.withLock { $0.sleepers.values.map(\.end).sorted() } }

    /// Returns once so many tasks sleep.
    func untilAsleep(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                guard state.sleepers.count < count else { return true }
                state.asleepWaiters.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }

    private func newID() -> String {
        state.withLock { state in
            state.ids += 1
            return "id-\(state.ids)"
        }
    }

    private func sleep(_ duration: Duration) async throws {
        let id = state.withLock { state in
            state.started += 1
            return state.started
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enter(id, duration, continuation)
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(id)
                return state.sleepers.removeValue(forKey: id)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    private func enter(_ id: Int, _ duration: Duration, _ continuation: CheckedContinuation<Void, any Error>) {
        let (isCancelled, waiters) = state.withLock { state in
            if state.cancelled.contains(id) { return (true, [CheckedContinuation<Void, Never>]()) }
            state.sleepers[id] = Sleeper(end: state.uptime + duration, continuation: continuation)
            let reached = state.asleepWaiters.filter { $0.count <= state.sleepers.count }
            state.asleepWaiters.removeAll { $0.count <= state.sleepers.count }
            return (false, reached.map(\.continuation))
        }
        if isCancelled { continuation.resume(throwing: CancellationError()) }
        for waiter in waiters { waiter.resume() }
    }
}
