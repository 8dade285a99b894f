package import ConnectorLogCore

extension PostgresCatalog {
    private static let columns = "id, name, created_at"

    private static func team(_ row: PostgresRow) throws -> Team {
        Team(id: try row.integer(0), name: try row.text(1), createdAt: try row.time(2))
    }

    package func teams() async throws(StoreError) -> [Team] {
        try await pool.read { connection in
            try connection.query(
                "SELECT \(Self.columns) FROM team WHERE NOT is_deleted ORDER BY id", [], Self.team)
        }
    }

    package func team(id: Int64) async throws(StoreError) -> Team? {
        try await pool.read { connection in
            try connection.first(
                "SELECT \(Self.columns) FROM team WHERE id = $1 AND NOT is_deleted", [.integer(id)], Self.team)
        }
    }

    package func createTeam(name: String, id: Int64?, at now: Timestamp) async throws(StoreError) -> Team {
        try await changeKeys { connection in
            let highest = try connection.first("SELECT coalesce(max(id), 0) FROM team") { try $0.integer(0) } ?? 0
            guard id != nil || highest < Int64.max else { throw StoreError(.conflict, "no team id is left") }
            let team = Team(id: id ?? max(0, highest) + 1, name: name, createdAt: now)
            let inserted = try connection.execute(
                "INSERT INTO team (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
                [.integer(team.id), .text(name), .integer(now.microseconds)])
            guard inserted == 1 else { throw StoreError(.conflict, "the team's id is taken") }
            return team
        } memory: { content, team in
            content.teams.insert(team.id)
        }
    }

    package func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool {
        try await pool.write { connection in
            try connection.execute(
                "UPDATE team SET name = $2 WHERE id = $1 AND NOT is_deleted", [.integer(id), .text(name)]) > 0
        }
    }

    /// Waits for commits that are about to end: what they register for the team goes with it.
    package func deleteTeam(id: Int64) async throws(StoreError) -> Bool {
        try await changeKeys { connection in
            // The change itself would not wait for those who hold the team by its key.
            try connection.execute("SELECT 1 FROM team WHERE id = $1 FOR UPDATE", [.integer(id)])
            let deleted = try connection.execute(
                "UPDATE team SET is_deleted = true WHERE id = $1 AND NOT is_deleted", [.integer(id)])
            if deleted == 0 { return false }
            try connection.execute("DELETE FROM api_key WHERE team_id = $1", [.integer(id)])
            try connection.execute("UPDATE connector SET is_deleted = true WHERE team_id = $1", [.integer(id)])
            try connection.execute("DELETE FROM secret WHERE team_id = $1", [.integer(id)])
            try connection.execute("DELETE FROM redaction_rules WHERE team_id = $1", [.integer(id)])
            try connection.execute("DELETE FROM secret_version WHERE team_id = $1", [.integer(id)])
            try CatalogLoad.countSecrets(connection)
            return true
        } memory: { content, isDeleted in
            if isDeleted { content.removeTeam(id) }
        }
    }

    // MARK: - Retention

    package func retention(team: Int64) async throws(StoreError) -> Retention? {
        try await pool.read { connection in
            try connection.first(
                "SELECT entry_days, detail_days FROM team WHERE id = $1 AND has_retention AND NOT is_deleted",
                [.integer(team)], RetentionColumns.retention)
        }
    }

    package func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool {
        try await pool.write { connection in
            try connection.execute(
                """
                UPDATE team SET has_retention = $2, entry_days = $3, detail_days = $4
                WHERE id = $1 AND NOT is_deleted
                """,
                [
                    .integer(team), .boolean(retention != nil), .integer(retention?.entryDays.map(Int64.init)),
                    .integer(retention?.detailDays.map(Int64.init)),
                ]) > 0
        }
    }
}
