package import ConnectorLogCore
import Synchronization

/// The secrets and rules of all teams: sealed in the catalog, in the clear in the book that redaction asks.
///
/// A change goes to the catalog, then to the book; when its call returns, both have it. Changes run one at a time, so that
/// the book never has an older state than the catalog for good. When it is not known whether the catalog has a change, the
/// book learns from the catalog what holds.
package final class SecretVault: Sendable {
    /// The name of the sealed key that placeholders in logs are made with. It is random, not derived, so that a new master
    /// key changes no placeholder.
    package static let placeholderKeyName = "placeholders"
    private static let placeholderKeyBytes = 32
    /// Tries at a placeholder that no secret has; of 16^9 the second is hardly ever needed.
    private static let placeholderTries = 16

    private struct Owner: Hashable {
        var team: Int64
        /// Nil: the team itself.
        var connector: String?
    }

    package let book: RedactionBook
    private let catalog: any Catalog
    private let seal: SecretSeal
    private let randomBytes: @Sendable (Int) -> [UInt8]
    private let placeholderKey: [UInt8]
    private let lane = ChangeLane()
    /// What the book has, by placeholder.
    private let known: Mutex<[Owner: [String: KnownSecret]]>
    /// Teams whose rules came from the catalog last.
    private let teamsWithRules = Mutex<Set<Int64>>([])

    /// Reads and unseals everything. Throws when anything does not open: it would be stored in the clear from then on.
    package static func open(
        catalog: any Catalog, masterKey: MasterKey, randomBytes: @escaping @Sendable (Int) -> [UInt8]
    ) async throws(VaultOpeningError) -> SecretVault {
        let seal = SecretSeal(masterKey, randomBytes: randomBytes)
        do {
            let placeholderKey = try await placeholderKey(catalog, seal, randomBytes)
            // Before all else: what is read behind it may be newer, and not older.
            let versions = try await catalog.secretVersions()
            var known: [Owner: [String: KnownSecret]] = [:]
            for secret in try await catalog.allSecrets() {
                let owner = Owner(team: secret.teamID, connector: secret.connectorIdentifier)
                do throws(SealError) {
                    known[owner, default: [:]][secret.placeholder] = try unseal(secret, seal)
                } catch {
                    throw VaultOpeningError(error, what: "secret \(secret.placeholder)", given: seal.keyID)
                }
            }
            let vault = SecretVault(
                catalog: catalog, seal: seal, randomBytes: randomBytes, placeholderKey: placeholderKey, known: known)
            let rules = try await catalog.allRedactionRules()
            for (team, json) in rules { try vault.restoreRules(json, team: team) }
            vault.teamsWithRules.withLock { $0 = Set(rules.keys) }
            if let versions { vault.book.setVersions(versions) }
            return vault
        } catch let error as VaultOpeningError {
            throw error
        } catch let error as StoreError {
            throw .store(error)
        } catch {
            throw .store(StoreError(.failed, "the catalog failed", cause: error))
        }
    }

    private init(
        catalog: any Catalog, seal: SecretSeal, randomBytes: @escaping @Sendable (Int) -> [UInt8],
        placeholderKey: [UInt8], known: [Owner: [String: KnownSecret]]
    ) {
        self.catalog = catalog
        self.seal = seal
        self.randomBytes = randomBytes
        self.placeholderKey = placeholderKey
        self.known = Mutex(known)
        book = RedactionBook(placeholderKey: placeholderKey)
        for (owner, secrets) in known {
            book.setSecrets(Array(secrets.values), team: owner.team, connector: owner.connector)
        }
    }

    private static func placeholderKey(
        _ catalog: any Catalog, _ seal: SecretSeal, _ randomBytes: (Int) -> [UInt8]
    ) async throws -> [UInt8] {
        let place = SealedPlace.key(name: placeholderKeyName)
        if try await catalog.sealedKeys()[placeholderKeyName] == nil {
            // Of two that start at once, one makes it, and both read it.
            _ = try await catalog.addSealedKey(
                seal.seal(randomBytes(placeholderKeyBytes), for: place), name: placeholderKeyName)
        }
        let sealed = try await catalog.sealedKeys()[placeholderKeyName] ?? []
        do throws(SealError) {
            let key = try seal.open(sealed, for: place)
            guard key.count == placeholderKeyBytes else { throw .damaged }
            return key
        } catch {
            throw VaultOpeningError(error, what: "the key of placeholders", given: seal.keyID)
        }
    }

    private static func unseal(_ secret: SecretRecord, _ seal: SecretSeal) throws(SealError) -> KnownSecret {
        KnownSecret(value: try seal.open(secret.sealedValue, for: secret.place), ignoresCase: secret.ignoresCase)
    }

    private func restoreRules(_ json: String, team: Int64) throws(VaultOpeningError) {
        guard let rules = StoredRules.rules(json) else {
            throw .store(StoreError(.damaged, "the redaction rules of team \(team)"))
        }
        do throws(RedactionRulesError) {
            try book.setRules(rules, team: team)
        } catch {
            throw .rules(team: team, error)
        }
    }

    // MARK: - Secrets

    /// Connectors of the team that have secrets, in order of their identifiers.
    package func connectorsWithSecrets(team: Int64) -> [String] {
        known.withLock { $0.keys.compactMap { $0.team == team ? $0.connector : nil } }.sorted()
    }

    /// What stands in the log in place of the secret's value; nil when it was deleted meanwhile.
    package func logPlaceholder(of secret: SecretRecord) -> Placeholder? {
        let owner = Owner(team: secret.teamID, connector: secret.connectorIdentifier)
        guard let secretValue = known.withLock({ $0[owner]?[secret.placeholder]?.value }) else { return nil }
        let placeholders = Placeholders(key: placeholderKey, team: secret.teamID)
        return secretValue.withUnsafeBytes { placeholders.placeholder(for: $0) }
    }

    /// The value of the secret with this name; nil when there is none. For who sends it where it belongs, and nowhere else.
    package func value(
        ofSecret name: String, team: Int64, connector: String?
    ) async throws(StoreError) -> [UInt8]? {
        guard let secret = try await catalog.secrets(team: team, connector: connector).first(where: { $0.name == name })
        else { return nil }
        return known.withLock { $0[Owner(team: team, connector: connector)]?[secret.placeholder]?.value }
    }

    /// What the book was told of a connector, or of a team for itself.
    func knownSecrets(team: Int64, connector: String?) -> Set<KnownSecret> {
        known.withLock { Set($0[Owner(team: team, connector: connector), default: [:]].values) }
    }

    /// By name; their values stay sealed.
    package func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        try await catalog.secrets(team: team, connector: connector)
    }

    /// - Parameter connector: nil for a secret of the whole team.
    package func createSecret(
        name: String, value: String, ignoresCase: Bool, team: Int64, connector: String?, at now: Timestamp
    ) async throws(SecretVaultError) -> SecretRecord {
        guard SecretLimits.holds(value) else { throw .valueLength }
        let owner = Owner(team: team, connector: connector)
        return try await change(of: owner) { [self] () async throws in
            var tries = 0
            while true {
                tries += 1
                var secret = SecretRecord(
                    placeholder: makePlaceholder(), teamID: team, connectorIdentifier: connector, name: name,
                    ignoresCase: ignoresCase, sealedValue: [], createdAt: now, updatedAt: now)
                secret.sealedValue = seal.seal(Array(value.utf8), for: secret.place)
                do {
                    switch try await catalog.createSecret(secret, limit: SecretLimits.perOwner) {
                    case .ownerMissing: throw SecretVaultError.ownerMissing
                    case .limitReached: throw SecretVaultError.limitReached
                    case .created: break
                    }
                } catch let error as StoreError where error.code == .conflict {
                    let others = try await catalog.secrets(team: team, connector: connector)
                    let isNameTaken = others.contains { $0.name.utf8.elementsEqual(name.utf8) }
                    if isNameTaken || tries == Self.placeholderTries { throw SecretVaultError.nameTaken }
                    continue
                }
                tell(owner) {
                    $0[secret.placeholder] = KnownSecret(value: Array(value.utf8), ignoresCase: ignoresCase)
                }
                await noteVersion(team: team)
                return secret
            }
        }
    }

    /// False when the connector, or the team for its own, has no such secret.
    package func updateSecret(
        placeholder: String, value: String, team: Int64, connector: String?, at now: Timestamp
    ) async throws(SecretVaultError) -> Bool {
        guard SecretLimits.holds(value) else { throw .valueLength }
        let owner = Owner(team: team, connector: connector)
        return try await change(of: owner) { [self] () async throws in
            let place = SealedPlace.secret(team: team, connector: connector, placeholder: placeholder)
            let isKnown = try await catalog.updateSecret(
                team: team, connector: connector, placeholder: placeholder,
                sealedValue: seal.seal(Array(value.utf8), for: place), at: now)
            guard isKnown else { return false }
            if known.withLock({ $0[owner]?[placeholder] == nil }) { await reload(owner) }
            // Else the call would say that the value is looked for, and it would not be.
            guard known.withLock({ $0[owner]?[placeholder] != nil }) else {
                throw SecretVaultError.store(StoreError(.failed, "the secret was changed, and cannot be read"))
            }
            tell(owner) { $0[placeholder]?.value = Array(value.utf8) }
            await noteVersion(team: team)
            return true
        }
    }

    /// False when the connector, or the team for its own, has no such secret.
    package func deleteSecret(
        placeholder: String, team: Int64, connector: String?
    ) async throws(SecretVaultError) -> Bool {
        let owner = Owner(team: team, connector: connector)
        return try await change(of: owner) { [self] () async throws in
            let isKnown = try await catalog.deleteSecret(team: team, connector: connector, placeholder: placeholder)
            if isKnown { tell(owner) { $0[placeholder] = nil } }
            return isKnown
        }
    }

    /// `sec_` and nine hexadecimal digits.
    private func makePlaceholder() -> String {
        let digits = randomBytes(5).hexadecimal
        return "sec_" + digits.prefix(9)
    }

    // MARK: - Owners

    /// Deletes a connector with its secrets. False when there is no such connector.
    package func deleteConnector(
        team: Int64, identifier: String, at now: Timestamp
    ) async throws(SecretVaultError) -> Bool {
        let owner = Owner(team: team, connector: identifier)
        return try await change(of: owner) { [self] () async throws in
            let isKnown = try await catalog.deleteConnector(team: team, identifier: identifier, at: now)
            if isKnown { tell(owner) { $0 = [:] } }
            return isKnown
        }
    }

    /// Deletes a team with its secrets and rules. False when there is no such team.
    package func deleteTeam(id: Int64) async throws(SecretVaultError) -> Bool {
        try await change(of: nil) { [self] () async throws in
            let isKnown = try await catalog.deleteTeam(id: id)
            if isKnown {
                known.withLock { known in known = known.filter { $0.key.team != id } }
                book.removeTeam(id)
            }
            return isKnown
        }
    }

    // MARK: - Rules

    /// Empty ones when the team says nothing.
    package func rules(team: Int64) async throws(SecretVaultError) -> TeamRedactionRules {
        do throws(StoreError) {
            guard let json = try await catalog.redactionRules(team: team) else { return TeamRedactionRules() }
            guard let rules = StoredRules.rules(json) else {
                throw StoreError(.damaged, "the rules of team \(team)")
            }
            return rules
        } catch {
            throw .store(error)
        }
    }

    /// Puts these in the place of the rules that the team had. False when there is no such team.
    /// - Parameter areExpected: whether the rules that are there may be replaced; `.rulesChanged` when not. No other change
    ///   comes between.
    package func setRules(
        _ rules: TeamRedactionRules, team: Int64, at now: Timestamp,
        replacing areExpected: (@Sendable (TeamRedactionRules) -> Bool)? = nil
    ) async throws(SecretVaultError) -> Bool {
        do throws(RedactionRulesError) {
            try RuleLimits.check(rules)
            // A book of its own says whether rules hold, before the catalog has them.
            try RedactionBook(placeholderKey: placeholderKey).setRules(rules, team: team)
        } catch {
            throw .rules(error)
        }
        return try await change(of: nil) { [self] () async throws in
            if let areExpected, !areExpected(try await self.rules(team: team)) { throw SecretVaultError.rulesChanged }
            do {
                guard try await catalog.setRedactionRules(StoredRules.json(rules), team: team, at: now) else {
                    return false
                }
            } catch {
                await reloadRules(team: team)
                throw error
            }
            try book.setRules(rules, team: team)
            await noteVersion(team: team)
            return true
        }
    }

    private func reloadRules(team: Int64) async {
        guard let json = try? await catalog.redactionRules(team: team), let rules = StoredRules.rules(json) else {
            return
        }
        try? book.setRules(rules, team: team)
    }

    // MARK: - Changes

    /// Learns what other servers of the same catalog have changed. What cannot be read stays as it was known, and the catalog
    /// takes no batch of its team as long as it is so.
    package func refresh() async throws(SecretVaultError) {
        try await change(of: nil) { [self] () async throws in
            let before = known.withLock { $0 }
            let versions = try await catalog.secretVersions()
            var unread: Set<Int64> = []
            var found: [Owner: [String: KnownSecret]] = [:]
            for secret in try await catalog.allSecrets() {
                let owner = Owner(team: secret.teamID, connector: secret.connectorIdentifier)
                let value = try? Self.unseal(secret, seal)
                if value == nil { unread.insert(secret.teamID) }
                found[owner, default: [:]][secret.placeholder] = value ?? before[owner]?[secret.placeholder]
            }
            let rules = try await catalog.allRedactionRules()
            for owner in Set(found.keys).union(before.keys) where found[owner] != before[owner] {
                tell(owner) { $0 = found[owner] ?? [:] }
            }
            let gone = teamsWithRules.withLock { teams in
                defer { teams = Set(rules.keys) }
                return teams.subtracting(rules.keys)
            }
            for team in gone { try book.setRules(TeamRedactionRules(), team: team) }
            for (team, json) in rules {
                do {
                    guard let rules = StoredRules.rules(json) else { throw StoreError(.damaged, "the rules of a team") }
                    try book.setRules(rules, team: team)
                } catch {
                    unread.insert(team)
                }
            }
            if let versions { book.setVersions(versions, except: unread) }
        }
    }

    /// After a change of its own. What other servers have changed beside it, `refresh` learns soon; until then the catalog takes
    /// no batch of the team.
    private func noteVersion(team: Int64) async {
        guard let versions = try? await catalog.secretVersions(), let version = versions[team] else { return }
        book.setVersion(version, team: team)
    }

    /// Runs `body` when no other change runs. When the catalog fails, what it has of the owner is read again.
    private func change<Value: Sendable>(
        of owner: Owner?, _ body: @escaping @Sendable () async throws -> Value
    ) async throws(SecretVaultError) -> Value {
        let result = await lane.run { [self] () async -> Result<Value, SecretVaultError> in
            do {
                return .success(try await body())
            } catch let error as SecretVaultError {
                return .failure(error)
            } catch let error as RedactionRulesError {
                return .failure(.rules(error))
            } catch {
                if let owner { await reload(owner) }
                let error = error as? StoreError ?? StoreError(.failed, "the catalog failed", cause: error)
                return .failure(.store(error))
            }
        }
        return try result.get()
    }

    /// Where even that fails, the book keeps what it had.
    private func reload(_ owner: Owner) async {
        guard let secrets = try? await catalog.secrets(team: owner.team, connector: owner.connector) else { return }
        tell(owner) { known in
            var found: [String: KnownSecret] = [:]
            for secret in secrets {
                found[secret.placeholder] = (try? Self.unseal(secret, seal)) ?? known[secret.placeholder]
            }
            known = found
        }
    }

    private func tell(_ owner: Owner, _ change: (inout [String: KnownSecret]) -> Void) {
        let secrets = known.withLock { known in
            change(&known[owner, default: [:]])
            if known[owner]?.isEmpty == true { known[owner] = nil }
            return known[owner].map { Array($0.values) } ?? []
        }
        book.setSecrets(secrets, team: owner.team, connector: owner.connector)
    }
}
