import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// Flows, their states, and what happened in these.
enum FlowRoutes {
    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        let filters = ["from", "to", "search"]
        var query = FlowQuery(teamID: call.teamID, limit: try call.limit())
        query.from = try call.query.instant("from")
        query.to = try call.query.instant("to")
        query.search = try call.query.text("search", limit: 255)
        if case .named(let position)? = try call.cursor(filters: filters) { query.after = position }
        let page = try await call.environment.reader.flows(query)
        let next = try call.nextCursor(page.next.map { .named($0) }, filters: filters)
        return .json(PageAnswer("flows", page.rows, nextCursor: next))
    }

    @Sendable static func listStates(_ call: RouteCall) async throws -> Response {
        let filters = ["status", "from", "to"]
        var query = StateQuery(
            teamID: call.teamID, flowID: try call.pathText("flow_id"), limit: try call.limit())
        query.status = try call.query.value("status", "is in_progress, done, failed or expired") {
            FlowState.Status(rawValue: $0)
        }
        query.from = try call.query.instant("from")
        query.to = try call.query.instant("to")
        if case .named(let position)? = try call.cursor(filters: filters) { query.after = position }
        let page = try await call.environment.reader.states(query)
        let next = try call.nextCursor(page.next.map { .named($0) }, filters: filters)
        return .json(PageAnswer("states", page.rows, nextCursor: next))
    }

    @Sendable static func getState(_ call: RouteCall) async throws -> Response {
        .json(try await state(call))
    }

    @Sendable static func listStateEntries(_ call: RouteCall) async throws -> Response {
        var query = EntryQuery(teamID: call.teamID, order: .oldestFirst, limit: try call.limit())
        query.stateID = try await state(call).stateID
        return try await call.page("logs", of: query, filters: [], load: call.environment.reader.entries)
    }

    @Sendable static func listStateFaults(_ call: RouteCall) async throws -> Response {
        var query = FaultQuery(teamID: call.teamID, order: .oldestFirst, limit: try call.limit())
        query.stateID = try await state(call).stateID
        return try await call.page("faults", of: query, filters: [], load: call.environment.reader.faults)
    }

    private static func state(_ call: RouteCall) async throws -> FlowState {
        let id = try call.pathText("state_id")
        guard let state = try await call.environment.reader.state(team: call.teamID, id: id) else {
            throw APIError.notFound("flow state")
        }
        return state
    }
}
