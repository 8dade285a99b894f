import ConnectorLogCore
import ConnectorLogTesting
import Synchronization
import Testing

@testable import ConnectorLogSecrets

/// A catalog whose next changes fail: before they are made, or after.
private final class FailingCatalog: ForwardingCatalog {
    enum Failure { case before, after, cannotRead }

    let store: InMemoryStore
    private let failure = Mutex<Failure?>(nil)

    init(store: InMemoryStore) { self.store = store }

    func fail(_ kind: Failure?) { failure.withLock { $0 = kind } }

    private func change<Value: Sendable>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let kind = failure.withLock { $0 }
        if kind == .before { throw StoreError(.failed, "before") }
        let value = try await body()
        if kind != nil { throw StoreError(.failed, "after") }
        return value
    }

    func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        if failure.withLock({ $0 }) == .cannotRead { throw StoreError(.failed, "cannot read") }
        return try await store.secrets(team: team, connector: connector)
    }

    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        try await change { () async throws(StoreError) in try await store.createSecret(secret, limit: limit) }
    }

    func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at: Timestamp
    ) async throws(StoreError) -> Bool {
        try await change { () async throws(StoreError) in
            try await store.updateSecret(
                team: team, connector: connector, placeholder: placeholder, sealedValue: sealedValue, at: at)
        }
    }

    func deleteSecret(team: Int64, connector: String?, placeholder: String) async throws(StoreError) -> Bool {
        try await change { () async throws(StoreError) in
            try await store.deleteSecret(team: team, connector: connector, placeholder: placeholder)
        }
    }
}

@Suite struct SecretVaultTests {
    private let clock = ManualClock()
    private let store: InMemoryStore

    init() async throws {
        store = InMemoryStore(clock: clock)
        for team in [1, 2] as [Int64] {
            _ = try await store.createTeam(name: "Team", id: team, at: clock.now)
            try await store.createConnector(Fixtures.connector("crm", team: team, at: clock.now), logo: nil)
        }
    }

    private func open(
        _ catalog: (any Catalog)? = nil, key: MasterKey = .test(1), seed: UInt64 = 3
    ) async throws -> SecretVault {
        try await SecretVault.open(catalog: catalog ?? store, masterKey: key, randomBytes: seededBytes(seed))
    }

    private func known(_ texts: String...) -> Set<KnownSecret> {
        Set(texts.map { KnownSecret(value: Array($0.utf8)) })
    }

    @discardableResult
    private func create(
        _ name: String, _ value: String, connector: String? = "crm", in vault: SecretVault, team: Int64 = 1
    ) async throws -> SecretRecord {
        try await vault.createSecret(
            name: name, value: value, ignoresCase: false, team: team, connector: connector, at: clock.now)
    }

    // MARK: - Opening

    @Test func findsEverythingWhenItIsOpenedAgain() async throws {
        let first = try await open()
        try await create("a", "value-a", in: first)
        try await create("b", "value-b", connector: nil, in: first)
        _ = try await first.createSecret(
            name: "c", value: "Value-C", ignoresCase: true, team: 2, connector: "crm", at: clock.now)
        let again = try await open(seed: 4)
        for vault in [first, again] {
            #expect(vault.knownSecrets(team: 1, connector: "crm") == known("value-a"))
            #expect(vault.knownSecrets(team: 1, connector: nil) == known("value-b"))
            let folded = KnownSecret(value: Array("Value-C".utf8), ignoresCase: true)
            #expect(vault.knownSecrets(team: 2, connector: "crm") == [folded])
        }
        #expect(try await store.sealedKeys().count == 1, "the key of placeholders was made again")
    }

    @Test func refusesAnotherMasterKey() async throws {
        _ = try await open()
        do {
            _ = try await open(key: .test(2))
            Issue.record("opened with another key")
        } catch let error as VaultOpeningError {
            guard case .wrongKey(MasterKey.test(1).id, MasterKey.test(2).id) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func refusesASecretThatIsDamagedOrWasMoved() async throws {
        let vault = try await open()
        let first = try await create("a", "value-a", in: vault)
        let second = try await create("b", "value-b", in: vault)
        for bytes in [Array(second.sealedValue), Array(first.sealedValue.dropLast()), []] {
            _ = try await store.updateSecret(
                team: 1, connector: "crm", placeholder: first.placeholder, sealedValue: bytes, at: clock.now)
            do {
                _ = try await open()
                Issue.record("opened what is damaged")
            } catch let error as VaultOpeningError {
                guard case .damaged(let what) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(what == "secret \(first.placeholder)")
            }
        }
    }

    // MARK: - Changes

    @Test func tellsTheBookOfEveryChange() async throws {
        let vault = try await open()
        let a = try await create("a", "value-a", in: vault)
        #expect(a.placeholder.wholeMatch(of: /sec_[0-9a-f]{9}/) != nil)
        let b = try await create("b", "value-b", in: vault)
        #expect(vault.knownSecrets(team: 1, connector: "crm") == known("value-a", "value-b"))
        #expect(
            try await vault.updateSecret(
                placeholder: a.placeholder, value: "value-c", team: 1, connector: "crm",
                at: clock.now.advanced(bySeconds: 1)))
        #expect(vault.knownSecrets(team: 1, connector: "crm") == known("value-c", "value-b"))
        #expect(try await vault.deleteSecret(placeholder: b.placeholder, team: 1, connector: "crm"))
        #expect(vault.knownSecrets(team: 1, connector: "crm") == known("value-c"))
        #expect(try await open(seed: 5).knownSecrets(team: 1, connector: "crm") == known("value-c"))
        for (team, connector) in [(1, nil), (2, "crm"), (2, nil)] as [(Int64, String?)] {
            #expect(try await !vault.deleteSecret(placeholder: a.placeholder, team: team, connector: connector))
            let updated = try await vault.updateSecret(
                placeholder: a.placeholder, value: "other", team: team, connector: connector, at: clock.now)
            #expect(!updated)
        }
        #expect(try await vault.secrets(team: 1, connector: "crm").map(\.name) == ["a"])
    }

    @Test func forgetsWhatGoesWithItsOwner() async throws {
        let vault = try await open()
        try await create("a", "value-a", in: vault)
        try await create("b", "value-b", connector: nil, in: vault)
        try await create("c", "value-c", in: vault, team: 2)
        #expect(try await vault.deleteConnector(team: 1, identifier: "crm", at: clock.now))
        #expect(try await !vault.deleteConnector(team: 1, identifier: "crm", at: clock.now))
        #expect(vault.knownSecrets(team: 1, connector: "crm") == [])
        #expect(vault.knownSecrets(team: 1, connector: nil) == known("value-b"))
        #expect(try await vault.deleteTeam(id: 1))
        #expect(try await !vault.deleteTeam(id: 1))
        #expect(vault.knownSecrets(team: 1, connector: nil) == [])
        #expect(vault.knownSecrets(team: 2, connector: "crm") == known("value-c"))
    }

    private func expectError(
        _ vault: SecretVault, name: String = "n", value: String = "value", connector: String? = "crm", team: Int64 = 1,
        _ matches: (SecretVaultError) -> Bool
    ) async {
        do {
            _ = try await vault.createSecret(
                name: name, value: value, ignoresCase: false, team: team, connector: connector, at: clock.now)
            Issue.record("created")
        } catch {
            #expect(matches(error), "\(error)")
            #expect(!"\(error)".contains(value) || value.isEmpty)
        }
    }

    @Test func refusesWhatCannotBeASecret() async throws {
        let vault = try await open()
        for value in ["", "abc", "éa", "    ", " a b c ", String(repeating: "x", count: 10_001)] {
            await expectError(vault, value: value) { if case .valueLength = $0 { true } else { false } }
        }
        await expectError(vault, connector: "none") { if case .ownerMissing = $0 { true } else { false } }
        await expectError(vault, connector: nil, team: 9) { if case .ownerMissing = $0 { true } else { false } }
        try await create("n", "abcd", in: vault)
        try await create("longest", String(repeating: "é", count: 10_000), in: vault)
        await expectError(vault) { if case .nameTaken = $0 { true } else { false } }
        for number in 3...100 { try await create("n\(number)", "value-\(number)", in: vault) }
        await expectError(vault, name: "more") { if case .limitReached = $0 { true } else { false } }
        await expectError(vault) { if case .nameTaken = $0 { true } else { false } }
        try await create("n", "of the team", connector: nil, in: vault)
        #expect(vault.knownSecrets(team: 1, connector: "crm").count == 100)
    }

    @Test func looksForAnotherPlaceholderWhenOneIsTaken() async throws {
        let vault = try await open()
        let a = try await create("a", "value-a", in: vault)
        // Another that begins with the same bytes, behind the nonce and the key that the first made.
        let other = try await SecretVault.open(
            catalog: store, masterKey: .test(1), randomBytes: repeating(a.placeholder, then: seededBytes(8)))
        let b = try await create("b", "value-b", in: other)
        #expect(a.placeholder != b.placeholder)
        #expect(try await open().knownSecrets(team: 1, connector: "crm") == known("value-a", "value-b"))
    }

    /// The bytes of a placeholder first, then those of `bytes`.
    private func repeating(
        _ placeholder: String, then bytes: @escaping @Sendable (Int) -> [UInt8]
    ) -> @Sendable (Int) -> [UInt8] {
        let digits = Array(placeholder.dropFirst(4) + "0").compactMap { $0.hexDigitValue.map(UInt8.init) }
        let taken = stride(from: 0, to: 10, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        let isFirst = Mutex(true)
        return { count in
            isFirst.withLock { isFirst in
                guard count == 5, isFirst else { return bytes(count) }
                isFirst = false
                return taken
            }
        }
    }

    @Test(arguments: 1...20)
    func changesAtOnceLeaveBookAndCatalogAlike(_ seed: UInt64) async throws {
        let vault = try await open(seed: seed)
        let secret = try await create("s", "value-0", in: vault)
        let now = clock.now
        await withTaskGroup(of: Void.self) { group in
            for number in 1...20 {
                let task = { @Sendable in
                    if number % 5 == 0 {
                        _ = try? await vault.createSecret(
                            name: "n\(number)", value: "value-\(number)", ignoresCase: false, team: 1,
                            connector: "crm", at: now)
                    } else {
                        _ = try? await vault.updateSecret(
                            placeholder: secret.placeholder, value: "value-\(number)", team: 1, connector: "crm",
                            at: now)
                    }
                }
                group.addTask { await task() }
            }
            // Those that wait are run all the same.
            group.cancelAll()
        }
        let found = vault.knownSecrets(team: 1, connector: "crm")
        #expect(found.count == 5)
        #expect(try await open().knownSecrets(team: 1, connector: "crm") == found)
    }

    @Test func learnsFromTheCatalogWhetherAChangeThatFailedWasMade() async throws {
        let failing = FailingCatalog(store: store)
        let vault = try await open(failing)
        let secret = try await create("s", "value-0", in: vault)
        var expected = known("value-0")
        for (kind, name) in [(.before, "x"), (.after, "y")] as [(FailingCatalog.Failure, String)] {
            failing.fail(kind)
            await expectError(vault, name: name, value: "created-\(name)") {
                if case .store = $0 { true } else { false }
            }
            if kind == .after { expected.formUnion(known("created-y")) }
            #expect(vault.knownSecrets(team: 1, connector: "crm") == expected)
            await #expect(throws: SecretVaultError.self) {
                try await vault.updateSecret(
                    placeholder: secret.placeholder, value: "updated-\(name)", team: 1, connector: "crm",
                    at: clock.now)
            }
            if kind == .after { expected = known("updated-y", "created-y") }
            #expect(vault.knownSecrets(team: 1, connector: "crm") == expected)
        }
        failing.fail(.cannotRead)
        await #expect(throws: SecretVaultError.self) {
            try await vault.deleteSecret(placeholder: secret.placeholder, team: 1, connector: "crm")
        }
        // What is not known to be gone is removed from logs on.
        #expect(vault.knownSecrets(team: 1, connector: "crm") == expected)
    }

    // MARK: - Rules

    private static func rules() -> TeamRedactionRules {
        var rules = TeamRedactionRules()
        rules.names = ["x-internal"]
        rules.exceptions = ["token_count"]
        rules.patterns = [TeamRedactionRules.Pattern(name: "order", expression: "ORD-[0-9]{8}")]
        rules.jsonPaths = ["$.customer.vat"]
        (rules.removesEmails, rules.removesIBANs) = (true, true)
        rules.connectorsWithoutBodies = ["crm"]
        return rules
    }

    @Test func keepsRules() async throws {
        let vault = try await open()
        #expect(try await vault.rules(team: 1) == TeamRedactionRules())
        #expect(try await vault.setRules(Self.rules(), team: 1, at: clock.now))
        #expect(try await vault.rules(team: 1) == Self.rules())
        #expect(try await open().rules(team: 1) == Self.rules())
        #expect(try await vault.rules(team: 2) == TeamRedactionRules())
        #expect(try await !vault.setRules(Self.rules(), team: 9, at: clock.now))
    }

    @Test func replacesNoRulesThatAreNotExpected() async throws {
        let vault = try await open()
        #expect(try await vault.setRules(Self.rules(), team: 1, at: clock.now, replacing: { $0.names.isEmpty }))
        let other = TeamRedactionRules()
        do {
            _ = try await vault.setRules(other, team: 1, at: clock.now, replacing: { $0.names.isEmpty })
            Issue.record("replaced rules of somebody else")
        } catch {
            guard case .rulesChanged = error else { throw error }
        }
        #expect(try await vault.rules(team: 1) == Self.rules())
        #expect(try await vault.setRules(other, team: 1, at: clock.now, replacing: { $0 == Self.rules() }))
    }

    /// Stored text of a version that had fewer members, and rules that are none.
    @Test func readsStoredRulesOrRefusesToOpen() async throws {
        _ = try await store.setRedactionRules(#"{"names":["acme"],"later":1}"#, team: 1, at: clock.now)
        #expect(try await open().rules(team: 1).names == ["acme"])
        _ = try await store.setRedactionRules("[]", team: 1, at: clock.now)
        await #expect(throws: VaultOpeningError.self) { try await open() }
    }

    private typealias Pattern = TeamRedactionRules.Pattern

    @Test func refusesRulesBeyondTheirLimits() async throws {
        let longName = String(repeating: "p", count: 65)
        let cases: [(String, (inout TeamRedactionRules) -> Void)] = [
            ("names", { $0.names = Array(repeating: "n", count: 201) }),
            ("names[1]", { $0.names = ["n", String(repeating: "n", count: 97)] }),
            ("names[0]", { $0.names = [""] }),
            ("exceptions", { $0.exceptions = Array(repeating: "n", count: 201) }),
            ("patterns", { $0.patterns = (0..<51).map { Pattern(name: "p\($0)", expression: "x") } }),
            ("patterns[0].name", { $0.patterns = [Pattern(name: "a b", expression: "x")] }),
            ("patterns[1].name", { $0.patterns = Array(repeating: Pattern(name: "p", expression: "x"), count: 2) }),
            ("patterns[0].name", { $0.patterns = [Pattern(name: longName, expression: "x")] }),
            ("patterns[0].expression", { $0.patterns = [Pattern(name: "p", expression: "")] }),
            ("json_paths", { $0.jsonPaths = Array(repeating: "$.a", count: 51) }),
            ("keep_no_bodies", { $0.connectorsWithoutBodies = Array(repeating: "c", count: 1001) }),
            ("keep_no_bodies[0]", { $0.connectorsWithoutBodies = ["a b"] }),
            // What a form could not give back as it is.
            ("names[1]", { $0.names = ["acme", "x\n-ticket"] }),
            ("exceptions[0]", { $0.exceptions = ["token\u{2028}count"] }),
            ("patterns[0].expression", { $0.patterns = [Pattern(name: "p", expression: "a\r\nb")] }),
            ("patterns[0].expression", { $0.patterns = [Pattern(name: "p", expression: "a\tb")] }),
            ("json_paths[0]", { $0.jsonPaths = ["$['a\u{85}b']"] }),
        ]
        let vault = try await open()
        for (field, change) in cases {
            var rules = TeamRedactionRules()
            change(&rules)
            do {
                _ = try await vault.setRules(rules, team: 1, at: clock.now)
                Issue.record("took \(field)")
            } catch {
                guard case .rules(let error) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(error.field == field)
            }
        }
        #expect(try await vault.rules(team: 1) == TeamRedactionRules())
    }

    // MARK: - Another master key

    @Test func sealsAnewWithoutChangingValues() async throws {
        let vault = try await open()
        try await create("a", "value-a", in: vault)
        try await create("b", "value-b", connector: nil, in: vault, team: 2)
        let before = try await SealedStore(of: store)
        #expect(before.keyIDs == [MasterKey.test(1).id])
        #expect(before.count == 3)
        let old = SecretSeal(.test(1), randomBytes: seededBytes(1))
        let new = SecretSeal(.test(2), randomBytes: seededBytes(2))
        try await store.replaceSealed(before.resealed(from: old, to: new))
        #expect(try await SealedStore(of: store).keyIDs == [MasterKey.test(2).id])
        await #expect(throws: VaultOpeningError.self) { try await open() }
        let opened = try await open(key: .test(2))
        #expect(opened.knownSecrets(team: 1, connector: "crm") == known("value-a"))
        #expect(opened.knownSecrets(team: 2, connector: nil) == known("value-b"))
        #expect(throws: SealError.self) { try before.resealed(from: new, to: old) }
    }

    // MARK: - Other servers

    /// Two vaults on one catalog: what one changes, the other knows after `refresh`.
    @Test func refreshLearnsWhatAnotherServerChanged() async throws {
        let (own, other) = (try await open(), try await open(seed: 4))
        let kept = try await own.createSecret(
            name: "kept", value: "first value of it", ignoresCase: false, team: 1, connector: nil, at: clock.now)
        let gone = try await own.createSecret(
            name: "gone", value: "a value that goes", ignoresCase: false, team: 1, connector: nil, at: clock.now)
        #expect(other.knownSecrets(team: 1, connector: nil).isEmpty)
        try await other.refresh()
        #expect(other.knownSecrets(team: 1, connector: nil) == own.knownSecrets(team: 1, connector: nil))
        _ = try await own.updateSecret(
            placeholder: kept.placeholder, value: "second value of it", team: 1, connector: nil, at: clock.now)
        _ = try await own.deleteSecret(placeholder: gone.placeholder, team: 1, connector: nil)
        try await other.refresh()
        #expect(
            other.knownSecrets(team: 1, connector: nil)
                == [KnownSecret(value: Array("second value of it".utf8), ignoresCase: false)])
    }
}
