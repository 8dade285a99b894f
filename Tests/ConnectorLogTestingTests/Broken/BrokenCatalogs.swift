import ConnectorLogCore
import ConnectorLogTesting
import Synchronization

/// Defects of the catalog.
enum BrokenCatalogs {
    static let all: [BrokenVariant] = [
        .catalog("givesDeletedIdsAgain", caughtBy: "teamIdsRiseAndAreTakenOnce") { store, _ in
            GivesDeletedIdsAgain(store: store)
        },
        .catalog("hidesDeletedTeamsOnly", caughtBy: "deletedTeamsAreGone") { store, _ in
            HidesDeletedTeamsOnly(store: store)
        },
        .catalog("deletesTheOwnersKeys", caughtBy: "deletedTeamsLeaveOthersAlone") { store, _ in
            DeletesTheOwnersKeys(store: store)
        },
        .catalog("forgetsNames", caughtBy: "teamsAreCreatedAndRenamed") { store, _ in ForgetsNames(store: store) },
        .catalog("cachesKeys", caughtBy: "revocationHoldsAtOnce", "deletedTeamsAreGone") { store, _ in
            CachesKeys(store: store)
        },
        .catalog("revokesAnybodysKey", caughtBy: "revocationHoldsAtOnce") { store, _ in
            RevokesAnybodysKey(store: store)
        },
        .catalog("forgetsExpiry", caughtBy: "keysComeBackByHashAndId") { store, _ in ForgetsExpiry(store: store) },
        .catalog("hidesExpiredKeys", caughtBy: "keysComeBackByHashAndId") { store, clock in
            HidesExpiredKeys(store: store, clock: clock)
        },
        .catalog("replacesKeys", caughtBy: "keysAreTakenOnce") { store, _ in ReplacesKeys(store: store) },
        .catalog("listsKeysOfAllTeams", caughtBy: "keysAreListedByTeam") { store, _ in
            ListsKeysOfAllTeams(store: store)
        },
        .catalog("notesNoUse", caughtBy: "useOfAKeyIsNoted") { store, _ in NotesNoUse(store: store) },
        .catalog("keepsDescriptions", caughtBy: "updatesChangeWhatTheyName") { store, _ in
            KeepsDescriptions(store: store)
        },
        .catalog("clearsDescriptions", caughtBy: "updatesChangeWhatTheyName") { store, _ in
            ClearsDescriptions(store: store)
        },
        .catalog("countsNoVersions", caughtBy: "configurationsCountTheirVersions") { store, _ in
            CountsNoVersions(store: store)
        },
        .catalog("replacesAnyVersion", caughtBy: "ofTwoReplacementsOneHolds") { store, _ in
            ReplacesAnyVersion(store: store)
        },
        .catalog("replacesConnectors", caughtBy: "identifiersAreTakenOnceInATeam") { store, _ in
            ReplacesConnectors(store: store)
        },
        .catalog("keepsTheFirstLogo", caughtBy: "logosAreSetAndReplaced", "deletedConnectorsLeaveTheirEntries") {
            store, _ in KeepsTheFirstLogo(store: store)
        },
        .catalog("listsConnectorsBackwards", caughtBy: "connectorsAreListedByIdentifier") { store, _ in
            ListsConnectorsBackwards(store: store)
        },
        .catalog("findsConnectorsInEitherCase", caughtBy: "connectorsComeBackAsCreated") { store, _ in
            FindsConnectorsInEitherCase(store: store)
        },
        .catalog("listsTheAuditOfAll", caughtBy: "auditRecordsComeBackNewestFirst") { store, _ in
            ListsTheAuditOfAll(store: store)
        },
        .catalog("repeatsTheRecordAtThePagesEdge", caughtBy: "auditPagesCoverTheList") { store, _ in
            RepeatsTheRecordAtThePagesEdge(store: store)
        },
    ]
}

private struct GivesDeletedIdsAgain: BrokenCatalog {
    let store: InMemoryStore
    func createTeam(name: String, id: Int64?, at: Timestamp) async throws(StoreError) -> Team {
        if let id, !store.hasTeam(id) { return Team(id: id, name: name, createdAt: at) }
        return try await store.createTeam(name: name, id: id, at: at)
    }
}

private final class HidesDeletedTeamsOnly: BrokenCatalog {
    let store: InMemoryStore
    private let hidden = Mutex<Set<Int64>>([])
    init(store: InMemoryStore) { self.store = store }
    func deleteTeam(id: Int64) async throws(StoreError) -> Bool { hidden.withLock { $0.insert(id).inserted } }
    func team(id: Int64) async throws(StoreError) -> Team? { hasTeam(id) ? try await store.team(id: id) : nil }
    func teams() async throws(StoreError) -> [Team] { try await store.teams().filter { hasTeam($0.id) } }
    func hasTeam(_ id: Int64) -> Bool { store.hasTeam(id) && !hidden.withLock { $0.contains(id) } }
}

private struct DeletesTheOwnersKeys: BrokenCatalog {
    let store: InMemoryStore
    func deleteTeam(id: Int64) async throws(StoreError) -> Bool {
        for key in try await store.keys(team: nil) { _ = try await store.revokeKey(team: nil, id: key.id) }
        return try await store.deleteTeam(id: id)
    }
}

private struct ForgetsNames: BrokenCatalog {
    let store: InMemoryStore
    func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool { store.hasTeam(id) }
}

private final class CachesKeys: BrokenCatalog {
    let store: InMemoryStore
    private let cache = Mutex<[[UInt8]: APIKey]>([:])
    init(store: InMemoryStore) { self.store = store }
    func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        try await store.createKey(key, hash: hash)
        cache.withLock { $0[hash] = key }
    }
    func key(hash: [UInt8]) -> APIKey? { cache.withLock { $0[hash] } }
}

private struct RevokesAnybodysKey: BrokenCatalog {
    let store: InMemoryStore
    func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool {
        guard let key = store.key(id: id) else { return false }
        return try await store.revokeKey(team: key.teamID, id: id)
    }
}

private struct ForgetsExpiry: BrokenCatalog {
    let store: InMemoryStore
    func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        var key = key
        key.expiresAt = nil
        try await store.createKey(key, hash: hash)
    }
}

private struct HidesExpiredKeys: BrokenCatalog {
    let store: InMemoryStore
    let clock: ManualClock
    func key(hash: [UInt8]) -> APIKey? {
        store.key(hash: hash).flatMap { $0.expiresAt ?? .latest <= clock.now ? nil : $0 }
    }
}

private struct ReplacesKeys: BrokenCatalog {
    let store: InMemoryStore
    func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        if let old = store.key(id: key.id) { _ = try await store.revokeKey(team: old.teamID, id: old.id) }
        if let old = store.key(hash: hash) { _ = try await store.revokeKey(team: old.teamID, id: old.id) }
        try await store.createKey(key, hash: hash)
    }
}

private struct ListsKeysOfAllTeams: BrokenCatalog {
    let store: InMemoryStore
    func keys(team: Int64?) async throws(StoreError) -> [APIKey] {
        var keys = try await store.keys(team: team)
        if team != nil { keys += try await store.keys(team: nil) }
        return keys
    }
}

private struct NotesNoUse: BrokenCatalog {
    let store: InMemoryStore
    func noteUse(ofKey id: String, at: Timestamp) {}
}

private struct KeepsDescriptions: BrokenCatalog {
    let store: InMemoryStore
    func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await store.updateConnector(
            team: team, identifier: identifier, name: name, description: description == .some(nil) ? nil : description,
            configurationJSON: configurationJSON, at: at)
    }
}

private struct ClearsDescriptions: BrokenCatalog {
    let store: InMemoryStore
    func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await store.updateConnector(
            team: team, identifier: identifier, name: name, description: .some(description ?? nil),
            configurationJSON: configurationJSON, at: at)
    }
}

private struct CountsNoVersions: BrokenCatalog {
    let store: InMemoryStore
    func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? {
        var connector = try await store.connector(team: team, identifier: identifier)
        connector?.configuration.version = 1
        return connector
    }
}

private struct ReplacesAnyVersion: BrokenCatalog {
    let store: InMemoryStore
    func replaceConfiguration(
        team: Int64, identifier: String, version: Int, json: String, at: Timestamp
    ) async throws(StoreError) -> ConfigurationReplacement {
        let isKnown = try await store.updateConnector(
            team: team, identifier: identifier, name: nil, description: nil, configurationJSON: json, at: at)
        return isKnown ? .replaced : .connectorMissing
    }
}

private struct ReplacesConnectors: BrokenCatalog {
    let store: InMemoryStore
    func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError) {
        _ = try await store.deleteConnector(
            team: connector.teamID, identifier: connector.identifier, at: connector.createdAt)
        try await store.createConnector(connector, logo: logo)
    }
}

private final class KeepsTheFirstLogo: BrokenCatalog {
    let store: InMemoryStore
    private let logos = Mutex<[String: Logo]>([:])
    init(store: InMemoryStore) { self.store = store }
    func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at: Timestamp
    ) async throws(StoreError) -> Bool {
        logos.withLock { $0[identifier] = $0[identifier] ?? logo }
        return try await store.setLogo(team: team, identifier: identifier, logo: logo, name: name, at: at)
    }
    func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo? { logos.withLock { $0[identifier] } }
}

private struct ListsConnectorsBackwards: BrokenCatalog {
    let store: InMemoryStore
    func connectors(team: Int64, withConfigurations: Bool) async throws(StoreError) -> [Connector] {
        try await store.connectors(team: team, withConfigurations: withConfigurations).reversed()
    }
}

private struct FindsConnectorsInEitherCase: BrokenCatalog {
    let store: InMemoryStore
    func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? {
        try await store.connectors(team: team).first { $0.identifier.lowercased() == identifier.lowercased() }
    }
}

private struct ListsTheAuditOfAll: BrokenCatalog {
    let store: InMemoryStore
    func note(_ record: AuditRecord) async throws(StoreError) {
        var record = record
        record.teamID = nil
        try await store.note(record)
    }
}

private struct RepeatsTheRecordAtThePagesEdge: BrokenCatalog {
    let store: InMemoryStore
    func audit(team: Int64?, before: Int64?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await store.audit(team: team, before: before.map { $0 + 1 }, limit: limit)
    }
}
