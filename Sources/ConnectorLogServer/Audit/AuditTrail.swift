import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets

/// Writes down who changed what, once it is changed: a change that cannot be written down answers with the store's error.
struct AuditTrail: Sendable {
    let environment: ServerEnvironment

    static func target(secret placeholder: String, of connector: String?) -> String {
        connector.map { "\($0)/\(placeholder)" } ?? placeholder
    }

    /// - Parameters:
    ///   - team: nil where it concerns no team.
    ///   - target: redacted as any text of the team is: names and ids are what somebody chose.
    func note(
        _ route: Route, by key: APIKey, team: Int64?, target: String?, requestID: String
    ) async throws(StoreError) {
        let policy = environment.vault.book.policy(team: team ?? 0, connector: nil)
        try await environment.catalog.note(
            AuditRecord(
                at: environment.now, teamID: team, keyID: key.id, keyName: policy.redacted(key.name),
                action: route.operationID, target: target.map { policy.redacted($0) }, requestID: requestID))
    }
}

extension AuditTrail {
    /// After a call of the API that changed something.
    func note(_ call: RouteCall) async throws(StoreError) {
        guard call.route.isAudited, let key = call.key else { return }
        // A team that is deleted has no audit of its own any more.
        let isOfTeam = call.route.isOfTeam && call.route != .deleteTeam
        try await note(
            call.route, by: key, team: isOfTeam ? call.teamID : nil,
            target: call.context.findings.changed ?? call.target, requestID: call.context.requestID)
    }
}
