import ConnectorLogCore

/// Secrets, sealed keys and redaction rules of the catalog. To it, what is sealed is bytes.
enum SecretCases {
    static let all = [
        StoreConformanceCase("secretsComeBackAsCreated", secretsComeBackAsCreated),
        StoreConformanceCase("secretNamesAreTakenOnceForAnOwner", secretNamesAreTakenOnceForAnOwner),
        StoreConformanceCase("secretsNeedAnOwner", secretsNeedAnOwner),
        StoreConformanceCase("secretsAreLimited", secretsAreLimited),
        StoreConformanceCase("updatesChangeASecretsValueAlone", updatesChangeASecretsValueAlone),
        StoreConformanceCase("deletedSecretsAreGone", deletedSecretsAreGone),
        StoreConformanceCase("secretsGoWithTheirOwner", secretsGoWithTheirOwner),
        StoreConformanceCase("sealedKeysAreMadeOnce", sealedKeysAreMadeOnce),
        StoreConformanceCase("sealedBytesAreReplacedTogether", sealedBytesAreReplacedTogether),
        StoreConformanceCase("redactionRulesAreSetAndTakenBack", redactionRulesAreSetAndTakenBack),
    ]

    static let durable = [
        StoreConformanceCase("secretsOutliveTheStore", secretsOutliveTheStore)
    ]

    /// A secret whose placeholder ends in `number`, with sealed bytes of its own.
    private static func secret(
        _ number: Int, team: Int64, connector: String? = nil, name: String? = nil, at: Timestamp
    ) -> SecretRecord {
        SecretRecord(
            placeholder: "sec_\(100_000_000 + number)", teamID: team, connectorIdentifier: connector,
            name: name ?? "secret \(number)", ignoresCase: number % 2 == 1,
            sealedValue: Fixtures.digest(UInt64(number)), createdAt: at, updatedAt: at)
    }

    /// A team with connectors `a` and `b`.
    private static func makeTeam(_ store: StoreUnderTest) async throws -> Int64 {
        let team = try await store.makeTeam()
        for identifier in ["a", "b"] {
            try await store.catalog.createConnector(
                Fixtures.connector(identifier, team: team, at: store.now), logo: nil)
        }
        return team
    }

    private static func create(_ secret: SecretRecord, _ store: StoreUnderTest) async throws {
        let result = try await store.catalog.createSecret(secret, limit: 100)
        try expectEqual(result, .created, "result of creating a secret")
    }

    private static func expectAll(
        _ expected: [SecretRecord], _ store: StoreUnderTest, _ subject: String
    ) async throws {
        let found = try await store.catalog.allSecrets().sorted { $0.placeholder < $1.placeholder }
        try expectEqual(found, expected.sorted { $0.placeholder < $1.placeholder }, subject)
    }

    private static func secretsComeBackAsCreated(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await makeTeam(store), try await makeTeam(store))
        var byOwner: [(Int64, String?, [SecretRecord])] = []
        var number = 0
        // By name, byte by byte.
        let names = ["B", "a", "a b", "e\u{301}", "\u{E9}"]
        for (owner, connector) in [(team, nil), (team, "a"), (team, "b"), (other, "a"), (other, nil)]
            as [(Int64, String?)]
        {
            var secrets: [SecretRecord] = []
            for name in names {
                number += 1
                var secret = secret(number, team: owner, connector: connector, name: name, at: store.now)
                secret.updatedAt = store.now.advanced(bySeconds: Int64(number))
                if number == 3 { secret.sealedValue = Array(repeating: 0, count: 40_000) }
                secrets.append(secret)
            }
            for secret in secrets.reversed() { try await create(secret, store) }
            byOwner.append((owner, connector, secrets))
        }
        for (owner, connector, secrets) in byOwner {
            let found = try await store.catalog.secrets(team: owner, connector: connector)
            try expectEqual(found, secrets, "secrets of an owner")
            try expect(found.map { Array($0.name.utf8) } == names.map { Array($0.utf8) }, "the names' bytes")
        }
        try expectEqual(try await store.catalog.secrets(team: team, connector: "A"), [], "secrets of no connector")
        try expectEqual(try await store.catalog.secrets(team: other + 1, connector: nil), [], "secrets of no team")
        try await expectAll(byOwner.flatMap(\.2), store, "all secrets")
    }

    private static func secretNamesAreTakenOnceForAnOwner(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await makeTeam(store), try await makeTeam(store))
        var expected: [SecretRecord] = []
        for (index, owner) in ([(team, nil), (team, "a"), (team, "b"), (other, "a")] as [(Int64, String?)]).enumerated()
        {
            let secret = secret(index, team: owner.0, connector: owner.1, name: "n", at: store.now)
            try await create(secret, store)
            expected.append(secret)
            try await expectThrows(.conflict, "another secret with this name") {
                _ = try await store.catalog.createSecret(
                    Self.secret(50 + index, team: owner.0, connector: owner.1, name: "n", at: store.now), limit: 100)
            }
        }
        try await expectThrows(.conflict, "another team's secret with this placeholder") {
            _ = try await store.catalog.createSecret(secret(0, team: other, name: "x", at: store.now), limit: 100)
        }
        try await expectAll(expected, store, "all secrets")
    }

    private static func secretsNeedAnOwner(_ store: StoreUnderTest) async throws {
        let (team, gone) = (try await makeTeam(store), try await makeTeam(store))
        _ = try await store.catalog.deleteTeam(id: gone)
        _ = try await store.catalog.deleteConnector(team: team, identifier: "b", at: store.now)
        let owners: [(Int64, String?)] = [(team, "none"), (team, "b"), (gone, nil), (gone, "a"), (gone + 1, nil)]
        for (index, owner) in owners.enumerated() {
            let result = try await store.catalog.createSecret(
                secret(index, team: owner.0, connector: owner.1, at: store.now), limit: 100)
            try expectEqual(result, .ownerMissing, "result of creating nobody's secret")
        }
        try await expectAll([], store, "all secrets")
    }

    private static func secretsAreLimited(_ store: StoreUnderTest) async throws {
        let team = try await makeTeam(store)
        let catalog = store.catalog
        // Two for one owner are not too many for another.
        for number in 0..<2 { try await create(secret(number, team: team, connector: "b", at: store.now), store) }
        let results = try await withThrowingTaskGroup(of: SecretCreation.self) { group in
            for number in 10..<20 {
                let secret = secret(number, team: team, connector: "a", at: store.now)
                group.addTask { try await catalog.createSecret(secret, limit: 3) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try expectEqual(results.count { $0 == .created }, 3, "secrets created at once")
        try expectEqual(results.count { $0 == .limitReached }, 7, "secrets over the limit")
        try expectEqual(try await catalog.secrets(team: team, connector: "a").count, 3, "secrets of the connector")
        try await create(secret(30, team: team, at: store.now), store)
        let taken = try await catalog.secrets(team: team, connector: "a").first?.name
        try await expectThrows(.conflict, "a name that is taken, at the limit") {
            _ = try await catalog.createSecret(
                secret(40, team: team, connector: "a", name: taken, at: store.now), limit: 3)
        }
    }

    private static func updatesChangeASecretsValueAlone(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await makeTeam(store), try await makeTeam(store))
        var (own, connectors) = (
            secret(1, team: team, at: store.now), secret(2, team: team, connector: "a", at: store.now)
        )
        for secret in [own, connectors] { try await create(secret, store) }
        func update(_ team: Int64, _ connector: String?, _ placeholder: String) async throws -> Bool {
            try await store.catalog.updateSecret(
                team: team, connector: connector, placeholder: placeholder, sealedValue: [1, 2, 3],
                at: store.now.advanced(bySeconds: 5))
        }
        let wrong: [(Int64, String?, String)] = [
            (team, "a", own.placeholder), (team, nil, connectors.placeholder), (team, "b", connectors.placeholder),
            (other, nil, own.placeholder), (other, "a", connectors.placeholder), (team, nil, "sec_000000000"),
            (team, "a", "SEC_100000002"),
        ]
        for (team, connector, placeholder) in wrong {
            try expectEqual(try await update(team, connector, placeholder), false, "updating another's secret")
        }
        try await expectAll([own, connectors], store, "secrets that were not updated")
        try expectEqual(try await update(team, nil, own.placeholder), true, "updating the team's secret")
        (own.sealedValue, own.updatedAt) = ([1, 2, 3], store.now.advanced(bySeconds: 5))
        try await expectAll([own, connectors], store, "secrets after the team's was updated")
        try expectEqual(try await update(team, "a", connectors.placeholder), true, "updating the connector's secret")
        (connectors.sealedValue, connectors.updatedAt) = (own.sealedValue, own.updatedAt)
        try await expectAll([own, connectors], store, "secrets after both were updated")
    }

    private static func deletedSecretsAreGone(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await makeTeam(store), try await makeTeam(store))
        let own = secret(1, team: team, at: store.now)
        let connectors = secret(2, team: team, connector: "a", at: store.now)
        for secret in [own, connectors] { try await create(secret, store) }
        let wrong: [(Int64, String?, String)] = [
            (team, "a", own.placeholder), (team, nil, connectors.placeholder), (team, "b", connectors.placeholder),
            (other, nil, own.placeholder), (other, "a", connectors.placeholder), (team, nil, "sec_000000000"),
        ]
        for (team, connector, placeholder) in wrong {
            let result = try await store.catalog.deleteSecret(
                team: team, connector: connector, placeholder: placeholder)
            try expectEqual(result, false, "deleting another's secret")
        }
        try await expectAll([own, connectors], store, "secrets before")
        for expected in [true, false] {
            let result = try await store.catalog.deleteSecret(
                team: team, connector: "a", placeholder: connectors.placeholder)
            try expectEqual(result, expected, "deleting")
        }
        try await expectAll([own], store, "secrets after")
        try expectEqual(try await store.catalog.secrets(team: team, connector: "a"), [], "the connector's secrets")
        try await create(connectors, store)
        try await expectAll([own, connectors], store, "secrets with the deleted one anew")
    }

    private static func secretsGoWithTheirOwner(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await makeTeam(store), try await makeTeam(store))
        let secrets = [
            secret(1, team: team, at: store.now), secret(2, team: team, connector: "a", at: store.now),
            secret(3, team: team, connector: "b", at: store.now), secret(4, team: other, at: store.now),
            secret(5, team: other, connector: "a", at: store.now),
        ]
        for secret in secrets { try await create(secret, store) }
        for team in [team, other] {
            _ = try await store.catalog.setRedactionRules("{}", team: team, at: store.now)
        }
        _ = try await store.catalog.deleteConnector(team: team, identifier: "a", at: store.now)
        try await expectAll([secrets[0]] + secrets[2...], store, "secrets without a connector's")
        // What comes anew with its identifier has none.
        try await store.append([SampleEntry(team: team, at: store.now, connector: "a")])
        try expectEqual(try await store.catalog.secrets(team: team, connector: "a"), [], "secrets of the new connector")
        _ = try await store.catalog.deleteTeam(id: team)
        try await expectAll(Array(secrets[3...]), store, "secrets without a team's")
        for connector in [nil, "b"] {
            let left = try await store.catalog.secrets(team: team, connector: connector)
            try expectEqual(left, [], "secrets of the deleted team")
        }
        try expectEqual(try await store.catalog.redactionRules(team: team), nil, "rules of the deleted team")
        try expectEqual(try await store.catalog.allRedactionRules(), [other: "{}"], "all rules")
    }

    private static func sealedKeysAreMadeOnce(_ store: StoreUnderTest) async throws {
        try expectEqual(try await store.catalog.sealedKeys(), [:], "keys of a new store")
        let catalog = store.catalog
        let results = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await catalog.addSealedKey(Fixtures.digest(UInt64(number)), name: "placeholders")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try expectEqual(results.count { $0 }, 1, "keys that were made at once")
        let first = try await catalog.sealedKeys()
        try expectEqual(Array(first.keys), ["placeholders"], "names of keys")
        try expectEqual(try await catalog.addSealedKey([1], name: "placeholders"), false, "making it again")
        try expectEqual(try await catalog.addSealedKey([1, 2], name: "others"), true, "making another")
        var expected = first
        expected["others"] = [1, 2]
        try expectEqual(try await catalog.sealedKeys(), expected, "keys")
    }

    private static func sealedBytesAreReplacedTogether(_ store: StoreUnderTest) async throws {
        let team = try await makeTeam(store)
        var secrets = [
            secret(1, team: team, at: store.now), secret(2, team: team, connector: "a", at: store.now),
        ]
        for secret in secrets { try await create(secret, store) }
        _ = try await store.catalog.addSealedKey([7, 8], name: "key")
        func changes(_ new: [UInt8]?) -> [SealedChange] {
            secrets.map { SealedChange(.secret(placeholder: $0.placeholder), old: $0.sealedValue, new: new) }
                + [SealedChange(.key(name: "key"), old: [7, 8], new: new)]
        }
        var stale = changes([9])
        stale[0].old = [0]
        let unknown = SealedChange(.key(name: "unknown"), old: [], new: [9])
        let wrong = [
            stale, Array(changes([9]).dropLast()), Array(changes([9]).dropFirst()), changes([9]) + [unknown],
            changes([9]) + [changes([9])[0]], [],
        ]
        for changes in wrong {
            try await expectThrows(.conflict, "replacing what is not as it was") {
                try await store.catalog.replaceSealed(changes)
            }
            try await expectAll(secrets, store, "secrets that were not replaced")
            try expectEqual(try await store.catalog.sealedKeys(), ["key": [7, 8]], "keys that were not replaced")
        }
        try await store.catalog.replaceSealed(changes([9]))
        for index in secrets.indices { secrets[index].sealedValue = [9] }
        try await expectAll(secrets, store, "secrets that were replaced")
        try expectEqual(try await store.catalog.sealedKeys(), ["key": [9]], "keys that were replaced")
        var removal = changes(nil)
        removal[2].old = [9]
        try await store.catalog.replaceSealed(removal)
        try await expectAll([], store, "secrets that were taken away")
        try expectEqual(try await store.catalog.sealedKeys(), [:], "keys that were taken away")
    }

    private static func redactionRulesAreSetAndTakenBack(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        let catalog = store.catalog
        try expectEqual(try await catalog.redactionRules(team: team), nil, "rules of a new team")
        try expectEqual(try await catalog.allRedactionRules(), [:], "all rules of a new store")
        for json in ["{}", #"{"names":["Größe"]}"#] {
            try expectEqual(try await catalog.setRedactionRules(json, team: team, at: store.now), true, "setting")
            try expectEqual(try await catalog.redactionRules(team: team), json, "the rules")
        }
        try expectEqual(try await catalog.redactionRules(team: other), nil, "another team's rules")
        try expectEqual(try await catalog.setRedactionRules("{}", team: other, at: store.now), true, "setting others")
        let all = [team: #"{"names":["Größe"]}"#, other: "{}"]
        try expectEqual(try await catalog.allRedactionRules(), all, "all rules")
        try expectEqual(try await catalog.setRedactionRules(nil, team: team, at: store.now), true, "taking back")
        try expectEqual(try await catalog.redactionRules(team: team), nil, "rules that were taken back")
        try expectEqual(try await catalog.allRedactionRules(), [other: "{}"], "all rules that are left")
        let none = try await catalog.setRedactionRules("{}", team: other + 1, at: store.now)
        try expectEqual(none, false, "setting no team's")
        try expectEqual(try await catalog.redactionRules(team: other + 1), nil, "no team's rules")
        _ = try await catalog.deleteTeam(id: other)
        let deleted = try await catalog.setRedactionRules("{}", team: other, at: store.now)
        try expectEqual(deleted, false, "setting a deleted team's")
        try expectEqual(try await catalog.allRedactionRules(), [:], "all rules without the deleted team's")
    }

    private static func secretsOutliveTheStore(_ first: StoreUnderTest) async throws {
        var store = first
        let team = try await makeTeam(store)
        let kept = [secret(1, team: team, at: store.now), secret(2, team: team, connector: "a", at: store.now)]
        let gone = secret(3, team: team, connector: "b", at: store.now)
        for secret in kept + [gone] { try await create(secret, store) }
        _ = try await store.catalog.deleteSecret(team: team, connector: "b", placeholder: gone.placeholder)
        _ = try await store.catalog.addSealedKey([4, 5], name: "key")
        _ = try await store.catalog.setRedactionRules(#"{"names":[]}"#, team: team, at: store.now)
        for _ in 0..<2 {
            store = try await store.reopened()
            try await expectAll(kept, store, "secrets")
            try expectEqual(try await store.catalog.sealedKeys(), ["key": [4, 5]], "keys")
            try expectEqual(try await store.catalog.redactionRules(team: team), #"{"names":[]}"#, "rules")
        }
    }
}
