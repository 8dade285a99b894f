import AsyncHTTPClient
import Configuration
import ConnectorLogSecrets
import ConnectorLogServer
import Foundation
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

@testable import ConnectorLogCore
@testable import connectorlog

/// The server as `serve` opens and runs it, in this process, on a real store and over a socket.
final class LiveServer: Sendable {
    /// Where a request goes, and who looks through its answer.
    struct Client: Sendable {
        let url: String
        /// Of OTLP over gRPC.
        let otlpAddress: String
        let evidence: SecretEvidence
        let network: HTTPClient
    }

    struct Answer: Sendable {
        var version: HTTPVersion
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }
    }

    let data: String
    let looks: Looks
    let evidence: SecretEvidence
    private let log = Mutex("")

    init(data: String, looks: Looks, evidence: SecretEvidence) {
        (self.data, self.looks, self.evidence) = (data, looks, evidence)
    }

    /// The one of the process, as in the program: the store's are in it, too.
    private static let metrics: MetricsRegistry = {
        let registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()

    var logText: String { log.withLock { $0 } }

    /// Runs the server while `body` runs.
    func run(tls: ServerSettings.TLSFiles? = nil, _ body: (Client) async throws -> Void) async throws {
        var configuration = try await ServeConfiguration.load(
            from: SettingSources(flags: [
                .port: .int(0), .otlpGRPCPort: .int(0), .data: .string(data), .rateLimitPerHour: .int(0),
                .failedAuthenticationsPerHour: .int(0),
            ]))
        configuration.server.tls = tls
        let logger = Logger(label: "connectorlog") { _ in
            ServerLog(level: .trace, format: .line, now: { SystemTime.now }) { line in
                self.log.withLock { $0 += line }
            }
        }
        let directory = try DataDirectory(path: data)
        try await OpenServer.run(configuration, in: directory, now: { SystemTime.now }, logger: logger) { server in
            server.vault.book.take(looks)
            let (urls, opened) = AsyncStream<String>.makeStream()
            let (addresses, openedForOTLP) = AsyncStream<String>.makeStream()
            let run = ServerRun(
                configuration: configuration, store: server.store, vault: server.vault,
                signingKey: server.signingKey, now: { SystemTime.now }, clock: ContinuousClock(),
                metrics: Self.metrics, logger: logger,
                tell: { event in
                    switch event {
                    case .listening(let url): opened.yield(url)
                    case .listeningForOTLP(_, let address): openedForOTLP.yield(address)
                    case .sampleRecorded: break
                    }
                })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer {
                        opened.finish()
                        openedForOTLP.finish()
                    }
                    do {
                        try await run.run(signals: [])
                    } catch is CancellationError {}
                }
                if let url = await urls.first(where: { _ in true }),
                    let address = await addresses.first(where: { _ in true })
                {
                    try await withClient(url, otlpAddress: address, body)
                }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        directory.release()
    }

    private func withClient(
        _ url: String, otlpAddress: String, _ body: (Client) async throws -> Void
    ) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.tlsConfiguration = .makeClientConfiguration()
        // The certificate was made just now.
        configuration.tlsConfiguration?.certificateVerification = .none
        try await HTTPClient.withHTTPClient(configuration: configuration) { network in
            try await body(Client(url: url, otlpAddress: otlpAddress, evidence: evidence, network: network))
        }
    }
}

extension LiveServer.Client {
    enum Content: Sendable {
        case bytes([UInt8])
        /// Without a length, in pieces.
        case pieces([UInt8])
    }

    /// Sends a request, and looks through every byte of its answer.
    /// - Parameter isEcho: the answer gives back what was typed into a form, to whom typed it: it is not looked through.
    @discardableResult func send(
        _ method: String, _ path: String, _ headers: [(String, String)] = [], _ content: Content? = nil,
        isEcho: Bool = false
    ) async throws -> LiveServer.Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        switch content {
        case nil: break
        case .bytes(let bytes): request.body = .bytes(bytes)
        case .pieces(let bytes):
            let pieces = stride(from: 0, to: bytes.count, by: 1013).map { start in
                ByteBuffer(bytes: bytes[start..<min(bytes.count, start + 1013)])
            }
            request.body = .stream(
                AsyncStream { continuation in
                    for piece in pieces { continuation.yield(piece) }
                    continuation.finish()
                }, length: .unknown)
        }
        let response = try await network.execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 256 << 20)
        let answer = LiveServer.Answer(
            version: response.version, status: Int(response.status.code), headers: response.headers,
            body: Array(body.readableBytesView))
        guard !isEcho else { return answer }
        let head = response.headers.map { "\($0.name): \($0.value)\n" }.joined()
        evidence.look(in: Array(head.utf8) + answer.body, at: "the answer to \(method) \(path.prefix(120))")
        return answer
    }
}
