import Synchronization

/// Bytes that all requests together may hold in memory before they are stored.
final class AdmissionBudget: Sendable {
    private let limit: Int
    private let used = Atomic(0)

    init(limit: Int) {
        self.limit = limit
    }

    var bytesInUse: Int { used.load(ordering: .relaxed) }

    /// False, and nothing taken, when `bytes` more would exceed the limit.
    func take(_ bytes: Int) -> Bool {
        let (_, after) = used.add(bytes, ordering: .relaxed)
        if after <= limit { return true }
        give(bytes)
        return false
    }

    func give(_ bytes: Int) {
        used.subtract(bytes, ordering: .relaxed)
    }
}

/// What one request holds of the budget. It goes back when the share is destroyed, however the request ends.
struct AdmissionShare: ~Copyable {
    /// Taken in steps of this size, so that a small line seldom touches what all requests share.
    private static let step = 16_384

    private let budget: AdmissionBudget
    private var held = 0

    init(of budget: AdmissionBudget) {
        self.budget = budget
    }

    deinit {
        if held > 0 { budget.give(held) }
    }

    /// Holds at least `bytes` in all; false when the budget does not have them.
    mutating func hold(_ bytes: Int) -> Bool {
        guard bytes > held else { return true }
        let more = (bytes - held + Self.step - 1) / Self.step * Self.step
        guard budget.take(more) else { return false }
        held += more
        return true
    }

    /// Gives back what is held beyond `bytes`.
    mutating func giveBack(keeping bytes: Int) {
        let kept = (bytes + Self.step - 1) / Self.step * Self.step
        guard kept < held else { return }
        budget.give(held - kept)
        held = kept
    }
}

/// A fixed part of the budget, until it is let go: for memory that somebody else fills.
package final class AdmissionHold: Sendable {
    private let budget: AdmissionBudget
    private let bytes: Int

    init?(_ bytes: Int, of budget: AdmissionBudget) {
        guard budget.take(bytes) else { return nil }
        (self.budget, self.bytes) = (budget, bytes)
    }

    deinit { budget.give(bytes) }
}
