import ConnectorLogCore

/// What the transaction of a commit writes before it ends.
struct CommitEnd {
    let number: UInt64
    let time: Timestamp
    let connection: PostgresConnection

    init(number: UInt64, at time: Timestamp, connection: PostgresConnection) {
        (self.number, self.time, self.connection) = (number, time, connection)
    }

    /// - Parameter teams: those that there were when the commit began.
    func write(_ changes: CommitChanges, knownTeams teams: Set<Int64>) throws {
        let teams = try holdTeams(teams)
        try register(changes.connectors.filter { teams.contains($0.teamID) })
        try FlowStateTable(connection: connection).apply(FlowStateSteps(changes.states, teams: teams))
        try noteTimes(changes.times.filter { teams.contains($0.key.teamID) })
    }

    /// All servers wait for one another here: the last step before the transaction ends.
    func writeParts(_ parts: [PendingPart], releasing released: [Int64]) throws {
        try PendingPartTable(connection: connection).write(parts, releasing: released, at: time)
    }

    /// Takes the commit's number from the open ones.
    func strike() throws {
        // Another server may have taken this one for gone.
        let struck = try connection.execute(
            "DELETE FROM open_commit WHERE number = $1 AND NOT is_abandoned", [.integer(Int64(clamping: number))])
        guard struck == 1 else { throw StoreError(.overloaded, "the commit was abandoned, and nothing was stored") }
    }

    /// Those that there still are. None is deleted until this is committed: what would be registered for it would
    /// outlive it. Whatever else is changed of a team does not wait.
    private func holdTeams(_ teams: Set<Int64>) throws -> Set<Int64> {
        if teams.isEmpty { return [] }
        return Set(
            try connection.query(
                "SELECT id FROM team WHERE id = ANY ($1) AND NOT is_deleted ORDER BY id FOR KEY SHARE",
                [.integers(Array(teams))]
            ) { try $0.integer(0) })
    }

    /// Nearly always all are there: they are looked for first, without a lock.
    private func register(_ connectors: Set<ConnectorKey>) throws {
        if connectors.isEmpty { return }
        func values(_ keys: some Collection<ConnectorKey>) -> [PostgresValue] {
            [.integers(keys.map(\.teamID)), .byteStrings(keys.map(\.identifier))]
        }
        let active = try connection.query(
            """
            SELECT team_id, identifier FROM connector
            WHERE (team_id, identifier) IN (SELECT * FROM unnest($1, $2)) AND NOT is_deleted
            """, values(connectors)
        ) { ConnectorKey(teamID: try $0.integer(0), identifier: try $0.bytes(1)) }
        let new = connectors.subtracting(active)
        if new.isEmpty { return }
        try connection.execute(
            """
            INSERT INTO connector (team_id, identifier, name, created_at, updated_at, configuration,
                configuration_version, configuration_created_at, configuration_updated_at)
            SELECT team_id, identifier, identifier, $3, $3, '{}'::bytea, 1, $3, $3
            FROM unnest($1, $2) AS given (team_id, identifier) ORDER BY team_id, identifier
            ON CONFLICT (team_id, identifier) DO UPDATE SET
                name = excluded.name, description = NULL, logo_name = NULL, logo_type = NULL, logo = NULL,
                created_at = excluded.created_at, updated_at = excluded.updated_at,
                configuration = excluded.configuration, configuration_version = 1,
                configuration_created_at = excluded.created_at, configuration_updated_at = excluded.created_at,
                is_deleted = false
            WHERE connector.is_deleted
            """, values(new) + [.integer(time.microseconds)])
    }

    /// The rows are the commit's own since it began.
    private func noteTimes(_ times: [ConnectorKey: GivenTimes]) throws {
        if times.isEmpty { return }
        let keys = Array(times.keys)
        let count = try connection.execute(
            """
            UPDATE connector_times SET latest = greatest(latest, given.time), last_commit = $4,
                entries = connector_times.entries + given.entries
            FROM unnest($1, $2, $3, $5) AS given (team_id, identifier, time, entries)
            WHERE connector_times.team_id = given.team_id AND connector_times.identifier = given.identifier
            """,
            [
                .integers(keys.map(\.teamID)), .byteStrings(keys.map(\.identifier)),
                .integers(keys.map { times[$0]?.latest }), .integer(Int64(clamping: number)),
                .integers(keys.map { times[$0].map { Int64($0.count) } }),
            ])
        guard count == times.count else {
            throw StoreError(.failed, "a commit gives times to a connector that it does not hold")
        }
    }
}
