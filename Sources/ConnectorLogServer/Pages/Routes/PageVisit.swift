import ConnectorLogAPI
import ConnectorLogCore

/// A reader's request for a page, the session checked.
struct PageVisit: Sendable {
    typealias TeamView = (id: Int64, viewer: PageFrame.Viewer)

    let key: APIKey
    let csrfToken: String
    let query: PageForm
    let encoding: PageEncoding
    /// Scheme and host under which the reader reached the server.
    let origin: String
    let catalog: any Catalog

    /// The team that an address names, with the viewer for its pages. 403 for a team out of the key's reach, whether or not
    /// it exists.
    func team(_ segment: String?) async throws -> TeamView {
        guard let segment, let id = Int64(segment), id >= 1, String(id) == segment else {
            throw APIError.notFound("team")
        }
        guard key.mayReach(team: id) else { throw APIError(.forbidden, "this key is of another team") }
        guard let team = try await catalog.team(id: id) else { throw APIError.notFound("team") }
        return (id, try await viewer(of: team))
    }

    /// The team whose pages the address `/` shows: the key's own, else the first.
    func homeTeam() async throws -> TeamView {
        if let own = key.teamID { return try await team(String(own)) }
        guard let first = try await catalog.teams().first else { throw APIError.notFound("team") }
        return (first.id, try await viewer(of: first))
    }

    private func viewer(of team: Team) async throws -> PageFrame.Viewer {
        let teams = key.teamID == nil ? try await catalog.teams() : []
        return PageFrame.Viewer(
            keyName: key.name, team: team, teams: teams.count > 1 ? teams : [], csrfToken: csrfToken)
    }
}
