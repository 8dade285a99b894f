import ConnectorLogCore

/// API keys of the catalog.
enum KeyCases {
    static let all = [
        StoreConformanceCase("keysComeBackByHashAndId", keysComeBackByHashAndId),
        StoreConformanceCase("keysAreListedByTeam", keysAreListedByTeam),
        StoreConformanceCase("revocationHoldsAtOnce", revocationHoldsAtOnce),
        StoreConformanceCase("keysAreTakenOnce", keysAreTakenOnce),
        StoreConformanceCase("useOfAKeyIsNoted", useOfAKeyIsNoted),
    ]

    private static func keysComeBackByHashAndId(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var number: UInt64 = 0
        for role in Role.allCases {
            for owner in [team, nil] {
                for expiresAt in [nil, store.now.advanced(bySeconds: -10), store.now.advanced(byMicroseconds: 7)] {
                    number += 1
                    var key = Fixtures.key(
                        "key-\(number)", team: owner, role: role, at: store.now, expiresAt: expiresAt)
                    key.name = "Schlüssel \(number)"
                    if number % 2 == 0 { key.lastUsedAt = store.now.advanced(bySeconds: 5) }
                    try await store.catalog.createKey(key, hash: Fixtures.digest(number))
                    try expectEqual(store.catalog.key(hash: Fixtures.digest(number)), key, "the key by its hash")
                    try expectEqual(store.catalog.key(id: key.id), key, "the key by its id")
                    let listed = try await store.catalog.keys(team: owner).first { $0.id == key.id }
                    try expectEqual(listed, key, "the key in the list")
                }
            }
        }
        try expectEqual(store.catalog.key(hash: Fixtures.digest(999)), nil, "an unknown hash")
        try expectEqual(store.catalog.key(hash: []), nil, "an empty hash")
        try expectEqual(store.catalog.key(id: "KEY-1"), nil, "an id in another case")
        try expectEqual(store.catalog.key(id: ""), nil, "an empty id")
    }

    private static func keysAreListedByTeam(_ store: StoreUnderTest) async throws {
        let (a, b) = (try await store.makeTeam(), try await store.makeTeam())
        let keys: [(String, Int64?, Int64)] = [
            ("a2", a, 1), ("a1", a, 1), ("b1", b, 0), ("a3", a, 0), ("o1", nil, 2), ("o2", nil, 1),
        ]
        for (index, key) in keys.enumerated() {
            try await store.catalog.createKey(
                Fixtures.key(key.0, team: key.1, at: store.now.advanced(bySeconds: key.2)),
                hash: Fixtures.digest(UInt64(index)))
        }
        try expectEqual(try await store.catalog.keys(team: a).map(\.id), ["a3", "a1", "a2"], "keys of a team")
        try expectEqual(try await store.catalog.keys(team: b).map(\.id), ["b1"], "keys of the other")
        try expectEqual(try await store.catalog.keys(team: nil).map(\.id), ["o2", "o1"], "keys of the owner")
    }

    private static func revocationHoldsAtOnce(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        try await store.catalog.createKey(Fixtures.key("k", team: team, at: store.now), hash: Fixtures.digest(1))
        try await store.catalog.createKey(Fixtures.key("o", team: nil, at: store.now), hash: Fixtures.digest(2))
        for (wrong, id) in [(other, "k"), (nil, "k"), (team, "o"), (team, "none")] as [(Int64?, String)] {
            try expectEqual(try await store.catalog.revokeKey(team: wrong, id: id), false, "revoking another's key")
        }
        try expect(store.catalog.key(hash: Fixtures.digest(1)) != nil, "the key still holds")
        try expect(store.catalog.key(hash: Fixtures.digest(2)) != nil, "the owner's key still holds")
        try expectEqual(try await store.catalog.revokeKey(team: team, id: "k"), true, "revoking")
        try expectEqual(store.catalog.key(hash: Fixtures.digest(1)), nil, "the revoked key by its hash")
        try expectEqual(store.catalog.key(id: "k"), nil, "the revoked key by its id")
        try expectEqual(try await store.catalog.keys(team: team), [], "keys of the team")
        try expectEqual(try await store.catalog.revokeKey(team: team, id: "k"), false, "revoking again")
        try expectEqual(try await store.catalog.revokeKey(team: nil, id: "o"), true, "revoking the owner's key")
        try expectEqual(store.catalog.key(hash: Fixtures.digest(2)), nil, "the owner's revoked key")
        store.catalog.noteUse(ofKey: "k", at: store.now)
        try expectEqual(store.catalog.key(id: "k"), nil, "the revoked key after a use")
    }

    private static func keysAreTakenOnce(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        let key = Fixtures.key("k", team: team, at: store.now)
        try await store.catalog.createKey(key, hash: Fixtures.digest(1))
        try await expectThrows(.conflict, "another key with this id") {
            try await store.catalog.createKey(Fixtures.key("k", team: other, at: store.now), hash: Fixtures.digest(2))
        }
        try await expectThrows(.conflict, "another key with this hash") {
            try await store.catalog.createKey(Fixtures.key("l", team: other, at: store.now), hash: Fixtures.digest(1))
        }
        try expectEqual(store.catalog.key(hash: Fixtures.digest(1)), key, "the key by its hash")
        try expectEqual(store.catalog.key(hash: Fixtures.digest(2)), nil, "the hash that was refused")
        try expectEqual(store.catalog.key(id: "l"), nil, "the id that was refused")
        try expectEqual(try await store.catalog.keys(team: other), [], "keys of the other team")
    }

    private static func useOfAKeyIsNoted(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for (number, id) in ["k", "l"].enumerated() {
            try await store.catalog.createKey(
                Fixtures.key(id, team: team, at: store.now), hash: Fixtures.digest(UInt64(number)))
        }
        try expectEqual(store.catalog.key(id: "k")?.lastUsedAt, nil, "last use of a key that was not used")
        for (seconds, last) in [(10, 10), (5, 10), (11, 11)] as [(Int64, Int64)] {
            store.catalog.noteUse(ofKey: "k", at: store.now.advanced(bySeconds: seconds))
            try expectEqual(store.catalog.key(id: "k")?.lastUsedAt, store.now.advanced(bySeconds: last), "last use")
        }
        store.catalog.noteUse(ofKey: "none", at: store.now)
        try expectEqual(store.catalog.key(id: "none"), nil, "a key that does not exist")
        try expectEqual(store.catalog.key(id: "l")?.lastUsedAt, nil, "last use of the other key")
    }
}
