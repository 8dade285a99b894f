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
        return try await call.page("faults", of: query, filters: filters, load: call.environment.reader.faults)
    }

    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        guard let id = try call.pathEntryID("fault_id"),
            let fault = try await call.environment.reader.fault(team: call.teamID, id: id)
        else { throw APIError.notFound("root fault") }
        return .json(fault, capacity: 4096)
    }
}
