import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import HTTPTypes
import Testing

@testable import ConnectorLogServer

@Suite("Retention and erasure")
struct RetentionRouteTests {
    private static let retention = "/v1/teams/1/retention"

    @Test func tellsTheDefaultUntilTheTeamSaysOtherwise() async throws {
        var server = try await TestServer()
        server.settings.retention = try #require(Retention(entryDays: 365, detailDays: 30))
        try await server.run { caller async throws in
            let standard = try await caller.get(Self.retention)
            #expect(standard.text == #"{"entries_days":365,"details_days":30,"is_default":true}"#)
            let admin = TestServer.key(.admin)
            let set = try await caller.sendJSON(
                .put, Self.retention, key: admin, #"{"entries_days":90,"details_days":14}"#)
            #expect(set.status == 200)
            #expect(set.text == #"{"entries_days":90,"details_days":14,"is_default":false}"#)
            #expect(try await caller.get(Self.retention).text == set.text)
            let forever = try await caller.sendJSON(
                .put, Self.retention, key: admin, #"{"entries_days":null,"details_days":null}"#)
            #expect(forever.text == #"{"entries_days":null,"details_days":null,"is_default":false}"#)
            #expect(try await caller.send(.delete, Self.retention, key: admin).status == 204)
            #expect(try await caller.get(Self.retention).text == standard.text)
            #expect(try await caller.get("/v1/teams/2/retention", key: TestServer.otherAdmin).text == standard.text)
        }
    }

    @Test(arguments: [
        (#"{"entries_days":10,"details_days":11}"#, 422), (#"{"entries_days":0,"details_days":null}"#, 422),
        (#"{"entries_days":36501,"details_days":null}"#, 422), (#"{"entries_days":"90","details_days":null}"#, 422),
        (#"{"entries_days":1.5,"details_days":null}"#, 422), (#"{"entries_days":90}"#, 422), (#"{}"#, 422),
        (#"{"entries_days":90,"details_days":1,"more":1}"#, 422), (#"[]"#, 422), ("{", 400),
        (#"{"entries_days":9.0e1,"details_days":1.0}"#, 200),
    ])
    func checksARetention(_ body: String, _ status: Int) async throws {
        let answer = try await TestServer().run {
            try await $0.sendJSON(.put, Self.retention, key: TestServer.key(.admin), body)
        }
        #expect(answer.status == status)
    }

    /// Two calls of each of two states, by two connectors, and a fault each.
    private func server() async throws -> (server: TestServer, entries: [EntrySummary]) {
        let server = try await TestServer()
        let entries = (0..<4).map { number -> SampleEntry in
            var entry = SampleEntry(
                team: 1, at: server.clock.now.advanced(bySeconds: Int64(number)), connector: number < 3 ? "crm" : "shop"
            )
            entry.stateID = "run/\(number % 2)"
            entry.responseBody = .text("body")
            return entry
        }
        let faults = (0..<2).map { Fixtures.fault(team: 1, at: server.clock.now, state: "run/\($0)") }
        _ = try await server.store.append(Fixtures.batch(entries, faults: faults), idempotency: nil)
        return (server, try await server.store.entries(EntryQuery(teamID: 1, order: .oldestFirst)).rows)
    }

    @Test func erasesAndTellsWhatItErased() async throws {
        let (server, entries) = try await server()
        let admin = TestServer.key(.admin)
        let now = server.clock.now
        try await server.run { caller async throws in
            let path = "/v1/teams/1/logs/\(entries[0].id)"
            let one = try await caller.send(.delete, path, key: admin)
            #expect(one.status == 200)
            #expect(
                one.text == """
                    {"number":1,"kind":"entry","target":"\(entries[0].id)","key_id":"key_admin",\
                    "requested_at":"\(now)","completed_at":"\(now)","entries":1,"faults":0,"states":0,\
                    "unreadable_blocks":0}
                    """)
            #expect(try await caller.get(path).status == 404)
            let again: ErasureDocument = try await caller.send(.delete, path, key: admin).decoded()
            #expect((again.number, again.entries) == (2, 0))
            let state: ErasureDocument = try await caller.send(
                .delete, "/v1/teams/1/states/run%2F1", key: admin
            ).decoded()
            #expect((state.kind, state.target) == ("state", "run/1"))
            #expect((state.entries, state.faults, state.states) == (2, 1, 1))
            #expect(try await caller.get("/v1/teams/1/states/run%2F1").status == 404)
            let log: ErasureDocument = try await caller.send(
                .delete, "/v1/teams/1/connectors/crm/logs", key: TestServer.owner
            ).decoded()
            #expect((log.kind, log.target, log.keyID, log.entries) == ("connector", "crm", "key_owner", 1))

            var numbers: [Int64] = []
            var cursor = ""
            repeat {
                let page: PageDocument<ErasureDocument> = try await caller.get(
                    "/v1/teams/1/erasures?limit=3\(cursor)", key: admin
                ).decoded()
                numbers += page.rows.map(\.number)
                cursor = page.nextCursor.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(numbers == [4, 3, 2, 1])
            let others = try await caller.get("/v1/teams/2/erasures", key: TestServer.otherAdmin)
            #expect(others.text == #"{"erasures":[],"next_cursor":null}"#)
        }
    }

    /// Some of it may be done.
    @Test func anErasureOnAFullDiskDoesNotSayThatNothingWasStored() throws {
        let full = APIError(erasing: StoreError(.full, "in block 17"))
        #expect(full.code == .insufficientStorage)
        #expect(full.headers[.retryAfter] == "30")
        #expect(full.message != APIError(StoreError(.full, "in block 17")).message)
        #expect(!full.message.contains("nothing") && !full.message.contains("17"))
        #expect(APIError(erasing: StoreError(.overloaded, "")).code == .serviceUnavailable)
    }

    @Test func erasesNothingOfAnotherTeamOrByAnotherRole() async throws {
        let (server, entries) = try await server()
        let paths = [
            "/v1/teams/1/logs/\(entries[0].id)", "/v1/teams/1/states/run%2F1", "/v1/teams/1/connectors/crm/logs",
        ]
        try await server.run { caller async throws in
            for path in paths {
                for key in [TestServer.key(.editor), TestServer.key(.viewer), TestServer.otherAdmin] {
                    #expect(try await caller.send(.delete, path, key: key).status == 403)
                }
                let other = path.replacing("/teams/1/", with: "/teams/2/")
                let erasure: ErasureDocument = try await caller.send(.delete, other, key: TestServer.otherAdmin)
                    .decoded()
                #expect(erasure.entries == 0)
            }
        }
        #expect(try await server.store.entries(EntryQuery(teamID: 1)).rows.count == 4)
    }

    @Test(arguments: [
        ("/v1/teams/1/logs/no-id", 400), ("/v1/teams/1/connectors/a%20b/logs", 400),
        ("/v1/teams/1/states/" + String(repeating: "s", count: 256), 400), ("/v1/teams/3/states/run", 404),
        ("/v1/teams/1/logs", 405), ("/v1/teams/1/erasures", 405),
    ])
    func refusesWhatCannotBeErased(_ path: String, _ status: Int) async throws {
        let answer = try await TestServer().run { try await $0.send(.delete, path, key: TestServer.owner) }
        #expect(answer.status == status)
    }

    @Test func servesEntriesAndFaultsWithoutDetails() async throws {
        let (server, entries) = try await server()
        let later = server.clock.now.advanced(bySeconds: 10 * 86_400)
        try await server.store.enforceRetention(
            default: try #require(Retention(entryDays: nil, detailDays: 5)), at: later)
        try await server.run { caller async throws in
            let entry: EntryDocument = try await caller.get("/v1/teams/1/logs/\(entries[0].id)").decoded()
            #expect(entry.detailsRemovedAt == later)
            #expect(entry.responseBody == nil)
            #expect(entry.summary.id == entries[0].id)
            let faults: PageDocument<FaultDocument> = try await caller.get("/v1/teams/1/faults").decoded()
            #expect(faults.rows.map(\.detailsRemovedAt) == [later, later])
        }
    }
}
