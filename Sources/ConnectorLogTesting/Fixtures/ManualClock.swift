package import ConnectorLogCore
import Synchronization

/// A clock that moves only when it is told to.
package final class ManualClock: Sendable {
    /// 2025-06-01T00:00:00Z.
    package static let defaultStart = Timestamp(microseconds: 1_748_736_000_000_000)

    private let time: Mutex<Timestamp>

    package init(_ start: Timestamp = ManualClock.defaultStart) {
        time = Mutex(start)
    }

    package var now: Timestamp { time.withLock { $0 } }

    package func advance(byMicroseconds delta: Int64) {
        time.withLock { $0 = $0.advanced(byMicroseconds: delta) }
    }

    package func advance(bySeconds delta: Int64) {
        advance(byMicroseconds: delta * 1_000_000)
    }

    /// Also backwards, as a host's clock may go.
    package func set(_ now: Timestamp) {
        time.withLock { $0 = now }
    }

    /// The clock as the parts of the server take it.
    package var source: @Sendable () -> Timestamp {
        { self.now }
    }
}
