import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogSecrets
import Hummingbird

/// Teams: for the owner's keys.
enum TeamRoutes {
    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        let limit = try call.limit()
        var teams = try await call.environment.catalog.teams()
        if case .named(let position)? = try call.cursor(filters: []) {
            guard let last = Int64(position.name) else { throw APIError(.invalidCursor, "cursor names no team") }
            teams.removeAll { $0.id <= last }
        }
        let rows = Array(teams.prefix(limit))
        let next = teams.count > limit ? rows.last.map { NamedPosition(time: .epoch, name: String($0.id)) } : nil
        return .json(
            PageAnswer("teams", rows, nextCursor: try call.nextCursor(next.map { .named($0) }, filters: [])))
    }

    @Sendable static func create(_ call: RouteCall) async throws -> Response {
        let members = try await call.jsonBody().members()
        try members.allowOnly(["name", "id"])
        let name = try members.text("name", 1...Limits.name)
        let id = try members.optionalPositiveInteger("id")
        do {
            let team = try await call.environment.catalog.createTeam(name: name, id: id, at: call.environment.now)
            call.context.findings.changed = String(team.id)
            return .json(team, status: .created)
        } catch  where error.code == .conflict {
            throw APIError(.conflict, "the team's id is taken, or was")
        }
    }

    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        .json(try await team(call))
    }

    @Sendable static func update(_ call: RouteCall) async throws -> Response {
        let members = try await call.jsonBody().members()
        try members.allowOnly(["name"])
        let name = try members.text("name", 1...Limits.name)
        guard try await call.environment.catalog.renameTeam(id: call.teamID, name: name) else {
            throw APIError.notFound("team")
        }
        call.context.findings.changed = name
        return .json(try await team(call))
    }

    @Sendable static func delete(_ call: RouteCall) async throws -> Response {
        guard try await call.environment.vault.deleteTeam(id: call.teamID) else { throw APIError.notFound("team") }
        call.context.findings.changed = String(call.teamID)
        return .noContent
    }

    private static func team(_ call: RouteCall) async throws -> Team {
        guard let team = try await call.environment.catalog.team(id: call.teamID) else {
            throw APIError.notFound("team")
        }
        return team
    }
}
