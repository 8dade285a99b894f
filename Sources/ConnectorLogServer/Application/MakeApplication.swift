import ConnectorLogIngest
import ConnectorLogInvoker
package import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
package import ServiceLifecycle

/// The whole HTTP side as one service. Everything that can be wrong with settings, certificates and templates is found
/// here, before the port opens.
///
/// - Parameters:
///   - services: run beside the server and stopped after it.
///   - onRunning: called once the port is open.
/// - Throws: `SettingsError`, or what is wrong with the certificate's files.
package func makeApplication(
    dependencies: ServerDependencies, settings: ServerSettings, services: [any Service] = [],
    onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) throws -> some ApplicationProtocol {
    try makeApplication(
        ServerEnvironment(dependencies: dependencies, settings: settings), services: services, onRunning: onRunning)
}

/// As above, of parts that other ports have, too.
package func makeApplication(
    _ environment: ServerEnvironment, services: [any Service] = [],
    onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) throws -> some ApplicationProtocol {
    try environment.settings.validate()
    let responder = try EdgeResponder(environment: environment)
    SecondLookReport.register(environment)
    let invoker = try makeInvoker(environment, responder)
    return try application(
        responder, environment, port: environment.settings.port,
        maximumBodyBytes: environment.dependencies.pipeline.limits.requestBytes, invoker: invoker,
        services: services + [invoker], onRunning: onRunning)
}

/// A port for OTLP over HTTP alone, where exporters look for it unless they are told (4318).
package func makeOTLPApplication(
    _ environment: ServerEnvironment, port: Int,
    onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) throws -> some ApplicationProtocol {
    try application(
        EdgeResponder(environment: environment, scope: .otlp), environment, port: port,
        maximumBodyBytes: OTLPLimits.requestBytes, onRunning: onRunning)
}

private func makeInvoker(_ environment: ServerEnvironment, _ responder: EdgeResponder) throws -> Invoker {
    let (dependencies, settings) = (environment.dependencies, environment.settings)
    return Invoker(
        pipeline: dependencies.pipeline, door: InvokerGate(environment: environment, edge: responder),
        networks: settings.invokerNetworks,
        roots: try settings.invokerTrustedCertificates.map { .certificates(try NIOSSLCertificate.fromPEMFile($0)) },
        now: dependencies.now, clock: ContinuousClock(), randomBytes: dependencies.randomBytes,
        logger: dependencies.logger)
}

private func application(
    _ responder: EdgeResponder, _ environment: ServerEnvironment, port: Int, maximumBodyBytes: Int,
    invoker: Invoker? = nil, services: [any Service] = [], onRunning: @escaping @Sendable (_ port: Int) async -> Void
) throws -> some ApplicationProtocol {
    let settings = environment.settings
    return Application(
        responder: responder,
        server: try Listener.make(
            settings: settings, maximumBodyBytes: maximumBodyBytes, responder: responder, invoker: invoker),
        configuration: ApplicationConfiguration(
            address: .hostname(settings.host, port: port),
            availableConnectionsDelegate: MaximumAvailableConnections(settings.maximumConnections)),
        services: services,
        onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
        logger: environment.dependencies.logger)
}
