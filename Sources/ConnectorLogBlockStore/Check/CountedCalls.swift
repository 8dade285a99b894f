import ConnectorLogCore

/// Calls of flow states, counted from the entries.
struct CountedCalls {
    struct Calls {
        var calls: Int64 = 0
        var failed: Int64 = 0
        var first = Int64.max
        var last = Int64.min
    }

    /// Some 40 bytes each in memory.
    static let maximumStates = 5_000_000

    /// By a hash of team and state.
    private(set) var states: [UInt64: Calls] = [:]
    /// Whether there were more states than are counted.
    private(set) var isIncomplete = false

    static func key(team: Int64, _ state: Span<UInt8>) -> UInt64 {
        ColumnHash.hash(state, seed: UInt64(bitPattern: team) &* 0x9E37_79B9_7F4A_7C15)
    }

    mutating func add(_ columns: EntryColumns) {
        let column = columns[.stateID]
        for row in 0..<columns.count {
            let range = column.range(row)
            if range.isEmpty { continue }
            let key = Self.key(team: columns.teamIDs[row], column.bytes.span.extracting(range))
            var calls = states[key] ?? Calls()
            calls.calls += 1
            if columns.outcomes[row] == Outcome.failed.rawValue { calls.failed += 1 }
            calls.first = min(calls.first, columns.logTimes[row])
            calls.last = max(calls.last, columns.logTimes[row])
            states[key] = calls
        }
    }

    mutating func add(_ other: CountedCalls) {
        for (key, more) in other.states {
            guard states[key] != nil || states.count < Self.maximumStates else {
                isIncomplete = true
                continue
            }
            states[key, default: Calls()].merge(more)
        }
    }

    /// Takes a state out, so that those that are left have no row.
    mutating func remove(_ key: UInt64) -> Calls { states.removeValue(forKey: key) ?? Calls() }
}

extension CountedCalls.Calls {
    mutating func merge(_ other: CountedCalls.Calls) {
        calls += other.calls
        failed += other.failed
        first = min(first, other.first)
        last = max(last, other.last)
    }
}
