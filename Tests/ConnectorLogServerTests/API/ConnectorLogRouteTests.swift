import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import HTTPTypes
import Testing

@Suite("Logs of the compatible API")
struct ConnectorLogRouteTests {
    static let logs = ConnectorRouteTests.root + "/T3S70/logs"

    private func server(_ entries: [SampleEntry]? = nil) async throws -> TestServer {
        let server = try await TestServer()
        // Seven entries at one instant, which the store spreads by microseconds, and one of another connector.
        let given =
            entries
            ?? (0..<7).map { index in
                var entry = SampleEntry(team: 1, at: server.clock.now, connector: "T3S70", status: 200)
                entry.event = "event \(index)"
                return entry
            }
        let other = SampleEntry(team: 1, at: server.clock.now, connector: "other")
        _ = try await server.store.append(Fixtures.batch(given + [other]), idempotency: nil)
        return server
    }

    @Test(arguments: [1, 2, 3, 7, 100])
    func pagesByBeforeThroughEntriesThatShareAnInstant(_ limit: Int) async throws {
        try await server().run { caller async throws in
            var events: [String?] = []
            var before = ""
            while true {
                let page: ConnectorLogListDocument = try await caller.get("\(Self.logs)?limit=\(limit)\(before)")
                    .decoded()
                guard let last = page.logs.last else { break }
                events += page.logs.map { $0.event }
                // As the official client writes it.
                let text = last.logTime.description.replacing("Z", with: "%2B00:00")
                before = "&before=\(text)"
            }
            #expect(events == (0..<7).reversed().map { "event \($0)" })
        }
    }

    @Test func showsSevenMembers() async throws {
        let time = ManualClock.defaultStart
        var full = SampleEntry(team: 1, at: time, connector: "T3S70", status: 201)
        full.event = "data.load"
        full.method = "GET"
        full.uri = "https://api.example/v1/leads?limit=5"
        full.durationMicroseconds = 1500
        full.requestID = "6f1c2f0e-95b3-4b3a-9a51-0d7a5f3f2c11"
        var bare = SampleEntry(team: 1, at: time.advanced(bySeconds: -1), connector: "T3S70", status: nil)
        bare.requestID = "not a uuid"
        try await server([full, bare]).run { caller async throws in
            let answer = try await caller.get(Self.logs)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: [[String: Any]]])
            let rows = try #require(object["logs"])
            let members: Set = ["id", "log_time", "status", "event", "request", "duration_ms", "request_id"]
            #expect(rows.allSatisfy { Set($0.keys) == members })
            #expect(rows[0]["log_time"] as? String == "2025-06-01T00:00:00.000000Z")
            let logs = try answer.decoded(ConnectorLogListDocument.self).logs
            #expect(logs[0].request == "GET /v1/leads?limit=5")
            #expect(logs[0].durationMilliseconds == 2)
            #expect(logs[0].requestID == "6f1c2f0e-95b3-4b3a-9a51-0d7a5f3f2c11")
            #expect(logs[1].requestID == nil && logs[1].status == nil && logs[1].request == nil)
            let one = try await caller.get("\(Self.logs)/\(logs[0].id)")
            #expect(try one.decoded(ConnectorLogDocument.self) == logs[0])
        }
    }

    @Test func findsAnEntryOnlyUnderItsConnector() async throws {
        try await server().run { caller async throws in
            let other: ConnectorLogListDocument = try await caller.get(ConnectorRouteTests.root + "/other/logs")
                .decoded()
            let id = try #require(other.logs.first?.id)
            for path in ["\(Self.logs)/\(id)", "\(Self.logs)/any%20text%2F", "\(Self.logs)/%7B%7BK%7D%7D"] {
                let answer = try await caller.get(path)
                #expect(answer.status == 404)
                #expect(answer.errorCode == "NOT_FOUND")
            }
            let tooLong = try await caller.get("\(Self.logs)/" + String(repeating: "a", count: 256))
            #expect(tooLong.status == 400)
        }
    }

    @Test(arguments: [
        ("limit=0", 400), ("limit=1001", 400), ("limit=abc", 400), ("limit=1000", 200), ("before=yesterday", 400),
        ("before=2025-06-01T00:00:00", 200), ("before=2025-06-02", 200), ("before=2025-06-01T00:00:00.1234567Z", 200),
        ("before=2025-06-01T02:00:00+02:00", 200), ("before=2025-06-01T00:00:00.123456%2B00:00", 200), ("before=", 400),
    ])
    func checksItsParameters(_ query: String, _ status: Int) async throws {
        let answer = try await server().run { try await $0.get("\(Self.logs)?\(query)") }
        #expect(answer.status == status)
        if status == 400 { #expect(answer.errorCode == "BAD_REQUEST") }
    }

    @Test func readsATimeWithoutOffsetAsUTC() async throws {
        try await server().run { caller async throws in
            let none: ConnectorLogListDocument = try await caller.get(Self.logs + "?before=2025-06-01T00:00:00")
                .decoded()
            #expect(none.logs.isEmpty)
            let two: ConnectorLogListDocument = try await caller.get(Self.logs + "?before=2025-06-01T00:00:00.000002")
                .decoded()
            #expect(two.logs.map { $0.event } == ["event 1", "event 0"])
            let all: ConnectorLogListDocument = try await caller.get(Self.logs + "?before=2025-06-02").decoded()
            #expect(all.logs.count == 7)
        }
    }
}
