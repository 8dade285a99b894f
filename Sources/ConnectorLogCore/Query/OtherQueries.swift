/// Which root faults of a team; ordered by `occurredAt` and id.
package struct FaultQuery: Hashable, Sendable {
    package var teamID: Int64
    package var stateID: String?
    package var connector: String?
    package var name: String?
    /// Inclusive.
    package var from: Timestamp?
    /// Exclusive.
    package var to: Timestamp?
    package var order: PageOrder
    package var after: PagePosition?
    /// 1...1000.
    package var limit: Int

    package init(teamID: Int64, order: PageOrder = .newestFirst, limit: Int = 100) {
        (self.teamID, self.order, self.limit) = (teamID, order, limit)
    }
}

/// Which flows of a team, the latest active first; a flow counts the states whose last action lies in the range.
package struct FlowQuery: Hashable, Sendable {
    package var teamID: Int64
    package var from: Timestamp?
    package var to: Timestamp?
    /// A substring of the flow's name or id; letters of ASCII match in either case.
    package var search: String?
    package var after: NamedPosition?
    package var limit: Int

    package init(teamID: Int64, limit: Int = 100) {
        (self.teamID, self.limit) = (teamID, limit)
    }
}

/// Which states of a flow, the latest active first.
package struct StateQuery: Hashable, Sendable {
    package var teamID: Int64
    package var flowID: String
    package var status: FlowState.Status?
    /// Bounds of the last action: inclusive.
    package var from: Timestamp?
    /// Exclusive.
    package var to: Timestamp?
    package var after: NamedPosition?
    package var limit: Int

    package init(teamID: Int64, flowID: String, limit: Int = 100) {
        (self.teamID, self.flowID, self.limit) = (teamID, flowID, limit)
    }
}

/// A place in a list that is ordered by time, newest first, and then by a name, ascending.
package struct NamedPosition: Hashable, Sendable {
    package var time: Timestamp
    package var name: String

    package init(time: Timestamp, name: String) {
        (self.time, self.name) = (time, name)
    }
}

package struct NamedPage<Row: Sendable>: Sendable {
    package var rows: [Row]
    package var next: NamedPosition?

    package init(rows: [Row], next: NamedPosition?) {
        (self.rows, self.next) = (rows, next)
    }
}

/// Counts of a team's entries by outcome in equal buckets of time that start at whole intervals of UTC.
package struct OutcomeQuery: Hashable, Sendable {
    package enum Interval: String, Sendable, CaseIterable {
        case minute, hour, day

        package var microseconds: Int64 {
            switch self {
            case .minute: 60_000_000
            case .hour: 3_600_000_000
            case .day: 86_400_000_000
            }
        }
    }

    /// A query spans at most this many buckets (a week of minutes), so that one answer stays small.
    package static let maximumBuckets = 10_080

    package var teamID: Int64
    package var interval: Interval
    /// Inclusive.
    package var from: Timestamp
    /// Exclusive.
    package var to: Timestamp
    package var connector: String?
    package var flowID: String?

    package init(teamID: Int64, interval: Interval, from: Timestamp, to: Timestamp) {
        (self.teamID, self.interval, self.from, self.to) = (teamID, interval, from, to)
    }

    /// The start of the bucket that holds `time`.
    package func bucketStart(of time: Timestamp) -> Timestamp {
        Timestamp(microseconds: time.microseconds - time.microseconds % interval.microseconds)
    }

    /// The starts of all buckets that the range touches, oldest first.
    package var bucketStarts: [Timestamp] {
        guard from < to else { return [] }
        let first = Int(bucketStart(of: from).microseconds)
        return stride(from: first, to: Int(to.microseconds), by: Int(interval.microseconds))
            .map { Timestamp(microseconds: Int64($0)) }
    }
}

package struct OutcomeBucket: Hashable, Sendable {
    package var start: Timestamp
    package var ok: Int
    package var failed: Int

    package init(start: Timestamp, ok: Int, failed: Int) {
        (self.start, self.ok, self.failed) = (start, ok, failed)
    }
}
