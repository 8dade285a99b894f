import ConnectorLogCore
import Synchronization

/// Whether calls that go through the invoker are in the log, as far as an operator has to know.
final class CallRecordHealth: Sendable {
    /// Microseconds for which a loss is told.
    private static let memory: Int64 = 300_000_000

    private struct State {
        var isWaiting = false
        var droppedAt: Timestamp?
    }

    private let state = Mutex(State())

    func noteStore(takesCalls: Bool) { state.withLock { $0.isWaiting = !takesCalls } }

    func noteDropped(at now: Timestamp) { state.withLock { $0.droppedAt = now } }

    func warnings(at now: Timestamp) -> [String] {
        let state = state.withLock { $0 }
        var warnings: [String] = []
        if state.isWaiting { warnings.append("calls of the invoker wait in memory: the store does not take them") }
        if let droppedAt = state.droppedAt, now.microseconds - droppedAt.microseconds < Self.memory {
            warnings.append("calls of the invoker are missing in the log: some of the last five minutes were dropped")
        }
        return warnings
    }
}
