import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogSecrets
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Testing

/// The whole HTTP side on an in-memory store, with two teams, a key of each role in team 1, an admin in team 2, and an
/// owner. Keys are made up.
struct TestServer {
    static let owner = "clk_owner000000000000000000000000000000000000000"
    static let otherAdmin = "clk_other-admin000000000000000000000000000000000"

    static func key(_ role: Role) -> String {
        "clk_\(role.rawValue)" + String(repeating: "0", count: 40 - role.rawValue.count)
    }

    let clock = ManualClock()
    let store: InMemoryStore
    let vault: SecretVault
    let dependencies: ServerDependencies
    var settings = ServerSettings()
    let readiness = Switch()
    let live: LiveLog

    final class Switch: Sendable {
        private let state = Mutex(true)
        var isOn: Bool {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    init(
        logger: Logger? = nil, live: LiveLog.Limits = .init(), wrap: (InMemoryStore) -> (any LogReader)? = { _ in nil }
    ) async throws {
        self.live = LiveLog(limits: live)
        store = InMemoryStore(clock: clock)
        let now = clock.source
        let random = Mutex(SeededRandom(seed: 7))
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let readiness = readiness
        let randomBytes = TestRandom(random)
        let masterKey = try #require(MasterKey(bytes: Array(repeating: 5, count: 32)))
        let vaultRandom = TestRandom(Mutex(SeededRandom(seed: 8)))
        vault = try await SecretVault.open(
            catalog: store, masterKey: masterKey, randomBytes: { vaultRandom.bytes($0) })
        dependencies = ServerDependencies(
            reader: wrap(store) ?? store, catalog: store, keeper: store, pending: store,
            pipeline: IngestPipeline(writer: LiveLogWriter(store, live: self.live), book: vault.book, now: now),
            vault: vault, now: now,
            signingKey: Array(repeating: 7, count: 32), isReady: { readiness.isOn }, logger: logger ?? quiet,
            live: self.live,
            randomBytes: { randomBytes.bytes($0) })
        for id in [1, 2] as [Int64] { _ = try await store.createTeam(name: "Team \(id)", id: id, at: clock.now) }
        for role in Role.allCases { try await add(Self.key(role), id: "key_\(role.rawValue)", role: role, team: 1) }
        try await add(Self.otherAdmin, id: "key_other", role: .admin, team: 2)
        try await add(Self.owner, id: "key_owner", role: .admin, team: nil)
    }

    func add(_ text: String, id: String, role: Role, team: Int64?, expiresAt: Timestamp? = nil) async throws {
        let key = IssuedKey(
            text: text, id: id, name: id, role: role, teamID: team, expiresAt: expiresAt, at: clock.now)
        try await store.createKey(key.record, hash: key.hash)
    }

    func run<Result: Sendable>(
        _ setup: TestingSetup = .router, _ body: @Sendable @escaping (TestCaller) async throws -> Result
    ) async throws -> Result {
        var settings = settings
        if case .some = setup.livePort { settings.port = 0 }
        let application = try makeApplication(dependencies: dependencies, settings: settings)
        return try await application.test(setup) { client in
            try await body(TestCaller(client: client))
        }
    }
}

extension TestingSetup {
    /// The live server always takes a free port: tests run beside one another.
    fileprivate var livePort: Int? { 0 }
}

/// Reproducible bytes.
final class TestRandom: Sendable {
    private let generator: Mutex<SeededRandom>

    init(_ generator: consuming sending Mutex<SeededRandom>) {
        self.generator = generator
    }

    func bytes(_ count: Int) -> [UInt8] {
        generator.withLock { generator in (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) } }
    }
}

/// Sends requests, with the viewer's key of team 1 unless another is given.
struct TestCaller: Sendable {
    let client: any TestClientProtocol

    func send(
        _ method: HTTPRequest.Method, _ path: String, key: String? = TestServer.key(.viewer),
        headers: HTTPFields = [:], body: [UInt8]? = nil
    ) async throws -> TestAnswer {
        var headers = headers
        if let key, headers[.authorization] == nil { headers[.authorization] = "Bearer \(key)" }
        let response = try await client.executeRequest(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
        return TestAnswer(
            status: response.status.code, headers: response.headers, bytes: Array(response.body.readableBytesView))
    }

    func get(_ path: String, key: String? = TestServer.key(.viewer)) async throws -> TestAnswer {
        try await send(.get, path, key: key)
    }

    func sendJSON(
        _ method: HTTPRequest.Method, _ path: String, key: String, _ body: String, type: String = "application/json"
    ) async throws -> TestAnswer {
        try await send(method, path, key: key, headers: [.contentType: type], body: Array(body.utf8))
    }

    func ingest(_ lines: String..., key: String = TestServer.key(.recorder)) async throws -> TestAnswer {
        try await sendJSON(
            .post, "/v1/ingest", key: key, lines.joined(separator: "\n"), type: "application/x-ndjson")
    }
}

struct TestAnswer: Sendable {
    var status: Int
    var headers: HTTPFields
    var bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func decoded<Content: Decodable>(_ type: Content.Type = Content.self) throws -> Content {
        try JSONDecoder().decode(Content.self, from: Data(bytes))
    }

    /// `error.code` of an answer that is exactly the envelope; nil when it is not.
    var errorCode: String? {
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            Set(object.keys) == ["meta", "error"], let meta = object["meta"] as? [String: Any],
            Set(meta.keys) == ["request_id"], let requestID = meta["request_id"] as? String,
            let error = object["error"] as? [String: Any],
            Set(error.keys).subtracting(["description"]) == ["code", "message"],
            let code = error["code"] as? String, let message = error["message"] as? String,
            (1...255).contains(message.count), requestID == header("X-Request-Id"),
            requestID.wholeMatch(of: /[A-Za-z0-9_-]{8,64}/) != nil,
            header("Content-Type") == "application/json", header("Access-Control-Allow-Origin") == "*"
        else { return nil }
        return code
    }

    func header(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }
}
