/// A flow state by the bytes of its id: `String` itself compares by canonical equivalence.
package struct FlowStateKey: Hashable, Sendable {
    package var teamID: Int64
    package var stateID: String

    package init(teamID: Int64, stateID: String) {
        (self.teamID, self.stateID) = (teamID, stateID)
    }

    package static func == (a: FlowStateKey, b: FlowStateKey) -> Bool {
        a.teamID == b.teamID && a.stateID.utf8.elementsEqual(b.stateID.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(teamID)
        var text = stateID
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// What entries and faults add to one flow state.
package struct FlowStateDelta: Equatable, Sendable {
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    /// Least and greatest time of the calls; nil when there are only faults.
    package var firstCall: Int64?
    package var lastCall: Int64?
    package var calls: Int
    package var failedCalls: Int
    package var faults: Int
    /// Least and greatest time of calls and faults.
    package var first: Int64
    package var last: Int64

    package init(
        flowID: String? = nil, flowName: String? = nil, flowVersion: String? = nil, firstCall: Int64? = nil,
        lastCall: Int64? = nil, calls: Int = 0, failedCalls: Int = 0, faults: Int = 0, first: Int64 = .max,
        last: Int64 = .min
    ) {
        (self.flowID, self.flowName, self.flowVersion) = (flowID, flowName, flowVersion)
        (self.firstCall, self.lastCall) = (firstCall, lastCall)
        (self.calls, self.failedCalls, self.faults) = (calls, failedCalls, faults)
        (self.first, self.last) = (first, last)
    }

    /// `later` came behind this one.
    package func merged(with later: FlowStateDelta) -> FlowStateDelta {
        var sum = self
        sum.flowID = later.flowID ?? flowID
        sum.flowName = later.flowName ?? flowName
        sum.flowVersion = later.flowVersion ?? flowVersion
        if let time = later.firstCall { sum.firstCall = min(firstCall ?? .max, time) }
        if let time = later.lastCall { sum.lastCall = max(lastCall ?? .min, time) }
        sum.calls += later.calls
        sum.failedCalls += later.failedCalls
        sum.faults += later.faults
        sum.first = min(first, later.first)
        sum.last = max(last, later.last)
        return sum
    }
}
