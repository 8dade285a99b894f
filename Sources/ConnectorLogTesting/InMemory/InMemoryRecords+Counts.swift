import ConnectorLogCore

/// Counts over time.
extension InMemoryRecords {
    func launches(_ query: LaunchQuery) -> [FlowLaunches] {
        let launched = states.values.map(\.state).filter {
            $0.teamID == query.teamID && $0.flowID != nil && query.buckets.bucket(of: $0.createdAt) != nil
        }
        let flows = Dictionary(grouping: launched) { Array(($0.flowID ?? "").utf8) }
            .map { flowID, states in
                let latestFirst = states.sorted {
                    Self.isBefore(($0.lastActionAt, $0.stateID), ($1.lastActionAt, $1.stateID))
                }
                return FlowLaunches(
                    flowID: String(decoding: flowID, as: UTF8.self),
                    flowName: latestFirst.lazy.compactMap(\.flowName).first,
                    launches: Self.counts(states.map(\.createdAt), query.buckets))
            }
            .filter { flow in
                guard let search = query.search else { return true }
                return flow.flowID.contains(ignoringASCIICase: search)
                    || flow.flowName?.contains(ignoringASCIICase: search) ?? false
            }
            .sorted { $0.total == $1.total ? $0.flowID.precedes($1.flowID) : $0.total > $1.total }
        return Array(flows.prefix(query.limit))
    }

    func faultCounts(_ query: FaultCountQuery) -> [Int] {
        let counted = faults.filter { fault in
            fault.teamID == query.teamID && fault.connectorIdentifier.matches(filter: query.connector)
                && fault.flowID.matches(filter: query.flowIDs)
        }
        return Self.counts(counted.map(\.occurredAt), query.buckets)
    }

    func statistics(_ query: CallStatisticsQuery) -> CallStatistics {
        let calls = entries.map(\.summary).filter { call in
            call.teamID == query.teamID && query.buckets.bucket(of: call.logTime) != nil
                && String?(call.connectorIdentifier).matches(filter: query.connector)
                && call.flowID.matches(filter: query.flowIDs)
        }
        let buckets = Dictionary(grouping: calls) { query.buckets.bucket(of: $0.logTime) }
        let groups = Dictionary(grouping: calls) { call in
            switch query.grouping {
            case .connector: Array(call.connectorIdentifier.utf8)
            case .event: Array((call.event ?? "").utf8)
            }
        }
        return CallStatistics(
            buckets: (0..<query.buckets.count).map { Self.tally(buckets[$0] ?? []) },
            groups: groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { name, calls in
                CallStatistics.Group(name: String(decoding: name, as: UTF8.self), tally: Self.tally(calls))
            })
    }

    func counts(_ query: EntryCountQuery) -> EntryCounts {
        var filters = query.entries
        (filters.from, filters.to) = (nil, nil)
        let found = entries.filter(filters.matches).map(\.summary)
        func counts(_ outcome: Outcome) -> [Int] {
            Self.counts(found.filter { $0.outcome == outcome }.map(\.logTime), query.buckets)
        }
        return EntryCounts(ok: counts(.ok), failed: counts(.failed))
    }

    private static func counts(_ times: [Timestamp], _ buckets: TimeBuckets) -> [Int] {
        let byBucket = Dictionary(grouping: times) { buckets.bucket(of: $0) }
        return (0..<buckets.count).map { byBucket[$0]?.count ?? 0 }
    }

    private static func tally(_ calls: [EntrySummary]) -> CallStatistics.Tally {
        var tally = CallStatistics.Tally()
        for call in calls { tally.add(call.outcome, at: call.logTime, microseconds: call.durationMicroseconds) }
        return tally
    }
}
