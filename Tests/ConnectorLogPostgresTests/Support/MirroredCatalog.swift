import ConnectorLogCore
import ConnectorLogTesting

/// The catalog in PostgreSQL, which tells a store in memory what there is of teams.
struct MirroredCatalog: Catalog {
    let catalog: any Catalog
    let rows: InMemoryStore

    func createTeam(name: String, id: Int64?, at: Timestamp) async throws(StoreError) -> Team {
        let team = try await catalog.createTeam(name: name, id: id, at: at)
        _ = try await rows.createTeam(name: name, id: team.id, at: at)
        return team
    }
    func deleteTeam(id: Int64) async throws(StoreError) -> Bool {
        _ = try await rows.deleteTeam(id: id)
        return try await catalog.deleteTeam(id: id)
    }
    func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool {
        _ = try await rows.setRetention(retention, team: team)
        return try await catalog.setRetention(retention, team: team)
    }

    func teams() async throws(StoreError) -> [Team] { try await catalog.teams() }
    func team(id: Int64) async throws(StoreError) -> Team? { try await catalog.team(id: id) }
    func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool {
        try await catalog.renameTeam(id: id, name: name)
    }
    func retention(team: Int64) async throws(StoreError) -> Retention? { try await catalog.retention(team: team) }
    func keys(team: Int64?) async throws(StoreError) -> [APIKey] { try await catalog.keys(team: team) }
    func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        try await catalog.createKey(key, hash: hash)
    }
    func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool {
        try await catalog.revokeKey(team: team, id: id)
    }
    func key(hash: [UInt8]) -> APIKey? { catalog.key(hash: hash) }
    func key(id: String) -> APIKey? { catalog.key(id: id) }
    func noteUse(ofKey id: String, at: Timestamp) { catalog.noteUse(ofKey: id, at: at) }
    func hasTeam(_ id: Int64) -> Bool { catalog.hasTeam(id) }
    func connectors(team: Int64, withConfigurations: Bool) async throws(StoreError) -> [Connector] {
        try await catalog.connectors(team: team, withConfigurations: withConfigurations)
    }
    func connectorCount(team: Int64) async throws(StoreError) -> Int {
        try await catalog.connectorCount(team: team)
    }
    func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? {
        try await catalog.connector(team: team, identifier: identifier)
    }
    func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError) {
        try await catalog.createConnector(connector, logo: logo)
    }
    func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await catalog.updateConnector(
            team: team, identifier: identifier, name: name, description: description,
            configurationJSON: configurationJSON, at: at)
    }
    func replaceConfiguration(
        team: Int64, identifier: String, version: Int, json: String, at: Timestamp
    ) async throws(StoreError) -> ConfigurationReplacement {
        try await catalog.replaceConfiguration(team: team, identifier: identifier, version: version, json: json, at: at)
    }
    func deleteConnector(team: Int64, identifier: String, at: Timestamp) async throws(StoreError) -> Bool {
        try await catalog.deleteConnector(team: team, identifier: identifier, at: at)
    }
    func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo? {
        try await catalog.logo(team: team, identifier: identifier)
    }
    func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await catalog.setLogo(team: team, identifier: identifier, logo: logo, name: name, at: at)
    }
    func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        try await catalog.secrets(team: team, connector: connector)
    }
    func allSecrets() async throws(StoreError) -> [SecretRecord] { try await catalog.allSecrets() }
    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        try await catalog.createSecret(secret, limit: limit)
    }
    func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await catalog.updateSecret(
            team: team, connector: connector, placeholder: placeholder, sealedValue: sealedValue, at: at)
    }
    func deleteSecret(team: Int64, connector: String?, placeholder: String) async throws(StoreError) -> Bool {
        try await catalog.deleteSecret(team: team, connector: connector, placeholder: placeholder)
    }
    func sealedKeys() async throws(StoreError) -> [String: [UInt8]] { try await catalog.sealedKeys() }
    func addSealedKey(_ sealed: [UInt8], name: String) async throws(StoreError) -> Bool {
        try await catalog.addSealedKey(sealed, name: name)
    }
    func replaceSealed(_ changes: [SealedChange]) async throws(StoreError) {
        try await catalog.replaceSealed(changes)
    }
    func redactionRules(team: Int64) async throws(StoreError) -> String? {
        try await catalog.redactionRules(team: team)
    }
    func allRedactionRules() async throws(StoreError) -> [Int64: String] { try await catalog.allRedactionRules() }
    func setRedactionRules(_ json: String?, team: Int64, at: Timestamp) async throws(StoreError) -> Bool {
        try await catalog.setRedactionRules(json, team: team, at: at)
    }
    func note(_ record: AuditRecord) async throws(StoreError) { try await catalog.note(record) }
    func audit(team: Int64?, before: Int64?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await catalog.audit(team: team, before: before, limit: limit)
    }
}
