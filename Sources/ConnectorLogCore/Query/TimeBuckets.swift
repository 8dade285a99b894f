/// A span of time in equal buckets that start at whole widths since the epoch. The first and the last may lie in it in part:
/// what is before `from`, or from `to` on, counts in none.
package struct TimeBuckets: Hashable, Sendable {
    /// So that one answer stays small.
    package static let maximumCount = 10_080

    /// Inclusive.
    package let from: Timestamp
    /// Exclusive.
    package let to: Timestamp
    /// Microseconds, 1 or more.
    package let width: Int64

    /// - Precondition: `width` is 1 or more, `from` is not before the epoch, and there are at most `maximumCount` buckets.
    package init(from: Timestamp, to: Timestamp, width: Int64) {
        precondition(width > 0 && from >= .epoch)
        (self.from, self.to, self.width) = (from, to, width)
        precondition(count <= Self.maximumCount)
    }

    /// The start of the first.
    package var firstStart: Timestamp { Timestamp(microseconds: from.microseconds - from.microseconds % width) }

    package var count: Int {
        from < to ? Int((to.microseconds - firstStart.microseconds - 1) / width) + 1 : 0
    }

    package func start(of bucket: Int) -> Timestamp {
        Timestamp(microseconds: firstStart.microseconds + Int64(bucket) * width)
    }

    /// Nil for times out of the span.
    package func bucket(of time: Timestamp) -> Int? {
        guard time >= from, time < to else { return nil }
        return Int((time.microseconds - firstStart.microseconds) / width)
    }
}
