import ConnectorLogCore
import ConnectorLogTesting

/// Forwards to an `InMemoryStore` what a defect does not answer itself.
protocol BrokenCatalog: Catalog {
    var store: InMemoryStore { get }
}

extension BrokenCatalog {
    func teams() async throws(StoreError) -> [Team] { try await store.teams() }
    func team(id: Int64) async throws(StoreError) -> Team? { try await store.team(id: id) }
    func createTeam(name: String, id: Int64?, at: Timestamp) async throws(StoreError) -> Team {
        try await store.createTeam(name: name, id: id, at: at)
    }
    func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool {
        try await store.renameTeam(id: id, name: name)
    }
    func deleteTeam(id: Int64) async throws(StoreError) -> Bool { try await store.deleteTeam(id: id) }
    func retention(team: Int64) async throws(StoreError) -> Retention? { try await store.retention(team: team) }
    func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool {
        try await store.setRetention(retention, team: team)
    }
    func keys(team: Int64?) async throws(StoreError) -> [APIKey] { try await store.keys(team: team) }
    func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        try await store.createKey(key, hash: hash)
    }
    func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool {
        try await store.revokeKey(team: team, id: id)
    }
    func key(hash: [UInt8]) -> APIKey? { store.key(hash: hash) }
    func key(id: String) -> APIKey? { store.key(id: id) }
    func noteUse(ofKey id: String, at: Timestamp) { store.noteUse(ofKey: id, at: at) }
    func hasTeam(_ id: Int64) -> Bool { store.hasTeam(id) }
    func connectors(team: Int64, withConfigurations: Bool) async throws(StoreError) -> [Connector] {
        try await store.connectors(team: team, withConfigurations: withConfigurations)
    }
    func connectorCount(team: Int64) async throws(StoreError) -> Int { try await store.connectorCount(team: team) }
    func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? {
        try await store.connector(team: team, identifier: identifier)
    }
    func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError) {
        try await store.createConnector(connector, logo: logo)
    }
    func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await store.updateConnector(
            team: team, identifier: identifier, name: name, description: description,
            configurationJSON: configurationJSON, at: at)
    }
    func deleteConnector(team: Int64, identifier: String, at: Timestamp) async throws(StoreError) -> Bool {
        try await store.deleteConnector(team: team, identifier: identifier, at: at)
    }
    func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo? {
        try await store.logo(team: team, identifier: identifier)
    }
    func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await store.setLogo(team: team, identifier: identifier, logo: logo, name: name, at: at)
    }
}
