import ConnectorLogCore

/// Counts the entries that pass filters, by outcome over time: from the directory where a block lies whole in one bucket
/// and the filters ask for nothing that its row does not tell, else from the columns that they ask for.
struct EntryCounter: Sendable {
    private let buckets: TimeBuckets
    private let outcome: Outcome?
    private let filter: EntryFilter
    /// What the directory tells.
    private var counted: EntryCounts
    /// The blocks to be read, the latest first.
    let queue: BlockQueue

    init(_ query: EntryCountQuery, blocks: [BlockSummary]) {
        let buckets = query.buckets
        var entries = query.entries
        (entries.from, entries.to, entries.after) = (buckets.from, buckets.to, nil)
        let filter = EntryFilter(entries)
        var counted = EntryCounts(buckets)
        var finder = BucketFinder(buckets)
        var read: [BlockSummary] = []
        for block in blocks.reversed() where buckets.count > 0 && filter.mayMatch(block) {
            if filter.asksNothing(beyondTheRowOf: block), let bucket = finder.bucket(of: block.firstTime),
                bucket == finder.bucket(of: block.lastTime)
            {
                if entries.outcome != .failed { counted.ok[bucket] += block.ok }
                if entries.outcome != .ok { counted.failed[bucket] += block.failed }
            } else {
                read.append(block)
            }
        }
        (self.buckets, self.filter, self.counted) = (buckets, filter, counted)
        outcome = entries.outcome
        queue = BlockQueue(read, rowLimit: query.readLimit)
    }

    /// Counts blocks until none is left, beside another reader that does the same.
    func read(by search: EntrySearch) throws -> EntryCounts {
        var counts = EntryCounts(buckets)
        while let block = queue.next() {
            try Task.checkCancellation()
            _ = try search.quarantine.reading(block) { try count(search.open(block), by: search, in: &counts) }
        }
        return counts
    }

    /// Counts all or, where it throws, nothing.
    private func count(_ block: StoredBlock, by search: EntrySearch, in counts: inout EntryCounts) throws {
        guard try search.mayHold(filter, block) else { return }
        queue.willRead(block.summary)
        let rows = try filter.rows(of: block)
        guard !rows.isEmpty else { return }
        let times = try block.integers(.logTime)
        let outcomes = try block.integers(.outcome)
        var finder = BucketFinder(buckets)
        for row in rows {
            guard let bucket = finder.bucket(of: times[row]) else { continue }
            if outcomes[row] == Int64(Outcome.ok.rawValue) {
                counts.ok[bucket] += 1
            } else {
                counts.failed[bucket] += 1
            }
        }
    }

    /// What all readers counted, once they are done.
    func sum(of parts: [EntryCounts]) -> EntryCounts {
        var sum = counted
        for part in parts {
            for bucket in sum.ok.indices {
                sum.ok[bucket] += part.ok[bucket]
                sum.failed[bucket] += part.failed[bucket]
            }
        }
        sum.incompleteBefore = queue.firstLeft.map {
            Timestamp(microseconds: min($0.lastTime + 1, buckets.to.microseconds))
        }
        return sum
    }
}

extension EntryCounts {
    fileprivate init(_ buckets: TimeBuckets) {
        let none = Array(repeating: 0, count: buckets.count)
        self.init(ok: none, failed: none)
    }
}
