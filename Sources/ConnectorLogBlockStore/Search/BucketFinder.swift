import ConnectorLogCore

/// Finds the buckets of many times. Those of a block mostly follow each other: a division is seldom needed.
struct BucketFinder {
    private let from: Int64
    private let to: Int64
    private let width: Int64
    private let firstStart: Int64
    /// The bucket that was found last.
    private var bucket = 0
    private var start = Int64.max
    private var end = Int64.min

    init(_ buckets: TimeBuckets) {
        (from, to, width) = (buckets.from.microseconds, buckets.to.microseconds, buckets.width)
        firstStart = buckets.firstStart.microseconds
    }

    /// Nil for times out of the span.
    @inline(__always)
    mutating func bucket(of time: Int64) -> Int? {
        if time >= start, time < end { return bucket }
        guard time >= from, time < to else { return nil }
        bucket = Int((time - firstStart) / width)
        // Within the span, so that no look at its ends is needed. The last bucket may end beyond all times.
        let bucketStart = firstStart + Int64(bucket) * width
        start = max(from, bucketStart)
        end = width < to - bucketStart ? bucketStart + width : to
        return bucket
    }
}
