import ConnectorLogAPI
import HTTPTypes
import NIOCore
import Synchronization

/// How many calls of each connector are under way, how fast they come, and how many may be made again.
final class CallLimits: Sendable {
    private struct Key: Hashable {
        var team: Int64
        var connector: String
    }

    fileprivate struct Load {
        var underWay = 0
        /// The instant at which all of a second's calls may come at once again (the generic cell rate algorithm, ITU-T
        /// I.371, annex A).
        var fullAt = NIODeadline.uptimeNanoseconds(0)
        var retries = RetryBudget()
    }

    private let loads = Mutex<[Key: Load]>([:])

    var underWay: Int { loads.withLock { $0.values.reduce(0) { $0 + $1.underWay } } }

    /// Takes a place, to be given back by `leave`; nil when the call is let in.
    func enter(_ admission: InvokerAdmission, now: NIODeadline = .now()) -> InvokerRefusal? {
        let target = admission.route.target
        return loads.withLock { loads in
            let key = Key(team: admission.teamID, connector: admission.connector)
            var load = loads[key] ?? Load()
            guard load.underWay < target.concurrency else {
                return .tooMany("\(target.concurrency) calls of this connector are under way", after: 1)
            }
            guard load.keepsPace(target, now) else {
                return .tooMany("this connector may make \(target.callsPerSecond ?? 0) calls a second", after: 1)
            }
            load.retries.noteCall(now: now)
            load.underWay += 1
            loads[key] = load
            return nil
        }
    }

    /// Whether a call that has a place may go out once more.
    func mayRetry(_ admission: InvokerAdmission, now: NIODeadline = .now()) -> Bool {
        loads.withLock { loads in
            let key = Key(team: admission.teamID, connector: admission.connector)
            guard var load = loads[key], load.retries.take(now: now), load.keepsPace(admission.route.target, now) else {
                return false
            }
            loads[key] = load
            return true
        }
    }

    func leave(_ admission: InvokerAdmission, now: NIODeadline = .now()) {
        loads.withLock { loads in
            let key = Key(team: admission.teamID, connector: admission.connector)
            guard var load = loads[key] else { return }
            load.underWay -= 1
            // Nothing is left to remember of one that is at rest.
            let isAtRest = load.underWay == 0 && load.fullAt <= now && load.retries.isFull(now: now)
            loads[key] = isAtRest ? nil : load
        }
    }
}

extension CallLimits.Load {
    /// Takes one call out of the connector's rate; false, and nothing taken, when it has none left.
    fileprivate mutating func keepsPace(_ target: ConnectorTarget, _ now: NIODeadline) -> Bool {
        guard let rate = target.callsPerSecond else { return true }
        let next = max(fullAt, now) + .nanoseconds(1_000_000_000 / Int64(rate))
        guard next <= now + .seconds(1) else { return false }
        fullAt = next
        return true
    }
}

extension InvokerRefusal {
    fileprivate static func tooMany(_ message: String, after seconds: Int) -> InvokerRefusal {
        InvokerRefusal(.tooManyRequests, message, headers: [.retryAfter: String(seconds)])
    }
}
