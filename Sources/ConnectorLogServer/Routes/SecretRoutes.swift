import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import Hummingbird

/// Secrets of a connector, as the compatible API has them, and those of a whole team in the same form. Values come in and
/// never go out.
enum SecretRoutes {
    // MARK: - Of a connector

    @Sendable static func listOfConnector(_ call: RouteCall) async throws -> Response {
        try await list(call, connector: try await ConnectorRoutes.connector(call).identifier)
    }

    @Sendable static func createOfConnector(_ call: RouteCall) async throws -> Response {
        try await create(call, connector: try call.pathConnector())
    }

    @Sendable static func updateOfConnector(_ call: RouteCall) async throws -> Response {
        try await update(call, connector: try call.pathConnector())
    }

    @Sendable static func deleteOfConnector(_ call: RouteCall) async throws -> Response {
        try await delete(call, connector: try call.pathConnector())
    }

    // MARK: - Of a team

    @Sendable static func listOfTeam(_ call: RouteCall) async throws -> Response {
        try await list(call, connector: nil)
    }

    @Sendable static func createOfTeam(_ call: RouteCall) async throws -> Response {
        try await create(call, connector: nil)
    }

    @Sendable static func updateOfTeam(_ call: RouteCall) async throws -> Response {
        try await update(call, connector: nil)
    }

    @Sendable static func deleteOfTeam(_ call: RouteCall) async throws -> Response {
        try await delete(call, connector: nil)
    }

    // MARK: - Shared: nil is the whole team

    private static func list(_ call: RouteCall, connector: String?) async throws -> Response {
        .json(SecretListAnswer(try await call.environment.vault.secrets(team: call.teamID, connector: connector)))
    }

    private static func create(_ call: RouteCall, connector: String?) async throws -> Response {
        let members = try await call.jsonBody().members()
        // A misspelt `ignore_case` would leave what it was meant for in the log.
        try members.allowOnly(["secret_name", "secret_value", "ignore_case"])
        let secret = try await call.environment.vault.createSecret(
            name: try members.text("secret_name", SecretLimits.name),
            value: try members.text("secret_value", SecretLimits.value),
            ignoresCase: try members.optionalFlag("ignore_case") ?? false,
            team: call.teamID, connector: connector, at: call.environment.now)
        call.context.findings.changed = AuditTrail.target(secret: secret.placeholder, of: connector)
        let secrets = try await call.environment.vault.secrets(team: call.teamID, connector: connector)
        return .json(SecretListAnswer(secrets), status: .created)
    }

    private static func update(_ call: RouteCall, connector: String?) async throws -> Response {
        let placeholder = try placeholder(call)
        let members = try await call.jsonBody().members()
        try members.allowOnly(["secret_value"])
        let isKnown = try await call.environment.vault.updateSecret(
            placeholder: placeholder, value: try members.text("secret_value", SecretLimits.value),
            team: call.teamID, connector: connector, at: call.environment.now)
        guard isKnown else { throw APIError.notFound("secret") }
        return .noContent
    }

    private static func delete(_ call: RouteCall, connector: String?) async throws -> Response {
        let isKnown = try await call.environment.vault.deleteSecret(
            placeholder: try placeholder(call), team: call.teamID, connector: connector)
        guard isKnown else { throw APIError.notFound("secret") }
        return .noContent
    }

    private static func placeholder(_ call: RouteCall) throws(APIError) -> String {
        try call.pathText("secret_placeholder", limit: 100)
    }
}
