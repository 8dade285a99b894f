import AsyncHTTPClient
import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import ServiceLifecycle
import Testing

@Suite("Over a socket")
struct LiveServerTests {
    @Test(arguments: [
        "GET /v1/teams/1/%zz HTTP/1.1", "GET /v1/teams/1/logs?text=%ff HTTP/1.1", "GET /v1/%00 HTTP/1.1",
        "GET //v1//none HTTP/1.1", "GET http://localhost/v1/none HTTP/1.1", "OPTIONS * HTTP/1.1",
        "CONNECT localhost:80 HTTP/1.1",
        "GET /../../etc/passwd HTTP/1.1", "GET /v1/teams/1/states/a%2Fb%7B HTTP/1.1", "GET /v1? HTTP/1.1",
        "GET /%2e%2e HTTP/1.0",
        "GET /v1/teams/1/states/\(String(repeating: "a", count: 20_000)) HTTP/1.1",
    ])
    func answersOddTargetsWithTheEnvelope(_ line: String) async throws {
        try await TestServer().run(.live) { caller async throws in
            let port = try #require(caller.client.port)
            let request = "\(line)\r\nHost: localhost\r\nAuthorization: \(TestServer.key(.viewer))\r\n\r\n"
            let answer = try await RawConnection.exchange(Array(request.utf8), port: port)
            #expect(answer.firstMatch(of: #/^HTTP/1\.[01] 4[0-9][0-9] /#) != nil, "\(answer)")
            #expect(answer.contains(#""error":{"code":""#), "\(answer)")
            #expect(try await caller.get("/healthz").status == 200)
        }
    }

    /// What is no HTTP is answered like any other bad request, and is the last on its connection.
    @Test(arguments: [
        Array("GET /v1/teams/\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
        Array("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
        [0x47, 0x45, 0x54, 0x20, 0x2F, 0xFF, 0xFE] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
        Array("GET / HTTP/9.9\r\n\r\n".utf8), Array("BREW /v1/teams HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
        Array("\r\n\r\n\r\nnonsense\r\n\r\n".utf8),
        Array("POST /v1/ingest HTTP/1.1\r\nContent-Length: x\r\n\r\n".utf8),
        Array("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n".utf8),
    ])
    func answersWhatIsNoHTTPWithTheEnvelopeAndCloses(_ bytes: [UInt8]) async throws {
        try await TestServer().run(.live) { caller async throws in
            let text = try await RawConnection.exchange(
                bytes, untilClosed: true, port: try #require(caller.client.port))
            let answer = try #require(RawAnswer.all(in: text).last, "\(text)")
            #expect(RawAnswer.all(in: text).count == 1, "\(text)")
            #expect(answer.status == 400)
            #expect(answer.envelope.errorCode == "BAD_REQUEST", "\(text)")
            #expect(answer.header("Connection") == "close")
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
            #expect(try await caller.get("/healthz").status == 200)
        }
    }

    @Test func answersWhatCameBeforeNonsenseFirst() async throws {
        try await TestServer().run(.live) { caller async throws in
            let request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
            let text = try await RawConnection.exchange(
                Array((request + request + "nonsense\r\n\r\n").utf8), untilClosed: true,
                port: try #require(caller.client.port))
            #expect(RawAnswer.all(in: text).map(\.status) == [200, 200, 400], "\(text)")
        }
    }

    @Test func answersABodyThatBreaksOffOnce() async throws {
        try await TestServer().run(.live) { caller async throws in
            let request = """
                POST /v1/ingest HTTP/1.1\r\nHost: a\r\nAuthorization: \(TestServer.key(.recorder))\r\n\
                Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n
                """
            let text = try await RawConnection.exchange(
                Array(request.utf8), untilClosed: true, port: try #require(caller.client.port))
            let answers = RawAnswer.all(in: text)
            #expect(answers.map(\.status) == [400], "\(text)")
            #expect(answers.first?.envelope.errorCode == "BAD_REQUEST")
            #expect(answers.first?.header("Connection") == "close")
        }
    }

    @Test func countsWhatIsNoHTTP() async throws {
        try await TestServer().run(.live) { caller async throws in
            _ = try await RawConnection.exchange(
                Array("nonsense\r\n\r\n".utf8), untilClosed: true, port: try #require(caller.client.port))
            let metrics = try await caller.get("/metrics", key: TestServer.owner).text
            #expect(metrics.contains(#"method="other",route="none",status="400""#), "\(metrics)")
        }
    }

    /// Reading on would be for nothing, and without end: the client is told, and the connection is closed.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("POST /v1/ingest", "Content-Length: 99999999999", 413),
            ("POST /v1/ingest", "Transfer-Encoding: chunked", 413),
            ("PATCH /v1/teams/1", "Content-Length: 99999999999", 413),
            ("PATCH /v1/teams/1", "Transfer-Encoding: chunked", 413),
            ("POST /v1/none", "Content-Length: 99999999999", 404),
            ("POST /v1/none", "Transfer-Encoding: chunked", 404),
        ])
    func readsNoBodyToItsEndThatItRefused(_ line: String, _ length: String, _ status: Int) async throws {
        var server = try await TestServer()
        server.settings.idleSeconds = 2
        try await server.run(.live) { caller async throws in
            let type = line.hasSuffix("ingest") ? "application/x-ndjson" : "application/json"
            let head = """
                \(line) HTTP/1.1\r\nHost: a\r\nAuthorization: \(TestServer.owner)\r\n\
                Content-Type: \(type)\r\n\(length)\r\n\r\n
                """
            let chunk = String(repeating: " ", count: 65_536)
            let text = try await RawConnection.flood(
                Array(head.utf8), with: Array((length.hasPrefix("T") ? "10000\r\n\(chunk)\r\n" : chunk).utf8),
                port: try #require(caller.client.port))
            let answer = try #require(RawAnswer.all(in: text).first, "\(text)")
            #expect(answer.status == status, "\(text)")
            #expect(answer.envelope.errorCode != nil, "\(text)")
            #expect(answer.header("Connection") == "close", "\(text)")
            // Anew: the caller's own connection was silent for too long, and on a busy machine a new one may be, too.
            let port = try #require(caller.client.port)
            var health: String?
            for _ in 0..<5 where health == nil {
                health = try? await RawConnection.exchange(
                    Array("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".utf8), port: port)
            }
            #expect(RawAnswer.all(in: health ?? "").map(\.status) == [200])
        }
    }

    /// A body whose end is near is read, so that a mistake costs a client no new connection.
    @Test func keepsTheConnectionWhenLittleIsLeftOfARefusedBody() async throws {
        try await TestServer().run(.live) { caller async throws in
            let head = "POST /v1/none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
            let text = try await RawConnection.exchange(
                Array((head + "12345" + head + "12345").utf8), answers: 2, port: try #require(caller.client.port))
            #expect(RawAnswer.all(in: text).map(\.status) == [404, 404], "\(text)")
            #expect(RawAnswer.all(in: text).allSatisfy { $0.header("Connection") == nil })
        }
    }

    @Test func sendsNoContentWithHEADAndKeepsTheConnection() async throws {
        try await TestServer().run(.live) { caller async throws in
            for _ in 0..<3 {
                #expect(try await caller.send(.head, "/v1/none").status == 404)
                #expect(try await caller.send(.head, "/openapi.yaml").bytes.isEmpty)
                #expect(
                    try await caller.send(.delete, "/v1/teams/1/keys/none", key: TestServer.key(.admin)).status == 404)
            }
        }
    }

    /// Over HTTP/1.1 the methods differ in how an answer ends; each leaves the connection fit for the next request.
    @Test func answersMethodsThatAPathDoesNotHave() async throws {
        try await TestServer().run(.live) { caller async throws in
            func request(_ line: String) -> String {
                "\(line) HTTP/1.1\r\nHost: localhost\r\nAuthorization: \(TestServer.key(.viewer))\r\n\r\n"
            }
            let lines = [
                "OPTIONS /v1/teams/1/logs", "TRACE /v1/teams/1/logs", "PROPFIND /v1/teams/1/logs", "OPTIONS /v1/ingest",
                "DELETE /healthz",
            ]
            let text = try await RawConnection.exchange(
                Array(lines.map(request).joined().utf8), answers: lines.count, port: try #require(caller.client.port))
            let answers = RawAnswer.all(in: text)
            #expect(answers.map(\.status) == lines.map { _ in 405 }, "\(text)")
            #expect(answers.map { $0.envelope.errorCode } == lines.map { _ in "METHOD_NOT_ALLOWED" }, "\(text)")
            #expect(
                answers.map { $0.header("Allow") } == ["GET, HEAD", "GET, HEAD", "GET, HEAD", "POST", "GET, HEAD"])
            let ingest = try await caller.send(.head, "/v1/ingest")
            #expect(ingest.status == 405)
            #expect(ingest.header("Allow") == "POST")
        }
    }

    @Test func answersHEADAsGETWithoutContent() async throws {
        try await TestServer().run(.live) { caller async throws in
            let head = "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            let text = try await RawConnection.exchange(
                Array((head + get).utf8), untilClosed: true, port: try #require(caller.client.port))
            let parts = text.split(separator: "\r\n\r\n", omittingEmptySubsequences: false)
            #expect(parts.count == 3, "\(text)")
            #expect(parts.first?.contains("\r\nContent-Length: 15\r\n") == true)
            #expect(parts.dropFirst().first?.hasPrefix("HTTP/1.1 200 OK\r\n") == true)
            #expect(parts.last == #"{"status":"ok"}"#)
        }
    }

    @Test func tellsOverASocketThatItIsNotReady() async throws {
        let server = try await TestServer()
        server.readiness.isOn = false
        try await server.run(.live) { caller async throws in
            let text = try await RawConnection.exchange(
                Array("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), port: try #require(caller.client.port))
            let answer = try #require(RawAnswer.all(in: text).first)
            #expect(answer.status == 503)
            #expect(answer.envelope.errorCode == "SERVICE_UNAVAILABLE")
            #expect(answer.header("Retry-After") == "1")
        }
    }

    /// curl asks before it sends a large body.
    @Test func tellsAClientThatAsksToContinue() async throws {
        try await TestServer().run(.live) { caller async throws in
            let port = try #require(caller.client.port)
            let body = #"{"connector_identifier":"crm"}"#
            func head(_ length: Int) -> [UInt8] {
                Array(
                    """
                    POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nAuthorization: \(TestServer.key(.recorder))\r\n\
                    Content-Type: application/x-ndjson\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n
                    """.utf8)
            }
            let answer = try await RawConnection.exchange(
                head(body.utf8.count), afterContinue: Array(body.utf8), port: port)
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
            let refused = try await RawConnection.exchange(head(Limits.requestBytes + 1), port: port)
            #expect(refused.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func stopsWhenTold() async throws {
        let server = try await TestServer()
        let request = Array("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        let port = try await Self.withRunning(server) { port async throws in
            #expect(port > 0)
            #expect(try await RawConnection.exchange(request, port: port).hasPrefix("HTTP/1.1 200 "))
            return port
        }
        await #expect(throws: (any Error).self) { try await RawConnection.exchange(request, port: port) }
    }

    /// Runs the server as the program does, and stops it gracefully.
    private static func withRunning<Result: Sendable>(
        _ server: TestServer, _ body: @Sendable (Int) async throws -> Result
    ) async throws -> Result {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        var settings = server.settings
        settings.port = 0
        let application = try makeApplication(
            dependencies: server.dependencies, settings: settings, onRunning: { found.yield($0) })
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [application], logger: server.dependencies.logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            let result = try await body(port)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    @Test(.timeLimit(.minutes(1))) func closesASilentConnection() async throws {
        var server = try await TestServer()
        server.settings.idleSeconds = 1
        try await server.run(.live) { caller async throws in
            let port = try #require(caller.client.port)
            // Half a head, and nothing more. On a busy machine the second is over before the half is written.
            let answer = try? await RawConnection.exchange(Array("GET / HTTP/1.1\r\nHo".utf8), port: port)
            #expect(answer ?? "" == "")
        }
    }

    /// A server with TLS, whose certificate `tls` trusts.
    private static func withTLS(
        _ body: (_ server: TestServer, _ tls: TLSConfiguration) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let certificate = try TestCertificate.make(host: "localhost")
        let files = ServerSettings.TLSFiles(
            certificate: directory.appendingPathComponent("certificate.pem").path,
            privateKey: directory.appendingPathComponent("key.pem").path)
        try Data(certificate.pem.utf8).write(to: URL(fileURLWithPath: files.certificate))
        try Data(certificate.privateKeyPEM.utf8).write(to: URL(fileURLWithPath: files.privateKey))
        var server = try await TestServer()
        server.settings.tls = files
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.pem.utf8)))
        try await body(server, tls)
    }

    @Test func speaksHTTP2AndHTTP1OverTLS() async throws {
        try await Self.withTLS { server, tls async throws in
            var client = HTTPClient.Configuration()
            client.tlsConfiguration = tls
            for version in [HTTPVersion.http2, .http1_1] {
                client.httpVersion = version == .http2 ? .automatic : .http1Only
                let configuration = client
                let (answered, transportSecurity) = try await Self.withRunning(server) { port async throws in
                    try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                        let request = HTTPClientRequest(url: "https://localhost:\(port)/healthz")
                        let response = try await client.execute(request, timeout: .seconds(60))
                        // On HTTP/2 the stream is reset instead: the answer must not be lost by that.
                        var endless = HTTPClientRequest(url: "https://localhost:\(port)/v1/none")
                        endless.method = .POST
                        endless.body = .stream(EndlessBody(), length: .unknown)
                        let refused = try await client.execute(endless, timeout: .seconds(60))
                        #expect(refused.status == .notFound)
                        let body = String(buffer: try await refused.body.collect(upTo: 65_536))
                        #expect(body.contains(#""code":"NOT_FOUND""#), "\(body)")
                        return (response.version, response.headers.first(name: "Strict-Transport-Security"))
                    }
                }
                #expect(answered == version)
                #expect(transportSecurity == "max-age=31536000")
            }
        }
    }

    /// RFC 9113, section 8.1: a client may drop the answer to a stream that ends with an error.
    @Test(.timeLimit(.minutes(1))) func endsARefusedUploadOverHTTP2WithoutAnError() async throws {
        try await Self.withTLS { server, tls async throws in
            let answer = try await Self.withRunning(server) { port async throws in
                try await HTTP2Connection.upload(to: "/v1/none", port: port, tls: tls)
            }
            #expect(answer.status == "404")
            #expect(answer.body.contains(#""code":"NOT_FOUND""#), "\(answer.body)")
            #expect(answer.isWhole)
            #expect(answer.reset == .noError)
        }
    }

    @Test func doesNotStartWithoutItsCertificate() async throws {
        var server = try await TestServer()
        server.settings.tls = ServerSettings.TLSFiles(
            certificate: "/none/certificate.pem", privateKey: "/none/key.pem")
        #expect(throws: (any Error).self) {
            _ = try makeApplication(dependencies: server.dependencies, settings: server.settings)
        }
    }
}

private struct EndlessBody: AsyncSequence, Sendable {
    struct AsyncIterator: AsyncIteratorProtocol {
        func next() async -> ByteBuffer? { ByteBuffer(repeating: 0x20, count: 16_384) }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator() }
}
