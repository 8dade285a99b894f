import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// Root faults of a team.
enum FaultRoutes {
    private static let filters = ["state_id", "connector", "name", "from", "to"]

    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        var query = FaultQuery(teamID: call.teamID, limit: try call.limit())
        query.stateID = try call.query.text("state_id", limit: Limits.identifier)
        query.connector = try call.query.connector()
        query.name = try call.query.text("name", limit: Limits.name)
        query.from = try call.query.instant("from")
        query.to = try call.query.instant("to")
        return try await page(of: query, call, filters: filters)
    }

    /// Runs `query` from the call's cursor on.
    static func page(of query: FaultQuery, _ call: RouteCall, filters: [String]) async throws -> Response {
        var query = query
        if case .entry(let position)? = try call.cursor(filters: filters) { query.after = position }
        let page = try await call.environment.reader.faults(query)
        let next = try call.nextCursor(page.next.map { .entry($0) }, filters: filters)
        return .json(PageAnswer("faults", page.rows, nextCursor: next), capacity: 64 + page.rows.count * 700)
    }

    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        guard let id = try call.pathEntryID("fault_id"),
            let fault = try await call.environment.reader.fault(team: call.teamID, id: id)
        else { throw APIError.notFound("root fault") }
        return .json(fault, capacity: 4096)
    }
}
