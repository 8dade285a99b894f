import ConnectorLogCore
import ConnectorLogTesting

/// Defects of the catalog's secrets, sealed keys and rules.
enum BrokenSecrets {
    static let all: [BrokenVariant] = [
        .catalog("listsSecretsByPlaceholder", caughtBy: "secretsComeBackAsCreated") { store, _ in
            ListsSecretsByPlaceholder(store: store)
        },
        .catalog("listsTheTeamsSecretsToo", caughtBy: "secretsComeBackAsCreated", "secretsGoWithTheirOwner") {
            store, _ in ListsTheTeamsSecretsToo(store: store)
        },
        .catalog("forgetsCase", caughtBy: "secretsComeBackAsCreated") { store, _ in ForgetsCase(store: store) },
        .catalog("replacesSecrets", caughtBy: "secretNamesAreTakenOnceForAnOwner") { store, _ in
            ReplacesSecrets(store: store)
        },
        .catalog("takesOrphans", caughtBy: "secretsNeedAnOwner") { store, _ in TakesOrphans(store: store) },
        .catalog("countsBeforeItCreates", caughtBy: "secretsAreLimited") { store, _ in
            CountsBeforeItCreates(store: store)
        },
        .catalog("updatesAnybodysSecret", caughtBy: "updatesChangeASecretsValueAlone") { store, _ in
            UpdatesAnybodysSecret(store: store)
        },
        .catalog("deletesAnybodysSecret", caughtBy: "deletedSecretsAreGone") { store, _ in
            DeletesAnybodysSecret(store: store)
        },
        .catalog("keepsSecretsOfDeletedConnectors", caughtBy: "secretsGoWithTheirOwner") { store, _ in
            KeepsSecretsOfDeletedConnectors(store: store)
        },
        .catalog("replacesSealedKeys", caughtBy: "sealedKeysAreMadeOnce") { store, _ in
            ReplacesSealedKeys(store: store)
        },
        .catalog("replacesWhatItIsTold", caughtBy: "sealedBytesAreReplacedTogether") { store, _ in
            ReplacesWhatItIsTold(store: store)
        },
        .catalog("keepsRules", caughtBy: "redactionRulesAreSetAndTakenBack") { store, _ in KeepsRules(store: store) },
    ]
}

private struct ListsSecretsByPlaceholder: BrokenCatalog {
    let store: InMemoryStore
    func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        try await store.secrets(team: team, connector: connector).sorted { $0.placeholder > $1.placeholder }
    }
}

private struct ListsTheTeamsSecretsToo: BrokenCatalog {
    let store: InMemoryStore
    func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        let own = connector == nil ? [] : try await store.secrets(team: team, connector: nil)
        return try await own + store.secrets(team: team, connector: connector)
    }
}

private struct ForgetsCase: BrokenCatalog {
    let store: InMemoryStore
    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        var secret = secret
        secret.ignoresCase = false
        return try await store.createSecret(secret, limit: limit)
    }
}

private struct ReplacesSecrets: BrokenCatalog {
    let store: InMemoryStore
    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        for old in try await store.secrets(team: secret.teamID, connector: secret.connectorIdentifier)
        where old.name == secret.name {
            _ = try await store.deleteSecret(
                team: old.teamID, connector: old.connectorIdentifier, placeholder: old.placeholder)
        }
        return try await store.createSecret(secret, limit: limit)
    }
}

private final class TakesOrphans: BrokenCatalog {
    let store: InMemoryStore
    init(store: InMemoryStore) { self.store = store }
    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        let result = try await store.createSecret(secret, limit: limit)
        return result == .ownerMissing ? .created : result
    }
}

private struct CountsBeforeItCreates: BrokenCatalog {
    let store: InMemoryStore
    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        let count = try await store.secrets(team: secret.teamID, connector: secret.connectorIdentifier).count
        // Whoever else looks now counts the same.
        for _ in 0..<20 { await Task.yield() }
        return count < limit ? try await store.createSecret(secret, limit: .max) : .limitReached
    }
}

private struct UpdatesAnybodysSecret: BrokenCatalog {
    let store: InMemoryStore
    func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at: Timestamp
    ) async throws(StoreError) -> Bool {
        guard let secret = try await store.allSecrets().first(where: { $0.placeholder == placeholder }) else {
            return false
        }
        return try await store.updateSecret(
            team: secret.teamID, connector: secret.connectorIdentifier, placeholder: placeholder,
            sealedValue: sealedValue, at: at)
    }
}

private struct DeletesAnybodysSecret: BrokenCatalog {
    let store: InMemoryStore
    func deleteSecret(team: Int64, connector: String?, placeholder: String) async throws(StoreError) -> Bool {
        guard let secret = try await store.allSecrets().first(where: { $0.placeholder == placeholder }) else {
            return false
        }
        return try await store.deleteSecret(
            team: secret.teamID, connector: secret.connectorIdentifier, placeholder: placeholder)
    }
}

private struct KeepsSecretsOfDeletedConnectors: BrokenCatalog {
    let store: InMemoryStore
    func deleteConnector(team: Int64, identifier: String, at: Timestamp) async throws(StoreError) -> Bool {
        guard let connector = try await store.connector(team: team, identifier: identifier) else { return false }
        let secrets = try await store.secrets(team: team, connector: identifier)
        _ = try await store.deleteConnector(team: team, identifier: identifier, at: at)
        try await store.createConnector(connector, logo: nil)
        for secret in secrets { _ = try await store.createSecret(secret, limit: .max) }
        return true
    }
}

private struct ReplacesSealedKeys: BrokenCatalog {
    let store: InMemoryStore
    func addSealedKey(_ sealed: [UInt8], name: String) async throws(StoreError) -> Bool {
        _ = try await store.addSealedKey(sealed, name: name)
        return true
    }
}

private struct ReplacesWhatItIsTold: BrokenCatalog {
    let store: InMemoryStore
    func replaceSealed(_ changes: [SealedChange]) async throws(StoreError) {
        var whole: [SealedChange] = []
        for secret in try await store.allSecrets() {
            whole.append(
                SealedChange(
                    .secret(placeholder: secret.placeholder), old: secret.sealedValue, new: secret.sealedValue))
        }
        for (name, sealed) in try await store.sealedKeys() {
            whole.append(SealedChange(.key(name: name), old: sealed, new: sealed))
        }
        for index in whole.indices {
            if let change = changes.first(where: { $0.place == whole[index].place }) { whole[index].new = change.new }
        }
        try await store.replaceSealed(whole)
    }
}

private struct KeepsRules: BrokenCatalog {
    let store: InMemoryStore
    func setRedactionRules(_ json: String?, team: Int64, at: Timestamp) async throws(StoreError) -> Bool {
        try await store.setRedactionRules(json ?? "{}", team: team, at: at)
    }
}
