/// The rows of a batch by connector.
package struct BatchConnectors: Sendable {
    package let times: [Int64]
    /// In the order in which they came.
    package private(set) var keys: [LogTimeWindows.Key] = []
    package private(set) var earliest: [Int64] = []
    /// The rows of all connectors, one behind the other, each's rising, and where each ends.
    private let rows: [Int32]
    private let ends: [Int]
    private let teams: [Int64]
    private let identifiers: TextColumn

    package init(_ columns: EntryColumns) {
        self.init(times: columns.logTimes, teams: columns.teamIDs, identifiers: columns[.connector])
    }

    /// - Precondition: a time, a team and an identifier, which may be null, a row.
    package init(times: [Int64], teams: [Int64], identifiers: TextColumn) {
        (self.times, self.teams, self.identifiers) = (times, teams, identifiers)
        let bytes = identifiers.bytes.span
        var size = 16
        while size < times.count * 2 { size *= 2 }
        // Numbers of connectors plus one. The keys are hashes already.
        var table = [UInt32](repeating: 0, count: size)
        var counts: [Int] = []
        var connectors: [Int32] = []
        connectors.reserveCapacity(times.count)
        for row in 0..<times.count {
            let key = LogTimeWindows.key(team: teams[row], bytes.extracting(identifiers.range(row)))
            var place = Int(truncatingIfNeeded: key) & (size - 1)
            while table[place] > 0, keys[Int(table[place]) - 1] != key { place = (place + 1) & (size - 1) }
            if table[place] == 0 {
                keys.append(key)
                earliest.append(.max)
                counts.append(0)
                table[place] = UInt32(keys.count)
            }
            let connector = Int(table[place]) - 1
            earliest[connector] = min(earliest[connector], times[row])
            counts[connector] += 1
            connectors.append(Int32(connector))
        }
        var next: [Int] = []
        var end = 0
        for count in counts {
            next.append(end)
            end += count
        }
        var rows = [Int32](repeating: 0, count: times.count)
        for (row, connector) in connectors.enumerated() {
            rows[next[Int(connector)]] = Int32(row)
            next[Int(connector)] += 1
        }
        self.rows = rows
        ends = next
    }

    package var count: Int { keys.count }

    /// Rising; never empty.
    package func rows(of connector: Int) -> ArraySlice<Int32> {
        rows[(connector == 0 ? 0 : ends[connector - 1])..<ends[connector]]
    }

    private func firstRow(of connector: Int) -> Int { Int(rows[connector == 0 ? 0 : ends[connector - 1]]) }

    package func team(_ connector: Int) -> Int64 { teams[firstRow(of: connector)] }

    /// Empty where the entry names none.
    package func identifier(_ connector: Int) -> [UInt8] { Array(identifiers[firstRow(of: connector)] ?? []) }

    package func isNamed(_ connector: Int) -> Bool { !identifiers.isNull(firstRow(of: connector)) }
}
