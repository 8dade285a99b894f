package import ConnectorLogCore

/// A bucket for each key of many, in bounded memory.
///
/// When it is full, buckets that are full themselves go first: forgetting them changes nothing. If that is not enough, an
/// eighth of the table goes, the fullest.
package struct TokenBucketTable<Key: Hashable & Sendable>: Sendable {
    private let limit: RateLimit
    private let capacity: Int
    private var buckets: [Key: TokenBucket] = [:]

    package init(limit: RateLimit, capacity: Int) {
        (self.limit, self.capacity) = (limit, max(capacity, 1))
    }

    package var count: Int { buckets.count }

    package mutating func take(_ key: Key, now: Timestamp) -> RateLimitStatus {
        if buckets[key] == nil, buckets.count >= capacity { makeRoom(now: now) }
        return buckets[key, default: TokenBucket()].take(limit, now: now)
    }

    package func status(_ key: Key, now: Timestamp) -> RateLimitStatus {
        (buckets[key] ?? TokenBucket()).status(limit, now: now)
    }

    private mutating func makeRoom(now: Timestamp) {
        buckets = buckets.filter { !$0.value.isFull(at: now) }
        guard buckets.count >= capacity else { return }
        let fullest = buckets.sorted { $0.value.isFuller(than: $1.value) }.prefix(capacity / 8 + 1)
        for (key, _) in fullest { buckets[key] = nil }
    }
}
