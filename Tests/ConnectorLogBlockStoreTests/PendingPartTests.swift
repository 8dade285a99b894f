import ConnectorLogCore
import ConnectorLogTesting
import GRDB
import Testing

@testable import ConnectorLogBlockStore

/// What the embedded store alone has to do about parts that wait.
@Suite struct PendingPartTests {
    private static func hold(
        _ store: BlockStore, _ clock: ManualClock, event: UInt64 = 1, change: (inout SampleEntry) -> Void = { _ in }
    ) async throws {
        var sample = SampleEntry(team: 1, at: clock.now, connector: "crm")
        change(&sample)
        let name = { (number: UInt64) in Array(Fixtures.digest(number).prefix(PendingPart.Key.byteCount)) }
        var builder = RedactingBatchBuilder(book: Fixtures.redactionBook())
        builder.hold(
            sample, as: PendingPart.Key(teamID: 1, call: name(event), event: name(event), kind: .request),
            arrivedAt: clock.now)
        _ = try await store.append(builder.finish(), idempotency: nil)
    }

    private static func parts(_ store: BlockStore) async throws -> [StoredPendingPart] {
        try await store.pendingCalls(arrivedBefore: .latest, limit: 100, bytes: .max).flatMap(\.self)
    }

    @Test func eventsAreForgottenAfterADay() async throws {
        try await TemporaryStore.with { store, clock in
            try await Self.hold(store, clock)
            clock.advance(bySeconds: 86_400)
            try await store.maintenance.chores()
            try await Self.hold(store, clock)
            #expect(try await Self.parts(store).count == 1)
            clock.advance(byMicroseconds: 1)
            try await store.maintenance.chores()
            try await Self.hold(store, clock)
            #expect(try await Self.parts(store).count == 2)
        }
    }

    @Test func ofVeryManyEventsTheEarliestAreForgotten() async throws {
        try await TemporaryStore.with { store, clock in
            for event in 0..<5 as Range<UInt64> {
                try await Self.hold(store, clock, event: event)
                clock.advance(byMicroseconds: 1)
            }
            let left = try await store.catalog.pool.write { db in
                #expect(try PendingPartRows.timeOfTheEarliest(5, in: db) == nil)
                let time = try #require(try PendingPartRows.timeOfTheEarliest(3, in: db))
                // Not more in one transaction than it is told to.
                #expect(try PendingPartRows.forgetEvents(toldBefore: time, most: 1, in: db) == 1)
                #expect(try PendingPartRows.forgetEvents(toldBefore: time, in: db) == 1)
                return try Int64.fetchAll(db, sql: "SELECT told_at FROM told_event ORDER BY told_at")
            }
            #expect(left == (2..<5).map { clock.now.microseconds - 5 + $0 })
        }
    }

    @Test func damagedPartsAreGivenBackAsSuchAndTold() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        var store = try await temporary.open()
        try await Self.hold(store, temporary.clock)
        try await store.close()
        #expect(try StoreCheck.run(temporary.directory).isSound)
        let queue = try DatabaseQueue(path: temporary.directory + "/" + StoreDatabase.fileName)
        try await queue.write { db in try db.execute(sql: "UPDATE pending_part SET entry = x'02'") }
        try queue.close()
        #expect(try StoreCheck.run(temporary.directory).faults.map(\.place) == ["pending_part 1"])
        store = try await temporary.open()
        let parts = try await Self.parts(store)
        #expect(parts.map(\.number) == [1] && parts.allSatisfy { $0.entry == nil })
        try await store.close()
    }

    /// What was registered while parts waited: found by the search, and taken out with the field that it stands in.
    @Test func secretsAreFoundInPartsAndTakenOut() async throws {
        let bytes = Array("registered-late-71".utf8)
        let placeholder = bytes.withUnsafeBytes { Placeholders(key: Array(0..<32), team: 1).placeholder(for: $0) }
        let scopes = SecretScopes([
            OwnedSecret(
                team: 1, connector: nil,
                secret: .init(name: "sec_000000001", known: KnownSecret(value: bytes), placeholder: placeholder))
        ])
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        var store = try await temporary.open()
        _ = try await store.createTeam(name: "Team", id: 1, at: temporary.clock.now)
        try await Self.hold(store, temporary.clock, event: 1) { $0.requestBody = .text("a registered-late-71 b") }
        try await Self.hold(store, temporary.clock, event: 2) { $0.connector = "registered-late-71" }
        try await Self.hold(store, temporary.clock, event: 3)
        try await store.close()
        #expect(try !SecretVerification.run(temporary.directory, scopes: scopes).isClean)
        store = try await temporary.open()
        _ = try await store.eraseSecrets(scopes)
        let parts = try await Self.parts(store)
        #expect(parts.map(\.number) == [1, 3])
        #expect(parts.first?.entry?[.requestBody] == nil)
        #expect(parts.first?.entry?[.connector].map { Array($0) } == Array("crm".utf8))
        try await store.close()
        #expect(try SecretVerification.run(temporary.directory, scopes: scopes).isClean)
    }
}
