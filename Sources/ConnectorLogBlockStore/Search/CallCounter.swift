import ConnectorLogCore

/// Tallies calls over time and by connector or event, from small columns.
struct CallCounter: Sendable {
    private let query: CallStatisticsQuery
    private let filter: EntryFilter
    let queue: BlockQueue

    init(_ query: CallStatisticsQuery, blocks: [BlockSummary]) {
        self.query = query
        var entries = EntryQuery(teamID: query.teamID)
        (entries.from, entries.to) = (query.buckets.from, query.buckets.to)
        entries.connector = query.connector
        let filter = EntryFilter(entries, flowIDs: query.flowIDs)
        self.filter = filter
        queue = BlockQueue(query.buckets.count > 0 ? blocks.filter(filter.mayMatch) : [])
    }

    /// Tallies blocks until none is left, beside another reader that does the same.
    func read(by search: EntrySearch) throws -> CallTallies {
        var tallies = CallTallies(query.buckets)
        while let block = queue.next() {
            try Task.checkCancellation()
            _ = try search.quarantine.reading(block) { try add(search.open(block), by: search, to: &tallies) }
        }
        return tallies
    }

    /// Adds all or, where it throws, nothing.
    private func add(_ block: StoredBlock, by search: EntrySearch, to tallies: inout CallTallies) throws {
        guard try search.mayHold(filter, block) else { return }
        let rows = try filter.rows(of: block)
        guard !rows.isEmpty else { return }
        let names = try block.texts(query.grouping == .connector ? .connector : .event)
        try tallies.add(
            rows, times: block.integers(.logTime), outcomes: block.integers(.outcome),
            durations: block.integers(.duration), names: names)
    }
}

/// Calls that were tallied so far.
struct CallTallies: Sendable {
    private let buckets: TimeBuckets
    private var byTime: [CallStatistics.Tally]
    private var names = TextNumbers()
    /// By the numbers of their names; a name may have none.
    private var byName: [CallStatistics.Tally] = []

    init(_ buckets: TimeBuckets) {
        self.buckets = buckets
        byTime = Array(repeating: CallStatistics.Tally(), count: buckets.count)
    }

    /// Adds some rows of columns.
    mutating func add(
        _ rows: [Int], times: [Int64], outcomes: [Int64], durations: [Int64], names column: TextColumnReader
    ) throws(BlockError) {
        let groups = try column.numbers(in: &names)
        makeRoom()
        var finder = BucketFinder(buckets)
        for row in rows {
            guard let bucket = finder.bucket(of: times[row]) else { continue }
            let outcome: Outcome = outcomes[row] == Int64(Outcome.ok.rawValue) ? .ok : .failed
            let duration = durations[row] < 0 ? nil : durations[row]
            let time = Timestamp(microseconds: times[row])
            byTime[bucket].add(outcome, at: time, microseconds: duration)
            let group = Int(groups[row])
            if group < byName.count { byName[group].add(outcome, at: time, microseconds: duration) }
        }
    }

    private mutating func makeRoom() {
        let count = min(names.count, CallStatisticsQuery.maximumGroups)
        if count > byName.count { byName += repeatElement(CallStatistics.Tally(), count: count - byName.count) }
    }

    mutating func add(_ other: CallTallies) {
        for bucket in byTime.indices { byTime[bucket].add(other.byTime[bucket]) }
        for (number, tally) in other.byName.enumerated() where tally.calls > 0 {
            let own = names.number(of: number, in: other.names)
            makeRoom()
            if own < byName.count { byName[own].add(tally) }
        }
    }

    var statistics: CallStatistics {
        let groups = byName.indices.filter { byName[$0].calls > 0 }.map {
            CallStatistics.Group(name: names.string($0), tally: byName[$0])
        }
        return CallStatistics(
            buckets: byTime,
            groups: groups.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
    }
}
