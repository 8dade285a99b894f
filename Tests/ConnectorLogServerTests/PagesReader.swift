import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogSecrets
import ConnectorLogServer
import ConnectorLogTesting
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

/// A browser of the tests, and the server that it reads from.
extension PagesRouteTests {
    /// Keeps cookies as a browser does, and follows nothing.
    final class Reader {
        let client: any TestClientProtocol
        private(set) var cookies: [String: String] = [:]
        private(set) var setCookies: [String] = []

        init(_ client: any TestClientProtocol) { self.client = client }

        func get(_ address: String, headers: HTTPFields = [:]) async throws -> TestResponse {
            try await send(address, .get, headers: headers, body: nil)
        }

        func post(_ address: String, _ fields: [(String, String)]) async throws -> TestResponse {
            let body = fields.map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
            return try await send(
                address, .post, headers: [.contentType: "application/x-www-form-urlencoded"], body: body)
        }

        private static func encoded(_ text: String) -> String {
            text.utf8.map { byte in
                byte.isIdentifierByte
                    ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }

        private func send(
            _ address: String, _ method: HTTPRequest.Method, headers: HTTPFields, body: String?
        ) async throws -> TestResponse {
            var headers = headers
            headers[.accept] = "text/html"
            if !cookies.isEmpty {
                headers[.cookie] = cookies.map { "\($0)=\($1)" }.joined(separator: "; ")
            }
            let response = try await client.execute(
                uri: address, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
            // Whatever a test is about: every page that it sees is HTML.
            if response.headers[.contentType]?.hasPrefix("text/html") == true,
                response.headers[.contentEncoding] == nil
            {
                #expect(HTMLCheck.problems(in: response.html) == [], "\(address)")
            }
            setCookies = response.headers[values: .setCookie]
            for cookie in setCookies {
                let pair = cookie.prefix { $0 != ";" }.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let (name, value) = (String(pair[0]), String(pair[1]))
                cookies[name] = value.isEmpty ? nil : value
            }
            return response
        }

        func signIn(_ key: String, next: String? = nil) async throws -> TestResponse {
            let form = try await get("/sign-in" + (next.map { "?next=\(Self.encoded($0))" } ?? ""))
            var fields = [("csrf_token", try #require(PagesRouteTests.token(in: form.html))), ("key", key)]
            if let next { fields.append(("next", next)) }
            return try await post("/sign-in", fields)
        }

        func dropCookie(_ name: String) { cookies[name] = nil }
        func setCookie(_ name: String, _ value: String) { cookies[name] = value }
    }

    static func token(in html: String) -> String? {
        html.firstMatch(of: /name="csrf_token" value="([^"]+)"/).map { String($0.output.1) }
    }

    func withReader(
        isSecure: Bool = false, _ body: @Sendable @escaping (Reader, InMemoryStore) async throws -> Void
    ) async throws {
        let store = try await PagesFixtures.makeStore()
        let now: @Sendable () -> Timestamp = { PagesFixtures.now }
        let keys: [(id: String, text: String, team: Int64?, role: Role, expiresAt: Timestamp?)] = [
            ("owner", PagesFixtures.ownerKey, nil, .admin, nil),
            ("viewer", PagesFixtures.viewerKey, 1, .viewer, nil),
            ("recorder", PagesFixtures.recorderKey, 1, .recorder, nil),
            ("expired", PagesFixtures.expiredKey, 1, .viewer, PagesFixtures.now),
        ]
        for key in keys {
            try await store.createKey(
                Fixtures.key(key.id, team: key.team, role: key.role, at: now(), expiresAt: key.expiresAt),
                hash: Array(SHA256.hash(data: Array(key.text.utf8))))
        }
        let vault = try await SecretVault.open(
            catalog: store, masterKey: try #require(MasterKey(bytes: Array(repeating: 5, count: 32))),
            randomBytes: ServerDependencies.systemRandomBytes)
        let dependencies = ServerDependencies(
            reader: store, catalog: store, keeper: store, pending: store,
            pipeline: IngestPipeline(writer: store, book: vault.book, now: now), vault: vault, now: now,
            signingKey: Array(repeating: 9, count: 32), isReady: { true },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var settings = ServerSettings()
        settings.isBehindProxy = isSecure
        let application = try makeApplication(dependencies: dependencies, settings: settings)
        try await application.test(.router) { client in try await body(Reader(client), store) }
    }
}
