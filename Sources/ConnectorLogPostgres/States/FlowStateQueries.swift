import ConnectorLogCore

/// The queries of `FlowStateReader`, each one statement.
struct FlowStateQueries {
    let connection: PostgresConnection

    /// `$1` is a team whose states can be reached.
    private static let teamExists = "EXISTS (SELECT 1 FROM team WHERE id = $1 AND NOT is_deleted)"

    func state(team: Int64, id: String) throws -> FlowState? {
        try connection.first(
            """
            SELECT \(FlowStateColumns.names) FROM flow_state
            WHERE team_id = $1 AND state_id = $2 AND \(Self.teamExists)
            """, [.integer(team), .text(id)], FlowStateColumns.state)
    }

    func states(_ query: StateQuery) throws -> NamedPage<FlowState> {
        // The bounds of hours are implied by the others, but the index has them.
        let rows = try connection.query(
            """
            SELECT \(FlowStateColumns.names) FROM flow_state
            WHERE team_id = $1 AND flow_id = $2 AND ($3::int8 IS NULL OR status = $3) AND last_action_at >= $4
                AND last_action_at < $5 AND last_action_at <= $6
                AND last_action_hour BETWEEN \(FlowStateColumns.hour("$4")) AND \(FlowStateColumns.hour("least($5, $6)"))
                AND ($7::bytea IS NULL OR last_action_at < $6 OR state_id > $7) AND \(Self.teamExists)
            ORDER BY last_action_hour DESC, last_action_at DESC, state_id LIMIT $8
            """,
            [
                .integer(query.teamID), .text(query.flowID), .integer(query.status?.number),
                .integer(query.from?.microseconds ?? .min), .integer(query.to?.microseconds ?? .max),
                .integer(query.after?.time.microseconds ?? .max), .text(query.after?.name),
                .integer(Int64(query.limit) + 1),
            ], FlowStateColumns.state)
        return page(rows, query.limit) { NamedPosition(time: $0.lastActionAt, name: $0.stateID) }
    }

    // MARK: - Flows

    /// The flows of the states that `condition` leaves, with what `counts` counts of them. `named_at` is the last
    /// action of the state that a flow has its name from.
    private static func flow(_ counts: String, _ condition: String) -> String {
        """
        flow AS (
            SELECT flow_id, coalesce(flow_id_lower, flow_id) AS id_lower, \(counts),
                max(last_action_at) FILTER (WHERE flow_name IS NOT NULL) AS named_at
            FROM flow_state WHERE team_id = $1 AND flow_id IS NOT NULL AND \(condition) AND \(teamExists)
            GROUP BY flow_id, flow_id_lower
        )
        """
    }

    /// A flow's name is looked up by the index over its states: to sort all for it would take many times as long.
    private static func named(_ flows: String, of source: String = "", _ condition: String) -> String {
        """
        \(source) \(flows) LEFT JOIN LATERAL (
            SELECT flow_name, coalesce(flow_name_lower, flow_name) AS name_lower FROM flow_state
            WHERE team_id = $1 AND flow_id = \(flows).flow_id AND last_action_at = \(flows).named_at
                AND last_action_hour = \(FlowStateColumns.hour("\(flows).named_at"))
                AND flow_name IS NOT NULL AND \(condition)
            ORDER BY state_id LIMIT 1
        ) AS named ON true
        """
    }

    private static func holds(_ search: String) -> String {
        "(position(\(search) IN id_lower) > 0 OR coalesce(position(\(search) IN name_lower), 0) > 0)"
    }

    /// In lower case; nil takes all.
    private static func search(_ text: String?) -> [UInt8]? {
        text.flatMap { $0.isEmpty ? nil : FlowStateColumns.lower(Array($0.utf8)) }
    }

    private static let inRange = """
        last_action_at >= $2 AND last_action_at < $3
        AND last_action_hour BETWEEN \(FlowStateColumns.hour("$2")) AND \(FlowStateColumns.hour("$3"))
        """
    private static let counted = flow(
        """
        max(last_action_at) AS latest,
        count(*) FILTER (WHERE status = 0) AS in_progress, count(*) FILTER (WHERE status = 1) AS done,
        count(*) FILTER (WHERE status = 2) AS failed, count(*) FILTER (WHERE status = 3) AS expired
        """, inRange)
    private static let isBehind = "($5::bytea IS NULL OR latest < $4 OR latest = $4 AND flow_id > $5)"
    private static let order = "ORDER BY latest DESC, flow_id"
    private static let summary = "flow_id, flow_name, in_progress, done, failed, expired, latest"

    /// Names are looked up for the page alone.
    private static let allFlows = """
        WITH \(counted), page AS (SELECT * FROM flow WHERE \(isBehind) \(order) LIMIT $6)
        SELECT \(summary) FROM \(named("page", inRange)) \(order)
        """
    private static let foundFlows = """
        WITH \(counted)
        SELECT \(summary) FROM \(named("flow", inRange)) WHERE \(isBehind) AND \(holds("$7")) \(order) LIMIT $6
        """

    func flows(_ query: FlowQuery) throws -> NamedPage<FlowSummary> {
        var values: [PostgresValue] = [
            .integer(query.teamID), .integer(query.from?.microseconds ?? .min),
            .integer(query.to?.microseconds ?? .max), .integer(query.after?.time.microseconds),
            .text(query.after?.name), .integer(Int64(query.limit) + 1),
        ]
        let search = Self.search(query.search)
        if let search { values.append(.bytes(search)) }
        let rows = try connection.query(search == nil ? Self.allFlows : Self.foundFlows, values) { row in
            func count(_ column: Int32) throws -> Int { Int(try row.integer(column)) }
            return FlowSummary(
                flowID: try row.text(0), flowName: try row.textIfAny(1), inProgress: try count(2), done: try count(3),
                failed: try count(4), expired: try count(5), lastActionAt: try row.time(6))
        }
        return page(rows, query.limit) { NamedPosition(time: $0.lastActionAt, name: $0.flowID) }
    }

    private func page<Row>(_ rows: [Row], _ limit: Int, _ place: (Row) -> NamedPosition) -> NamedPage<Row> {
        let page = Array(rows.prefix(limit))
        return NamedPage(rows: page, next: rows.count > limit ? page.last.map(place) : nil)
    }

    // MARK: - Launches

    private static let inBuckets = "created_at >= $2 AND created_at < $3"

    private static func launches(_ most: String) -> String {
        """
        WITH \(flow("count(*) AS total", inBuckets)), most AS (\(most))
        SELECT most.flow_id, most.flow_name, (created_at - $5) / $6 AS bucket, count(*)
        FROM most JOIN flow_state ON flow_state.flow_id = most.flow_id
        WHERE team_id = $1 AND \(inBuckets)
        GROUP BY most.flow_id, most.flow_name, total, bucket ORDER BY total DESC, most.flow_id, bucket
        """
    }

    private static let mostLaunched = "ORDER BY total DESC, flow_id LIMIT $4"
    private static let allLaunches = launches(
        """
        SELECT flow_id, total, named.flow_name
        FROM \(named("top", of: "(SELECT * FROM flow \(mostLaunched)) AS", inBuckets))
        """)
    private static let foundLaunches = launches(
        """
        SELECT flow_id, total, named.flow_name FROM \(named("flow", inBuckets)) WHERE \(holds("$7")) \(mostLaunched)
        """)

    func launches(_ query: LaunchQuery) throws -> [FlowLaunches] {
        let buckets = query.buckets
        guard buckets.count > 0 else { return [] }
        var values: [PostgresValue] = [
            .integer(query.teamID), .integer(buckets.from.microseconds), .integer(buckets.to.microseconds),
            .integer(Int64(query.limit)), .integer(buckets.firstStart.microseconds), .integer(buckets.width),
        ]
        let search = Self.search(query.search)
        if let search { values.append(.bytes(search)) }
        var flows: [(id: [UInt8], name: String?, launches: [Int])] = []
        // A flow's rows lie together.
        _ = try connection.query(search == nil ? Self.allLaunches : Self.foundLaunches, values) { row in
            let id = try row.bytes(0)
            if flows.last?.id != id {
                flows.append((id, try row.textIfAny(1), Array(repeating: 0, count: buckets.count)))
            }
            let bucket = Int(try row.integer(2))
            guard buckets.count > bucket, bucket >= 0 else { throw PostgresError(.answer, at: row.place) }
            flows[flows.count - 1].launches[bucket] = Int(try row.integer(3))
        }
        return flows.map {
            FlowLaunches(flowID: String(decoding: $0.id, as: UTF8.self), flowName: $0.name, launches: $0.launches)
        }
    }
}
