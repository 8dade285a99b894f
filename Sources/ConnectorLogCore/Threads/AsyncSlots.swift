import Synchronization

/// Lets so many tasks through at a time, the others in order of arrival, across suspension points. With one slot it is a
/// lock.
package final class AsyncSlots: Sendable {
    private enum Answer {
        case admitted, refused, cancelled
    }

    private struct State {
        var free: Int
        var waiting: [(ticket: UInt64, continuation: CheckedContinuation<Answer, Never>)] = []
        /// Tickets of tasks that were cancelled before they began to wait.
        var cancelled: Set<UInt64> = []
        var tickets: UInt64 = 0
    }

    private let maximumWaiting: Int
    private let state: Mutex<State>

    /// - Parameter maximumWaiting: tasks that wait at most; more are refused as `overloaded`.
    package init(count: Int, maximumWaiting: Int = .max) {
        self.maximumWaiting = maximumWaiting
        state = Mutex(State(free: count))
    }

    /// Returns with a slot; `release` has to follow. A task that is cancelled while it waits leaves the queue.
    package func acquire() async throws(StoreError) {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let answer = take(ticket, continuation) { continuation.resume(returning: answer) }
            }
        } onCancel: {
            cancel(ticket)
        }
        state.withLock { _ = $0.cancelled.remove(ticket) }
        switch answer {
        case .admitted: return
        case .refused: throw StoreError(.overloaded, "\(maximumWaiting) tasks wait already")
        case .cancelled: throw StoreError(.overloaded, "nobody waits for the answer any more")
        }
    }

    /// Takes a slot that is free; false when there is none.
    package func acquireIfFree() -> Bool {
        state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
    }

    /// Nil when the task has to wait.
    private func take(_ ticket: UInt64, _ continuation: CheckedContinuation<Answer, Never>) -> Answer? {
        state.withLock { state in
            if state.cancelled.contains(ticket) { return .cancelled }
            if state.free > 0 {
                state.free -= 1
                return .admitted
            }
            guard state.waiting.count < maximumWaiting else { return .refused }
            state.waiting.append((ticket, continuation))
            return nil
        }
    }

    private func cancel(_ ticket: UInt64) {
        let waiting = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            guard let place = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
                state.cancelled.insert(ticket)
                return nil
            }
            return state.waiting.remove(at: place).continuation
        }
        waiting?.resume(returning: .cancelled)
    }

    package func release() {
        let next = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: .admitted)
    }
}
