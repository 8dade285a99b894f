import ConnectorLogCore

/// What comes in a report of Boomi Flow, told apart to be counted.
package enum BoomiEventKind: String, Sendable, CaseIterable {
    // Of a service invoker: a call of a connector.
    case request, response, failure
    /// A whole `State`.
    case state
    // Events that tell of no call of a connector: by what stands in front of the first dot of their type.
    case api, flow, tenant, user
    case stateEvent = "state_event"
    /// An event of another type, or what is no event.
    case unknown

    /// By the type of an event; nil where only `data` can say what the event of a service invoker is.
    init?(type: String) {
        let parts = type.lowercased().split(separator: ".", maxSplits: 1)
        switch parts.first {
        case "serviceinvoker":
            // No document names them, so any name will do that says it.
            let rest = parts.count == 2 ? parts[1] : ""
            if ["fail", "error", "fault", "problem"].contains(where: rest.contains) {
                self = .failure
            } else if rest.contains("response") {
                self = .response
            } else if rest.contains("request") {
                self = .request
            } else {
                return nil
            }
        case "api": self = .api
        case "flow": self = .flow
        case "state": self = .stateEvent
        case "tenant": self = .tenant
        case "user": self = .user
        default: self = .unknown
        }
    }

    /// The part of a call that it tells.
    var part: PendingPart.Kind? {
        switch self {
        case .request: .request
        case .response: .response
        case .failure: .failure
        default: nil
        }
    }
}

/// What became of the events and states of one report.
package struct BoomiOutcome: Equatable, Sendable {
    package struct Counts: Equatable, Sendable {
        /// On disk, or there from an earlier report.
        package var taken = 0
        /// Nothing to record.
        package var skipped = 0
        package var rejected = 0

        package init() {}
    }

    package private(set) var counts: [BoomiEventKind: Counts] = [:]
    /// The place of the first of the rejected in the report, and why it was not taken. Never carries its contents.
    package private(set) var firstRejected: RejectedLine?

    package init() {}

    /// What the sender is told of it.
    package var firstRejection: String? { firstRejected.map { "event \($0.reason)" } }

    package var taken: Int { counts.values.reduce(0) { $0 + $1.taken } }
    package var skipped: Int { counts.values.reduce(0) { $0 + $1.skipped } }
    package var rejected: Int { counts.values.reduce(0) { $0 + $1.rejected } }
    package var isUnknownAmongThem: Bool { counts[.unknown].map { $0.skipped > 0 } ?? false }

    /// Of what was taken.
    var bringsNoMoreRequestsThanAnswers: Bool {
        let answers = (counts[.response]?.taken ?? 0) + (counts[.failure]?.taken ?? 0)
        return counts[.request]?.taken ?? 0 <= answers
    }

    mutating func take(_ kind: BoomiEventKind) { counts[kind, default: Counts()].taken += 1 }
    mutating func skip(_ kind: BoomiEventKind) { counts[kind, default: Counts()].skipped += 1 }

    /// - Parameter place: of the event in the report, from 1.
    mutating func reject(_ kind: BoomiEventKind, _ error: LineError, at place: Int) {
        counts[kind, default: Counts()].rejected += 1
        if firstRejected == nil { firstRejected = RejectedLine(line: place, error: error) }
    }
}

/// Limits of reports of Boomi Flow beside those of all ways in.
package enum BoomiLimits {
    /// Bytes of one report after decompression.
    package static let requestBytes = 20 << 20
    /// Events and states of one report.
    package static let events = 10_000
    /// Root faults of one state; more are left out, and the report is counted as taken.
    package static let faults = 100
    /// Root faults of one report: each has to be compared with those that are stored.
    package static let reportFaults = 10_000
    /// Seconds that a part of a call waits for the other.
    package static let window: Int64 = 60
    /// Parts of one team that wait at most. Of a report that brings no more requests than answers they may be twice as many,
    /// and so may the other three.
    package static let teamParts = 10_000
    /// The same of all teams.
    package static let allParts = 50_000
    /// Bytes of entries of one team that wait at most.
    package static let teamBytes = 64 << 20
    package static let allBytes = 256 << 20
    /// Calls that are put together at once.
    static let callsAtOnce = 1000
    /// Bytes of their parts.
    static let bytesAtOnce = 16 << 20
}
