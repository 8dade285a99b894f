/// How long one request waits between attempts. Pure: it is told of failures and a random number, and says how long to
/// wait, so that tests need no clock.
struct RetrySchedule: Sendable {
    struct Policy: Sendable {
        var firstDelay: Duration = .milliseconds(250)
        var maximumDelay: Duration = .seconds(30)
        /// What one request may wait in all. A server that asks for more patience than is left is not asked again.
        var budget: Duration = .seconds(300)
    }

    private let policy: Policy
    private var failures = 0
    private var waited: Duration = .zero

    init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// How long to wait after a failure, or nil to give up.
    ///
    /// The delay doubles with each failure up to its maximum; half of it is random, so that requests that failed together
    /// do not come back together. The server's `Retry-After` (RFC 9110, section 10.2.3) is a lower bound.
    mutating func delay(retryAfter: Duration?, random: Double) -> Duration? {
        let doubled = policy.firstDelay * (1 << min(failures, 20))
        let backoff = min(doubled, policy.maximumDelay)
        let delay = max(backoff / 2 + backoff / 2 * random, retryAfter ?? .zero)
        guard waited + delay <= policy.budget else { return nil }
        failures += 1
        waited += delay
        return delay
    }
}
