package import ConnectorLogCore

/// How many requests an hour.
package struct RateLimit: Hashable, Sendable {
    /// 1...1,000,000,000.
    package let perHour: Int

    /// Nil for 0: unlimited.
    package init?(perHour: Int) {
        guard perHour > 0 else { return nil }
        self.perHour = min(perHour, 1_000_000_000)
    }

    /// Nanoseconds until the bucket holds one token more.
    fileprivate var interval: Int64 { 3_600_000_000_000 / Int64(perHour) }
    /// Nanoseconds until an empty bucket is full.
    fileprivate var window: Int64 { interval * Int64(perHour) }
}

/// Where a budget stands, as the answer's headers tell it.
package struct RateLimitStatus: Hashable, Sendable {
    /// Requests an hour.
    package var limit: Int
    /// Requests that are left now.
    package var remaining: Int
    /// 1...3600 when the request was one too many, else nil.
    package var retryAfterSeconds: Int?

    package init(limit: Int, remaining: Int, retryAfterSeconds: Int? = nil) {
        (self.limit, self.remaining, self.retryAfterSeconds) = (limit, remaining, retryAfterSeconds)
    }

    package var isExceeded: Bool { retryAfterSeconds != nil }
}

/// A token bucket: full at first, it holds an hour's requests, and what is taken comes back evenly over the hour.
///
/// Kept as the one instant at which it will be full again (the generic cell rate algorithm, ITU-T I.371, annex A), in
/// whole nanoseconds: no rounding adds up.
package struct TokenBucket: Hashable, Sendable {
    private var fullAt: Int64 = .min

    package init() {}

    package mutating func take(_ limit: RateLimit, now: Timestamp) -> RateLimitStatus {
        let now = Self.nanoseconds(now)
        let base = clamped(to: limit, now: now)
        let next = base + limit.interval
        guard next <= now + limit.window else {
            let wait = next - (now + limit.window)
            fullAt = base
            return RateLimitStatus(
                limit: limit.perHour, remaining: 0, retryAfterSeconds: Int((wait + 999_999_999) / 1_000_000_000))
        }
        fullAt = next
        return status(limit, now: now)
    }

    package func status(_ limit: RateLimit, now: Timestamp) -> RateLimitStatus {
        status(limit, now: Self.nanoseconds(now))
    }

    private func status(_ limit: RateLimit, now: Int64) -> RateLimitStatus {
        let left = (now + limit.window - clamped(to: limit, now: now)) / limit.interval
        return RateLimitStatus(limit: limit.perHour, remaining: Int(left))
    }

    package func isFull(at now: Timestamp) -> Bool { fullAt <= Self.nanoseconds(now) }

    /// Of two buckets, the one that is fuller loses less when it is forgotten.
    package func isFuller(than other: TokenBucket) -> Bool { fullAt < other.fullAt }

    /// Never in the past, and no further ahead than an empty bucket's, also when the clock was set back.
    private func clamped(to limit: RateLimit, now: Int64) -> Int64 {
        min(max(fullAt, now), now + limit.window)
    }

    private static func nanoseconds(_ time: Timestamp) -> Int64 {
        time.microseconds * 1000
    }
}
