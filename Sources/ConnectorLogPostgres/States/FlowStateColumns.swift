import ConnectorLogCore

/// Some rows of table `flow_state`, a column a parameter: one statement for many rows.
struct FlowStateColumns {
    private static let valueColumns = [
        "flow_id", "flow_id_lower", "flow_name", "flow_name_lower", "flow_version", "status", "current_step",
        "user_name", "join_uri", "created_at", "is_created_stated", "changed_at", "last_action_at", "first_call_at",
        "last_call_at", "calls", "failed_calls", "faults",
    ]
    private static let columns = ["team_id", "state_id"] + valueColumns

    static let names = columns.joined(separator: ", ")
    static let valueNames = valueColumns.joined(separator: ", ")
    static let newValueNames = valueColumns.map { "given.\($0)" }.joined(separator: ", ")
    /// The parameters as a table `given`.
    static let unnested =
        "unnest(" + columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ") + ") AS given (\(names))"

    /// What `last_action_hour` is at a time in microseconds.
    static func hour(_ time: String) -> String { "\(time) / 3600000000" }

    let values: [PostgresValue]

    init(_ rows: [(key: FlowStateKey, row: FlowStateRow)]) {
        func texts(_ text: (FlowStateRow) -> String?) -> PostgresValue { .texts(rows.map { text($0.row) }) }
        func lower(_ text: (FlowStateRow) -> String?) -> PostgresValue {
            .byteStrings(rows.map { text($0.row).flatMap(Self.lowerIfOther) })
        }
        func integers(_ value: (FlowStateRow) -> Int64?) -> PostgresValue { .integers(rows.map { value($0.row) }) }
        values = [
            .integers(rows.map(\.key.teamID)), .texts(rows.map(\.key.stateID)), texts(\.flowID), lower(\.flowID),
            texts(\.flowName), lower(\.flowName), texts(\.flowVersion), integers(\.progress.status),
            texts(\.progress.currentStep),
            texts(\.progress.user), texts(\.progress.joinURI), integers(\.progress.createdAt),
            .booleans(rows.map(\.row.progress.isCreatedStated)),
            integers(\.progress.changedAt), integers(\.progress.lastActionAt), integers(\.progress.firstCallAt),
            integers(\.progress.lastCallAt),
            integers(\.progress.calls), integers(\.progress.failedCalls), integers(\.progress.faults),
        ]
    }

    static func keys(_ keys: [FlowStateKey]) -> [PostgresValue] {
        [.integers(keys.map(\.teamID)), .texts(keys.map(\.stateID))]
    }

    static func key(_ row: PostgresRow) throws -> FlowStateKey {
        FlowStateKey(teamID: try row.integer(0), stateID: try row.text(1))
    }

    /// A row of `names`.
    static func row(_ row: PostgresRow) throws -> (FlowStateKey, FlowStateRow) {
        var progress = FlowStateProgress(at: try row.integer(14))
        progress.status = try row.integer(7)
        progress.currentStep = try row.textIfAny(8)
        progress.user = try row.textIfAny(9)
        progress.joinURI = try row.textIfAny(10)
        progress.createdAt = try row.integer(11)
        progress.isCreatedStated = try row.boolean(12)
        progress.changedAt = try row.integerIfAny(13)
        progress.firstCallAt = try row.integerIfAny(15)
        progress.lastCallAt = try row.integerIfAny(16)
        progress.calls = try row.integer(17)
        progress.failedCalls = try row.integer(18)
        progress.faults = try row.integer(19)
        var state = FlowStateRow(progress)
        state.flowID = try row.textIfAny(2)
        state.flowName = try row.textIfAny(4)
        state.flowVersion = try row.textIfAny(6)
        return (try key(row), state)
    }

    /// The same as readers answer it.
    static func state(_ row: PostgresRow) throws -> FlowState {
        let (key, values) = try Self.row(row)
        let progress = values.progress
        guard let status = FlowState.Status(number: progress.status) else {
            throw PostgresError(.answer, at: row.place)
        }
        var state = FlowState(
            teamID: key.teamID, stateID: key.stateID, status: status,
            createdAt: Timestamp(microseconds: progress.createdAt),
            lastActionAt: Timestamp(microseconds: progress.lastActionAt))
        (state.flowID, state.flowName, state.flowVersion) = (values.flowID, values.flowName, values.flowVersion)
        (state.currentStep, state.user, state.joinURI) = (progress.currentStep, progress.user, progress.joinURI)
        state.firstCallAt = progress.firstCallAt.map(Timestamp.init(microseconds:))
        state.lastCallAt = progress.lastCallAt.map(Timestamp.init(microseconds:))
        (state.calls, state.failedCalls, state.faults) =
            (Int(progress.calls), Int(progress.failedCalls), Int(progress.faults))
        return state
    }

    // MARK: - Searches

    /// Letters of ASCII in lower case; nil when that changes nothing.
    private static func lowerIfOther(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        let lower = lower(bytes)
        return lower == bytes ? nil : lower
    }

    static func lower(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
    }
}
