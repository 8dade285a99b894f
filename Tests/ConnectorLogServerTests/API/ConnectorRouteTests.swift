import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import HTTPTypes
import Testing

@Suite("Connectors of the compatible API")
struct ConnectorRouteTests {
    static let root = "/v1/teams/1/connector_builder/connectors"
    static let editor = TestServer.key(.editor)

    static func create(_ caller: TestCaller, _ form: String) async throws -> TestAnswer {
        try await caller.send(
            .post, root, key: editor, headers: [.contentType: "application/x-www-form-urlencoded"],
            body: Array(form.utf8))
    }

    @Test func createsFromAForm() async throws {
        try await TestServer().run { caller async throws in
            let answer = try await Self.create(caller, "title=Acme+%26+Sons&description=Reads%20leads")
            #expect(answer.status == 201)
            let connector: ConnectorDocument = try answer.decoded()
            #expect(connector.connectorIdentifier.wholeMatch(of: /[A-Z0-9]{5}/) != nil)
            #expect(connector.name == "Acme & Sons")
            #expect(connector.description == "Reads leads")
            #expect(connector.logoURL == nil)
            #expect(connector.configuration?.version == "1")
            #expect(connector.configuration?.configurationJSON == .object([:]))
            let found = try await caller.get("\(Self.root)/\(connector.connectorIdentifier)")
            #expect(try found.decoded(ConnectorDocument.self) == connector)
        }
    }

    @Test(arguments: [
        ("", 422), ("title=", 422), ("description=a", 422),
        ("title=" + String(repeating: "t", count: 256), 422),
        ("title=t&description=" + String(repeating: "d", count: 1001), 422),
        ("title=t&connector_identifier=none", 404), ("title=t&connector_identifier=a%20b", 422),
        ("title=%f", 400), ("title=%ff", 400), ("title=a&title=b", 400),
        ("title=t&description=" + String(repeating: "%64", count: 30_000), 413),
        ("title=" + String(repeating: "t", count: 255) + "&description=" + String(repeating: "d", count: 1000), 201),
        ("title=t&connector_identifier=", 422), ("title=t&more=1", 201), ("title=a%00b", 422),
    ])
    func checksTheForm(_ form: String, _ status: Int) async throws {
        let answer = try await TestServer().run { try await Self.create($0, form) }
        #expect(answer.status == status)
        #expect((answer.errorCode == nil) == (status == 201))
    }

    @Test func takesNoOtherBody() async throws {
        try await TestServer().run { caller async throws in
            let answer = try await caller.sendJSON(.post, Self.root, key: Self.editor, #"{"title":"t"}"#)
            #expect(answer.status == 415)
            #expect(answer.errorCode == "UNSUPPORTED_MEDIA_TYPE")
        }
    }

    @Test func updatesAndAnswersNothing() async throws {
        try await TestServer().run { caller async throws in
            let made: ConnectorDocument = try await Self.create(caller, "title=a").decoded()
            let path = "\(Self.root)/\(made.connectorIdentifier)"
            let body = """
                {"connector": {"name": "B", "description": null, "logo_url": 1},
                 "configuration": {"version": "9", "created_at": null,
                   "configuration_json": {"big": 12345678901234567890.10, "list": [1, {"x": "\\u00e9"}]}}}
                """
            let updated = try await caller.sendJSON(.put, path, key: Self.editor, body)
            #expect(updated.status == 204)
            #expect(updated.bytes.isEmpty)
            let answer = try await caller.get(path)
            // Kept as it was sent, digit for digit.
            #expect(answer.text.contains(#"{"big": 12345678901234567890.10, "list": [1, {"x": "\u00e9"}]}"#))
            let connector: ConnectorDocument = try answer.decoded()
            #expect(connector.name == "B" && connector.description == nil)
            #expect(connector.configuration?.version == "2")
            for part in [#"{}"#, #"{"connector":{"name":"C","description":"d"}}"#] {
                #expect(try await caller.sendJSON(.put, path, key: Self.editor, part).status == 204)
            }
            let last: ConnectorDocument = try await caller.get(path).decoded()
            #expect(last.name == "C" && last.description == "d")
            #expect(last.configuration?.version == "2")
        }
    }

    @Test(arguments: [
        (#"{"connector":{"name":"","description":"d"}}"#, 422), (#"{"connector":{"description":"d"}}"#, 422),
        (#"{"connector":{"name":"a"}}"#, 422), (#"{"connector":[]}"#, 422),
        (#"{"configuration":{"configuration_json":[]}}"#, 422), (#"{"configuration":{}}"#, 422),
        (#"{"configuration":{"configuration_json":null}}"#, 422), (#"[]"#, 422), ("nothing", 400),
        (#"{"connector":{"name":1,"description":"d"}}"#, 422),
    ])
    func checksAnUpdate(_ body: String, _ status: Int) async throws {
        try await TestServer().run { caller async throws in
            let made: ConnectorDocument = try await Self.create(caller, "title=a").decoded()
            let path = "\(Self.root)/\(made.connectorIdentifier)"
            let answer = try await caller.sendJSON(.put, path, key: Self.editor, body)
            #expect(answer.status == status)
            #expect(answer.errorCode == (status == 400 ? "BAD_REQUEST" : "UNPROCESSABLE_ENTITY"))
        }
    }

    @Test func updatesAndDeletesOnlyWhatIsThere() async throws {
        try await TestServer().run { caller async throws in
            let put = try await caller.sendJSON(.put, "\(Self.root)/none", key: Self.editor, "{}")
            #expect(put.status == 404)
            #expect(try await caller.send(.delete, "\(Self.root)/none", key: Self.editor).status == 404)
        }
    }

    @Test func deletesAConnectorButNotItsEntries() async throws {
        let server = try await TestServer()
        _ = try await server.store.append(
            Fixtures.batch([SampleEntry(team: 1, at: server.clock.now, connector: "T3S70")]), idempotency: nil)
        try await server.run { caller async throws in
            let path = "\(Self.root)/T3S70"
            #expect(try await caller.send(.delete, path, key: Self.editor).status == 204)
            #expect(try await caller.get(path).status == 404)
            #expect(try await caller.get("\(path)/logs").status == 404)
            let list: ConnectorListDocument = try await caller.get(Self.root).decoded()
            #expect(list.count == 0)
            let entries: PageDocument<EntrySummaryDocument> = try await caller.get("/v1/teams/1/logs").decoded()
            #expect(entries.rows.count == 1)
        }
    }

    @Test func listsWithAndWithoutConfigurations() async throws {
        try await TestServer().run { caller async throws in
            for title in ["a", "b"] { _ = try await Self.create(caller, "title=\(title)") }
            let plain = try await caller.get(Self.root + "?include_configs=false")
            #expect(!plain.text.contains("configuration"))
            #expect(try plain.decoded(ConnectorListDocument.self).count == 2)
            let full: ConnectorListDocument = try await caller.get(Self.root + "?include_configs=true").decoded()
            #expect(full.connectors.allSatisfy { $0.configuration != nil })
            #expect(try await caller.get(Self.root + "?include_configs=maybe").status == 400)
        }
    }

    /// Clients see that there are more.
    @Test func countsConnectorsThatItDoesNotList() async throws {
        let server = try await TestServer()
        _ = try await server.store.append(
            Fixtures.batch((0..<1003).map { SampleEntry(team: 1, at: server.clock.now, connector: "c\($0)") }),
            idempotency: nil)
        try await server.run { caller async throws in
            let list: ConnectorListDocument = try await caller.get(Self.root).decoded()
            #expect(list.connectors.count == 1000)
            #expect(list.count == 1003)
        }
    }

    @Test func duplicatesAConnector() async throws {
        try await TestServer().run { caller async throws in
            let made: ConnectorDocument = try await Self.create(caller, "title=a&description=d").decoded()
            let path = "\(Self.root)/\(made.connectorIdentifier)"
            _ = try await caller.sendJSON(
                .put, path, key: Self.editor, #"{"configuration":{"configuration_json":{"a":1}}}"#)
            _ = try await LogoRouteTests.upload(caller, to: path, LogoRouteTests.png)
            let copy = try await Self.create(caller, "title=Copy&connector_identifier=\(made.connectorIdentifier)")
            #expect(copy.status == 201)
            let duplicate: ConnectorDocument = try copy.decoded()
            #expect(duplicate.connectorIdentifier != made.connectorIdentifier)
            #expect(duplicate.name == "Copy" && duplicate.description == "d")
            #expect(duplicate.configuration?.configurationJSON == .object(["a": .number(1)]))
            #expect(duplicate.configuration?.version == "1")
            let url = try #require(duplicate.logoURL)
            #expect(try await caller.get(LogoRouteTests.path(of: url), key: nil).bytes == LogoRouteTests.png)
        }
    }
}

@Suite("Logos")
struct LogoRouteTests {
    static let png: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array("\r\n--++\r\n--+++x\r\n".utf8) + [0, 1, 255]
    static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3]

    static func form(_ content: [UInt8], name: String = "logo", boundary: String = "+++") -> [UInt8] {
        Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n".utf8)
            + Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"l.png\"\r\n".utf8)
            + Array("Content-Type: application/octet-stream\r\n\r\n".utf8) + content
            + Array("\r\n--\(boundary)--\r\n".utf8)
    }

    static func upload(
        _ caller: TestCaller, to connector: String, _ content: [UInt8]? = nil, body: [UInt8]? = nil,
        type: String = "multipart/form-data; boundary=+++"
    ) async throws -> TestAnswer {
        try await caller.send(
            .post, connector + "/logo", key: ConnectorRouteTests.editor, headers: [.contentType: type],
            body: body ?? form(content ?? png))
    }

    /// The path of an absolute URL.
    static func path(of url: String) -> String {
        URL(string: url)?.path ?? ""
    }

    private func withConnector(
        _ body: @Sendable @escaping (TestCaller, String) async throws -> Void
    ) async throws {
        try await TestServer().run { caller async throws in
            let made: ConnectorDocument = try await ConnectorRouteTests.create(caller, "title=a").decoded()
            try await body(caller, "\(ConnectorRouteTests.root)/\(made.connectorIdentifier)")
        }
    }

    @Test func servesWhatWasUploaded() async throws {
        try await withConnector { caller, connector async throws in
            #expect(try await caller.get(connector + "/logo").status == 404)
            var urls: [String] = []
            for (image, mediaType) in [(Self.png, "image/png"), (Self.jpeg, "image/jpeg")] {
                let uploaded = try await Self.upload(caller, to: connector, image)
                #expect(uploaded.status == 201)
                let url = try uploaded.decoded(LogoDocument.self).logoURL
                #expect(url.hasPrefix("http://localhost"))
                #expect(try await caller.get(connector + "/logo").decoded(LogoDocument.self).logoURL == url)
                #expect(try await caller.get(connector).decoded(ConnectorDocument.self).logoURL == url)
                let served = try await caller.get(Self.path(of: url), key: nil)
                #expect(served.status == 200)
                #expect(served.bytes == image)
                #expect(served.header("Content-Type") == mediaType)
                #expect(served.header("Cache-Control") == "public, max-age=31536000, immutable")
                #expect(served.header("X-Content-Type-Options") == "nosniff")
                urls.append(url)
            }
            #expect(urls[0] != urls[1])
            #expect(try await caller.get(Self.path(of: urls[0]), key: nil).status == 404)
        }
    }

    @Test func checksTheUpload() async throws {
        try await withConnector { caller, connector async throws in
            func status(
                _ content: [UInt8]? = nil, body: [UInt8]? = nil, type: String = "multipart/form-data; boundary=+++"
            ) async throws -> [String?] {
                let answer = try await Self.upload(caller, to: connector, content, body: body, type: type)
                return ["\(answer.status)", answer.errorCode]
            }
            #expect(try await status(Array("GIF89a".utf8)) == ["415", "UNSUPPORTED_MEDIA_TYPE"])
            #expect(try await status([]) == ["415", "UNSUPPORTED_MEDIA_TYPE"])
            #expect(try await status(type: "image/png") == ["415", "UNSUPPORTED_MEDIA_TYPE"])
            #expect(try await status(type: "multipart/form-data") == ["415", "UNSUPPORTED_MEDIA_TYPE"])
            #expect(try await status(body: Self.form(Self.png, name: "image")) == ["400", "BAD_REQUEST"])
            #expect(try await status(body: Array(Self.form(Self.png).dropLast(8))) == ["400", "BAD_REQUEST"])
            #expect(try await status(body: []) == ["400", "BAD_REQUEST"])
            #expect(try await status(body: Array("--+++\r\n\r\n--+++--".utf8)) == ["400", "BAD_REQUEST"])
            let large = Self.png + [UInt8](repeating: 0, count: (5 << 20) - Self.png.count + 1)
            #expect(try await status(large) == ["413", "CONTENT_TOO_LARGE"])
            #expect(try await status(large + large) == ["413", "CONTENT_TOO_LARGE"])
            #expect(try await status(Array(large.dropLast())) == ["201", nil])
            let quoted = try await status(
                body: Self.form(Self.png, boundary: "a b"), type: #"Multipart/Form-Data; boundary="a b""#)
            #expect(quoted == ["201", nil])
        }
    }

    @Test func needsTheConnector() async throws {
        try await TestServer().run { caller async throws in
            let answer = try await Self.upload(caller, to: ConnectorRouteTests.root + "/none")
            #expect(answer.status == 404)
        }
    }

    @Test func namesThePublicOrigin() async throws {
        var server = try await TestServer()
        server.settings.publicOrigin = "https://log.example.org"
        try await server.run { caller async throws in
            let made: ConnectorDocument = try await ConnectorRouteTests.create(caller, "title=a").decoded()
            let path = "\(ConnectorRouteTests.root)/\(made.connectorIdentifier)"
            let uploaded = try await Self.upload(caller, to: path)
            #expect(try uploaded.decoded(LogoDocument.self).logoURL.hasPrefix("https://log.example.org/v1/teams/1/"))
        }
    }
}
