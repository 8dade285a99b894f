import ConnectorLogCore

/// A flow state as its calls, faults and changes tell it, one after the other; the rules are those of `LogWriter`.
struct FlowStateHistory {
    private(set) var state: FlowState
    /// A change has said when the state was created.
    private var isCreationTold = false
    /// The latest `updatedAt` of its changes.
    private var latestChangeAt: Timestamp?

    init(teamID: Int64, stateID: String, firstSeenAt: Timestamp) {
        state = FlowState(
            teamID: teamID, stateID: stateID, status: .inProgress, createdAt: firstSeenAt, lastActionAt: firstSeenAt)
    }

    mutating func note(call: EntrySummary) {
        noteTime(call.logTime)
        noteFlow(call.flowID, call.flowName, call.flowVersion)
        state.calls += 1
        if call.outcome == .failed { state.failedCalls += 1 }
        state.firstCallAt = min(state.firstCallAt ?? call.logTime, call.logTime)
        state.lastCallAt = max(state.lastCallAt ?? call.logTime, call.logTime)
    }

    mutating func note(fault: RootFault) {
        noteTime(fault.occurredAt)
        noteFlow(fault.flowID, fault.flowName, fault.flowVersion)
        state.faults += 1
        if state.status == .inProgress { state.status = .failed }
    }

    mutating func note(change: StateChange) {
        noteTime(change.updatedAt)
        if let latest = latestChangeAt, change.updatedAt < latest {
            fillGaps(from: change)
        } else {
            latestChangeAt = change.updatedAt
            overwrite(with: change)
        }
    }

    /// - Parameters:
    ///   - firstLeft: the first of the calls that are left, and so `lastLeft`; nil when none is.
    mutating func take(calls: [EntrySummary], firstLeft: Timestamp?, lastLeft: Timestamp?) {
        state.calls = max(0, state.calls - calls.count)
        state.failedCalls = max(0, state.failedCalls - calls.count { $0.outcome == .failed })
        (state.firstCallAt, state.lastCallAt) = (firstLeft, lastLeft)
    }

    mutating func take(faults: Int) {
        state.faults = max(0, state.faults - faults)
    }

    private mutating func overwrite(with change: StateChange) {
        noteFlow(change.flowID, change.flowName, change.flowVersion)
        state.status = change.status ?? state.status
        state.currentStep = change.currentStep ?? state.currentStep
        state.user = change.user ?? state.user
        state.joinURI = change.joinURI ?? state.joinURI
        if let createdAt = change.createdAt {
            state.createdAt = createdAt
            isCreationTold = true
        }
    }

    private mutating func fillGaps(from change: StateChange) {
        noteFlow(
            state.flowID ?? change.flowID, state.flowName ?? change.flowName, state.flowVersion ?? change.flowVersion)
        state.currentStep = state.currentStep ?? change.currentStep
        state.user = state.user ?? change.user
        state.joinURI = state.joinURI ?? change.joinURI
        if let createdAt = change.createdAt, !isCreationTold {
            state.createdAt = createdAt
            isCreationTold = true
        }
    }

    private mutating func noteTime(_ time: Timestamp) {
        if !isCreationTold { state.createdAt = min(state.createdAt, time) }
        state.lastActionAt = max(state.lastActionAt, time)
    }

    private mutating func noteFlow(_ id: String?, _ name: String?, _ version: String?) {
        state.flowID = id ?? state.flowID
        state.flowName = name ?? state.flowName
        state.flowVersion = version ?? state.flowVersion
    }
}
