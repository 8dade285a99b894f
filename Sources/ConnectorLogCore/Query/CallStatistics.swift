/// Calls of a team over time and by connector or event: how many, how many failed, how long they took.
package struct CallStatisticsQuery: Hashable, Sendable {
    /// What calls are told apart by, beside time.
    package enum Grouping: Hashable, Sendable {
        case connector
        /// Calls without an event are one group with those of an empty one, with an empty name.
        case event
    }

    /// Of more names than this, calls of those that are met last count in no group: a sender may give each call one of its
    /// own.
    package static let maximumGroups = 10_000

    package var teamID: Int64
    package var buckets: TimeBuckets
    package var connector: String?
    /// Of these flows alone; nil for all calls, also those of no flow.
    package var flowIDs: Set<String>?
    package var grouping: Grouping

    package init(teamID: Int64, buckets: TimeBuckets, grouping: Grouping = .connector) {
        (self.teamID, self.buckets, self.grouping) = (teamID, buckets, grouping)
    }
}

package struct CallStatistics: Hashable, Sendable {
    /// Some calls, and the durations of those that tell one.
    package struct Tally: Hashable, Sendable {
        package var ok = 0
        package var failed = 0
        package var durations = DurationHistogram()
        /// The time of the last call; nil without calls.
        package var last: Timestamp?

        package init() {}

        package var calls: Int { ok + failed }

        /// - Parameter microseconds: how long it took; nil when that is unknown.
        package mutating func add(_ outcome: Outcome, at time: Timestamp, microseconds: Int64?) {
            switch outcome {
            case .ok: ok += 1
            case .failed: failed += 1
            }
            if let microseconds { durations.add(microseconds: microseconds) }
            last = max(last ?? time, time)
        }

        package mutating func add(_ other: Tally) {
            ok += other.ok
            failed += other.failed
            durations.add(other.durations)
            last = [last, other.last].compactMap(\.self).max()
        }
    }

    package struct Group: Hashable, Sendable {
        package var name: String
        package var tally: Tally

        package init(name: String, tally: Tally) {
            (self.name, self.tally) = (name, tally)
        }
    }

    /// One a bucket of the query.
    package var buckets: [Tally]
    /// Those that have a call, by the bytes of their names.
    package var groups: [Group]

    package init(buckets: [Tally], groups: [Group]) {
        (self.buckets, self.groups) = (buckets, groups)
    }
}
