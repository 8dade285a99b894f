import ConnectorLogCore
import ConnectorLogTesting

/// Defects of launches, statistics and counts.
enum BrokenCounts {
    static let all: [BrokenVariant] = launches + faults + statistics + counts

    /// A changed copy.
    private static func changed<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
        var value = value
        change(&value)
        return value
    }

    private static func moved(_ buckets: TimeBuckets, from: Int64 = 0, to: Int64 = 0) -> TimeBuckets {
        TimeBuckets(
            from: buckets.from.advanced(byMicroseconds: from), to: buckets.to.advanced(byMicroseconds: to),
            width: buckets.width)
    }

    private static func whole(_ buckets: TimeBuckets) -> TimeBuckets {
        TimeBuckets(from: buckets.firstStart, to: buckets.to, width: buckets.width)
    }

    private static let launches: [BrokenVariant] = [
        .log("countsLaunchesBeforeTheSpan", caughtBy: "launchesCountAtTheEdgesOfBuckets") { log in
            log.launchQuery = { query in changed(query) { $0.buckets = whole($0.buckets) } }
        },
        .batch("launchesStatesWhenTheyAct", caughtBy: "launchesCountByCreation") { batch in
            for row in batch.states.indices { batch.states[row].createdAt = batch.states[row].updatedAt }
        },
        .log("listsLaunchesById", caughtBy: "mostLaunchedFlowsComeFirst") { log in
            log.flowLaunches = { $0.sorted { $0.flowID < $1.flowID } }
        },
        .log("limitsLaunchesBeforeItSearches", caughtBy: "launchesAreSearchedByNameAndId") { log in
            log.launchQuery = { query in changed(query) { $0.search = nil } }
        },
    ]

    private static let faults: [BrokenVariant] = [
        .log("countsTheEndOfFaults", caughtBy: "faultsCountAtTheEdgesOfBuckets") { log in
            log.faultCountQuery = { query in changed(query) { $0.buckets = moved($0.buckets, from: 1) } }
        },
        .log("takesNoFlowsForAll", caughtBy: "faultCountsAreFiltered") { log in
            log.faultCountQuery = { query in changed(query) { $0.flowIDs = $0.flowIDs == [] ? nil : $0.flowIDs } }
        },
    ]

    private static let statistics: [BrokenVariant] = [
        .log("talliesTheEnd", caughtBy: "callsCountAtTheEdgesOfBuckets") { log in
            log.statisticsQuery = { query in
                changed(query) { if $0.buckets.count > 0 { $0.buckets = moved($0.buckets, to: 1) } }
            }
        },
        .log("leavesOutCallsWithoutEvent", caughtBy: "callsAreGroupedByConnectorOrEvent") { log in
            log.callStatistics = { found in changed(found) { $0.groups.removeAll { $0.name.isEmpty } } }
        },
        .batch("takesUnknownDurationsForNothing", caughtBy: "unknownDurationsCountAsNone") { batch in
            for row in batch.entries.indices where batch.entries[row].durationMicroseconds == nil {
                batch.entries[row].durationMicroseconds = 0
            }
        },
        .log("talliesCallsOfAllFlows", caughtBy: "statisticsAreFiltered") { log in
            log.statisticsQuery = { query in changed(query) { $0.flowIDs = nil } }
        },
        .log("forgetsTheLastBucket", caughtBy: "statisticsAgreeWithTheEntries") { log in
            log.callStatistics = { found in changed(found) { _ = $0.buckets.popLast() } }
        },
    ]

    private static let counts: [BrokenVariant] = [
        .log("countsEntriesBeforeTheSpan", caughtBy: "countsTakeTheirBucketsAlone") { log in
            log.countQuery = { query in changed(query) { $0.buckets = whole($0.buckets) } }
        },
        .log("countsFromAPlaceOn", caughtBy: "countsMindNoPlaceAndNoTimes") { log in
            log.countQuery = { query in
                changed(query) { query in
                    guard let after = query.entries.after else { return }
                    query.buckets = moved(
                        query.buckets, from: after.time.microseconds - query.buckets.from.microseconds + 1)
                }
            }
        },
        .log("ignoresWordsWhenCounting", caughtBy: "countsAgreeWithFilteredLists") { log in
            log.countQuery = { query in changed(query) { $0.entries.word = nil } }
        },
        .log("stopsWithoutAWord", caughtBy: "countsThatStopSayWhere") { log in
            log.countQuery = { query in
                changed(query) { query in
                    guard query.readLimit < 200 else { return }
                    query.buckets = moved(query.buckets, from: 60_000_000)
                }
            }
            log.entryCounts = { counts in
                changed(counts) { counts in
                    guard counts.ok.count == 19 else { return }
                    counts.ok.insert(0, at: 0)
                    counts.failed.insert(0, at: 0)
                }
            }
        },
    ]
}
