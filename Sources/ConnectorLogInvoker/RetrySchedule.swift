import ConnectorLogCore
import HTTPTypes
import NIOCore

/// Which calls may be made again, and after what time.
enum RetrySchedule {
    /// Of answers that speak of the moment, not of the request (RFC 6585, section 4; RFC 9110, section 15.6).
    static let statuses: Set<Int> = [429, 502, 503, 504]
    /// Bytes of a request's body that are kept for another attempt.
    static let bodyBytes = 64 << 10

    private static let firstDelay = TimeAmount.milliseconds(100)
    private static let longestDelay = TimeAmount.seconds(5)

    /// Whether repeating a request does no more than making it once (RFC 9110, section 9.2.2).
    static func isIdempotent(_ method: HTTPRequest.Method) -> Bool {
        [.get, .head, .options, .put, .delete].contains(method)
    }

    /// Doubles with each attempt; half of it is random, so that calls that failed together do not come back together.
    ///
    /// - Parameters:
    ///   - failed: attempts so far.
    ///   - retryAfter: the vendor's field, a lower bound (RFC 9110, section 10.2.3).
    ///   - random: 0 to 1.
    static func delay(failed: Int, retryAfter: String? = nil, now: Timestamp, random: Double) -> TimeAmount {
        let backoff = min(firstDelay * (1 << min(failed - 1, 16)), longestDelay)
        let jittered = TimeAmount.nanoseconds(backoff.nanoseconds / 2 + Int64(Double(backoff.nanoseconds / 2) * random))
        return max(jittered, retryAfter.flatMap { wait($0, now) } ?? .zero)
    }

    /// Seconds, or a date; nil for anything else.
    private static func wait(_ field: String, _ now: Timestamp) -> TimeAmount? {
        if let seconds = UInt32(field) { return .seconds(Int64(seconds)) }
        let text = Array(field.utf8)
        guard let seconds = HTTPDate.seconds(text.span, 0..<text.count) else { return nil }
        return .microseconds(max(0, seconds * 1_000_000 - now.microseconds))
    }
}

/// How many further attempts a connector may make: a tenth of its calls, or one a second where that is more, and ten at
/// once. A vendor that is down for all must not get each call several times.
struct RetryBudget {
    private static let most = 10.0
    private static let share = 0.1
    private static let eachSecond = 1.0

    private var credit = most
    private var countedAt = NIODeadline.uptimeNanoseconds(0)

    mutating func noteCall(now: NIODeadline) {
        credit = min(credit(at: now) + Self.share, Self.most)
        countedAt = now
    }

    mutating func take(now: NIODeadline) -> Bool {
        let left = credit(at: now) - 1
        guard left >= 0 else { return false }
        (credit, countedAt) = (left, now)
        return true
    }

    func isFull(now: NIODeadline) -> Bool { credit(at: now) >= Self.most }

    private func credit(at now: NIODeadline) -> Double {
        let seconds = Double(max(0, (now - countedAt).nanoseconds)) / 1e9
        return min(credit + seconds * Self.eachSecond, Self.most)
    }
}
