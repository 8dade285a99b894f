import Synchronization

/// What is worth a line in the log once, and no more.
final class FirstTime: Sendable {
    private let hasCome = Atomic(false)

    /// True for the first that asks.
    func isFirst() -> Bool { !hasCome.exchange(true, ordering: .relaxed) }
}
