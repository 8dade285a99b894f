import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
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
        if try wantsArchive(call) { return try await archive(call, query) }
        return try await call.page("logs", of: query, filters: filters, load: call.environment.reader.entries)
    }

    private static func wantsArchive(_ call: RouteCall) throws(APIError) -> Bool {
        let format = try call.query.value("format", "is json or har") { ["json": false, "har": true][$0] }
        if let format { return format }
        let accepted = call.request.headers[values: .accept].flatMap { $0.split(separator: ",") }
        return accepted.contains { MediaType(field: String($0)).essence == archiveType }
    }

    private static let archiveType = "application/har+json"

    /// The page's entries whole, as one archive. How to ask for the next is in `Link` (RFC 8288) and in the archive.
    private static func archive(_ call: RouteCall, _ query: EntryQuery) async throws -> Response {
        var query = query
        if case .entry(let position)? = try call.cursor(filters: filters) { query.after = position }
        let page = try await call.environment.reader.entries(query)
        let next = try call.nextCursor(page.next.map { .entry($0) }, filters: filters)
        let body = ArchiveBody(
            reader: call.environment.reader, teamID: call.teamID, first: page, nextCursor: next)
        var headers: HTTPFields = [.contentType: archiveType]
        if let next {
            let others = (call.request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("cursor=") }
            headers[.link] = "<?\((others + ["cursor=\(next)"]).joined(separator: "&"))>; rel=\"next\""
        }
        return Response(status: .ok, headers: headers, body: body.response)
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
