import ConnectorLogCore
import NIOCore

/// Finds entries. All statements of one search look at the same snapshot.
struct EntrySearch: Sendable {
    let cluster: Cluster
    let dialect: Dialect
    let snapshot: CommitSnapshot
    var limits = SearchLimits()

    // MARK: - One entry

    /// For what reads a few thousand rows at most: to share them out takes longer than to read them.
    private static let oneThread = ["max_threads": "1"]

    func entry(team: Int64, id: EntryID) async throws(ClickHouseFailure) -> LogEntry? {
        var conditions = Conditions(team: team, snapshot)
        conditions.add("id = \(Dialect.id(id))")
        conditions.add(place: "connector, log_time", among: "entries_by_id WHERE \(conditions.sql)", on: cluster)
        return try await cluster.rows(
            "SELECT \(EntryRow.wholeColumns(dialect)) FROM entries \(conditions.clauses) LIMIT 1", "an entry",
            settings: Self.oneThread
        ) { row throws(ClickHouseFailure) in try EntryRow.decodeWhole(&row) }.first
    }

    // MARK: - Pages

    func page(_ query: EntryQuery, _ extent: EntryExtent) async throws(ClickHouseFailure) -> Page<EntrySummary> {
        var conditions = Conditions(query, snapshot)
        conditions.add("log_time", from: query.from, to: query.to, dialect)
        conditions.add("log_time", behind: query.after, query.order, dialect)
        if let state = query.stateID {
            var calls = Conditions(team: query.teamID, snapshot)
            calls.add("state_id = \(Dialect.text(state))")
            conditions.add(place: "connector, log_time, id", among: "entries_by_state WHERE \(calls.sql)", on: cluster)
            return try await page(conditions, query, settings: Self.oneThread)
        }
        if let entries = extent.entries {
            if entries <= limits.readTogether { return try await page(conditions, query, settings: Self.oneThread) }
            if entries <= limits.sortedAtOnce {
                // What a text is looked for in is not read twice.
                if !conditions.hasTexts {
                    var bounded = conditions
                    bounded.add(isBeforeTheEnd(conditions, query))
                    let page = try await page(bounded, query)
                    // Where rows went since the end was found, another page may follow nevertheless.
                    if page.next != nil { return page }
                }
                return try await page(conditions, query)
            }
        }
        return try await pageByWindows(conditions, query, TimeWindows(query, latest: extent.latest))
    }

    /// The first of those that pass the conditions, by one statement.
    private func page(
        _ conditions: Conditions, _ query: EntryQuery, settings: [String: String] = [:]
    ) async throws(ClickHouseFailure) -> Page<EntrySummary> {
        let found = try await cluster.rows(
            """
            SELECT \(EntryRow.columns(query.fields, dialect)) FROM entries \(conditions.clauses)
            ORDER BY log_time \(query.order.direction), id \(query.order.direction) LIMIT \(query.limit + 1)
            """, "a page of entries", settings: settings
        ) { row throws(ClickHouseFailure) in try EntryRow.decode(&row, query.fields) }
        let page = Array(found.prefix(query.limit))
        let next = page.last.map { PagePosition(time: $0.logTime, id: $0.id) }
        return Page(rows: page, next: found.count > query.limit ? next : nil)
    }

    /// That a row's time does not lie behind that of the last row of the page: times are found first, and all else is read of
    /// few rows.
    private func isBeforeTheEnd(_ conditions: Conditions, _ query: EntryQuery) -> String {
        let (sign, end) = query.order == .newestFirst ? (">=", "min") : ("<=", "max")
        return """
            log_time \(sign) (SELECT \(end)(log_time) FROM (SELECT log_time FROM entries \(conditions.clauses)
            ORDER BY log_time \(query.order.direction) LIMIT \(query.limit + 1)))
            """
    }

    /// Of any number of rows. Rows may go between the statements, so that places are what counts: a page may then be shorter
    /// than its limit.
    private func pageByWindows(
        _ conditions: Conditions, _ query: EntryQuery, _ windows: TimeWindows
    ) async throws(ClickHouseFailure) -> Page<EntrySummary> {
        var windows = windows
        var places: [Place] = []
        while places.count <= query.limit, let window = windows.next() {
            var conditions = conditions
            conditions.add("log_time", from: window.from, to: window.to, dialect)
            places += try await self.places(conditions, query.order, limit: query.limit + 1 - places.count)
        }
        let page = Array(places.prefix(query.limit))
        let next = page.last.map { PagePosition(time: Timestamp(microseconds: $0.time), id: $0.id) }
        let rows = page.isEmpty ? [] : try await entries(at: page, query)
        return Page(rows: rows, next: places.count > query.limit ? next : nil)
    }

    /// Where an entry is in the table by connector and time.
    private struct Place {
        var connector: [UInt8]
        var time: Int64
        var id: EntryID
    }

    /// Of those that pass the conditions the first: texts are read of these alone.
    private func places(
        _ conditions: Conditions, _ order: PageOrder, limit: Int
    ) async throws(ClickHouseFailure) -> [Place] {
        try await cluster.rows(
            """
            SELECT connector, \(dialect.microseconds("log_time")), id FROM entries \(conditions.clauses)
            ORDER BY log_time \(order.direction), id \(order.direction) LIMIT \(limit)
            """, "places of a page"
        ) { row throws(ClickHouseFailure) in
            Place(connector: try row.text(), time: try row.integer(), id: try row.id())
        }
    }

    private func entries(
        at places: [Place], _ query: EntryQuery
    ) async throws(ClickHouseFailure) -> [EntrySummary] {
        var conditions = Conditions(team: query.teamID, snapshot)
        let connectors = Set(places.map(\.connector)).map { Dialect.text($0) }.sorted().joined(separator: ", ")
        let times = places.map(\.time)
        conditions.add("connector IN (\(connectors))")
        conditions.add("log_time BETWEEN \(dialect.time(times.min() ?? 0)) AND \(dialect.time(times.max() ?? 0))")
        // No two entries of a connector that count have the same time.
        let places = places.map { "(\(Dialect.text($0.connector)), \($0.time))" }.joined(separator: ", ")
        conditions.add("(connector, \(dialect.microseconds("log_time"))) IN (\(places))")
        return try await cluster.rows(
            """
            SELECT \(EntryRow.columns(query.fields, dialect)) FROM entries \(conditions.clauses)
            ORDER BY log_time \(query.order.direction), id \(query.order.direction)
            """, "a page of entries"
        ) { row throws(ClickHouseFailure) in try EntryRow.decode(&row, query.fields) }
    }

    // MARK: - Faults

    func fault(team: Int64, id: EntryID) async throws(ClickHouseFailure) -> RootFault? {
        var conditions = Conditions(team: team, snapshot)
        conditions.add("id = \(Dialect.id(id))")
        return try await faults("WHERE \(conditions.sql) LIMIT 1").first
    }

    func faults(_ query: FaultQuery) async throws(ClickHouseFailure) -> Page<RootFault> {
        var conditions = Conditions(team: query.teamID, snapshot)
        conditions.add("state_id", is: query.stateID, absence: FaultBlock.absence(of: "state_id"))
        conditions.add("connector", is: query.connector, absence: FaultBlock.absence(of: "connector"))
        if let name = query.name { conditions.add("name = \(Dialect.text(name))") }
        conditions.add("occurred_at", from: query.from, to: query.to, dialect)
        conditions.add("occurred_at", behind: query.after, query.order, dialect)
        let direction = query.order.direction
        let found = try await faults(
            "WHERE \(conditions.sql) ORDER BY occurred_at \(direction), id \(direction) LIMIT \(query.limit + 1)")
        let page = Array(found.prefix(query.limit))
        let next = page.last.map { PagePosition(time: $0.occurredAt, id: $0.id) }
        return Page(rows: page, next: found.count > query.limit ? next : nil)
    }

    private func faults(_ rest: String) async throws(ClickHouseFailure) -> [RootFault] {
        let columns = FaultBlock.columns.replacing("{time}", with: dialect.microseconds("occurred_at"))
        return try await cluster.rows("SELECT \(columns) FROM faults \(rest)", "root faults") {
            row throws(ClickHouseFailure) in try FaultBlock.decode(&row)
        }
    }
}

extension Conditions {
    /// That a row has a place which another table names: the index finds it.
    fileprivate mutating func add(place: String, among source: String, on cluster: Cluster) {
        guard cluster.topology().isReplicated else {
            return readFirst("(\(place)) IN (SELECT \(place) FROM \(source))")
        }
        // Shards are given the places by whoever asks. Not to be read first: version 18.16 then looks for them in vain
        // (error 60) where there are none.
        add("(\(place)) GLOBAL IN (SELECT \(place) FROM \(source))")
    }
}

extension PageOrder {
    fileprivate var direction: String { self == .newestFirst ? "DESC" : "ASC" }
}
