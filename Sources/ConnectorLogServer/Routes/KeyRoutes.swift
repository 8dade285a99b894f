import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// API keys of a team.
enum KeyRoutes {
    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        let limit = try call.limit()
        var keys = try await call.environment.catalog.keys(team: call.teamID)
        if case .named(let last)? = try call.cursor(filters: []) {
            keys.removeAll { ($0.createdAt, $0.id) <= (last.time, last.name) }
        }
        let rows = Array(keys.prefix(limit))
        let next = keys.count > limit ? rows.last.map { NamedPosition(time: $0.createdAt, name: $0.id) } : nil
        return .json(PageAnswer("keys", rows, nextCursor: try call.nextCursor(next.map { .named($0) }, filters: [])))
    }

    @Sendable static func create(_ call: RouteCall) async throws -> Response {
        let members = try await call.jsonBody().members()
        try members.allowOnly(["name", "role", "expires_at"])
        let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
        guard let role = Role(rawValue: try members.text("role", 1...32)) else {
            throw APIError(.unprocessableEntity, "role is one of \(roles)")
        }
        let issued = IssuedKey.make(
            name: try members.text("name", 1...Limits.name), role: role, teamID: call.teamID,
            expiresAt: try expiry(members, now: call.environment.now), at: call.environment.now,
            randomBytes: call.environment.dependencies.randomBytes)
        try await call.environment.catalog.createKey(issued.record, hash: issued.hash)
        call.context.findings.changed = issued.record.id
        return .json(issued, status: .created)
    }

    private static func expiry(_ members: JSONMembers, now: Timestamp) throws(APIError) -> Timestamp? {
        guard let text = try members.optionalText("expires_at", 1...64) else { return nil }
        guard let time = Timestamp(text), time > now, time <= .latest else {
            throw APIError(.unprocessableEntity, "expires_at is an RFC 3339 date-time in the future")
        }
        return time
    }

    @Sendable static func revoke(_ call: RouteCall) async throws -> Response {
        let id = try call.pathText("key_id", limit: 100)
        guard try await call.environment.catalog.revokeKey(team: call.teamID, id: id) else {
            throw APIError.notFound("key")
        }
        return .noContent
    }
}
