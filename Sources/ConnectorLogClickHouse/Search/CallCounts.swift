import ConnectorLogCore

/// Counts entries and faults over time.
extension EntrySearch {
    func outcomes(_ query: OutcomeQuery) async throws(ClickHouseFailure) -> [OutcomeBucket] {
        let starts = query.bucketStarts
        guard let first = starts.first else { return [] }
        var conditions = Conditions(team: query.teamID, snapshot)
        if let connector = query.connector { conditions.add("connector = \(Dialect.text(connector))") }
        conditions.add("flow_id", is: query.flowID, absence: EntryBlocks.absence(of: .flowID))
        conditions.add("log_time", from: query.from, to: query.to, dialect)
        var buckets = starts.map { OutcomeBucket(start: $0, ok: 0, failed: 0) }
        for count in try await outcomes(conditions, first: first, width: query.interval.microseconds)
        where buckets.indices.contains(count.bucket) {
            buckets[count.bucket].ok += count.ok
            buckets[count.bucket].failed += count.failed
        }
        return buckets
    }

    /// Of all entries: there is no limit to how many are read, but the time that a statement may take.
    func counts(_ query: EntryCountQuery) async throws(ClickHouseFailure) -> EntryCounts {
        let buckets = query.buckets
        var counts = EntryCounts(
            ok: Array(repeating: 0, count: buckets.count), failed: Array(repeating: 0, count: buckets.count))
        guard buckets.count > 0 else { return counts }
        var conditions = Conditions(query.entries, snapshot)
        conditions.add("log_time", from: buckets.from, to: buckets.to, dialect)
        for count in try await outcomes(conditions, first: buckets.firstStart, width: buckets.width)
        where counts.ok.indices.contains(count.bucket) {
            counts.ok[count.bucket] += count.ok
            counts.failed[count.bucket] += count.failed
        }
        return counts
    }

    private func outcomes(
        _ conditions: Conditions, first: Timestamp, width: Int64
    ) async throws(ClickHouseFailure) -> [(bucket: Int, ok: Int, failed: Int)] {
        try await cluster.rows(
            """
            SELECT toInt64(\(bucket("log_time", first, width))) AS bucket, toInt64(count()) AS calls,
                toInt64(countIf(outcome = \(Outcome.failed.rawValue))) AS failed
            FROM entries \(conditions.clauses) GROUP BY bucket
            """, "counts of entries"
        ) { row throws(ClickHouseFailure) in
            let bucket: Int64 = try row.integer()
            let calls: Int64 = try row.integer()
            let failed: Int64 = try row.integer()
            return (Int(bucket), ok: Int(calls - failed), failed: Int(failed))
        }
    }

    private func bucket(_ column: String, _ first: Timestamp, _ width: Int64) -> String {
        "intDiv(\(dialect.microseconds(column)) - \(first.microseconds), \(width))"
    }

    func faultCounts(_ query: FaultCountQuery) async throws(ClickHouseFailure) -> [Int] {
        let buckets = query.buckets
        var counts = Array(repeating: 0, count: buckets.count)
        guard buckets.count > 0 else { return counts }
        var conditions = Conditions(team: query.teamID, snapshot)
        conditions.add("connector", is: query.connector, absence: FaultBlock.absence(of: "connector"))
        conditions.add("flow_id", isAmong: query.flowIDs, absence: FaultBlock.absence(of: "flow_id"))
        conditions.add("occurred_at", from: buckets.from, to: buckets.to, dialect)
        let found = try await cluster.rows(
            """
            SELECT toInt64(\(bucket("occurred_at", buckets.firstStart, buckets.width))) AS bucket,
                toInt64(count()) AS faults
            FROM faults WHERE \(conditions.sql) GROUP BY bucket
            """, "counts of root faults"
        ) { row throws(ClickHouseFailure) in (try row.integer(Int64.self), try row.integer(Int64.self)) }
        for (bucket, faults) in found where counts.indices.contains(Int(bucket)) { counts[Int(bucket)] += Int(faults) }
        return counts
    }

    // MARK: - Statistics

    func statistics(_ query: CallStatisticsQuery) async throws(ClickHouseFailure) -> CallStatistics {
        let buckets = query.buckets
        var statistics = CallStatistics(
            buckets: Array(repeating: CallStatistics.Tally(), count: buckets.count), groups: [])
        guard buckets.count > 0 else { return statistics }
        var conditions = Conditions(team: query.teamID, snapshot)
        if let connector = query.connector { conditions.add("connector = \(Dialect.text(connector))") }
        conditions.add("flow_id", isAmong: query.flowIDs, absence: EntryBlocks.absence(of: .flowID))
        conditions.add("log_time", from: buckets.from, to: buckets.to, dialect)
        let bucket = "toString(\(bucket("log_time", buckets.firstStart, buckets.width)))"
        for (key, tally) in try await tallies(by: bucket, conditions) {
            guard let number = Int(String(decoding: key, as: UTF8.self)), statistics.buckets.indices.contains(number)
            else { continue }
            statistics.buckets[number] = tally
        }
        let name = query.grouping == .connector ? "connector" : "event"
        let groups = try await tallies(by: name, conditions).sorted { $0.key.lexicographicallyPrecedes($1.key) }
        statistics.groups = groups.prefix(CallStatisticsQuery.maximumGroups).map { key, tally in
            CallStatistics.Group(name: String(decoding: key, as: UTF8.self), tally: tally)
        }
        return statistics
    }

    private func tallies(
        by key: String, _ conditions: Conditions
    ) async throws(ClickHouseFailure) -> [[UInt8]: CallStatistics.Tally] {
        let found = try await cluster.rows(
            """
            SELECT \(key) AS key, outcome, toInt64(\(DurationClass.sql("duration"))) AS class, toInt64(count()) AS calls,
                min(duration) AS shortest, max(duration) AS longest, \(dialect.microseconds("max(log_time)")) AS last
            FROM entries WHERE \(conditions.sql) GROUP BY key, outcome, class
            """, "statistics of calls"
        ) { row throws(ClickHouseFailure) in try DurationClass(&row) }
        var tallies: [[UInt8]: CallStatistics.Tally] = [:]
        for some in found { tallies[some.key, default: CallStatistics.Tally()].add(some) }
        return tallies
    }
}

/// Calls of one key, one outcome and one class of durations.
private struct DurationClass {
    var key: [UInt8]
    var outcome: Outcome
    /// As `DurationHistogram` numbers them; -1 where the duration is unknown.
    var number: Int
    var calls: Int
    var shortest: Int64
    var longest: Int64
    var last: Timestamp

    init(_ row: inout RowBinaryReader) throws(ClickHouseFailure) {
        key = try row.text()
        outcome = Outcome(rawValue: try row.integer(UInt8.self)) ?? .failed
        number = Int(try row.integer(Int64.self))
        calls = Int(try row.integer(Int64.self))
        (shortest, longest) = (try row.integer(), try row.integer())
        last = Timestamp(microseconds: try row.integer())
    }

    /// Eight classes a power of two, those below eight microseconds one each. What is counted has less than 53 bits, so that
    /// its logarithm is rounded to no other whole number.
    static func sql(_ column: String) -> String {
        let value = "least(\(column), \(DurationHistogram.longestCounted))"
        let power = "toInt64(floor(log2(\(value))))"
        let upper = "(\(power) - 2) * 8 + toInt64(bitShiftRight(\(value), greatest(\(power) - 3, 0))) - 8"
        return "if(\(column) < 0, -1, if(\(column) < 8, \(column), \(upper)))"
    }
}

extension CallStatistics.Tally {
    fileprivate mutating func add(_ some: DurationClass) {
        switch some.outcome {
        case .ok: ok += some.calls
        case .failed: failed += some.calls
        }
        last = max(last ?? some.last, some.last)
        if some.number >= 0 {
            durations.add(class: some.number, count: some.calls, shortest: some.shortest, longest: some.longest)
        }
    }
}
