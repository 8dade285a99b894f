import Dispatch
import Foundation
import Synchronization

/// Threads that wait for PostgreSQL in the stead of Swift's own, of which there are as many as cores. They are made
/// when they are needed, and end with `stop`.
final class BlockingThreads: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var started = 0
        var free = 0
        var isStopped = false
    }

    /// What threads hold, so that they do not hold these threads' owner.
    private final class Queue: Sendable {
        let state = Mutex(State())
        let signal = DispatchSemaphore(value: 0)

        func work() {
            while true {
                signal.wait()
                let job = state.withLock { state in
                    if state.jobs.isEmpty { return nil as (@Sendable () -> Void)? }
                    state.free -= 1
                    return state.jobs.removeFirst()
                }
                // Without a job it was the signal to end.
                guard let job else { return }
                job()
                state.withLock { $0.free += 1 }
            }
        }
    }

    private let queue = Queue()
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    deinit { stop() }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async -> Result<Value, any Error> {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: Result { try body() }) }
        }
    }

    private func submit(_ job: @escaping @Sendable () -> Void) {
        let (isStopped, isShort) = queue.state.withLock { state in
            if state.isStopped { return (true, false) }
            state.jobs.append(job)
            let isShort = state.free < state.jobs.count && state.started < maximum
            if isShort { (state.started, state.free) = (state.started + 1, state.free + 1) }
            return (false, isShort)
        }
        // Whoever still asks is answered by a thread of its own: nobody waits for ever.
        if isStopped { return Thread.detachNewThread(job) }
        if isShort { Thread.detachNewThread { [queue] in queue.work() } }
        queue.signal.signal()
    }

    /// Ends the threads when what is asked is answered.
    func stop() {
        let count = queue.state.withLock { state in
            defer { state.isStopped = true }
            return state.isStopped ? 0 : state.started
        }
        for _ in 0..<count { queue.signal.signal() }
    }
}
