import ConnectorLogCore

/// A flow state by the bytes of its id: `String` itself compares by canonical equivalence.
struct FlowStateKey: Hashable, Sendable {
    var teamID: Int64
    var stateID: String

    static func == (a: FlowStateKey, b: FlowStateKey) -> Bool {
        a.teamID == b.teamID && a.stateID.utf8.elementsEqual(b.stateID.utf8)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(teamID)
        var text = stateID
        text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// What entries and faults add to one flow state.
struct FlowStateDelta: Equatable, Sendable {
    var flowID: String?
    var flowName: String?
    var flowVersion: String?
    /// Least and greatest time of the calls; nil when there are only faults.
    var firstCall: Int64?
    var lastCall: Int64?
    var calls = 0
    var failedCalls = 0
    var faults = 0
    /// Least and greatest time of calls and faults.
    var first = Int64.max
    var last = Int64.min

    /// `later` came behind this one.
    func merged(with later: FlowStateDelta) -> FlowStateDelta {
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
