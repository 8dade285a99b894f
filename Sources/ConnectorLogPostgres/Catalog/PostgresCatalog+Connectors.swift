package import ConnectorLogCore

extension PostgresCatalog {
    package func connectors(team: Int64, withConfigurations: Bool) async throws(StoreError) -> [Connector] {
        let columns = withConfigurations ? ConnectorColumns.names : ConnectorColumns.namesWithoutConfiguration
        return try await pool.read { connection in
            try connection.query(
                """
                SELECT \(columns) FROM connector WHERE team_id = $1 AND NOT is_deleted
                ORDER BY identifier LIMIT 1000
                """, [.integer(team)], ConnectorColumns.connector)
        }
    }

    package func connectorCount(team: Int64) async throws(StoreError) -> Int {
        try await pool.read { connection in
            try connection.first(
                "SELECT count(*) FROM connector WHERE team_id = $1 AND NOT is_deleted", [.integer(team)]
            ) { Int(try $0.integer(0)) } ?? 0
        }
    }

    package func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? {
        try await pool.read { connection in
            try connection.first(
                """
                SELECT \(ConnectorColumns.names) FROM connector
                WHERE team_id = $1 AND identifier = $2 AND NOT is_deleted
                """, [.integer(team), .text(identifier)], ConnectorColumns.connector)
        }
    }

    /// A row of a deleted one is written over.
    package func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError) {
        try await pool.write { connection in
            let count = try connection.execute(
                ConnectorColumns.creation,
                ConnectorColumns.values(connector) + [.text(logo?.mediaType), .bytes(logo?.bytes)])
            guard count == 1 else { throw StoreError(.conflict, "the connector's identifier is taken") }
        }
    }

    package func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await pool.write { connection in
            try connection.execute(
                """
                UPDATE connector SET updated_at = $3, name = coalesce($4, name),
                    description = CASE WHEN $5 THEN $6 ELSE description END,
                    configuration = coalesce($7, configuration),
                    configuration_version = configuration_version + ($7 IS NOT NULL)::int,
                    configuration_updated_at = CASE WHEN $7 IS NULL THEN configuration_updated_at ELSE $3 END
                WHERE team_id = $1 AND identifier = $2 AND NOT is_deleted
                """,
                [
                    .integer(team), .text(identifier), .integer(now.microseconds), .text(name),
                    .boolean(description != nil), .text(description ?? nil), .text(configurationJSON),
                ]) > 0
        }
    }

    package func replaceConfiguration(
        team: Int64, identifier: String, version: Int, json: String, at now: Timestamp
    ) async throws(StoreError) -> ConfigurationReplacement {
        try await pool.write { connection in
            let replaced = try connection.execute(
                """
                UPDATE connector SET configuration = $4, configuration_version = configuration_version + 1,
                    configuration_updated_at = $5, updated_at = $5
                WHERE team_id = $1 AND identifier = $2 AND NOT is_deleted AND configuration_version = $3
                """,
                [
                    .integer(team), .text(identifier), .integer(Int64(version)), .text(json),
                    .integer(now.microseconds),
                ])
            if replaced > 0 { return .replaced }
            let exists = try connection.first(
                "SELECT EXISTS (SELECT 1 FROM connector WHERE team_id = $1 AND identifier = $2 AND NOT is_deleted)",
                [.integer(team), .text(identifier)]
            ) { try $0.boolean(0) }
            return exists ?? false ? .otherVersion : .connectorMissing
        }
    }

    package func deleteConnector(team: Int64, identifier: String, at now: Timestamp) async throws(StoreError) -> Bool {
        try await pool.write { connection in
            let deleted = try connection.execute(
                """
                UPDATE connector SET is_deleted = true, updated_at = $3
                WHERE team_id = $1 AND identifier = $2 AND NOT is_deleted
                """, [.integer(team), .text(identifier), .integer(now.microseconds)])
            if deleted == 0 { return false }
            let secrets = try connection.execute(
                "DELETE FROM secret WHERE team_id = $1 AND connector = $2", [.integer(team), .text(identifier)])
            if secrets > 0 { try CatalogLoad.countSecrets(connection) }
            return true
        }
    }

    // MARK: - Logos

    package func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo? {
        try await pool.read { connection in
            try connection.first(
                """
                SELECT logo_type, logo FROM connector
                WHERE team_id = $1 AND identifier = $2 AND NOT is_deleted AND logo IS NOT NULL
                """, [.integer(team), .text(identifier)]
            ) { Logo(mediaType: try $0.text(0), bytes: try $0.bytes(1)) }
        }
    }

    package func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await pool.write { connection in
            try connection.execute(
                """
                UPDATE connector SET logo_type = $3, logo = $4, logo_name = $5, updated_at = $6
                WHERE team_id = $1 AND identifier = $2 AND NOT is_deleted
                """,
                [
                    .integer(team), .text(identifier), .text(logo.mediaType), .bytes(logo.bytes), .text(name),
                    .integer(now.microseconds),
                ]) > 0
        }
    }
}
