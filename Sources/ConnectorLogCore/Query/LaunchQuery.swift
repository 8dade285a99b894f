/// How often a team's flows were launched: states by the time of their creation.
package struct LaunchQuery: Hashable, Sendable {
    package var teamID: Int64
    package var buckets: TimeBuckets
    /// As `FlowQuery.search`.
    package var search: String?
    /// So many flows at most, those with the most launches first; of equals, by id.
    package var limit: Int

    package init(teamID: Int64, buckets: TimeBuckets, search: String? = nil, limit: Int = 5) {
        (self.teamID, self.buckets, self.search, self.limit) = (teamID, buckets, search, limit)
    }
}

/// The launches of one flow.
package struct FlowLaunches: Hashable, Sendable {
    package var flowID: String
    package var flowName: String?
    /// One a bucket.
    package var launches: [Int]
    package var total: Int

    package init(flowID: String, flowName: String?, launches: [Int]) {
        (self.flowID, self.flowName, self.launches) = (flowID, flowName, launches)
        total = launches.reduce(0, +)
    }
}

/// How many root faults a team had over time.
package struct FaultCountQuery: Hashable, Sendable {
    package var teamID: Int64
    package var buckets: TimeBuckets
    package var connector: String?
    /// Of these flows alone; nil for all faults, also those of no flow.
    package var flowIDs: Set<String>?

    package init(teamID: Int64, buckets: TimeBuckets) {
        (self.teamID, self.buckets) = (teamID, buckets)
    }
}
