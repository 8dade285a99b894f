import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// Log entries of a team.
enum EntryRoutes {
    private static let filters = [
        "connector", "state_id", "flow_id", "outcome", "method", "status", "event", "request_id", "text", "word",
        "from",
        "to",
    ]

    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        var query = EntryQuery(teamID: call.teamID, limit: try call.limit())
        query.connector = try call.query.connector()
        query.stateID = try call.query.text("state_id", limit: Limits.identifier)
        query.flowID = try call.query.text("flow_id", limit: Limits.identifier)
        query.outcome = try call.query.value("outcome", "is ok or failed") { Outcome(name: $0) }
        query.method = try call.query.value("method", "is a method of HTTP") { $0.isMethod ? $0 : nil }
        query.status = try call.query.value("status", "is 100 to 599, 1xx to 5xx, or none") {
            EntryQuery.StatusFilter($0)
        }
        query.event = try call.query.text("event", limit: Limits.event)
        query.requestID = try call.query.text("request_id", limit: Limits.identifier)
        query.text = try call.query.text("text", limit: 255)
        query.word = try call.query.text("word", limit: 255)
        query.from = try call.query.instant("from")
        query.to = try call.query.instant("to")
        return try await call.page("logs", of: query, filters: filters, load: call.environment.reader.entries)
    }

    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        guard let id = try call.pathEntryID("log_id"),
            let entry = try await call.environment.reader.entry(team: call.teamID, id: id)
        else { throw APIError.notFound("log entry") }
        return .json(entry, capacity: 4096)
    }
}

extension String {
    /// A token of RFC 9110, section 5.6.2, of at most 32 characters.
    fileprivate var isMethod: Bool {
        (1...Limits.method).contains(utf8.count)
            && utf8.allSatisfy { byte in
                byte.isIdentifierByte || "!#$%&'*+.^`|~".utf8.contains(byte)
            }
    }
}
