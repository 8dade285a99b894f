/// What a flow state has become by its calls, faults and changes, as `LogWriter` has the rules, but for the texts that name its
/// flow, which stores keep each in their own way. Times in microseconds.
package struct FlowStateProgress: Equatable, Sendable {
    /// `FlowState.Status.number`; what a store holds may be none of these, when it is damaged.
    package var status: Int64
    /// A change has said when the state was created.
    package var isCreatedStated = false
    package var lastActionAt: Int64
    package var createdAt: Int64
    package var firstCallAt: Int64?
    package var lastCallAt: Int64?
    /// The latest `updatedAt` of its changes.
    package var changedAt: Int64?
    package var calls: Int64 = 0
    package var failedCalls: Int64 = 0
    package var faults: Int64 = 0
    package var currentStep: String?
    package var user: String?
    package var joinURI: String?

    /// A state that comes into being at `time`.
    package init(at time: Int64) {
        (status, lastActionAt, createdAt) = (FlowState.Status.inProgress.number, time, time)
    }

    /// A fault makes a state that is in progress a failed one. Failed calls alone do not: flows may go on without them.
    package mutating func add(_ delta: FlowStateDelta) {
        if delta.faults > 0, status == FlowState.Status.inProgress.number { status = FlowState.Status.failed.number }
        if !isCreatedStated { createdAt = min(createdAt, delta.first) }
        lastActionAt = max(lastActionAt, delta.last)
        firstCallAt = [firstCallAt, delta.firstCall].compactMap(\.self).min()
        lastCallAt = [lastCallAt, delta.lastCall].compactMap(\.self).max()
        calls &+= Int64(delta.calls)
        failedCalls &+= Int64(delta.failedCalls)
        faults &+= Int64(delta.faults)
    }

    /// A change that is older than one seen before fills in what is unknown, but overwrites nothing.
    package mutating func add(_ change: StateChange) {
        let updatedAt = change.updatedAt.microseconds
        let isLate = isLate(updatedAt)
        if let status = change.status, !isLate { self.status = status.number }
        currentStep = isLate ? currentStep ?? change.currentStep : change.currentStep ?? currentStep
        user = isLate ? user ?? change.user : change.user ?? user
        joinURI = isLate ? joinURI ?? change.joinURI : change.joinURI ?? joinURI
        if let stated = change.createdAt?.microseconds {
            if !isCreatedStated || !isLate { createdAt = stated }
            isCreatedStated = true
        } else if !isCreatedStated {
            createdAt = min(createdAt, updatedAt)
        }
        lastActionAt = max(lastActionAt, updatedAt)
        changedAt = max(changedAt ?? updatedAt, updatedAt)
    }

    /// Whether a change of this time lies before one that was seen.
    package func isLate(_ updatedAt: Int64) -> Bool { changedAt.map { updatedAt < $0 } ?? false }
}

extension FlowState.Status {
    /// How stores write it. Never given another meaning.
    package var number: Int64 {
        switch self {
        case .inProgress: 0
        case .done: 1
        case .failed: 2
        case .expired: 3
        }
    }

    package init?(number: Int64) {
        guard let status = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = status
    }
}
