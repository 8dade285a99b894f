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

/// What a batch's entries and faults add to one flow state.
struct FlowStateDelta: Sendable {
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

    /// Of a block of one commit.
    static func deltas(of block: StoredBlock) throws -> [FlowStateKey: FlowStateDelta] {
        var columns = EntryColumns()
        columns.teamIDs = try block.integers(.teamID)
        columns.logTimes = try block.integers(.logTime)
        columns.outcomes = try block.integers(.outcome).map { UInt8(truncatingIfNeeded: $0) }
        for field in [EntryTextField.stateID, .flowID, .flowName, .flowVersion] {
            try block.texts(field.column).append(Array(0..<block.rows), to: &columns[field])
        }
        return deltas(of: columns)
    }

    static func deltas(of columns: EntryColumns) -> [FlowStateKey: FlowStateDelta] {
        var deltas: [FlowStateKey: FlowStateDelta] = [:]
        // From the last row: what a state says of its flow is what its latest entry says.
        let stateIDs = columns[.stateID]
        for row in stride(from: columns.count - 1, through: 0, by: -1) {
            guard let stateID = stateIDs.string(row), !stateID.isEmpty else { continue }
            let key = FlowStateKey(teamID: columns.teamIDs[row], stateID: stateID)
            deltas[key, default: FlowStateDelta()].add(row: row, of: columns)
        }
        return deltas
    }

    private mutating func add(row: Int, of columns: EntryColumns) {
        let time = columns.logTimes[row]
        if flowID == nil { flowID = columns[.flowID].string(row) }
        if flowName == nil { flowName = columns[.flowName].string(row) }
        if flowVersion == nil { flowVersion = columns[.flowVersion].string(row) }
        firstCall = min(firstCall ?? .max, time)
        lastCall = max(lastCall ?? .min, time)
        calls += 1
        if columns.outcomes[row] == Outcome.failed.rawValue { failedCalls += 1 }
        widen(to: time)
    }

    mutating func add(_ fault: RootFault) {
        flowID = fault.flowID ?? flowID
        flowName = fault.flowName ?? flowName
        flowVersion = fault.flowVersion ?? flowVersion
        faults += 1
        widen(to: fault.occurredAt.microseconds)
    }

    private mutating func widen(to time: Int64) {
        first = min(first, time)
        last = max(last, time)
    }

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
