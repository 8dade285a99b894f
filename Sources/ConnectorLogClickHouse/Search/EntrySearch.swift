import ConnectorLogCore
import NIOCore

/// Finds entries. All statements of one search look at the same snapshot.
struct EntrySearch: Sendable {
    let cluster: Cluster
    let dialect: Dialect
    let snapshot: CommitSnapshot
    let now: Timestamp

    // MARK: - One entry

    func entry(team: Int64, id: EntryID) async throws(ClickHouseFailure) -> LogEntry? {
        var place = Conditions(team: team, snapshot)
        place.add("id = \(Dialect.id(id))")
        let found = try await cluster.rows(
            "SELECT connector, \(dialect.microseconds("log_time")) FROM entries_by_id WHERE \(place.sql) LIMIT 1",
            "an entry's place"
        ) { row throws(ClickHouseFailure) in (connector: try row.text(), time: try row.integer(Int64.self)) }
        guard let found = found.first else { return nil }
        place.add("connector = \(Dialect.text(found.connector))")
        place.add("log_time = \(dialect.time(found.time))")
        return try await cluster.rows(
            "SELECT \(EntryRow.wholeColumns(dialect)) FROM entries WHERE \(place.sql) LIMIT 1", "an entry"
        ) { row throws(ClickHouseFailure) in try EntryRow.decodeWhole(&row) }.first
    }

    // MARK: - Pages

    func page(_ query: EntryQuery) async throws(ClickHouseFailure) -> Page<EntrySummary> {
        var conditions = Conditions(query, snapshot)
        conditions.add("log_time", from: query.from, to: query.to, dialect)
        conditions.add("log_time", behind: query.after, query.order, dialect)
        var windows = TimeWindows(query, now: now)
        if let state = query.stateID {
            guard let calls = try await calls(ofState: state, team: query.teamID) else {
                return Page(rows: [], next: nil)
            }
            conditions.add("connector IN (\(calls.connectors.map { Dialect.text($0) }.joined(separator: ", ")))")
            conditions.add("log_time BETWEEN \(dialect.time(calls.first)) AND \(dialect.time(calls.last))")
            windows = .one
        }
        // Rows may go between the two statements, so that places are what counts: a page may then be shorter than its limit.
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

    private struct StateCalls {
        var connectors: [[UInt8]]
        var first: Int64
        var last: Int64
    }

    /// Where in the table by connector and time a state's entries are; nil when it has none.
    private func calls(ofState state: String, team: Int64) async throws(ClickHouseFailure) -> StateCalls? {
        var conditions = Conditions(team: team, snapshot)
        conditions.add("state_id = \(Dialect.text(state))")
        let calls = try await cluster.rows(
            """
            SELECT connector, \(dialect.microseconds("min(log_time)")), \(dialect.microseconds("max(log_time)"))
            FROM entries_by_state WHERE \(conditions.sql) GROUP BY connector
            """, "a state's place"
        ) { row throws(ClickHouseFailure) in
            StateCalls(connectors: [try row.text()], first: try row.integer(), last: try row.integer())
        }
        guard var all = calls.first else { return nil }
        for more in calls.dropFirst() {
            all.connectors += more.connectors
            (all.first, all.last) = (min(all.first, more.first), max(all.last, more.last))
        }
        return all
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

extension PageOrder {
    fileprivate var direction: String { self == .newestFirst ? "DESC" : "ASC" }
}
