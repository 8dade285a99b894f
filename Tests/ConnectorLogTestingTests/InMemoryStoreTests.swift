import ConnectorLogCore
import ConnectorLogTesting
import Testing

@Suite struct InMemoryStoreTests {
    private let clock = ManualClock()
    private let store: InMemoryStore
    private let time = ManualClock.defaultStart

    init() {
        store = InMemoryStore(clock: clock)
    }

    @Test func answersWhatWasAppended() async throws {
        var sample = SampleEntry(team: 1, at: time, connector: "stripe", status: 404)
        sample.uri = "https://api.example.com/v1/charges?limit=3"
        sample.method = "GET"
        sample.responseHeaders = [HeaderField(name: "X-Request-Id", value: "vendor-1")]
        sample.responseBody = .text(#"{"error":"no such charge"}"#)
        #expect(try await store.append(Fixtures.batch([sample]), idempotency: nil) == .stored)
        let page = try await store.entries(EntryQuery(teamID: 1))
        let row = try #require(page.rows.first)
        #expect(page.next == nil)
        #expect(try await store.entry(team: 1, id: row.id) == sample.stored(id: row.id))
        #expect(row.outcome == .failed)
    }

    @Test func movesTiesOnByMicroseconds() async throws {
        let tie = SampleEntry(team: 1, at: time)
        let next = SampleEntry(team: 1, at: time.advanced(byMicroseconds: 1))
        _ = try await store.append(Fixtures.batch([tie, next, tie, tie]), idempotency: nil)
        _ = try await store.append(Fixtures.batch([tie]), idempotency: nil)
        let page = try await store.entries(EntryQuery(teamID: 1, order: .oldestFirst))
        #expect(page.rows.map { $0.logTime.microseconds - time.microseconds } == [0, 1, 2, 3, 4])
    }

    @Test func idsRiseWhenTheClockGoesBack() async throws {
        _ = try await store.append(Fixtures.batch([SampleEntry(team: 1, at: time)]), idempotency: nil)
        clock.advance(bySeconds: -60)
        let later = SampleEntry(team: 1, at: time.advanced(bySeconds: 1))
        _ = try await store.append(Fixtures.batch([later]), idempotency: nil)
        let ids = try await store.entries(EntryQuery(teamID: 1, order: .oldestFirst)).rows.map(\.id)
        #expect(ids.count == 2 && ids == ids.sorted())
    }

    @Test func theOldestAuditRecordsGo() async throws {
        let store = InMemoryStore(clock: ManualClock())
        for number in 0...AuditRecord.maximumCount {
            try await store.note(
                AuditRecord(
                    at: .epoch, teamID: number == 0 ? nil : 1, keyID: "key", keyName: "Key", action: "revokeKey",
                    target: nil, requestID: "\(number)"))
        }
        #expect(try await store.audit(team: 1, before: 4, limit: 10).map(\.requestID) == ["2", "1"])
        try await store.note(
            AuditRecord(
                at: .epoch, teamID: 1, keyID: "key", keyName: "Key", action: "revokeKey", target: nil, requestID: "new")
        )
        #expect(try await store.audit(team: 1, before: 4, limit: 10).map(\.requestID) == ["2"])
        #expect(try await store.audit(team: nil, before: nil, limit: 10).map(\.requestID) == ["0"])
    }
}
