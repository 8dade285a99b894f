import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// Who changed what.
enum AuditRoutes {
    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        try await list(call, team: call.teamID, filters: [])
    }

    /// What concerns no team; with `team_id` what a team's audit holds, also of one that is deleted.
    @Sendable static func listOfServer(_ call: RouteCall) async throws -> Response {
        let team = try call.query.value("team_id", "is an integer of 1 or more") { text in
            Int64(text).flatMap { $0 >= 1 ? $0 : nil }
        }
        return try await list(call, team: team, filters: ["team_id"])
    }

    private static func list(_ call: RouteCall, team: Int64?, filters: [String]) async throws -> Response {
        let limit = try call.limit()
        var before: Int64?
        if case .named(let position)? = try call.cursor(filters: filters) {
            guard let last = Int64(position.name) else { throw APIError(.invalidCursor, "cursor names no change") }
            before = last
        }
        // A page may be as long as a question to the catalog: whether there is another takes a second one.
        let records = try await call.environment.catalog.audit(team: team, before: before, limit: limit)
        let more =
            if records.count == limit, let last = records.last {
                try await !call.environment.catalog.audit(team: team, before: last.number, limit: 1).isEmpty
            } else {
                false
            }
        let next = more ? records.last.map { NamedPosition(time: .epoch, name: String($0.number)) } : nil
        return .json(
            PageAnswer("changes", records, nextCursor: try call.nextCursor(next.map { .named($0) }, filters: filters)))
    }
}
