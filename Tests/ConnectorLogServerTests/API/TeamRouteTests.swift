import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import HTTPTypes
import Testing

@Suite("Teams and keys")
struct TeamRouteTests {
    @Test func createsReadsRenamesAndDeletesATeam() async throws {
        try await TestServer().run { caller async throws in
            let owner = TestServer.owner
            let created = try await caller.sendJSON(.post, "/v1/teams", key: owner, #"{"name":"Payments","id":17}"#)
            #expect(created.status == 201)
            let team: TeamDocument = try created.decoded()
            #expect(team.id == 17 && team.name == "Payments")
            let next: TeamDocument = try await caller.sendJSON(.post, "/v1/teams", key: owner, #"{"name":"é"}"#)
                .decoded()
            #expect(next.id == 18)
            let taken = try await caller.sendJSON(.post, "/v1/teams", key: owner, #"{"name":"B","id":17}"#)
            #expect(taken.status == 409)
            #expect(taken.errorCode == "CONFLICT_ERROR")
            let renamed = try await caller.sendJSON(.patch, "/v1/teams/17", key: owner, #"{"name":"Pay"}"#)
            #expect(renamed.status == 200)
            #expect(try renamed.decoded(TeamDocument.self).name == "Pay")
            #expect(try await caller.send(.delete, "/v1/teams/17", key: owner).status == 204)
            #expect(try await caller.get("/v1/teams/17", key: owner).status == 404)
            #expect(try await caller.get("/v1/teams/17/logs", key: owner).status == 404)
            #expect(try await caller.send(.delete, "/v1/teams/17", key: owner).status == 404)
            let again = try await caller.sendJSON(.post, "/v1/teams", key: owner, #"{"name":"B","id":17}"#)
            #expect(again.status == 409)
        }
    }

    @Test func pagesThroughTeams() async throws {
        try await TestServer().run { caller async throws in
            let first: PageDocument<TeamDocument> = try await caller.get("/v1/teams?limit=1", key: TestServer.owner)
                .decoded()
            let cursor = try #require(first.nextCursor)
            let second: PageDocument<TeamDocument> = try await caller.get(
                "/v1/teams?limit=1&cursor=\(cursor)", key: TestServer.owner
            ).decoded()
            #expect((first.rows + second.rows).map(\.id) == [1, 2])
            #expect(second.nextCursor == nil)
        }
    }

    @Test func endsATeamsKeysWithIt() async throws {
        try await TestServer().run { caller async throws in
            #expect(try await caller.send(.delete, "/v1/teams/1", key: TestServer.owner).status == 204)
            #expect(try await caller.get("/v1/teams/1/logs").status == 401)
        }
    }

    @Test(arguments: [
        (#"{"name":""}"#, 422), (#"{}"#, 422), (#"{"name":null}"#, 422), (#"{"name":1}"#, 422),
        (#"{"name":"a","id":0}"#, 422), (#"{"name":"a","id":"1"}"#, 422), (#"{"name":"a","id":1.5}"#, 422),
        (#"{"name":"a","id":null}"#, 422), (#"{"name":"a","id":9223372036854775808}"#, 422),
        (#"{"name":"a\u0000b"}"#, 422),
        (#"{"name":"a","more":1}"#, 422), (#"["name"]"#, 422), (#"{"name":"a"#, 400), ("", 400), ("{}{}", 400),
        (#"{"name":"a","name":"b"}"#, 400), (#"{"name":"\ud800"}"#, 400), (#"{'name':"a"}"#, 400),
        (#"{"name":"a",}"#, 400), (#"{"name":01}"#, 400), (String(repeating: "[", count: 1000), 400),
    ])
    func checksANewTeam(_ body: String, _ status: Int) async throws {
        let answer = try await TestServer().run {
            try await $0.sendJSON(.post, "/v1/teams", key: TestServer.owner, body)
        }
        #expect(answer.status == status)
        #expect(answer.errorCode == (status == 400 ? "BAD_REQUEST" : "UNPROCESSABLE_ENTITY"))
    }

    @Test func boundsAndTypesJSONBodies() async throws {
        try await TestServer().run { caller async throws in
            let large = "{\"name\":\"" + String(repeating: "a", count: 1 << 20) + "\"}"
            let tooLarge = try await caller.sendJSON(.post, "/v1/teams", key: TestServer.owner, large)
            #expect(tooLarge.status == 413)
            #expect(tooLarge.errorCode == "CONTENT_TOO_LARGE")
            for type in ["text/plain", "application/json; charset=latin1", "application/jsonx", ""] {
                let wrong = try await caller.sendJSON(
                    .post, "/v1/teams", key: TestServer.owner, #"{"name":"a"}"#, type: type)
                #expect(wrong.status == 415, "\(type)")
                #expect(wrong.errorCode == "UNSUPPORTED_MEDIA_TYPE")
            }
            let right = try await caller.sendJSON(
                .post, "/v1/teams", key: TestServer.owner, #"{"name":"a"}"#, type: "Application/JSON; charset=\"UTF-8\""
            )
            #expect(right.status == 201)
            let compressed = try await caller.send(
                .post, "/v1/teams", key: TestServer.owner,
                headers: [.contentType: "application/json", .contentEncoding: "gzip"], body: [31, 139])
            #expect(compressed.status == 415)
            let invalid = try await caller.send(
                .post, "/v1/teams", key: TestServer.owner, headers: [.contentType: "application/json"],
                body: Array(#"{"name":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
            #expect(invalid.status == 400)
        }
    }

    @Test func showsAKeyOnceAndTakesItUntilRevoked() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            let admin = TestServer.key(.admin)
            let body = #"{"name":"exporter","role":"viewer","expires_at":"2025-06-02T00:00:00+02:00"}"#
            let created = try await caller.sendJSON(.post, "/v1/teams/1/keys", key: admin, body)
            #expect(created.status == 201)
            let key: KeyDocument = try created.decoded()
            let text = try #require(key.key)
            #expect(text.wholeMatch(of: /clk_[A-Za-z0-9_-]{43}/) != nil)
            #expect(text.hasPrefix(key.prefix) && key.prefix.count == 8)
            #expect(key.expiresAt == Timestamp("2025-06-01T22:00:00Z"))
            #expect(try await caller.get("/v1/teams/1/logs", key: text).status == 200)
            let list = try await caller.get("/v1/teams/1/keys", key: admin)
            #expect(!list.text.contains(text))
            let keys: PageDocument<KeyDocument> = try list.decoded()
            #expect(keys.rows.contains { $0.id == key.id && $0.name == "exporter" && $0.lastUsedAt != nil })
            #expect(!keys.rows.contains { $0.id == "key_owner" || $0.id == "key_other" })
            #expect(try await caller.send(.delete, "/v1/teams/1/keys/\(key.id)", key: admin).status == 204)
            #expect(try await caller.get("/v1/teams/1/logs", key: text).status == 401)
            #expect(try await caller.send(.delete, "/v1/teams/1/keys/\(key.id)", key: admin).status == 404)
            #expect(try await caller.send(.delete, "/v1/teams/1/keys/key_other", key: admin).status == 404)
        }
    }

    @Test func pagesThroughKeys() async throws {
        try await TestServer().run { caller async throws in
            var ids: [String] = []
            var cursor = ""
            repeat {
                let page: PageDocument<KeyDocument> = try await caller.get(
                    "/v1/teams/1/keys?limit=3\(cursor)", key: TestServer.key(.admin)
                ).decoded()
                ids += page.rows.map(\.id)
                cursor = page.nextCursor.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(ids == ["key_admin", "key_editor", "key_recorder", "key_viewer"])
        }
    }

    @Test(arguments: [
        #"{"name":"a"}"#, #"{"role":"viewer"}"#, #"{"name":"a","role":"owner"}"#, #"{"name":"a","role":1}"#,
        #"{"name":"a","role":"viewer","expires_at":"2025-05-31T23:59:59Z"}"#,
        #"{"name":"a","role":"viewer","expires_at":"soon"}"#, #"{"name":"a","role":"viewer","id":"key_x"}"#,
    ])
    func checksANewKey(_ body: String) async throws {
        let answer = try await TestServer().run {
            try await $0.sendJSON(.post, "/v1/teams/1/keys", key: TestServer.key(.admin), body)
        }
        #expect(answer.status == 422)
        #expect(answer.errorCode == "UNPROCESSABLE_ENTITY")
    }
}
