import ConnectorLogCore
import Synchronization

/// Lets so many tasks through at a time, the others in order of arrival, across suspension points. With one slot it is a
/// lock.
final class AsyncSlots: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let maximumWaiting: Int
    private let state: Mutex<State>

    /// - Parameter maximumWaiting: tasks that wait at most; more are refused as `overloaded`.
    init(count: Int, maximumWaiting: Int = .max) {
        self.maximumWaiting = maximumWaiting
        state = Mutex(State(free: count))
    }

    /// Returns with a slot; `release` has to follow.
    func acquire() async throws(StoreError) {
        let isAdmitted = await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                guard state.waiting.count < maximumWaiting else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        guard isAdmitted else { throw StoreError(.overloaded, "\(maximumWaiting) tasks wait already") }
    }

    func release() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: true)
    }
}
