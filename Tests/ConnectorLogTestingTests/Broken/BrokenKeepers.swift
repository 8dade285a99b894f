import ConnectorLogCore
import ConnectorLogTesting

/// Defects of retention and erasure.
enum BrokenKeepers {
    static let all: [BrokenVariant] = [
        .keeper("erasesNothing", caughtBy: "erasedEntriesAreGone", "erasedStatesAreGone", "erasedConnectorsLogsAreGone")
        {
            ErasesOnlyInWord(store: $0)
        },
        .keeper("erasesTheStateOfAnEntry", caughtBy: "erasedEntriesAreGone") { ErasesTheStateOfAnEntry(store: $0) },
        .keeper("keepsFaultsOfStates", caughtBy: "erasedStatesAreGone") { ErasesEntriesAlone(store: $0) },
        .keeper("erasesInAllTeams", caughtBy: "erasuresLeaveOtherTeamsAlone") { ErasesInAllTeams(store: $0) },
        .keeper("forgetsErasures", caughtBy: "erasuresAreListed", "erasingAgainErasesNothing") {
            ListsNoErasures(store: $0)
        },
        .keeper("listsErasuresBackwards", caughtBy: "erasuresAreListed") { ListsErasuresBackwards(store: $0) },
        .keeper("countsRowsEachTime", caughtBy: "erasingAgainErasesNothing", "erasuresAreListed") {
            CountsRowsEachTime(store: $0)
        },
        .keeper("removesOneDayTooMuch", caughtBy: "recordsOverAgeGo", "teamsKeepRecordsAsTheySay") {
            RunsAhead(store: $0, days: 2)
        },
        .keeper("removesNothingOverAge", caughtBy: "recordsOverAgeGo", "detailsOverAgeGo") {
            RemovesNothing(store: $0)
        },
        .keeper("removesDetailsWithEntriesOnly", caughtBy: "detailsOverAgeGo") { KeepsDetails(store: $0) },
        .keeper("removesYoungDetails", caughtBy: "detailsOverAgeGo") { RemovesAllDetails(store: $0) },
        .keeper("ignoresWhatTeamsSay", caughtBy: "teamsKeepRecordsAsTheySay") { IgnoresTeams(store: $0) },
        .log("countsErasedCalls", caughtBy: "erasedEntriesAreGone") { log in
            log.state = { state in
                var state = state
                state.calls = max(state.calls, 1)
                return state
            }
        },
        .log("storesRepeatedBatches", caughtBy: "sentAgainNothingComesBack") { log in
            log.append = { store, batch, idempotency in
                let result = try await store.append(batch, idempotency: idempotency)
                if case .replayed = result { _ = try await store.append(batch, idempotency: nil) }
                return result
            }
        },
        .keeper("keepsTheStateItself", caughtBy: "erasedStatesAreGone", "erasedStatesBeginAnew") {
            ErasesEntriesAlone(store: $0)
        },
        .keeper("missesWhatCameMeanwhile", caughtBy: "erasuresReachAllThatWasStored") { ErasesOneAtATime(store: $0) },
        .catalog("keepsRetentionForEver", caughtBy: "retentionIsSetAndTakenBack") { store, _ in
            KeepsRetention(store: store)
        },
        .catalog("swapsRetention", caughtBy: "retentionIsSetAndTakenBack") { store, _ in ForgetsDetails(store: store) },
    ]
}

private struct ErasesOnlyInWord: BrokenKeeper {
    let store: InMemoryStore
    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        var erasure = Erasure(number: 1, teamID: team, target: target, keyID: keyID, requestedAt: at)
        (erasure.completedAt, erasure.entries) = (at, 1)
        return erasure
    }
}

private struct ErasesTheStateOfAnEntry: BrokenKeeper {
    let store: InMemoryStore
    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        if case .entry(let id) = target, let state = try await store.entry(team: team, id: id)?.summary.stateID {
            return try await store.erase(.state(state), team: team, keyID: keyID, at: at)
        }
        return try await store.erase(target, team: team, keyID: keyID, at: at)
    }
}

/// Of states and connectors, too.
private struct ErasesEntriesAlone: BrokenKeeper {
    let store: InMemoryStore
    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        var erasure = Erasure(number: 1, teamID: team, target: target, keyID: keyID, requestedAt: at)
        var query = EntryQuery(teamID: team, limit: 1000)
        switch target {
        case .entry: return try await store.erase(target, team: team, keyID: keyID, at: at)
        case .state(let id): query.stateID = id
        case .connector(let identifier): query.connector = identifier
        }
        for row in try await store.entries(query).rows {
            erasure.entries += try await store.erase(.entry(row.id), team: team, keyID: keyID, at: at).entries
        }
        return erasure
    }
}

/// Asks for the rows first, and erases what it was told then.
private struct ErasesOneAtATime: BrokenKeeper {
    let store: InMemoryStore
    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        let before = try await store.entries(EntryQuery(teamID: team, limit: 1000)).rows
        var erasure = Erasure(number: 1, teamID: team, target: target, keyID: keyID, requestedAt: at)
        for row in before.dropLast() {
            erasure.entries += try await store.erase(.entry(row.id), team: team, keyID: keyID, at: at).entries
        }
        return erasure
    }
}

private struct ErasesInAllTeams: BrokenKeeper {
    let store: InMemoryStore
    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        for other in try await store.teams() where other.id != team {
            _ = try await store.erase(target, team: other.id, keyID: keyID, at: at)
        }
        return try await store.erase(target, team: team, keyID: keyID, at: at)
    }
}

private struct ListsNoErasures: BrokenKeeper {
    let store: InMemoryStore
    func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure] { [] }
}

private struct ListsErasuresBackwards: BrokenKeeper {
    let store: InMemoryStore
    func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure] {
        try await store.erasures(query).reversed()
    }
}

private struct CountsRowsEachTime: BrokenKeeper {
    let store: InMemoryStore
    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        var erasure = try await store.erase(target, team: team, keyID: keyID, at: at)
        erasure.entries = max(1, erasure.entries)
        return erasure
    }
}

private struct RunsAhead: BrokenKeeper {
    let store: InMemoryStore
    let days: Int64
    func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        try await store.enforceRetention(default: standard, at: now.advanced(bySeconds: days * 86_400))
    }
}

private struct RemovesNothing: BrokenKeeper {
    let store: InMemoryStore
    func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {}
}

private struct KeepsDetails: BrokenKeeper {
    let store: InMemoryStore
    func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        let entriesAlone = Retention(entryDays: standard.entryDays, detailDays: nil) ?? .forever
        try await store.enforceRetention(default: entriesAlone, at: now)
    }
}

private struct RemovesAllDetails: BrokenKeeper {
    let store: InMemoryStore
    func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        let soon = Retention(entryDays: standard.entryDays, detailDays: 1) ?? .forever
        try await store.enforceRetention(default: soon, at: now)
    }
}

private struct IgnoresTeams: BrokenKeeper {
    let store: InMemoryStore
    func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        for team in try await store.teams() { _ = try await store.setRetention(nil, team: team.id) }
        try await store.enforceRetention(default: standard, at: now)
    }
}

private struct KeepsRetention: BrokenCatalog {
    let store: InMemoryStore
    func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool {
        guard let retention else { return try await store.team(id: team) != nil }
        return try await store.setRetention(retention, team: team)
    }
}

private struct ForgetsDetails: BrokenCatalog {
    let store: InMemoryStore
    func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool {
        let entriesAlone = retention.flatMap { Retention(entryDays: $0.entryDays, detailDays: nil) }
        return try await store.setRetention(entriesAlone, team: team)
    }
}
