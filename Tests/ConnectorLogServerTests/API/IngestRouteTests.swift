import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite("Ingest by HTTP")
struct IngestRouteTests {
    static let good = #"{"connector_identifier":"crm","method":"GET","uri":"https://api.example/","status":200}"#

    private func post(
        _ caller: TestCaller, _ body: String, type: String? = "application/x-ndjson",
        encoding: String? = nil, idempotencyKey: String? = nil, key: String = TestServer.key(.recorder)
    ) async throws -> TestAnswer {
        var headers: HTTPFields = [:]
        headers[.contentType] = type
        headers[.contentEncoding] = encoding
        if let name = HTTPField.Name("Idempotency-Key") { headers[name] = idempotencyKey }
        return try await caller.send(.post, "/v1/ingest", key: key, headers: headers, body: Array(body.utf8))
    }

    @Test func storesTheGoodLinesAndNamesTheOthers() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            let answer = try await post(
                caller, [Self.good, "", "{", #"{"status":200}"#, Self.good].joined(separator: "\n"))
            #expect(answer.status == 200)
            let receipt: IngestDocument = try answer.decoded()
            #expect(receipt.accepted == 2)
            #expect(receipt.rejected.map(\.line) == [3, 4])
            #expect(receipt.rejected.map(\.code) == ["INVALID_JSON", "MISSING_FIELD"])
            #expect(receipt.rejected.last?.field == "connector_identifier")
            #expect(receipt.meta.requestID == answer.header("X-Request-Id"))
            let entries: PageDocument<EntrySummaryDocument> = try await caller.get("/v1/teams/1/logs").decoded()
            #expect(entries.rows.count == 2)
        }
    }

    @Test func answers422WhenNoLineIsGood() async throws {
        try await TestServer().run { caller async throws in
            let answer = try await post(caller, "{\n[]")
            #expect(answer.status == 422)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any])
            #expect(Set(object.keys) == ["meta", "error", "rejected"])
            let envelope: ErrorEnvelope = try answer.decoded()
            #expect(envelope.error.code == "UNPROCESSABLE_ENTITY")
            #expect(envelope.meta.requestID == answer.header("X-Request-Id"))
            #expect((object["rejected"] as? [Any])?.count == 2)
        }
    }

    @Test(arguments: [
        ("", 422, "UNPROCESSABLE_ENTITY"), ("\n\n", 422, "UNPROCESSABLE_ENTITY"),
    ])
    func refusesAnEmptyBody(_ body: String, _ status: Int, _ code: String) async throws {
        let answer = try await TestServer().run { try await post($0, body) }
        #expect(answer.status == status)
        #expect(answer.errorCode == code)
    }

    @Test func takesAnArrayAndOneObject() async throws {
        try await TestServer().run { caller async throws in
            for (body, count) in [("[\(Self.good),\(Self.good)]", 2), (Self.good, 1)] {
                let answer = try await post(caller, body, type: "application/json; charset=utf-8")
                #expect(try answer.decoded(IngestDocument.self).accepted == count)
            }
            let cut = try await post(caller, "[\(Self.good),", type: "application/json")
            #expect(try cut.decoded(IngestDocument.self).accepted == 1)
            #expect(try cut.decoded(IngestDocument.self).rejected.map(\.code) == ["INVALID_JSON"])
            let number = try await post(caller, "17", type: "application/json")
            #expect(number.status == 400)
            #expect(number.errorCode == "BAD_REQUEST")
        }
    }

    @Test(
        arguments: [
            (nil, nil), ("text/plain", nil), ("application/x-www-form-urlencoded", nil),
            ("application/json; charset=utf-16", nil),
            ("application/x-ndjson", "br"), ("application/x-ndjson", "gzip, gzip"), ("application/json", "compress"),
        ] as [(String?, String?)])
    func refusesOtherMedia(_ type: String?, _ encoding: String?) async throws {
        let answer = try await TestServer().run { try await post($0, Self.good, type: type, encoding: encoding) }
        #expect(answer.status == 415)
        #expect(answer.errorCode == "UNSUPPORTED_MEDIA_TYPE")
        #expect((answer.header("Accept") ?? answer.header("Accept-Encoding")) != nil)
    }

    @Test func refusesBytesThatDoNotDecompress() async throws {
        try await TestServer().run { caller async throws in
            for encoding in ["gzip", "zstd"] {
                let answer = try await post(caller, "no such thing", encoding: encoding)
                #expect(answer.status == 400)
                #expect(answer.errorCode == "BAD_REQUEST")
            }
        }
    }

    @Test func refusesByContentLengthAlone() async throws {
        try await TestServer().run(.live) { caller async throws in
            // Only the head is sent: the answer does not wait for a body.
            let port = try #require(caller.client.port)
            let head = """
                POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nAuthorization: \(TestServer.key(.recorder))\r\n\
                Content-Type: application/x-ndjson\r\nContent-Length: \(Limits.requestBytes + 1)\r\n\r\n
                """
            let answer = try await RawConnection.exchange(Array(head.utf8), port: port)
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.contains("CONTENT_TOO_LARGE"))
        }
    }

    @Test func answersARepeatedRequestAsTheFirstTime() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            for body in [Self.good + "\n{", "{\n["] {
                let first = try await post(caller, body, idempotencyKey: "batch-\(body.count)")
                let again = try await post(caller, body, idempotencyKey: "batch-\(body.count)")
                #expect(again.status == first.status)
                #expect(again.bytes == first.bytes)
                // The body names the request that stored something, the header the one that was sent.
                #expect(again.text.contains(try #require(first.header("X-Request-Id"))))
                #expect(again.header("X-Request-Id") != first.header("X-Request-Id"))
            }
            let entries: PageDocument<EntrySummaryDocument> = try await caller.get("/v1/teams/1/logs").decoded()
            #expect(entries.rows.count == 1)
            let other = try await post(caller, Self.good, idempotencyKey: "batch-\(Self.good.count + 2)")
            #expect(other.status == 422)
            #expect(other.errorCode == "UNPROCESSABLE_ENTITY")
        }
    }

    @Test func keepsCallersIdempotencyKeysApart() async throws {
        try await TestServer().run { caller async throws in
            for key in [TestServer.key(.recorder), TestServer.key(.editor)] {
                let answer = try await post(caller, Self.good, idempotencyKey: "same", key: key)
                #expect(answer.status == 200)
            }
            let entries: PageDocument<EntrySummaryDocument> = try await caller.get("/v1/teams/1/logs").decoded()
            #expect(entries.rows.count == 2)
        }
    }

    @Test(arguments: ["has space", String(repeating: "k", count: 256), "\u{7F}"])
    func checksTheIdempotencyKey(_ key: String) async throws {
        let answer = try await TestServer().run { try await post($0, Self.good, idempotencyKey: key) }
        #expect(answer.status == 400)
    }

    @Test func writesOnlyToTeamsThatTheKeyReaches() async throws {
        try await TestServer().run { caller async throws in
            func line(_ team: Int) -> String { #"{"team_id":\#(team),"connector_identifier":"crm"}"# }
            let own = try await post(caller, [line(1), line(2), line(99)].joined(separator: "\n"))
            let receipt: IngestDocument = try own.decoded()
            #expect(receipt.accepted == 1)
            #expect(receipt.rejected.map(\.code) == ["FORBIDDEN", "FORBIDDEN"])
            let owner: IngestDocument = try await post(
                caller, [line(1), line(2), line(99), Self.good].joined(separator: "\n"), key: TestServer.owner
            ).decoded()
            #expect(owner.accepted == 2)
            #expect(owner.rejected.map(\.code) == ["TEAM_NOT_FOUND", "MISSING_FIELD"])
        }
    }

    @Test func storesFaultsAndStatesToo() async throws {
        try await TestServer().run { caller async throws in
            let fault = #"{"type":"fault","name":"Bad Gateway","state_id":"s","flow_id":"f","status_code":502}"#
            let state = #"{"type":"state","state_id":"s","flow_id":"f","status":"failed","user":"Public User"}"#
            #expect(try await post(caller, fault + "\n" + state).decoded(IngestDocument.self).accepted == 2)
            let known: StateDocument = try await caller.get("/v1/teams/1/states/s").decoded()
            #expect(known.status == .failed && known.faults == 1 && known.user == "Public User")
        }
    }

    /// A large body crosses the chunks of the connection.
    @Test func streamsALargeBody() async throws {
        try await TestServer().run(.live) { caller async throws in
            let body = Array(repeating: Self.good, count: 20_000).joined(separator: "\n")
            #expect(try await post(caller, body).decoded(IngestDocument.self).accepted == 20_000)
        }
    }
}
