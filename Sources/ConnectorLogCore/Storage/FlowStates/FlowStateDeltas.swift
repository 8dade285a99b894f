/// What batches add to flow states, a row a state: numbers and bytes, no object a state, since a thousand calls touch
/// hundreds of states.
package struct FlowStateDeltas: Sendable {
    private struct Row {
        /// Numbers plus one in `texts`; 0 while unknown.
        var flowID: UInt32 = 0
        var flowName: UInt32 = 0
        var flowVersion: UInt32 = 0
        var calls = 0
        var failedCalls = 0
        var faults = 0
        /// Least and greatest time of the calls.
        var firstCall = Int64.max
        var lastCall = Int64.min
        /// Least and greatest time of calls and faults.
        var first = Int64.max
        var last = Int64.min

        /// Also where a state was removed.
        var isEmpty: Bool { calls == 0 && faults == 0 }
    }

    private var states = TextNumbers()
    private var rows: [Row] = []
    /// Ids, names and versions of flows.
    private var texts = TextNumbers()

    package init() {}

    /// Of the entries of one batch or block.
    package init(_ columns: EntryColumns) {
        let ids = columns[.stateID]
        let bytes = ids.bytes.span
        let flowIDs = columns[.flowID]
        let flowNames = columns[.flowName]
        let flowVersions = columns[.flowVersion]
        // From the last row: what a state says of its flow is what its latest entry says.
        for row in stride(from: columns.count - 1, through: 0, by: -1) {
            let range = ids.range(row)
            if range.isEmpty { continue }
            let state = number(of: bytes.extracting(range), team: columns.teamIDs[row])
            let time = columns.logTimes[row]
            rows[state].calls += 1
            if columns.outcomes[row] == Outcome.failed.rawValue { rows[state].failedCalls += 1 }
            rows[state].firstCall = min(rows[state].firstCall, time)
            rows[state].lastCall = max(rows[state].lastCall, time)
            rows[state].first = min(rows[state].first, time)
            rows[state].last = max(rows[state].last, time)
            if rows[state].flowID == 0 { rows[state].flowID = number(of: row, in: flowIDs) }
            if rows[state].flowName == 0 { rows[state].flowName = number(of: row, in: flowNames) }
            if rows[state].flowVersion == 0 { rows[state].flowVersion = number(of: row, in: flowVersions) }
        }
    }

    /// States, with those that were removed.
    package var count: Int { rows.count }
    package var isEmpty: Bool { rows.allSatisfy(\.isEmpty) }

    private mutating func number(of state: Span<UInt8>, team: Int64) -> Int {
        let number = states.number(of: state, owner: team)
        if number == rows.count { rows.append(Row()) }
        return number
    }

    /// 0 for null.
    private mutating func number(of row: Int, in column: TextColumn) -> UInt32 {
        if column.isNull(row) { return 0 }
        return UInt32(texts.number(of: column.bytes.span.extracting(column.range(row))) + 1)
    }

    private mutating func number(of text: String?) -> UInt32? {
        text.map { UInt32(texts.number(of: Array($0.utf8).span) + 1) }
    }

    // MARK: - Changes

    package mutating func add(_ fault: RootFault) {
        guard let id = fault.stateID, !id.isEmpty else { return }
        let state = number(of: Array(id.utf8).span, team: fault.teamID)
        let time = fault.occurredAt.microseconds
        rows[state].flowID = number(of: fault.flowID) ?? rows[state].flowID
        rows[state].flowName = number(of: fault.flowName) ?? rows[state].flowName
        rows[state].flowVersion = number(of: fault.flowVersion) ?? rows[state].flowVersion
        rows[state].faults += 1
        rows[state].first = min(rows[state].first, time)
        rows[state].last = max(rows[state].last, time)
    }

    /// Adds what came behind this.
    package mutating func add(_ later: FlowStateDeltas) {
        let numbers = textNumbers(of: later)
        for row in later.rows.indices { add(row, of: later, numbers) }
    }

    /// Adds what came behind this, of those states alone that are `wanted`.
    package mutating func add(_ later: FlowStateDeltas, where isWanted: (FlowStateKey) throws -> Bool) rethrows {
        let numbers = textNumbers(of: later)
        for row in later.rows.indices where try isWanted(later.key(row)) { add(row, of: later, numbers) }
    }

    /// For each number of a text there, plus one, that here.
    private mutating func textNumbers(of later: FlowStateDeltas) -> [UInt32] {
        var numbers: [UInt32] = [0]
        for text in 0..<later.texts.count { numbers.append(UInt32(texts.number(of: text, in: later.texts) + 1)) }
        return numbers
    }

    private mutating func add(_ row: Int, of later: FlowStateDeltas, _ numbers: [UInt32]) {
        let more = later.rows[row]
        if more.isEmpty { return }
        let state = states.number(of: row, in: later.states)
        if state == rows.count { rows.append(Row()) }
        if more.flowID > 0 { rows[state].flowID = numbers[Int(more.flowID)] }
        if more.flowName > 0 { rows[state].flowName = numbers[Int(more.flowName)] }
        if more.flowVersion > 0 { rows[state].flowVersion = numbers[Int(more.flowVersion)] }
        rows[state].calls += more.calls
        rows[state].failedCalls += more.failedCalls
        rows[state].faults += more.faults
        rows[state].firstCall = min(rows[state].firstCall, more.firstCall)
        rows[state].lastCall = max(rows[state].lastCall, more.lastCall)
        rows[state].first = min(rows[state].first, more.first)
        rows[state].last = max(rows[state].last, more.last)
    }

    /// What is there of one state, which then has nothing.
    package mutating func remove(_ key: FlowStateKey) -> FlowStateDelta? {
        guard let number = knownNumber(of: key), !rows[number].isEmpty else { return nil }
        defer { rows[number] = Row() }
        return delta(number)
    }

    // MARK: - As texts

    package subscript(key: FlowStateKey) -> FlowStateDelta? {
        knownNumber(of: key).flatMap { rows[$0].isEmpty ? nil : delta($0) }
    }

    /// States with faults, in the order in which they came.
    package var faulty: [FlowStateKey] { rows.indices.filter { rows[$0].faults > 0 }.map(key) }

    /// In the order in which the states came.
    package func forEach(_ body: (FlowStateKey, FlowStateDelta) throws -> Void) rethrows {
        for number in rows.indices where !rows[number].isEmpty { try body(key(number), delta(number)) }
    }

    private func knownNumber(of key: FlowStateKey) -> Int? {
        states.knownNumber(of: Array(key.stateID.utf8).span, owner: key.teamID)
    }

    private func key(_ number: Int) -> FlowStateKey {
        FlowStateKey(teamID: states.owners[number], stateID: states.string(number))
    }

    private func delta(_ number: Int) -> FlowStateDelta {
        let row = rows[number]
        func text(_ number: UInt32) -> String? { number == 0 ? nil : texts.string(Int(number) - 1) }
        return FlowStateDelta(
            flowID: text(row.flowID), flowName: text(row.flowName), flowVersion: text(row.flowVersion),
            firstCall: row.calls > 0 ? row.firstCall : nil, lastCall: row.calls > 0 ? row.lastCall : nil,
            calls: row.calls, failedCalls: row.failedCalls, faults: row.faults, first: row.first, last: row.last)
    }
}
