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
            let found = try search.quarantine.reading(block) { try calls(in: block, query) } ?? []
            for call in found {
                if call.isOK {
                    buckets[bucket(call.time)].ok += 1
                } else {
                    buckets[bucket(call.time)].failed += 1
                }
            }
        }
        return buckets
    }

    private func calls(in block: BlockSummary, _ query: OutcomeQuery) throws -> [(time: Int64, isOK: Bool)] {
        let stored = search.open(block)
        let rows = try rows(of: stored, query)
        guard !rows.isEmpty else { return [] }
        let times = try stored.integers(.logTime)
        let outcomes = try stored.integers(.outcome)
        return rows.map { (times[$0], outcomes[$0] == Int64(Outcome.ok.rawValue)) }
    }

    /// Whether the directory's counts are those of the query.
    private func isCounted(_ block: BlockSummary, for query: OutcomeQuery) -> Bool {
        block.teamID == query.teamID && query.connector == nil && query.flowID == nil
            && block.firstTime >= query.from.microseconds && block.lastTime < query.to.microseconds
    }

    private func rows(of block: StoredBlock, _ query: OutcomeQuery) throws -> [Int] {
        var entries = EntryQuery(teamID: query.teamID)
        entries.connector = query.connector
        entries.flowID = query.flowID
        entries.from = query.from
        entries.to = query.to
        let filter = EntryFilter(entries)
        return try search.mayHold(filter.keys, block) ? filter.rows(of: block) : []
    }
}
