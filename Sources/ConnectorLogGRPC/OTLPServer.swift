package import ConnectorLogServer
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Logging
import ServiceLifecycle

/// OTLP over gRPC on a port of its own, with TLS where the main port has it.
package struct OTLPServer: Service {
    /// Bytes of one message, decompressed. gRPC's usual 4 MiB are less than what OTLP recommends for a request; what is longer
    /// than that is answered RESOURCE_EXHAUSTED up to here, while the transport can only reset a stream (CANCELLED).
    private static let messageBytes = 24 << 20
    /// Requests under way on one connection: each may hold a message.
    private static let streams = 16

    private let environment: ServerEnvironment
    private let port: Int
    private let onRunning: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: 0 takes a free one; `onRunning` says which.
    package init(
        environment: ServerEnvironment, port: Int, onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        (self.environment, self.port, self.onRunning) = (environment, port, onRunning)
    }

    /// Ends after the requests under way, once a graceful shutdown began.
    package func run() async throws {
        let server = GRPCServer(
            transport: makeTransport(), services: [OTLPExporters(receiver: OTLPReceiver(environment: environment))])
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await server.serve()
                    } catch let error as RuntimeError {
                        throw error.cause ?? error
                    }
                }
                group.addTask {
                    // A port that does not open is told by the other task.
                    guard let address = try? await server.transport.listeningAddress else { return }
                    await onRunning(address.ipv4?.port ?? address.ipv6?.port ?? port)
                }
                try await group.waitForAll()
            }
        } onGracefulShutdown: {
            server.beginGracefulShutdown()
        }
    }

    private func makeTransport() -> HTTP2ServerTransport.Posix {
        let settings = environment.settings
        var config = HTTP2ServerTransport.Posix.Config.defaults
        config.compression.enabledAlgorithms = [.gzip, .deflate]
        config.rpc.maxRequestPayloadSize = Self.messageBytes
        config.connection.maxIdleTime = .seconds(settings.idleSeconds)
        config.http2.maxConcurrentStreams = Self.streams
        return HTTP2ServerTransport.Posix(
            address: Self.address(host: settings.host, port: port), transportSecurity: Self.security(settings),
            config: config)
    }

    private static func address(host: String, port: Int) -> SocketAddress {
        if host == "localhost" { return .ipv4(host: "127.0.0.1", port: port) }
        guard host.contains(":") else { return .ipv4(host: host, port: port) }
        return .ipv6(host: host.filter { $0 != "[" && $0 != "]" }, port: port)
    }

    private static func security(_ settings: ServerSettings) -> HTTP2ServerTransport.Posix.TransportSecurity {
        guard let tls = settings.tls else { return .plaintext }
        return .tls(
            certificateChain: [.file(path: tls.certificate, format: .pem)],
            privateKey: .file(path: tls.privateKey, format: .pem))
    }
}
