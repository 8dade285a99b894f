import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogPostgres

/// What one server changes of the catalog holds on another.
@Suite(.enabled(if: TestPostgres.isWanted, "PostgreSQL is not installed"), .tags(.postgres))
struct CatalogFollowingTests {
    private func change(
        _ timing: PostgresTiming, within limit: Duration
    ) async throws {
        try await TestDatabase.withStore { store, database in
            let other = try await database.open(timing: timing)
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now).id
            let key = Fixtures.key("k", team: team, at: database.clock.now)
            try await store.catalog.createKey(key, hash: Fixtures.digest(1))
            try await eventually(within: limit, "the key does not come") {
                other.catalog.hasTeam(team) && other.catalog.key(hash: Fixtures.digest(1)) == key
            }
            #expect(try await store.catalog.revokeKey(team: team, id: "k"))
            #expect(store.catalog.key(id: "k") == nil)
            try await eventually(within: limit, "the key stays") { other.catalog.key(id: "k") == nil }
            #expect(try await store.catalog.deleteTeam(id: team))
            try await eventually(within: limit, "the team stays") { !other.catalog.hasTeam(team) }
            await other.close()
        }
    }

    /// Nothing but a notification tells it.
    @Test func changesAreNotified() async throws {
        var timing = PostgresTiming()
        timing.interval = 3_600_000
        try await change(timing, within: .seconds(20))
    }

    @Test func changesHoldWithinFiveSecondsWithoutNotifications() async throws {
        var timing = PostgresTiming()
        timing.listens = false
        // As long again for a machine that runs a thousand tests beside.
        #expect(timing.interval <= 2000)
        try await change(timing, within: .seconds(10))
    }

    @Test func changesAreFollowedAgainWhenConnectionsBreak() async throws {
        try await TestDatabase.withStore { store, database in
            let other = try await database.open()
            try database.terminate()
            try await store.catalog.createKey(
                Fixtures.key("k", team: nil, at: database.clock.now), hash: Fixtures.digest(1))
            try await eventually(within: .seconds(10), "the key does not come") { other.catalog.key(id: "k") != nil }
            await other.close()
        }
    }

    @Test func changesOfSecretsAreTold() async throws {
        try await TestDatabase.withStore { store, database in
            let other = try await database.open()
            var changes = other.catalog.secretChanges().makeAsyncIterator()
            #expect(try await store.catalog.addSealedKey([1], name: "key"))
            #expect(await changes.next() != nil)
            // A key of the API is none.
            try await store.catalog.createKey(
                Fixtures.key("k", team: nil, at: database.clock.now), hash: Fixtures.digest(1))
            let team = try await store.catalog.createTeam(name: "T", id: nil, at: database.clock.now).id
            try await eventually("the team does not come") { other.catalog.hasTeam(team) }
            #expect(try await store.catalog.setRedactionRules("{}", team: team, at: database.clock.now))
            #expect(await changes.next() != nil)
            await other.close()
            #expect(await changes.next() == nil)
        }
    }

    @Test func usesOfKeysAreWrittenDown() async throws {
        try await TestDatabase.withStore { store, database in
            let now = database.clock.now
            let other = try await database.open()
            try await store.catalog.createKey(Fixtures.key("k", team: nil, at: now), hash: Fixtures.digest(1))
            try await eventually("the key does not come") { other.catalog.key(id: "k") != nil }
            store.catalog.noteUse(ofKey: "k", at: now.advanced(bySeconds: 1))
            other.catalog.noteUse(ofKey: "k", at: now.advanced(bySeconds: 5))
            await other.maintain()
            await store.maintain()
            #expect(try database.integer("SELECT last_used_at FROM api_key") == now.advanced(bySeconds: 5).microseconds)
            #expect(try await store.catalog.keys(team: nil).map(\.lastUsedAt) == [now.advanced(bySeconds: 5)])
            // The last use is written down at the end.
            other.catalog.noteUse(ofKey: "k", at: now.advanced(bySeconds: 7))
            await other.close()
            #expect(try database.integer("SELECT last_used_at FROM api_key") == now.advanced(bySeconds: 7).microseconds)
        }
    }

    @Test func serversCreateAtOnceWithoutHarm() async throws {
        try await TestDatabase.withStore { store, database in
            let other = try await database.open()
            let now = database.clock.now
            let teams = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<20 {
                    let catalog = number % 2 == 0 ? store.catalog : other.catalog
                    group.addTask { try await catalog.createTeam(name: "T", id: nil, at: now).id }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(teams == Set(1...20))
            try await store.catalog.createConnector(Fixtures.connector("c", team: 1, at: now), logo: nil)
            let created = try await withThrowingTaskGroup(of: SecretCreation.self) { group in
                for number in 0..<12 {
                    let catalog = number % 2 == 0 ? store.catalog : other.catalog
                    group.addTask {
                        try await catalog.createSecret(
                            SecretRecord(
                                placeholder: "sec_\(number)", teamID: 1, connectorIdentifier: "c", name: "n\(number)",
                                ignoresCase: false, sealedValue: [1], createdAt: now, updatedAt: now), limit: 5)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(created.count { $0 == .created } == 5)
            #expect(created.count { $0 == .limitReached } == 7)
            await other.close()
        }
    }

    @Test func textsMayHoldEveryCharacter() async throws {
        try await TestDatabase.withStore { store, database in
            let (now, text) = (database.clock.now, "\0a\u{E9}e\u{301}'\\x00\"\u{1F469}\0")
            let team = try await store.catalog.createTeam(name: text, id: nil, at: now)
            #expect(try await store.catalog.team(id: team.id)?.name.utf8.elementsEqual(text.utf8) ?? false)
            var connector = Fixtures.connector("c", team: team.id, at: now, json: text)
            (connector.name, connector.description) = (text, text)
            try await store.catalog.createConnector(connector, logo: Logo(mediaType: text, bytes: [0, 255]))
            #expect(try await store.catalog.connector(team: team.id, identifier: "c") == connector)
            #expect(
                try await store.catalog.logo(team: team.id, identifier: "c") == Logo(mediaType: text, bytes: [0, 255]))
            #expect(try await store.catalog.setRedactionRules(text, team: team.id, at: now))
            #expect(try await store.catalog.redactionRules(team: team.id) == text)
        }
    }
}
