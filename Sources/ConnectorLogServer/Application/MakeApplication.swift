import ConnectorLogIngest
package import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
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
    try settings.validate()
    let environment = ServerEnvironment(dependencies: dependencies, settings: settings)
    let responder = try EdgeResponder(environment: environment)
    SecondLookReport.register(environment)
    return Application(
        responder: responder,
        server: try Listener.make(
            settings: settings, maximumBodyBytes: dependencies.pipeline.limits.requestBytes, responder: responder),
        configuration: ApplicationConfiguration(
            address: .hostname(settings.host, port: settings.port),
            availableConnectionsDelegate: MaximumAvailableConnections(settings.maximumConnections)),
        services: services,
        onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? settings.port) },
        logger: dependencies.logger)
}
