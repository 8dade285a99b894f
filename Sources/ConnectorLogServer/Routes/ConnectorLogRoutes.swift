import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// A connector's log, as the compatible API has it.
enum ConnectorLogRoutes {
    /// Newest first. `before` is the only way to page: it is compared strictly, at the precision that `log_time` shows.
    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        var query = EntryQuery(teamID: call.teamID, limit: try call.limit())
        query.fields = .call
        query.to = try call.query.instant("before", missingOffset: .utc)
        query.connector = try await ConnectorRoutes.connector(call).identifier
        let page = try await call.environment.reader.entries(query)
        return .json(
            ConnectorLogListAnswer(page.rows.map { ConnectorLogAnswer($0) }), capacity: 32 + page.rows.count * 300)
    }

    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        let connector = try await ConnectorRoutes.connector(call)
        guard let id = EntryID(try call.pathText("log_id")),
            let entry = try await call.environment.reader.entry(team: call.teamID, id: id),
            entry.summary.connectorIdentifier == connector.identifier
        else { throw APIError.notFound("log entry") }
        return .json(ConnectorLogAnswer(entry.summary))
    }
}
