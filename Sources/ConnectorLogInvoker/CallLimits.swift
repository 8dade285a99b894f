import ConnectorLogAPI
import HTTPTypes
import NIOCore
import Synchronization

/// How many calls of each connector are under way, and how fast they come.
final class CallLimits: Sendable {
    private struct Key: Hashable {
        var team: Int64
        var connector: String
    }

    private struct Load {
        var underWay = 0
        /// The instant at which all of a second's calls may come at once again (the generic cell rate algorithm, ITU-T
        /// I.371, annex A).
        var fullAt = NIODeadline.uptimeNanoseconds(0)
    }

    private let loads = Mutex<[Key: Load]>([:])

    var underWay: Int { loads.withLock { $0.values.reduce(0) { $0 + $1.underWay } } }

    /// Takes a place, to be given back by `leave`; nil when the call is let in.
    func enter(_ admission: InvokerAdmission, now: NIODeadline = .now()) -> InvokerRefusal? {
        let target = admission.target
        return loads.withLock { loads in
            let key = Key(team: admission.teamID, connector: admission.connector)
            var load = loads[key] ?? Load()
            guard load.underWay < target.concurrency else {
                return .tooMany("\(target.concurrency) calls of this connector are under way", after: 1)
            }
            if let rate = target.callsPerSecond {
                let step = TimeAmount.nanoseconds(1_000_000_000 / Int64(rate))
                let next = max(load.fullAt, now) + step
                guard next <= now + .seconds(1) else {
                    return .tooMany("this connector may make \(rate) calls a second", after: 1)
                }
                load.fullAt = next
            }
            load.underWay += 1
            loads[key] = load
            return nil
        }
    }

    func leave(_ admission: InvokerAdmission, now: NIODeadline = .now()) {
        loads.withLock { loads in
            let key = Key(team: admission.teamID, connector: admission.connector)
            guard var load = loads[key] else { return }
            load.underWay -= 1
            // Nothing is left to remember of one that is at rest.
            loads[key] = load.underWay == 0 && load.fullAt <= now ? nil : load
        }
    }
}

extension InvokerRefusal {
    fileprivate static func tooMany(_ message: String, after seconds: Int) -> InvokerRefusal {
        InvokerRefusal(.tooManyRequests, message, headers: [.retryAfter: String(seconds)])
    }
}
