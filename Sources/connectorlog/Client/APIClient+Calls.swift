import ConnectorLogAPI
import ConnectorLogCore

extension APIClient {
    /// `filters` are query parameters of the API.
    func entries(
        team: Int64, filters: Query
    ) async throws(APIFailure) -> Answer<PageDocument<EntrySummaryDocument>> {
        try await call(.listEntries, ["team_id": String(team)], query: filters)
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

    private static func page(_ cursor: String?) -> Query {
        [("limit", "1000")] + (cursor.map { [("cursor", $0)] } ?? [])
    }
}
