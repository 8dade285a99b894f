import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import HTTPTypes
import Testing

@Suite("Reading entries")
struct EntryRouteTests {
    /// Five calls of two connectors in team 1, one in team 2.
    private func server() async throws -> TestServer {
        let server = try await TestServer()
        var entries: [SampleEntry] = []
        for index in 0..<5 {
            var entry = SampleEntry(
                team: 1, at: server.clock.now.advanced(bySeconds: Int64(index)),
                connector: index % 2 == 0 ? "crm" : "shop", status: [200, 300, 400, nil, 500][index])
            entry.method = index == 0 ? "POST" : "GET"
            entry.uri = "https://api.example/v1/\(index)"
            entry.event = "data.load"
            entry.requestID = "request \(index)"
            entry.flowID = "flow"
            entry.stateID = index < 2 ? "a/b {{K}}" : "other"
            entries.append(entry)
        }
        entries.append(SampleEntry(team: 2, at: server.clock.now))
        _ = try await server.store.append(Fixtures.batch(entries), idempotency: nil)
        return server
    }

    typealias PageOfEntries = PageDocument<EntrySummaryDocument>

    @Test(
        arguments: [
            ("", [4, 3, 2, 1, 0]), ("connector=crm", [4, 2, 0]), ("connector=none", []), ("outcome=failed", [4, 3, 2]),
            ("outcome=ok", [1, 0]), ("method=POST", [0]), ("status=404", []), ("status=400", [2]), ("status=4xx", [2]),
            ("status=none", [3]), ("event=data.load", [4, 3, 2, 1, 0]), ("request_id=request+1", [1]),
            ("request_id=request%201", [1]), ("state_id=other", [4, 3, 2]), ("state_id=a%2Fb%20%7B%7BK%7D%7D", [1, 0]),
            ("flow_id=flow&connector=shop", [3, 1]), ("text=/V1/2", [2]), ("from=2025-06-01T00:00:03Z", [4, 3]),
            ("to=2025-06-01T02:00:01%2B02:00", [0]), ("to=2025-06-01T02:00:01+02:00", [0]),
            ("from=2025-06-01T00:00:01.000001Z&to=2025-06-01T00:00:03Z", [2]), ("limit=2", [4, 3]),
            ("unknown=1", [4, 3, 2, 1, 0]),
        ] as [(String, [Int])])
    func filters(_ query: String, _ expected: [Int]) async throws {
        let page: PageOfEntries = try await server().run { try await $0.get("/v1/teams/1/logs?\(query)").decoded() }
        #expect(page.rows.map { $0.uri } == expected.map { "https://api.example/v1/\($0)" })
    }

    @Test(arguments: [
        "limit=0", "limit=1001", "limit=abc", "limit=-1", "limit=+1", "limit=", "limit=1&limit=2",
        "limit=99999999999999999999", "outcome=good", "status=600", "status=6xx", "status=99", "status=40",
        "connector=a%20b", "connector=", "method=G%20T", "method=" + String(repeating: "A", count: 33),
        "from=yesterday", "from=2025-06-01", "from=2025-06-01T00:00:00", "to=2025-13-01T00:00:00Z",
        "event=" + String(repeating: "e", count: 256), "text=", "state_id=" + String(repeating: "s", count: 256),
    ])
    func refusesABadParameter(_ query: String) async throws {
        let answer = try await server().run { try await $0.get("/v1/teams/1/logs?\(query)") }
        #expect(answer.status == 400)
        #expect(answer.errorCode == "BAD_REQUEST")
    }

    @Test func showsEveryMemberOfASummary() async throws {
        let answer = try await server().run { try await $0.get("/v1/teams/1/logs?limit=1&connector=shop") }
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any])
        #expect(Set(object.keys) == ["logs", "next_cursor"])
        let row = try #require((object["logs"] as? [[String: Any]])?.first)
        #expect(
            Set(row.keys) == [
                "id", "team_id", "connector_identifier", "log_time", "event", "method", "uri", "status", "outcome",
                "duration_ms", "request_id", "flow_id", "flow_name", "flow_version", "state_id", "trace_id",
                "span_id", "error_name", "error_message",
            ])
        #expect(row["status"] is NSNull)
        #expect(row["log_time"] as? String == "2025-06-01T00:00:03.000000Z")
    }

    @Test func pagesWithoutSkipOrRepeat() async throws {
        let server = try await server()
        try await server.run { caller async throws in
            var uris: [String?] = []
            var cursor = ""
            for _ in 0..<3 {
                let page: PageOfEntries = try await caller.get("/v1/teams/1/logs?limit=2\(cursor)").decoded()
                uris += page.rows.map { $0.uri }
                guard let next = page.nextCursor else { break }
                cursor = "&cursor=\(next)"
                // What arrives between pages does not shift them.
                let late = SampleEntry(team: 1, at: server.clock.now.advanced(bySeconds: 100))
                _ = try await server.store.append(Fixtures.batch([late]), idempotency: nil)
            }
            #expect(uris == [4, 3, 2, 1, 0].map { "https://api.example/v1/\($0)" })
        }
    }

    @Test func refusesACursorOfAnotherList() async throws {
        try await server().run { caller async throws in
            let page: PageOfEntries = try await caller.get("/v1/teams/1/logs?limit=2").decoded()
            let cursor = try #require(page.nextCursor)
            #expect(try await caller.get("/v1/teams/1/logs?limit=1000&cursor=\(cursor)").status == 200)
            let others = [
                "/v1/teams/1/logs?connector=crm&cursor=\(cursor)", "/v1/teams/1/faults?cursor=\(cursor)",
                "/v1/teams/1/states/other/logs?cursor=\(cursor)", "/v1/teams/1/logs?cursor=\(cursor)A",
                "/v1/teams/1/logs?cursor=x", "/v1/teams/1/logs?cursor=B\(cursor.dropFirst())",
                "/v1/teams/1/logs?cursor=" + String(repeating: "A", count: 4000),
            ]
            for path in others {
                let answer = try await caller.get(path)
                #expect(answer.status == 400, "\(path)")
                #expect(answer.errorCode == "INVALID_CURSOR", "\(path)")
            }
            let other = try await caller.get("/v1/teams/2/logs?cursor=\(cursor)", key: TestServer.owner)
            #expect(other.errorCode == "INVALID_CURSOR")
        }
    }

    @Test func findsTheEntriesOfAStateInTheOrderOfTime() async throws {
        try await server().run { caller async throws in
            let page: PageOfEntries = try await caller.get("/v1/teams/1/states/a%2Fb%20%7B%7BK%7D%7D/logs").decoded()
            #expect(page.rows.map { $0.uri } == ["https://api.example/v1/0", "https://api.example/v1/1"])
            let first: PageOfEntries = try await caller.get("/v1/teams/1/states/other/logs?limit=2").decoded()
            let cursor = try #require(first.nextCursor)
            let second: PageOfEntries = try await caller.get(
                "/v1/teams/1/states/other/logs?limit=2&cursor=\(cursor)"
            ).decoded()
            #expect(
                (first.rows + second.rows).map { $0.uri }
                    == [2, 3, 4].map { "https://api.example/v1/\($0)" })
            #expect(second.nextCursor == nil)
        }
    }

    @Test func showsAnEntryWhole() async throws {
        let server = try await TestServer()
        var entry = SampleEntry(team: 1, at: server.clock.now, connector: "crm", status: 502)
        entry.uri = "https://api.example/"
        entry.durationMicroseconds = 41_500
        entry.requestHeaders = [
            HeaderField(name: "Accept", value: "*/*"), HeaderField(name: "X-Tag", value: "a"),
            HeaderField(name: "X-Tag", value: "b"), HeaderField(name: "Authorization", value: "Bearer made-up-token"),
        ]
        entry.requestBody = .text("line\n\"quoted\" \u{1F600} \u{1}")
        entry.responseBody = .binary([0, 255, 16])
        entry.attributesJSON = #"{"tries":3,"fast":true,"note":"é"}"#
        _ = try await server.store.append(Fixtures.batch([entry]), idempotency: nil)
        try await server.run { caller async throws in
            let page: PageOfEntries = try await caller.get("/v1/teams/1/logs").decoded()
            let id = try #require(page.rows.first?.id)
            let answer = try await caller.get("/v1/teams/1/logs/\(id)")
            #expect(!answer.text.contains("made-up-token"))
            let whole: EntryDocument = try answer.decoded()
            #expect(whole.summary == page.rows.first)
            #expect(whole.summary.durationMilliseconds == 41.5)
            #expect(whole.requestBody?.content == "line\n\"quoted\" \u{1F600} \u{1}")
            #expect(whole.requestBody?.isBase64 == false)
            #expect(whole.responseBody?.content == "AP8Q")
            #expect(whole.responseBody?.isBase64 == true)
            #expect(whole.responseBody?.size == 3)
            #expect(whole.requestHeaders.fields.filter { $0.name == "X-Tag" }.map(\.value) == ["a", "b"])
            #expect(whole.attributes == .object(["tries": .number(3), "fast": .bool(true), "note": .text("é")]))
            #expect(whole.receipt.map(\.rule) == ["header"])
            let other = try await caller.get("/v1/teams/2/logs/\(id)", key: TestServer.otherAdmin)
            #expect(other.status == 404)
        }
    }
}
