import ConnectorLogCore

/// A row of table `flow_state` while it changes: times in microseconds, texts of flows as numbers of table `flow_text`.
struct FlowStateRow {
    var flow: Int64?
    var name: Int64?
    var version: Int64?
    /// A damaged row may have one that there is not.
    var status: Int64
    var isCreatedStated = false
    var lastActionAt: Int64
    var createdAt: Int64
    var firstCallAt: Int64?
    var lastCallAt: Int64?
    var changedAt: Int64?
    var calls: Int64 = 0
    var failedCalls: Int64 = 0
    var faults: Int64 = 0
    /// Up to which block its calls are counted here, if that is behind the block of table `flow_counted`.
    var countedBlock: Int64 = 0
    var currentStep: String?
    var user: String?
    var joinURI: String?

    /// A state that comes into being at `time`.
    init(at time: Int64) {
        (status, lastActionAt, createdAt) = (FlowState.Status.inProgress.number, time, time)
    }

    /// A fault makes a state that is in progress a failed one. Failed calls alone do not: flows may go on without them.
    mutating func add(_ delta: FlowStateDelta) {
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
    mutating func add(_ change: StateChange) {
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
    func isLate(_ updatedAt: Int64) -> Bool { changedAt.map { updatedAt < $0 } ?? false }
}
