import ConnectorLogCore
import Synchronization

/// How many searches of a slow kind run at once, so that they leave readers of the database to all others.
final class SearchSlots: Sendable {
    private let count: Int
    private let taken = Mutex(0)

    init(count: Int) {
        self.count = count
    }

    /// Throws `.overloaded` when all slots are taken; otherwise `end` has to follow.
    func begin() throws(StoreError) {
        let isTaken = taken.withLock { taken in
            guard taken < count else { return false }
            taken += 1
            return true
        }
        guard isTaken else { throw StoreError(.overloaded, "\(count) text searches run already") }
    }

    func end() {
        taken.withLock { $0 -= 1 }
    }
}
