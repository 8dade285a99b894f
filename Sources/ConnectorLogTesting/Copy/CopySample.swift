import ConnectorLogCore

/// Fills an empty store with some of everything that a store can hold, so that a copy may be held against it.
package enum CopySample {
    /// Teams that are there afterwards; another is deleted.
    package static let teams: [Int64] = [1, 2, 40]
    /// A team whose details retention has removed, of old entries and faults.
    private static let agedTeam: Int64 = 40

    package static func fill(_ store: StoreUnderTest, batches: Int = 12) async throws {
        try await fillCatalog(store)
        try await fillLog(store, batches: batches)
        try await eraseSome(store)
        try await leaveSome(store)
    }

    // MARK: - The catalog

    private static func fillCatalog(_ store: StoreUnderTest) async throws {
        let (catalog, now) = (store.catalog, store.now)
        for team in [1, 2, 40, 41] as [Int64] {
            _ = try await catalog.createTeam(name: "Team \(team) Zürich", id: team, at: now)
        }
        for (number, team) in ([nil, 1, 1, 2, 41] as [Int64?]).enumerated() {
            let key = Fixtures.key(
                "key-\(number)", team: team, role: number == 0 ? .admin : .recorder, at: now,
                expiresAt: number == 2 ? now.advanced(bySeconds: 1000) : nil)
            try await catalog.createKey(key, hash: Fixtures.digest(UInt64(number)))
        }
        catalog.noteUse(ofKey: "key-1", at: now.advanced(bySeconds: 5))
        for (number, identifier) in ["hubspot", "stripe", "gone"].enumerated() {
            let connector = Fixtures.connector(identifier, team: 1, at: now, json: #"{"n":\#(number)}"#)
            try await catalog.createConnector(
                connector, logo: number == 0 ? Logo(mediaType: "image/png", bytes: [0, 1, 255]) : nil)
        }
        _ = try await catalog.updateConnector(
            team: 1, identifier: "stripe", name: "Stripe", description: "Pays", configurationJSON: #"{"a":"ü"}"#,
            at: now.advanced(bySeconds: 1))
        _ = try await catalog.setLogo(
            team: 1, identifier: "stripe", logo: Logo(mediaType: "image/svg+xml", bytes: Array("<svg/>".utf8)),
            name: "logo-1.svg", at: now)
        for number in 0..<5 {
            let secret = SecretRecord(
                placeholder: "sec_\(100_000_000 + number)", teamID: 1, connectorIdentifier: number < 2 ? nil : "stripe",
                name: "secret \(number)", ignoresCase: number % 2 == 1, sealedValue: Fixtures.digest(UInt64(number)),
                createdAt: now, updatedAt: now)
            _ = try await catalog.createSecret(secret, limit: 100)
        }
        _ = try await catalog.addSealedKey(Fixtures.digest(77), name: "placeholders")
        _ = try await catalog.setRedactionRules(#"{"names":["customer"]}"#, team: 2, at: now)
        _ = try await catalog.setRetention(Retention(entryDays: nil, detailDays: 5), team: agedTeam)
        _ = try await catalog.setRetention(.forever, team: 2)
        for number in 0..<7 {
            try await catalog.note(
                AuditRecord(
                    at: now.advanced(bySeconds: Int64(number)), teamID: ([nil, 1, 41] as [Int64?])[number % 3],
                    keyID: "key-0",
                    keyName: "Owner", action: "revokeKey", target: number % 2 == 0 ? nil : "key-\(number)",
                    requestID: "request-\(number)"))
        }
    }

    // MARK: - The log

    private static func fillLog(_ store: StoreUnderTest, batches: Int) async throws {
        // Over some days that lie behind the clock, those of the aged team further than its details are kept.
        var generator = SampleGenerator(seed: 5, start: store.now.advanced(bySeconds: -4 * 86_400), seconds: 3 * 86_400)
        var aged = SampleGenerator(seed: 6, start: store.now.advanced(bySeconds: -30 * 86_400), seconds: 2 * 86_400)
        for number in 0..<batches {
            store.clock.advance(bySeconds: 60)
            var entries: [SampleEntry] = []
            for team in [1, 2, 41] as [Int64] { for _ in 0..<40 { entries.append(generator.entry(team: team)) } }
            for _ in 0..<20 { entries.append(aged.entry(team: agedTeam)) }
            var faults: [RootFault] = []
            for team in [1, 2, 41] as [Int64] { faults.append(generator.fault(team: team)) }
            faults.append(aged.fault(team: agedTeam))
            let changes = (0..<6).map { generator.change(team: Int64($0 % 2 + 1)) }
            let answer = IdempotentAnswer(
                token: Fixtures.digest(UInt64(500 + number)), fingerprint: Fixtures.digest(UInt64(600 + number)),
                answer: Array("{\"accepted\":\(number)}".utf8))
            _ = try await store.writer.append(
                Fixtures.batch(entries, faults: faults, states: changes), idempotency: answer)
        }
        // One connector, one instant: times moved on.
        let ties = (0..<30).map { _ in SampleEntry(team: 1, at: store.now, connector: "ties", status: 200) }
        try await store.append(ties)
    }

    private static func eraseSome(_ store: StoreUnderTest) async throws {
        let entry = try await store.reader.entries(EntryQuery(teamID: 1, limit: 1)).rows[0]
        for (target, team) in [
            (ErasureTarget.entry(entry.id), 1), (.state("state-3"), 2), (.connector("jira-cloud"), 1),
        ] as [(ErasureTarget, Int64)] {
            _ = try await store.keeper.erase(target, team: team, keyID: "key-0", at: store.now)
        }
        try await store.keeper.enforceRetention(default: .forever, at: store.now)
        _ = try await store.catalog.deleteConnector(team: 1, identifier: "gone", at: store.now)
        _ = try await store.catalog.deleteConnector(team: 2, identifier: "shopify", at: store.now)
        _ = try await store.catalog.deleteTeam(id: 41)
    }

    /// Parts of calls that wait, and calls that flow states have not counted yet.
    private static func leaveSome(_ store: StoreUnderTest) async throws {
        var parts: [PendingCases.Part] = []
        for number in 0..<6 as Range<UInt64> {
            let kind: PendingPart.Kind = number % 2 == 0 ? .request : .response
            parts.append(
                PendingCases.Part(store, team: number / 2 == 1 ? 2 : 1, call: number / 2, event: number, kind))
        }
        _ = try await store.writer.append(PendingCases.batch(parts), idempotency: nil)
        let waiting = try await store.pending.pendingCalls(arrivedBefore: .latest, limit: 100, bytes: .max)
        _ = try await store.writer.append(
            PendingCases.batch([], releasing: waiting.last.map { $0.map(\.number) } ?? []), idempotency: nil)
        var generator = SampleGenerator(seed: 9, start: store.now, seconds: 3600)
        try await store.append((0..<30).map { _ in generator.entry(team: 1) })
    }

    /// That the batches were stored: sent again they store nothing. That new entries come behind the others, with times of
    /// their own.
    package static func expectGoesOn(_ store: StoreUnderTest) async throws {
        let before = try await store.allEntries(EntryQuery(teamID: 1, limit: 1000))
        let replayed = try await store.writer.append(
            Fixtures.batch([SampleEntry(team: 1, at: store.now, connector: "ties", status: 200)]),
            idempotency: IdempotentAnswer(
                token: Fixtures.digest(500), fingerprint: Fixtures.digest(600), answer: []))
        try expectEqual(replayed, .replayed(answer: Array("{\"accepted\":0}".utf8)), "a batch that was stored before")
        // Each at the time of one that is there.
        let taken = before.filter { $0.connectorIdentifier == "ties" || $0.connectorIdentifier == "stripe" }.prefix(50)
        try await store.append(
            taken.map { SampleEntry(team: 1, at: $0.logTime, connector: $0.connectorIdentifier, status: 200) },
            faults: [Fixtures.fault(team: 1, at: store.now)])
        let after = try await store.allEntries(EntryQuery(teamID: 1, limit: 1000))
        try expectEqual(after.count, before.count + taken.count, "entries")
        let latest = before.map(\.id).max() ?? EntryID(high: 0, low: 0)
        let known = Set(before.map(\.id))
        for entry in after where !known.contains(entry.id) {
            try expect(entry.id > latest, "a new id is not above those that were copied")
        }
        let places = Set(after.map { "\($0.connectorIdentifier) \($0.logTime.microseconds)" })
        try expectEqual(places.count, after.count, "times of their own")
        try await store.catalog.note(
            AuditRecord(
                at: store.now, teamID: 1, keyID: "key-0", keyName: "Owner", action: "createKey", target: nil,
                requestID: "later"))
        let audit = try await store.catalog.audit(team: 1, before: nil, limit: 1000).map(\.number)
        try expectEqual(audit, audit.sorted(by: >), "numbers of audit records")
        let team = try await store.catalog.createTeam(name: "New", id: nil, at: store.now).id
        try expectEqual(team, 42, "the next team's id")
    }
}
