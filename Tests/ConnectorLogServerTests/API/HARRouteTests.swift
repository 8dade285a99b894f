import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import HTTPTypes
import Testing

/// HTTP Archives and access logs over the API, in and out.
@Suite("HAR and access logs by HTTP")
struct HARRouteTests {
    private static let sent: String =
        #"{"log":{"version":"1.2","entries":[{"request":{"method":"GET","url":"https://api.example.com/a"},"response":{"status":200}},{"request":{}}]}}"#
    private static let nginx = #"{"request_uri":"/a","host":"h","status":"200"}"#
    private static let envoy = #"{"path":"/a","authority":"h","response_code":200}"#

    private func post(
        _ caller: TestCaller, _ body: String, query: String = "", type: String = "application/har+json",
        headers more: HTTPFields = [:], key: String = TestServer.key(.recorder)
    ) async throws -> TestAnswer {
        var headers = more
        headers[.contentType] = type
        return try await caller.send(.post, "/v1/ingest" + query, key: key, headers: headers, body: Array(body.utf8))
    }

    private func entries(_ caller: TestCaller, team: Int = 1) async throws -> [EntrySummaryDocument] {
        try await caller.get("/v1/teams/\(team)/logs", key: TestServer.owner)
            .decoded(PageDocument<EntrySummaryDocument>.self).rows
    }

    // MARK: - In

    @Test func storesTheGoodEntriesAndNamesTheOthers() async throws {
        try await TestServer().run { caller async throws in
            let answer = try await post(caller, Self.sent)
            #expect(answer.status == 200)
            let receipt: IngestDocument = try answer.decoded()
            #expect(receipt.accepted == 1)
            #expect(receipt.rejected.map(\.line) == [2])
            #expect(receipt.rejected.map(\.field) == ["request.url"])
            #expect(try await entries(caller).map(\.connectorIdentifier) == ["api-example-com"])
        }
    }

    @Test(
        arguments: [
            ("", "application/har+json", Self.sent), ("?format=har", "application/har+json", Self.sent),
            ("?format=har", "application/json", Self.sent), ("?format=nginx-json", "application/x-ndjson", Self.nginx),
            ("?format=envoy-json", "application/x-ndjson; charset=utf-8", Self.envoy),
        ] as [(String, String, String)])
    func theTypeOrTheQuerySaysWhatItIs(query: String, type: String, body: String) async throws {
        try await TestServer().run { caller async throws in
            let answer = try await post(caller, body, query: query, type: type)
            #expect(try answer.decoded(IngestDocument.self).accepted == 1)
        }
    }

    @Test(arguments: [
        ("?format=pcap", "application/x-ndjson", 400), ("?format=", "application/x-ndjson", 400),
        ("?format=har", "application/x-ndjson", 400), ("?format=nginx-json", "application/json", 400),
        ("?format=envoy-json", "application/har+json", 400), ("", "application/har", 415),
        ("?format=har", "text/plain", 415),
    ])
    func whatIsNotTakenIsSaid(query: String, type: String, status: Int) async throws {
        try await TestServer().run { caller async throws in
            let answer = try await post(caller, Self.sent, query: query, type: type)
            #expect(answer.status == status)
            #expect(answer.errorCode == (status == 400 ? "BAD_REQUEST" : "UNSUPPORTED_MEDIA_TYPE"))
            if status == 415 { #expect(answer.header("Accept")?.contains("application/har+json") == true) }
        }
    }

    @Test func aBodyThatIsNoArchiveIs400() async throws {
        try await TestServer().run { caller async throws in
            let answer = try await post(caller, #"{"connector_identifier":"crm"}"#)
            #expect(answer.status == 400)
            #expect(try answer.decoded(ErrorEnvelope.self).error.message.contains("this is no HAR") == true)
            let empty = try await post(caller, #"{"log":{"entries":[]}}"#)
            #expect(empty.status == 422)
        }
    }

    @Test func theQueryNamesWhatAnArchiveCannot() async throws {
        try await TestServer().run { caller async throws in
            let query = "?connector=crm&event=data.load&flow_id=f%201&flow_name=Nightly&flow_version=2&state_id=run"
            _ = try await post(caller, Self.sent, query: query)
            let entry = try #require(try await entries(caller).first)
            #expect(entry.connectorIdentifier == "crm")
            #expect(entry.event == "data.load")
            #expect(entry.flowID == "f 1")
            #expect(entry.flowName == "Nightly")
            #expect(entry.flowVersion == "2")
            #expect(entry.stateID == "run")
        }
    }

    @Test(arguments: [
        "?connector=a%20b", "?connector=", "?event=" + String(repeating: "e", count: 256), "?flow_id=a%00b",
        "?state_id=",
        "?team_id=0", "?team_id=x",
    ])
    func aBadDefaultIs400(query: String) async throws {
        try await TestServer().run { caller async throws in
            #expect(try await post(caller, Self.sent, query: query).status == 400)
        }
    }

    @Test func theTeamIsTheQuerysElseTheKeys() async throws {
        try await TestServer().run { caller async throws in
            let unnamed = try await post(caller, Self.sent, key: TestServer.owner)
            #expect(unnamed.status == 422)
            #expect(try await post(caller, Self.sent, query: "?team_id=2", key: TestServer.owner).status == 200)
            #expect(try await entries(caller, team: 2).count == 1)
            #expect(try await post(caller, Self.sent, query: "?team_id=2").status == 403)
            #expect(try await post(caller, Self.sent, query: "?team_id=77", key: TestServer.owner).status == 404)
            // Of plain lines, too.
            let line = #"{"connector_identifier":"crm"}"#
            let lines = try await post(
                caller, line, query: "?team_id=2", type: "application/x-ndjson", key: TestServer.owner)
            #expect(lines.status == 200)
            #expect(try await entries(caller, team: 2).count == 2)
        }
    }

    @Test func theSameBytesWithOtherDefaultsAreAnotherRequest() async throws {
        try await TestServer().run { caller async throws in
            let headers: HTTPFields = [try #require(HTTPField.Name("Idempotency-Key")): "k-1"]
            #expect(try await post(caller, Self.sent, query: "?connector=a", headers: headers).status == 200)
            #expect(try await post(caller, Self.sent, query: "?connector=a", headers: headers).status == 200)
            #expect(try await post(caller, Self.sent, query: "?connector=b", headers: headers).status == 422)
            #expect(try await post(caller, Self.sent, headers: headers).status == 422)
            #expect(try await post(caller, Self.sent, query: "?connector=a&team_id=1", headers: headers).status == 422)
            #expect(try await entries(caller).count == 1)
            let other: HTTPFields = [try #require(HTTPField.Name("Idempotency-Key")): "k-2"]
            for (format, status) in [("nginx-json", 200), ("envoy-json", 422), ("nginx-json", 200)] {
                let answer = try await post(
                    caller, #"{"path":"/","status":"200"}"#, query: "?format=" + format, type: "application/x-ndjson",
                    headers: other)
                #expect(answer.status == status)
            }
        }
    }

    // MARK: - Out

    private static let lines = [
        #"{"connector_identifier":"crm","log_time":"2025-05-31T12:00:00.123456Z","event":"data.load","method":"POST","uri":"https://api.example.com/v1/a?x=1&y=%C3%BC","status":422,"outcome":"ok","duration_ms":12.345,"request_id":"r","flow_id":"f","flow_name":"n","flow_version":"3","state_id":"s","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","request_headers":{":odd":"kept","Via":["a","b\nc"],"Authorization":"Bearer made-up-1","Cookie":"a=b; theme=dark"},"response_headers":{"Set-Cookie":["a=b; Path=/; HttpOnly","c=d"],"Location":"/x"},"request_body":"AAEC","request_body_encoding":"base64","response_body":"{\"token\":\"made-up-token\",\"ü\":\"\\u0000\"}","error_name":"E","error_message":"m m","attributes":{"a":1.50,"b":true,"c":"x","http_version":"HTTP/2"}}"#,
        #"{"connector_identifier":"crm","log_time":"2025-05-31T12:00:01Z"}"#,
        #"{"connector_identifier":"shop","log_time":"2025-05-31T12:00:02Z","method":"GET","uri":"/relative","status":200,"duration_ms":0,"request_body":"","response_body":"cut","response_body_size":900,"response_body_truncated":true}"#,
        #"{"connector_identifier":"shop","log_time":"2025-05-31T12:00:03Z","status":null,"error_name":"Refused","response_body_size":12}"#,
    ]

    private func archive(
        _ caller: TestCaller, _ query: String = "", accept: String? = "application/har+json", team: Int = 1
    ) async throws -> TestAnswer {
        var headers: HTTPFields = [:]
        headers[.accept] = accept
        return try await caller.send(.get, "/v1/teams/\(team)/logs" + query, key: TestServer.owner, headers: headers)
    }

    private func log(_ answer: TestAnswer) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any]
        return try #require(object?["log"] as? [String: Any])
    }

    @Test func whatGoesOutAsAnArchiveComesInWithoutLoss() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            let sent = try await post(caller, Self.lines.joined(separator: "\n"), type: "application/x-ndjson")
            #expect(try sent.decoded(IngestDocument.self).accepted == Self.lines.count)
            let out = try await archive(caller)
            #expect(out.header("Content-Type") == "application/har+json")
            let back = try await post(
                caller, String(decoding: out.bytes, as: UTF8.self), query: "?team_id=2", key: TestServer.owner)
            #expect(try back.decoded(IngestDocument.self).accepted == Self.lines.count, "\(back)")
            let (first, second) = (
                try await whole(caller, server, team: 1), try await whole(caller, server, team: 2)
            )
            #expect(first.count == Self.lines.count)
            for (before, after) in zip(first, second) { #expect(before == after) }
            // Once more: an archive of what came of an archive is the same.
            let again = try await archive(caller, team: 2)
            #expect(try withoutIDs(again) == withoutIDs(out))
        }
    }

    /// What an entry that comes in gets anew is left out.
    private func whole(_ caller: TestCaller, _ server: TestServer, team: Int64) async throws -> [LogEntry] {
        var entries: [LogEntry] = []
        for summary in try await self.entries(caller, team: Int(team)) {
            var entry = try #require(try await server.store.entry(team: team, id: summary.id))
            entry.summary.id = EntryID(high: 0, low: 0)
            entry.summary.teamID = 0
            entries.append(entry)
        }
        return entries
    }

    private func withoutIDs(_ answer: TestAnswer) throws -> NSDictionary {
        var log = try log(answer)
        log["entries"] = (log["entries"] as? [[String: Any]] ?? []).map { entry in
            var (entry, own) = (entry, entry["_connectorLog"] as? [String: Any] ?? [:])
            for name in ["id", "team_id"] { own[name] = nil }
            entry["_connectorLog"] = own
            return entry
        }
        return log as NSDictionary
    }

    @Test func theQueryChoosesTheEntriesOfTheArchive() async throws {
        try await TestServer().run { caller async throws in
            _ = try await post(caller, Self.lines.joined(separator: "\n"), type: "application/x-ndjson")
            for (query, accept, count) in [
                ("?connector=shop", "application/har+json", 2), ("?format=har", nil, 4),
                ("?format=har&status=none", "application/json", 2),
                ("?connector=none", "text/html, application/har+json;q=0.5", 0),
            ] as [(String, String?, Int)] {
                let log = try log(try await archive(caller, query, accept: accept))
                #expect((log["entries"] as? [Any])?.count == count, "\(query)")
            }
            for (query, accept) in [("?format=json", "application/har+json"), ("", nil), ("", "*/*")] {
                let answer = try await archive(caller, query, accept: accept)
                #expect(try answer.decoded(PageDocument<EntrySummaryDocument>.self).rows.count == 4)
            }
            #expect(try await archive(caller, "?format=xml").status == 400)
        }
    }

    @Test func anArchiveOfManySaysWhereTheNextBegins() async throws {
        try await TestServer().run { caller async throws in
            _ = try await post(caller, Self.lines.joined(separator: "\n"), type: "application/x-ndjson")
            var urls: [String] = []
            var path = "?connector=shop&limit=1"
            for page in 0..<2 {
                let answer = try await archive(caller, path)
                let log = try log(answer)
                urls += (log["entries"] as? [[String: Any]] ?? []).compactMap { entry in
                    (entry["request"] as? [String: Any])?["url"] as? String
                }
                let link = answer.header("Link")
                guard page == 0 else {
                    #expect(link == nil)
                    #expect(log["_next_cursor"] == nil)
                    break
                }
                let target = try #require(link?.wholeMatch(of: /<(\?.*)>; rel="next"/)?.1)
                #expect(target.hasPrefix("?connector=shop&limit=1&cursor="))
                #expect(target.hasSuffix(try #require(log["_next_cursor"] as? String)))
                path = String(target)
            }
            #expect(urls == ["", "/relative"])
            let other = try await archive(caller, path.replacing("connector=shop", with: "connector=crm"))
            #expect(other.status == 400)
        }
    }

    @Test func anArchiveHasWhatTheFormatAsksFor() async throws {
        try await TestServer().run { caller async throws in
            _ = try await post(caller, Self.lines.joined(separator: "\n"), type: "application/x-ndjson")
            let log = try log(try await archive(caller))
            let entries = try #require(log["entries"] as? [[String: Any]])
            let whole = try #require(entries.last)
            let request = try #require(whole["request"] as? [String: Any])
            let response = try #require(whole["response"] as? [String: Any])
            #expect(request["httpVersion"] as? String == "HTTP/2")
            #expect((request["cookies"] as? [[String: String]])?.map(\.["name"]) == ["a", "theme"])
            #expect(response["statusText"] as? String == "Unprocessable Entity")
            #expect(response["redirectURL"] as? String == "/x")
            let set = try #require(response["cookies"] as? [[String: Any]])
            #expect(set.map { $0["name"] as? String } == ["a", "c"])
            #expect(set[0]["path"] as? String == "/")
            #expect(set[0]["httpOnly"] as? Bool == true)
            #expect((entries[0]["request"] as? [String: Any])?["httpVersion"] as? String == "unknown")
            let text = try #require(String(data: JSONSerialization.data(withJSONObject: log), encoding: .utf8))
            #expect(!text.contains("made-up"))
        }
    }
}
