/// How many entries pass the filters of a query over time, by outcome.
package struct EntryCountQuery: Hashable, Sendable {
    /// Its order, place, limit and times count for nothing.
    package var entries: EntryQuery
    package var buckets: TimeBuckets
    /// After so many entries that had to be read the count stops: newest first, in whole blocks. What the directory of blocks
    /// tells costs nothing.
    package var readLimit: Int

    package init(entries: EntryQuery, buckets: TimeBuckets, readLimit: Int = 2_000_000) {
        (self.entries, self.buckets, self.readLimit) = (entries, buckets, readLimit)
    }
}

package struct EntryCounts: Hashable, Sendable {
    /// One a bucket of the query.
    package var ok: [Int]
    package var failed: [Int]
    /// Buckets that begin before this time may lack entries, because the count stopped; nil when it is complete.
    package var incompleteBefore: Timestamp?

    package init(ok: [Int], failed: [Int], incompleteBefore: Timestamp? = nil) {
        (self.ok, self.failed, self.incompleteBefore) = (ok, failed, incompleteBefore)
    }

    package var total: Int { ok.reduce(0, +) + failed.reduce(0, +) }
}
