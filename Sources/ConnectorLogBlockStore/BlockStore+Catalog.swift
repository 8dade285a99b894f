package import ConnectorLogCore

extension BlockStore: Catalog {
    package func teams() async throws(StoreError) -> [Team] { try await catalog.teams() }

    package func team(id: Int64) async throws(StoreError) -> Team? { try await catalog.team(id: id) }

    package func createTeam(name: String, id: Int64?, at now: Timestamp) async throws(StoreError) -> Team {
        try await catalog.createTeam(name: name, id: id, at: now)
    }

    package func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool {
        try await catalog.renameTeam(id: id, name: name)
    }

    package func deleteTeam(id: Int64) async throws(StoreError) -> Bool { try await catalog.deleteTeam(id: id) }

    package func retention(team: Int64) async throws(StoreError) -> Retention? {
        try await catalog.retention(team: team)
    }

    package func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool {
        try await catalog.setRetention(retention, team: team)
    }

    package func keys(team: Int64?) async throws(StoreError) -> [APIKey] { try await catalog.keys(team: team) }

    package func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        try await catalog.createKey(key, hash: hash)
    }

    package func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool {
        try await catalog.revokeKey(team: team, id: id)
    }

    package func key(hash: [UInt8]) -> APIKey? { catalog.key(hash: hash) }

    package func key(id: String) -> APIKey? { catalog.key(id: id) }

    package func noteUse(ofKey id: String, at time: Timestamp) { catalog.noteUse(ofKey: id, at: time) }

    package func hasTeam(_ id: Int64) -> Bool { catalog.hasTeam(id) }

    package func connectors(
        team: Int64, withConfigurations: Bool
    ) async throws(StoreError) -> [Connector] {
        try await catalog.connectors(team: team, withConfigurations: withConfigurations)
    }

    package func connectorCount(team: Int64) async throws(StoreError) -> Int {
        try await catalog.connectorCount(team: team)
    }

    package func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? {
        try await catalog.connector(team: team, identifier: identifier)
    }

    package func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError) {
        try await catalog.createConnector(connector, logo: logo)
    }

    package func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await catalog.updateConnector(
            team: team, identifier: identifier, name: name, description: description,
            configurationJSON: configurationJSON, at: now)
    }

    package func replaceConfiguration(
        team: Int64, identifier: String, version: Int, json: String, at now: Timestamp
    ) async throws(StoreError) -> ConfigurationReplacement {
        try await catalog.replaceConfiguration(
            team: team, identifier: identifier, version: version, json: json, at: now)
    }

    package func deleteConnector(
        team: Int64, identifier: String, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await catalog.deleteConnector(team: team, identifier: identifier, at: now)
    }

    package func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo? {
        try await catalog.logo(team: team, identifier: identifier)
    }

    package func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await catalog.setLogo(team: team, identifier: identifier, logo: logo, name: name, at: now)
    }

    package func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        try await catalog.secrets(team: team, connector: connector)
    }

    package func allSecrets() async throws(StoreError) -> [SecretRecord] { try await catalog.allSecrets() }

    package func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        try await catalog.createSecret(secret, limit: limit)
    }

    package func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await catalog.updateSecret(
            team: team, connector: connector, placeholder: placeholder, sealedValue: sealedValue, at: now)
    }

    package func deleteSecret(
        team: Int64, connector: String?, placeholder: String
    ) async throws(StoreError) -> Bool {
        try await catalog.deleteSecret(team: team, connector: connector, placeholder: placeholder)
    }

    package func sealedKeys() async throws(StoreError) -> [String: [UInt8]] { try await catalog.sealedKeys() }

    package func addSealedKey(_ sealed: [UInt8], name: String) async throws(StoreError) -> Bool {
        try await catalog.addSealedKey(sealed, name: name)
    }

    package func replaceSealed(_ changes: [SealedChange]) async throws(StoreError) {
        try await catalog.replaceSealed(changes)
    }

    package func redactionRules(team: Int64) async throws(StoreError) -> String? {
        try await catalog.redactionRules(team: team)
    }

    package func allRedactionRules() async throws(StoreError) -> [Int64: String] {
        try await catalog.allRedactionRules()
    }

    package func setRedactionRules(
        _ json: String?, team: Int64, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await catalog.setRedactionRules(json, team: team, at: now)
    }

    package func note(_ record: AuditRecord) async throws(StoreError) { try await catalog.note(record) }

    package func audit(team: Int64?, before: Int64?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await catalog.audit(team: team, before: before, limit: limit)
    }
}
