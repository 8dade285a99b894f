import ConnectorLogCore

/// What `FlowStateWriter` makes of calls in a row, in memory.
extension FlowState {
    /// A state of which nothing is known but some calls.
    init(team: Int64, id: String, calls: FlowStateDelta) {
        self.init(
            teamID: team, stateID: id, status: .inProgress, createdAt: Timestamp(microseconds: calls.first),
            lastActionAt: Timestamp(microseconds: calls.last))
        self = adding(calls, isCreatedStated: false)
    }

    /// - Parameters:
    ///   - calls: later ones, without faults: those are written at once.
    ///   - isCreatedStated: whether the sender said when the state was created.
    func adding(_ calls: FlowStateDelta, isCreatedStated: Bool) -> FlowState {
        var sum = self
        sum.flowID = calls.flowID ?? flowID
        sum.flowName = calls.flowName ?? flowName
        sum.flowVersion = calls.flowVersion ?? flowVersion
        if !isCreatedStated { sum.createdAt = min(createdAt, Timestamp(microseconds: calls.first)) }
        sum.lastActionAt = max(lastActionAt, Timestamp(microseconds: calls.last))
        if let first = calls.firstCall.map(Timestamp.init(microseconds:)) {
            sum.firstCallAt = min(firstCallAt ?? first, first)
        }
        if let last = calls.lastCall.map(Timestamp.init(microseconds:)) {
            sum.lastCallAt = max(lastCallAt ?? last, last)
        }
        // A row has no checksum: it may say anything.
        sum.calls &+= calls.calls
        sum.failedCalls &+= calls.failedCalls
        return sum
    }
}
