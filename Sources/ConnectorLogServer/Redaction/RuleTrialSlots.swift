import Synchronization

/// How many trials of rules are under way: each takes memory for its expressions, and a processor.
final class RuleTrialSlots: Sendable {
    private let free: Mutex<Int>

    init(_ count: Int) {
        free = Mutex(count)
    }

    /// Throws 503 at once when all are taken.
    func run<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let isTaken = free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
        guard isTaken else { throw APIError.unavailable("too many trials are under way") }
        defer { free.withLock { $0 += 1 } }
        return try await body()
    }
}
