import ConnectorLogCore
import ConnectorLogGRPC
import ConnectorLogIngest
import ConnectorLogSecrets
import ConnectorLogServer
import Hummingbird
import Logging
import ServiceLifecycle
import UnixSignals

/// The server at work: HTTP, the store's maintenance and, when asked for, the sample, until a signal or cancellation ends
/// it. Requests under way are answered first.
struct ServerRun: Sendable {
    enum Event: Equatable, Sendable {
        /// The port is open at this URL.
        case listening(url: String)
        /// OTLP over gRPC or HTTP has a port of its own, `address:port`.
        case listeningForOTLP(OTLPTransport, address: String)
        /// The sample's runs are stored; `page` shows the failed one.
        case sampleRecorded(page: String)
    }

    enum OTLPTransport: String, Sendable {
        case gRPC, HTTP
    }

    /// Requests that take longer than this to end are cut off.
    private static let shutdownPatience: Duration = .seconds(20)

    let configuration: ServeConfiguration
    let store: OpenStore
    let vault: SecretVault
    let signingKey: [UInt8]
    let now: @Sendable () -> Timestamp
    let clock: any Clock<Duration>
    let metrics: MetricsRegistry
    let logger: Logger
    /// How long the sample's connector waits for the answer that never comes.
    var sampleTimeout: Duration = .milliseconds(800)
    let tell: @Sendable (Event) async -> Void

    func run(signals: [UnixSignal] = [.sigterm, .sigint]) async throws {
        let (urls, opened) = AsyncStream<String>.makeStream()
        let live = LiveLog()
        let pipeline = IngestPipeline(
            writer: LiveLogWriter(store.log, live: live), book: vault.book, limits: configuration.ingest, now: now)
        let environment = ServerEnvironment(
            dependencies: ServerDependencies(
                reader: store.log, catalog: store.catalog, keeper: store.log, pending: store.log,
                pipeline: pipeline, vault: vault, now: now, signingKey: signingKey, isReady: store.isReady,
                logger: logger,
                metrics: metrics,
                live: live),
            settings: configuration.server)
        let application = try makeApplication(
            environment,
            onRunning: { port in
                let url = configuration.server.localURL(port: port)
                await tell(.listening(url: url))
                opened.yield(url)
                opened.finish()
            })
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: MaintenanceService(store: store)),
            .init(service: CallJoinService(environment: environment)), .init(service: application),
        ]
        if let changes = store.secretChanges {
            services.append(.init(service: SecretFollower(changes: changes, vault: vault, logger: logger)))
        }
        if store.isShared {
            services.append(.init(service: LiveFollowing(follower: LiveFollower(live: live, reader: store.log))))
        }
        services += try otlpServices(environment).map { .init(service: $0) }
        if configuration.recordsSample {
            let sample = SampleService(
                urls: urls,
                run: SampleRun(
                    reader: store.log, catalog: store.catalog, clock: clock, now: now, shortTimeout: sampleTimeout),
                logger: logger, tell: tell)
            // The server goes on, whatever becomes of the sample.
            services.append(
                .init(service: sample, successTerminationBehavior: .ignore, failureTerminationBehavior: .ignore))
        }
        var group = ServiceGroupConfiguration(services: services, gracefulShutdownSignals: signals, logger: logger)
        group.maximumGracefulShutdownDuration = Self.shutdownPatience
        try await ServiceGroup(configuration: group).run()
    }
}

extension ServerRun {
    /// The ports of OTLP that are asked for.
    private func otlpServices(_ environment: ServerEnvironment) throws -> [any Service] {
        func told(_ transport: OTLPTransport) -> @Sendable (Int) async -> Void {
            { port in
                await tell(.listeningForOTLP(transport, address: configuration.server.localAddress(port: port)))
            }
        }
        var services: [any Service] = []
        if let port = configuration.otlpGRPCPort {
            let server = OTLPServer(environment: environment, port: port, onRunning: told(.gRPC))
            services.append(PortService(service: server, setting: .otlpGRPCPort, port: port))
        }
        if let port = configuration.otlpHTTPPort {
            let application = try makeOTLPApplication(environment, port: port, onRunning: told(.HTTP))
            services.append(PortService(service: application, setting: .otlpHTTPPort, port: port))
        }
        return services
    }
}

extension ServerSettings {
    /// Where a program on this machine reaches the server.
    fileprivate func localURL(port: Int) -> String {
        "\(tls == nil ? "http" : "https")://\(localAddress(port: port))"
    }

    fileprivate func localAddress(port: Int) -> String {
        let reachable =
            switch host {
            case "0.0.0.0": "127.0.0.1"
            case "::", "[::]": "[::1]"
            // RFC 3986, section 3.2.2: an IPv6 address stands in brackets.
            case _ where host.contains(":") && !host.hasPrefix("["): "[\(host)]"
            default: host
            }
        return "\(reachable):\(port)"
    }
}

/// Compacts and tidies the store until the server stops.
private struct MaintenanceService: Service {
    let store: OpenStore

    func run() async {
        await cancelWhenGracefulShutdown { await store.maintain() }
    }
}

/// Shows live what other servers of the same store take in.
private struct LiveFollowing: Service {
    let follower: LiveFollower

    func run() async {
        await cancelWhenGracefulShutdown { await follower.run() }
    }
}

/// Learns of secrets and rules that other servers of the same store were told.
private struct SecretFollower: Service {
    /// Until what could not be read is tried again.
    private static let patience = Duration.seconds(1)

    let changes: AsyncStream<Void>
    let vault: SecretVault
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            for await _ in changes { await refresh() }
        }
    }

    private func refresh() async {
        while !Task.isCancelled {
            do throws(SecretVaultError) {
                return try await vault.refresh()
            } catch {
                logger.error("the secrets of other servers are not known", metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: Self.patience)
        }
    }
}

/// Records the sample once the port is open.
private struct SampleService: Service {
    let urls: AsyncStream<String>
    let run: SampleRun
    let logger: Logger
    let tell: @Sendable (ServerRun.Event) async -> Void

    func run() async {
        await cancelWhenGracefulShutdown {
            for await url in urls {
                do {
                    try await run.record(at: url)
                    await tell(.sampleRecorded(page: run.failedPage(at: url)))
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("the sample was not recorded", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
