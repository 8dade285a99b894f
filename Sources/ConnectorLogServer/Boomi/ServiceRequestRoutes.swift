import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// The log of service requests as Boomi Flow's own API reads it: `GET /api/service/1/requests` and what stands below it. It
/// shows entries of every way in.
enum ServiceRequestRoutes {
    /// Entries that a page may lie behind, with its own: pages by number have to pass over all before them.
    static let reach = 10_000
    static let pageSizes = 1...100
    /// Entries that are read for `_meta.total` where no directory tells it.
    private static let countLimit = 200_000

    @Sendable static func list(_ call: RouteCall) async throws -> Response {
        try await page(call) { _ in }
    }

    /// Of a flow, and of one of its versions where the path names it.
    @Sendable static func listOfFlow(_ call: RouteCall) async throws -> Response {
        let flow = try call.pathText("flow_id")
        let version = call.route == .listServiceRequestsOfVersion ? try call.pathText("flow_version") : nil
        return try await page(call) { query in (query.flowID, query.flowVersion) = (flow, version) }
    }

    @Sendable static func listOfState(_ call: RouteCall) async throws -> Response {
        let state = try call.pathText("state_id")
        return try await page(call) { $0.stateID = state }
    }

    @Sendable static func get(_ call: RouteCall) async throws -> Response {
        let team = try call.teamOfKey()
        guard let id = try call.pathEntryID("log_id"),
            let entry = try await call.environment.reader.entry(team: team, id: id)
        else { throw APIError.notFound("request") }
        return .json(ServiceRequest(entry, isWhole: true), capacity: 4096)
    }

    // MARK: - Pages by number

    private static func page(_ call: RouteCall, filter: (inout EntryQuery) -> Void) async throws -> Response {
        let size = try call.query.value("pageSize", "is \(pageSizes.lowerBound) to \(pageSizes.upperBound)") { text in
            Int(digits: text).flatMap { pageSizes.contains($0) ? $0 : nil }
        }
        let number = try call.query.value("page", "is 1 to \(reach)") { text in
            Int(digits: text).flatMap { (1...reach).contains($0) ? $0 : nil }
        }
        _ = try call.query.value("orderBy", "is createdAt") { $0 == "createdAt" ? $0 : nil }
        let order = try call.query.value("orderDirection", "is ASC or DESC") { text -> PageOrder? in
            ["ASC": .oldestFirst, "DESC": .newestFirst][text.uppercased()]
        }
        let place = PagePlace(number: number ?? 1, size: size ?? 10)
        guard place.number * place.size <= reach else {
            throw APIError(
                .badRequest, "page times pageSize is at most \(reach): ask for later or earlier ones by state or flow")
        }
        var query = EntryQuery(teamID: try call.teamOfKey(), order: order ?? .newestFirst, limit: place.size)
        filter(&query)
        let reader = call.environment.reader
        let total = try await total(of: query, call)
        var items: [ServiceRequest] = []
        for row in try await rows(of: query, behind: (place.number - 1) * place.size, reader) {
            // Gone when it was erased meanwhile.
            if let entry = try await reader.entry(team: query.teamID, id: row.id) {
                items.append(ServiceRequest(entry, isWhole: false))
            }
        }
        return .json(
            ServiceRequestPage(
                items: items, total: total, place: place, path: call.request.uri.path,
                parameters: try parameters(call)),
            capacity: 512 + items.count * 2048)
    }

    /// The rows behind the first `count`.
    private static func rows(
        of query: EntryQuery, behind count: Int, _ reader: any LogReader
    ) async throws -> [EntrySummary] {
        var query = query
        let size = query.limit
        var left = count
        query.fields = .call
        while left > 0 {
            query.limit = min(left, 1000)
            guard let next = try await reader.entries(query).next else { return [] }
            query.after = next
            left -= query.limit
        }
        query.limit = size
        return try await reader.entries(query).rows
    }

    private static func total(of query: EntryQuery, _ call: RouteCall) async throws -> ServiceRequestPage.Total {
        let end = call.environment.now.advanced(bySeconds: 2 * Limits.secondsAhead)
        let buckets = TimeBuckets(from: .epoch, to: end, width: end.microseconds)
        let counts = try await call.environment.reader.counts(
            EntryCountQuery(entries: query, buckets: buckets, readLimit: countLimit))
        return ServiceRequestPage.Total(count: counts.total, isExact: counts.incompleteBefore == nil)
    }

    /// What links repeat beside the page's number.
    private static func parameters(_ call: RouteCall) throws -> [(name: String, value: String)] {
        try ["pageSize", "orderBy", "orderDirection", "team"].compactMap { name in
            try call.query.text(name).map { (name, $0) }
        }
    }
}

extension Int {
    /// Nil for what is not of digits alone.
    fileprivate init?(digits text: String) {
        guard text.utf8.allSatisfy({ $0 &- 48 <= 9 }) else { return nil }
        self.init(text)
    }
}
