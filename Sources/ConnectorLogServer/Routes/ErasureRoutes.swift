import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// Erasures, and what is left of them.
enum ErasureRoutes {
    @Sendable static func eraseEntry(_ call: RouteCall) async throws -> Response {
        guard let id = try call.pathEntryID("log_id") else {
            throw APIError(.badRequest, "log_id is the id of a log entry")
        }
        return try await erase(.entry(id), call)
    }

    @Sendable static func eraseState(_ call: RouteCall) async throws -> Response {
        try await erase(.state(try call.pathText("state_id")), call)
    }

    @Sendable static func eraseConnectorLog(_ call: RouteCall) async throws -> Response {
        try await erase(.connector(try call.pathConnector()), call)
    }

    /// Answers when nothing of it is left on the disk.
    private static func erase(_ target: ErasureTarget, _ call: RouteCall) async throws -> Response {
        guard let key = call.key else { throw APIError(.unauthorized, "an erasure needs a key") }
        do throws(StoreError) {
            return .json(
                try await call.environment.dependencies.keeper.erase(
                    target, team: call.teamID, keyID: key.id, at: call.environment.now))
        } catch {
            throw APIError(erasing: error)
        }
    }

    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        let limit = try call.limit()
        var query = ErasureQuery(teamID: call.teamID, limit: limit + 1)
        if case .named(let position)? = try call.cursor(filters: []) {
            guard let last = Int64(position.name) else { throw APIError(.invalidCursor, "cursor names no erasure") }
            query.before = last
        }
        let erasures = try await call.environment.dependencies.keeper.erasures(query)
        let rows = Array(erasures.prefix(limit))
        let next = erasures.count > limit ? rows.last.map { NamedPosition(time: .epoch, name: String($0.number)) } : nil
        return .json(
            PageAnswer("erasures", rows, nextCursor: try call.nextCursor(next.map { .named($0) }, filters: [])))
    }
}
