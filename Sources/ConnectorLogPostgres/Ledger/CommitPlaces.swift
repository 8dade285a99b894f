import ConnectorLogCore
import Synchronization

/// How many commits may be open at once, so that connections are left for questions.
final class CommitPlaces: Sendable {
    /// Free again when it is released, or gone.
    final class Place: Sendable {
        private let slots: AsyncSlots
        private let isReleased = Atomic(false)

        init(_ slots: AsyncSlots) { self.slots = slots }

        deinit { release() }

        func release() {
            if !isReleased.exchange(true, ordering: .relaxed) { slots.release() }
        }
    }

    private let slots: AsyncSlots
    private let pool: PostgresPool

    init(count: Int, pool: PostgresPool) {
        (slots, self.pool) = (AsyncSlots(count: count), pool)
    }

    func take() async throws(StoreError) -> Place {
        try await pool.wait(for: slots)
        return Place(slots)
    }
}
