import ConnectorLogAPI
import ConnectorLogCore

extension APIClient {
    /// `filters` are query parameters of the API.
    func entries(
        team: Int64, filters: Query
    ) async throws(APIFailure) -> Answer<PageDocument<EntrySummaryDocument>> {
        try await call(.listEntries, ["team_id": String(team)], query: filters)
    }

    /// The entries of one page whole, as an HTTP Archive that goes to `receive` piece by piece; returns the cursor of the
    /// next page.
    func archive(team: Int64, filters: Query, _ receive: ([UInt8]) throws -> Void) async throws -> String? {
        let answer = try await stream(
            .listEntries, ["team_id": String(team)], query: filters, accepting: "application/har+json", receive)
        guard let link = answer.header("Link") else { return nil }
        // A cursor has letters, digits, - and _ alone.
        guard let cursor = link.firstMatch(of: /[?&]cursor=([A-Za-z0-9_-]+)[^>]*>; rel="next"/)?.1 else {
            throw APIFailure(.unexpectedAnswer, message: "the answer is not one of this API")
        }
        return String(cursor)
    }

    func entry(team: Int64, id: String) async throws(APIFailure) -> Answer<EntryDocument> {
        try await call(.getEntry, ["team_id": String(team), "log_id": id])
    }

    func teams(cursor: String?) async throws(APIFailure) -> Answer<PageDocument<TeamDocument>> {
        try await call(.listTeams, query: Self.page(cursor))
    }

    func createTeam(_ team: NewTeamDocument) async throws(APIFailure) -> Answer<TeamDocument> {
        try await call(.createTeam, body: team, expecting: 201)
    }

    func retention(team: Int64) async throws(APIFailure) -> Answer<RetentionDocument> {
        try await call(.getRetention, ["team_id": String(team)])
    }

    func setRetention(
        team: Int64, _ retention: NewRetentionDocument
    ) async throws(APIFailure) -> Answer<RetentionDocument> {
        try await call(.setRetention, ["team_id": String(team)], body: retention)
    }

    func resetRetention(team: Int64) async throws(APIFailure) {
        let response = try await send(.resetRetention, ["team_id": String(team)])
        guard response.status == 204 else { throw Self.failure(for: response) }
    }

    /// `route` is one of those that erase; `name` fills its parameter.
    func erase(
        _ route: Route, team: Int64, _ parameter: String, _ name: String
    ) async throws(APIFailure) -> Answer<ErasureDocument> {
        try await call(route, ["team_id": String(team), parameter: name])
    }

    func erasures(team: Int64, cursor: String?) async throws(APIFailure) -> Answer<PageDocument<ErasureDocument>> {
        try await call(.listErasures, ["team_id": String(team)], query: Self.page(cursor))
    }

    func keys(team: Int64, cursor: String?) async throws(APIFailure) -> Answer<PageDocument<KeyDocument>> {
        try await call(.listKeys, ["team_id": String(team)], query: Self.page(cursor))
    }

    func createKey(team: Int64, _ key: NewKeyDocument) async throws(APIFailure) -> Answer<KeyDocument> {
        try await call(.createKey, ["team_id": String(team)], body: key, expecting: 201)
    }

    func revokeKey(team: Int64, id: String) async throws(APIFailure) {
        let response = try await send(.revokeKey, ["team_id": String(team), "key_id": id])
        guard response.status == 204 else { throw Self.failure(for: response) }
    }

    /// Whose secrets: a connector's, or with nil those of a whole team.
    struct SecretOwner: Sendable {
        var team: Int64
        var connector: String?

        func parameters(_ placeholder: String? = nil) -> [String: String] {
            var parameters = ["team_id": String(team)]
            if let connector { parameters["connector_identifier"] = connector }
            if let placeholder { parameters["secret_placeholder"] = placeholder }
            return parameters
        }
    }

    func secrets(of owner: SecretOwner) async throws(APIFailure) -> Answer<SecretListDocument> {
        try await call(owner.connector == nil ? .listTeamSecrets : .listConnectorSecrets, owner.parameters())
    }

    func createSecret(
        _ secret: NewSecretDocument, of owner: SecretOwner
    ) async throws(APIFailure) -> Answer<SecretListDocument> {
        try await call(
            owner.connector == nil ? .createTeamSecret : .createConnectorSecret, owner.parameters(), body: secret,
            expecting: 201)
    }

    func updateSecret(
        _ placeholder: String, _ change: SecretChangeDocument, of owner: SecretOwner
    ) async throws(APIFailure) {
        let response = try await send(
            owner.connector == nil ? .updateTeamSecret : .updateConnectorSecret, owner.parameters(placeholder),
            json: change)
        guard response.status == 204 else { throw Self.failure(for: response) }
    }

    func deleteSecret(_ placeholder: String, of owner: SecretOwner) async throws(APIFailure) {
        let response = try await send(
            owner.connector == nil ? .deleteTeamSecret : .deleteConnectorSecret, owner.parameters(placeholder))
        guard response.status == 204 else { throw Self.failure(for: response) }
    }

    func redactionRules(team: Int64) async throws(APIFailure) -> Answer<RedactionRulesDocument> {
        try await call(.getRedaction, ["team_id": String(team)])
    }

    /// - Parameter json: one JSON object, sent as it is.
    func setRedactionRules(
        team: Int64, json: [UInt8]
    ) async throws(APIFailure) -> Answer<RedactionRulesDocument> {
        try await call(.setRedaction, ["team_id": String(team)], json: json)
    }

    /// - Parameter json: the rules, one JSON object, sent as it is.
    func tryRedactionRules(
        team: Int64, json: [UInt8], connector: String?, limit: Int?
    ) async throws(APIFailure) -> Answer<RuleTrialDocument> {
        var body = Array(#"{"rules":"#.utf8) + json
        // Neither needs an escape: an identifier has letters, digits, `_` and `-`.
        if let connector { body += Array(#","connector_identifier":"\#(connector)""#.utf8) }
        if let limit { body += Array(#","limit":\#(limit)"#.utf8) }
        return try await call(.tryRedaction, ["team_id": String(team)], json: body + Array("}".utf8))
    }

    private static func page(_ cursor: String?) -> Query {
        [("limit", "1000")] + (cursor.map { [("cursor", $0)] } ?? [])
    }
}
