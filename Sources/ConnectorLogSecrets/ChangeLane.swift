import Synchronization

/// Runs one change at a time, in the order of the calls, each to its end: a caller that is cancelled meanwhile does not
/// leave half of it behind.
final class ChangeLane: Sendable {
    private let last = Mutex<Task<Void, Never>?>(nil)

    func run<Value: Sendable>(_ change: @escaping @Sendable () async -> Value) async -> Value {
        let task = last.withLock { last in
            let previous = last
            let task = Task {
                await previous?.value
                return await change()
            }
            last = Task { _ = await task.value }
            return task
        }
        return await task.value
    }
}
