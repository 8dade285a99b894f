package import ConnectorLogCore

/// Forwards to an `InMemoryStore` what it does not answer itself: for catalogs that fail, or are wrong, in one thing.
package protocol ForwardingCatalog: Catalog {
    var store: InMemoryStore { get }
}

extension ForwardingCatalog {
    package func teams() async throws(StoreError) -> [Team] { try await store.teams() }
    package func team(id: Int64) async throws(StoreError) -> Team? { try await store.team(id: id) }
    package func createTeam(name: String, id: Int64?, at: Timestamp) async throws(StoreError) -> Team {
        try await store.createTeam(name: name, id: id, at: at)
    }
    package func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool {
        try await store.renameTeam(id: id, name: name)
    }
    package func deleteTeam(id: Int64) async throws(StoreError) -> Bool { try await store.deleteTeam(id: id) }
    package func retention(team: Int64) async throws(StoreError) -> Retention? { try await store.retention(team: team) }
    package func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool {
        try await store.setRetention(retention, team: team)
    }
    package func keys(team: Int64?) async throws(StoreError) -> [APIKey] { try await store.keys(team: team) }
    package func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        try await store.createKey(key, hash: hash)
    }
    package func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool {
        try await store.revokeKey(team: team, id: id)
    }
    package func key(hash: [UInt8]) -> APIKey? { store.key(hash: hash) }
    package func key(id: String) -> APIKey? { store.key(id: id) }
    package func noteUse(ofKey id: String, at: Timestamp) { store.noteUse(ofKey: id, at: at) }
    package func hasTeam(_ id: Int64) -> Bool { store.hasTeam(id) }
    package func connectors(team: Int64, withConfigurations: Bool) async throws(StoreError) -> [Connector] {
        try await store.connectors(team: team, withConfigurations: withConfigurations)
    }
    package func connectorCount(team: Int64) async throws(StoreError) -> Int {
        try await store.connectorCount(team: team)
    }
    package func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? {
        try await store.connector(team: team, identifier: identifier)
    }
    package func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError) {
        try await store.createConnector(connector, logo: logo)
    }
    package func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await store.updateConnector(
            team: team, identifier: identifier, name: name, description: description,
            configurationJSON: configurationJSON, at: at)
    }
    package func replaceConfiguration(
        team: Int64, identifier: String, version: Int, json: String, at: Timestamp
    ) async throws(StoreError) -> ConfigurationReplacement {
        try await store.replaceConfiguration(team: team, identifier: identifier, version: version, json: json, at: at)
    }
    package func deleteConnector(team: Int64, identifier: String, at: Timestamp) async throws(StoreError) -> Bool {
        try await store.deleteConnector(team: team, identifier: identifier, at: at)
    }
    package func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo? {
        try await store.logo(team: team, identifier: identifier)
    }
    package func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await store.setLogo(team: team, identifier: identifier, logo: logo, name: name, at: at)
    }
    package func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        try await store.secrets(team: team, connector: connector)
    }
    package func allSecrets() async throws(StoreError) -> [SecretRecord] { try await store.allSecrets() }
    package func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        try await store.createSecret(secret, limit: limit)
    }
    package func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await store.updateSecret(
            team: team, connector: connector, placeholder: placeholder, sealedValue: sealedValue, at: at)
    }
    package func deleteSecret(team: Int64, connector: String?, placeholder: String) async throws(StoreError) -> Bool {
        try await store.deleteSecret(team: team, connector: connector, placeholder: placeholder)
    }
    package func sealedKeys() async throws(StoreError) -> [String: [UInt8]] { try await store.sealedKeys() }
    package func addSealedKey(_ sealed: [UInt8], name: String) async throws(StoreError) -> Bool {
        try await store.addSealedKey(sealed, name: name)
    }
    package func replaceSealed(_ changes: [SealedChange]) async throws(StoreError) {
        try await store.replaceSealed(changes)
    }
    package func redactionRules(team: Int64) async throws(StoreError) -> String? {
        try await store.redactionRules(team: team)
    }
    package func allRedactionRules() async throws(StoreError) -> [Int64: String] { try await store.allRedactionRules() }
    package func setRedactionRules(_ json: String?, team: Int64, at: Timestamp) async throws(StoreError) -> Bool {
        try await store.setRedactionRules(json, team: team, at: at)
    }
    package func note(_ record: AuditRecord) async throws(StoreError) { try await store.note(record) }
    package func audit(team: Int64?, before: Int64?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await store.audit(team: team, before: before, limit: limit)
    }
}
