/// How long one batch waits between attempts. Pure: it is told of failures and a random number, and says how long to wait.
struct RetrySchedule: Sendable {
    private static let firstDelay = Duration.milliseconds(250)
    private static let maximumDelay = Duration.seconds(30)

    private let attempts: Int
    private let budget: Duration
    private var failures = 0
    private var waited = Duration.zero

    init(attempts: Int, budget: Duration) {
        (self.attempts, self.budget) = (attempts, budget)
    }

    /// How long to wait after a failed attempt, or nil to give up.
    ///
    /// The delay doubles with each failure up to 30 seconds; half of it is random, so that hosts that failed together do not
    /// come back together. The server's `Retry-After` (RFC 9110, section 10.2.3) is a lower bound within the budget.
    mutating func delay(retryAfter: Duration?, random: Double) -> Duration? {
        failures += 1
        guard failures < attempts else { return nil }
        let backoff = min(Self.firstDelay * (1 << min(failures - 1, 20)), Self.maximumDelay)
        return wait(max(backoff / 2 + backoff / 2 * random, retryAfter ?? .zero))
    }

    /// So much of `duration` as the budget has left, or nil when it has nothing left.
    mutating func wait(_ duration: Duration) -> Duration? {
        let left = min(duration, budget - waited)
        guard left > .zero else { return nil }
        waited += left
        return left
    }
}
