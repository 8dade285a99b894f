import ConnectorLogCore
import ConnectorLogTesting
import Synchronization

/// Defects of flow states, faults and counts.
enum BrokenFlows {
    static let all: [BrokenVariant] = states + [changesBeforeFaults] + lists + faults + outcomes

    private static func showing(
        _ name: String, caughtBy: String, _ change: @escaping @Sendable (inout FlowState) -> Void
    ) -> BrokenVariant {
        .log(name, caughtBy: caughtBy) { log in
            log.state = { state in
                var state = state
                change(&state)
                return state
            }
        }
    }

    private static let states: [BrokenVariant] = [
        showing("faultsFailNothing", caughtBy: "faultsFailStatesInProgress") { state in
            if state.faults > 0, state.status == .failed { state.status = .inProgress }
        },
        showing("faultsFailEveryState", caughtBy: "faultsFailStatesInProgress") { state in
            if state.faults > 0 { state.status = .failed }
        },
        showing("callsFailStates", caughtBy: "failedCallsAloneFailNoState") { state in
            if state.failedCalls > 0 { state.status = .failed }
        },
        showing("countsCallsAsFaults", caughtBy: "callsAndFaultsAreCounted") { $0.faults = $0.calls },
        showing("losesOneCount", caughtBy: "concurrentAppendsCountInOneState") { state in
            if state.calls > 100 { state.calls -= 1 }
        },
        showing("forgetsSteps", caughtBy: "changesSetEveryMember") { $0.currentStep = nil },
        .batch("ignoresToldCreation", caughtBy: "creationIsToldOrEarliestSeen") { batch in
            for row in batch.states.indices { batch.states[row].createdAt = nil }
        },
        .batch("clearsAbsentMembers", caughtBy: "absentMembersLeaveWhatIsKnown") { batch in
            for row in batch.states.indices { batch.states[row].user = batch.states[row].user ?? "" }
        },
        .batch("callsTellNoFlow", caughtBy: "lastFlowGivenHolds") { batch in
            for row in batch.entries.indices { batch.entries[row].flowID = nil }
        },
        .batch("changesBeginNoState", caughtBy: "statesBeginWithWhatNamesThemFirst") { $0.states = [] },
        .batch("keepsTheFirstChangeOfABatch", caughtBy: "changesMeanTheSameInOneBatchAsInMany") { batch in
            var seen: Set<String> = []
            batch.states.removeAll { !seen.insert($0.stateID).inserted }
        },
        .batch("dropsLateChanges", caughtBy: "lateChangesFillGaps", "lateChangesMoveTimes") { batch in
            batch.states.removeAll { $0.updatedAt < ManualClock.defaultStart }
        },
        .batch("callsMakeChangesLate", caughtBy: "onlyChangesMakeAChangeLate") { batch in
            for entry in batch.entries {
                guard let state = entry.stateID else { continue }
                batch.states.append(StateChange(teamID: entry.teamID, stateID: state, updatedAt: entry.logTime))
            }
        },
        .batch("lateChangesOverwrite", caughtBy: "lateChangesOverwriteNothing") { batch in
            for row in batch.states.indices {
                batch.states[row].updatedAt = max(batch.states[row].updatedAt, ManualClock.defaultStart)
            }
        },
    ]

    private static let changesBeforeFaults = BrokenVariant.log(
        "changesBeforeFaults", caughtBy: "batchesApplyEntriesThenFaultsThenChanges"
    ) { log in
        log.append = { store, batch, _ in
            let contents = try BatchContents(batch)
            _ = try await store.append(Fixtures.batch(states: contents.states), idempotency: nil)
            return try await store.append(
                Fixtures.batch(contents.entries, faults: contents.faults), idempotency: nil)
        }
    }

    private static let lists: [BrokenVariant] = [
        .log("listsStatesById", caughtBy: "statesAreListedByLastAction") { log in
            log.statePage = { NamedPage(rows: $0.rows.sorted { $0.stateID < $1.stateID }, next: $0.next) }
        },
        .log("ignoresStatus", caughtBy: "statesAreFilteredByStatusAndRange") { log in
            log.stateQuery = { query in
                var query = query
                query.status = nil
                return query
            }
        },
        .log("takesTheEndOfStates", caughtBy: "statesAreFilteredByStatusAndRange") { log in
            log.stateQuery = { query in
                var query = query
                query.to = query.to?.advanced(byMicroseconds: 1)
                return query
            }
        },
        .log("skipsTiedStates", caughtBy: "statePagesCoverTheList") { log in
            log.stateQuery = { query in
                var query = query
                query.after?.name = "\u{10FFFF}"
                return query
            }
        },
        .log("countsNoExpired", caughtBy: "flowsCountTheirStates") { log in
            log.flowPage = { page in
                var page = page
                for row in page.rows.indices { page.rows[row].expired = 0 }
                return page
            }
        },
        .log("takesTheEndOfFlows", caughtBy: "flowsCountStatesOfTheRange") { log in
            log.flowQuery = { query in
                var query = query
                query.to = query.to?.advanced(byMicroseconds: 1)
                return query
            }
        },
        .log("ignoresSearch", caughtBy: "flowsAreSearchedByNameAndId") { log in
            log.flowQuery = { query in
                var query = query
                query.search = nil
                return query
            }
        },
        .log("skipsTiedFlows", caughtBy: "flowPagesCoverTheList") { log in
            log.flowQuery = { query in
                var query = query
                query.after?.name = "\u{10FFFF}"
                return query
            }
        },
    ]

    private static let faults: [BrokenVariant] = [
        .log("ignoresFaultNames", caughtBy: "faultsAreFiltered") { log in
            log.faultQuery = { query in
                var query = query
                query.name = nil
                return query
            }
        },
        .log("takesTheEndOfFaults", caughtBy: "faultsAreFiltered") { log in
            log.faultQuery = { query in
                var query = query
                query.to = query.to?.advanced(byMicroseconds: 1)
                return query
            }
        },
        .log("skipsTiedFaults", caughtBy: "faultPagesCoverTheList") { log in
            log.faultQuery = { query in
                var query = query
                query.after?.id =
                    query.order == .newestFirst ? EntryID(high: 0, low: 0) : EntryID(high: .max, low: .max)
                return query
            }
        },
        .log("sharesIdsWithEntries", caughtBy: "entriesAndFaultsShareNoId") { log in
            log.faultPage = { _, page in
                var page = page
                for row in page.rows.indices { page.rows[row].id = page.rows[row].id.advanced(by: -4) }
                return page
            }
        },
        .log("forgetsFaultBodies", caughtBy: "everyFieldOfAFaultComesBack") { log in
            log.faultPage = { _, page in
                var page = page
                for row in page.rows.indices { page.rows[row].responseBody = nil }
                return page
            }
        },
    ]

    private static let outcomes: [BrokenVariant] = [
        .log("leavesOutEmptyBuckets", caughtBy: "bucketsCoverTheRangeWithoutEntries") { log in
            log.outcomeBuckets = { $1.filter { $0.ok + $0.failed > 0 } }
        },
        .log("countsTheEnd", caughtBy: "rangesCutTheirFirstAndLastBucket") { log in
            log.outcomeQuery = { query in
                var query = query
                query.to = query.to.advanced(byMicroseconds: 1)
                return query
            }
            log.outcomeBuckets = { query, buckets in buckets.filter { $0.start < query.to } }
        },
        .log("countsFromBehindTheBegin", caughtBy: "bucketsCountAtTheirEdges") { log in
            log.outcomeQuery = { query in
                var query = query
                query.from = query.from.advanced(byMicroseconds: 1)
                return query
            }
        },
        .log("countsWholeBuckets", caughtBy: "rangesCutTheirFirstAndLastBucket") { log in
            log.outcomeQuery = { query in
                var query = query
                query.from = query.bucketStart(of: query.from)
                return query
            }
        },
        .log("ignoresFlowsWhenCounting", caughtBy: "bucketsAgreeWithTheEntries") { log in
            log.outcomeQuery = { query in
                var query = query
                query.flowID = nil
                return query
            }
        },
    ]
}
