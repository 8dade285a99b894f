import ConnectorLogCore

/// Counts entries by outcome over time: from the directory where a block lies whole in one bucket, else from two or three
/// small columns.
struct OutcomeCounter {
    let search: EntrySearch

    func buckets(_ query: OutcomeQuery, blocks: [BlockSummary]) throws -> [OutcomeBucket] {
        var buckets = query.bucketStarts.map { OutcomeBucket(start: $0, ok: 0, failed: 0) }
        guard let first = buckets.first?.start.microseconds else { return [] }
        func bucket(_ time: Int64) -> Int { Int((time - first) / query.interval.microseconds) }
        for block in blocks where block.mayHold(team: query.teamID) && block.overlaps(from: query.from, to: query.to) {
            try Task.checkCancellation()
            if isCounted(block, for: query), bucket(block.firstTime) == bucket(block.lastTime) {
                buckets[bucket(block.firstTime)].ok += block.ok
                buckets[bucket(block.firstTime)].failed += block.failed
                continue
            }
            _ = try search.quarantine.reading(block) { try count(block, query, in: &buckets) }
        }
        return buckets
    }

    /// Counts all or, where it throws, nothing.
    private func count(_ block: BlockSummary, _ query: OutcomeQuery, in buckets: inout [OutcomeBucket]) throws {
        let stored = search.open(block)
        let rows = try rows(of: stored, query)
        guard !rows.isEmpty, let first = buckets.first?.start.microseconds else { return }
        let times = try stored.integers(.logTime)
        let outcomes = try stored.integers(.outcome)
        let (from, to) = (query.from.microseconds, query.to.microseconds)
        // Rows of a block mostly follow each other in time: a division is seldom needed.
        var (bucket, start, end) = (0, Int64.max, Int64.min)
        for row in rows {
            let time = times[row]
            guard time >= from, time < to else { continue }
            if time < start || time >= end {
                bucket = Int((time - first) / query.interval.microseconds)
                start = first + Int64(bucket) * query.interval.microseconds
                end = start + query.interval.microseconds
            }
            if outcomes[row] == Int64(Outcome.ok.rawValue) {
                buckets[bucket].ok += 1
            } else {
                buckets[bucket].failed += 1
            }
        }
    }

    /// Whether the directory's counts are those of the query.
    private func isCounted(_ block: BlockSummary, for query: OutcomeQuery) -> Bool {
        block.teamID == query.teamID && query.connector == nil && query.flowID == nil
            && block.firstTime >= query.from.microseconds && block.lastTime < query.to.microseconds
    }

    /// At any time.
    private func rows(of block: StoredBlock, _ query: OutcomeQuery) throws -> [Int] {
        var entries = EntryQuery(teamID: query.teamID)
        entries.connector = query.connector
        entries.flowID = query.flowID
        let filter = EntryFilter(entries)
        return try search.mayHold(filter.keys, block) ? filter.rows(of: block) : []
    }
}
