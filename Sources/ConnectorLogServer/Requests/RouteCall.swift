import ConnectorLogAPI
import ConnectorLogCore
import Crypto
import Hummingbird

/// A request that was admitted to its route, with its parts read on demand.
struct RouteCall: Sendable {
    let route: Route
    let request: Request
    let context: ServerRequestContext
    let environment: ServerEnvironment
    let query: QueryParameters
    /// Nil on routes for everyone.
    let key: APIKey?
    /// The team in the path; 0 on routes without.
    let teamID: Int64

    init(
        _ route: Route, request: Request, context: ServerRequestContext, environment: ServerEnvironment
    ) async throws(APIError) {
        (self.route, self.request, self.context, self.environment) = (route, request, context, environment)
        if route.access == .everyone {
            key = nil
            teamID = route.isOfTeam ? try Self.teamID(in: context) : 0
        } else {
            let key = try await Authentication(environment: environment).admit(request, to: route, context: context)
            self.key = key
            teamID = route.isOfTeam ? try Self.teamID(in: context) : 0
            guard !route.isOfTeam || key.mayReach(team: teamID) else {
                throw APIError(.forbidden, "this key is of another team")
            }
            guard route.access.permits(key) else {
                throw APIError(.forbidden, "this call needs a key with role \(route.access)")
            }
            guard !route.isOfTeam || environment.catalog.hasTeam(teamID) else { throw .notFound("team") }
        }
        query = try QueryParameters(request.uri.query)
    }

    // MARK: - Path parameters: the path was split before, and is decoded now

    /// The decoded text, 1...`limit` characters.
    func pathText(_ name: String, limit: Int = Limits.identifier) throws(APIError) -> String {
        let text = try Self.decoded(name, in: context)
        guard (1...limit).contains(text.unicodeScalars.count) else {
            throw APIError(.badRequest, "\(name) has 1 to \(limit) characters")
        }
        return text
    }

    /// An identifier of a connector.
    func pathConnector() throws(APIError) -> String {
        let text = try Self.decoded("connector_identifier", in: context)
        guard Connector.isIdentifier(text) else {
            throw APIError(.badRequest, "connector_identifier has 1 to 100 of A-Z a-z 0-9 _ -")
        }
        return text
    }

    /// Nil when the text is no id of an entry or fault.
    func pathEntryID(_ name: String) throws(APIError) -> EntryID? {
        EntryID(try Self.decoded(name, in: context))
    }

    private static func teamID(in context: ServerRequestContext) throws(APIError) -> Int64 {
        let text = try decoded("team_id", in: context)
        guard let first = text.utf8.first, first != UInt8(ascii: "0"), text.utf8.allSatisfy({ $0 &- 48 <= 9 }),
            let id = Int64(text)
        else { throw APIError(.badRequest, "team_id is an integer of 1 or more") }
        return id
    }

    private static func decoded(_ name: String, in context: ServerRequestContext) throws(APIError) -> String {
        guard let raw = context.parameters.get(name), let text = PercentEncoding.decode(raw) else {
            throw APIError(.badRequest, "\(name) is not UTF-8, percent-encoded")
        }
        return text
    }

    /// What the path names within the team, parts of parts behind a slash; nil when it names nothing.
    var target: String? {
        let names = route.template.split(separator: "/").filter { $0.hasPrefix("{") && $0 != "{team_id}" }
        let parts = names.compactMap { try? Self.decoded(String($0.dropFirst().dropLast()), in: context) }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    // MARK: - Paging

    /// `limit` of the query: 1...1000, 100 when left out.
    func limit() throws(APIError) -> Int {
        guard let text = try query.text("limit") else { return 100 }
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ $0 &- 48 <= 9 }), let limit = Int(text),
            (1...1000).contains(limit)
        else { throw APIError(.badRequest, "limit is 1 to 1000") }
        return limit
    }

    /// The page of a list of entries or faults that begins at the call's cursor.
    ///
    /// - Parameters:
    ///   - member: of the answer, with the rows.
    ///   - filters: names of the query's parameters that choose the rows.
    func page<Query: PositionedQuery, Row: JSONWritable>(
        _ member: String, of query: Query, filters: [String], load: (Query) async throws -> Page<Row>
    ) async throws -> Response {
        var query = query
        if case .entry(let position)? = try cursor(filters: filters) { query.after = position }
        let page = try await load(query)
        let next = try nextCursor(page.next.map { .entry($0) }, filters: filters)
        return .json(PageAnswer(member, page.rows, nextCursor: next), capacity: 64 + page.rows.count * 700)
    }

    /// The place behind which the page begins; nil on the first.
    ///
    /// - Parameter filters: names of the query's parameters that choose the rows.
    func cursor(filters: [String]) throws(APIError) -> CursorPosition? {
        guard let text = try query.text("cursor") else { return nil }
        return try environment.cursors.decode(text, fingerprint: fingerprint(filters))
    }

    func nextCursor(_ position: CursorPosition?, filters: [String]) throws(APIError) -> String? {
        guard let position else { return nil }
        return environment.cursors.encode(position, fingerprint: try fingerprint(filters))
    }

    /// What makes this list the one it is: 32 bytes over the route, its path, and the filters.
    private func fingerprint(_ filters: [String]) throws(APIError) -> [UInt8] {
        var hash = SHA256()
        func add(_ text: String) {
            hash.update(data: Array("\(text.utf8.count) \(text)".utf8))
        }
        add(route.operationID)
        for name in route.template.split(separator: "/") where name.hasPrefix("{") {
            add(try Self.decoded(String(name.dropFirst().dropLast()), in: context))
        }
        for name in filters {
            guard let value = try query.text(name) else { continue }
            add(name)
            add(value)
        }
        return Array(hash.finalize())
    }

    // MARK: - Body

    func body(limit: Int) async throws -> [UInt8] {
        try await RequestBodyBytes.collect(request, limit: limit)
    }

    func jsonBody() async throws -> JSONBody {
        try MediaType.require("application/json", in: request)
        return try JSONBody(await body(limit: ServerSettings.jsonBodyBytes))
    }
}

/// A query whose rows lie in the order of time and id.
protocol PositionedQuery {
    var after: PagePosition? { get set }
}

extension EntryQuery: PositionedQuery {}
extension FaultQuery: PositionedQuery {}
