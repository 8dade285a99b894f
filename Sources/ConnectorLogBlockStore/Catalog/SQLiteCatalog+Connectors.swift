import ConnectorLogCore
import GRDB

extension SQLiteCatalog {
    func connectors(team: Int64, withConfigurations: Bool) async throws(StoreError) -> [Connector] {
        let columns = withConfigurations ? ConnectorRows.columns : ConnectorRows.columnsWithoutConfiguration
        return try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(columns) FROM connector WHERE team_id = ? AND NOT is_deleted
                    ORDER BY identifier LIMIT 1000
                    """, arguments: [team]
            ).map(ConnectorRows.connector)
        }
    }

    func connectorCount(team: Int64) async throws(StoreError) -> Int {
        try await read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM connector WHERE team_id = ? AND NOT is_deleted", arguments: [team]) ?? 0
        }
    }

    func connector(team: Int64, identifier: String) async throws(StoreError) -> Connector? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT \(ConnectorRows.columns) FROM connector
                    WHERE team_id = ? AND identifier = ? AND NOT is_deleted
                    """, arguments: [team, identifier]
            ).map(ConnectorRows.connector)
        }
    }

    func createConnector(_ connector: Connector, logo: Logo?) async throws(StoreError) {
        try await write { db in
            try db.execute(
                sql: """
                    DELETE FROM connector WHERE team_id = ? AND identifier = ? AND is_deleted
                    """, arguments: [connector.teamID, connector.identifier])
            let isTaken = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM connector WHERE team_id = ? AND identifier = ?)",
                arguments: [connector.teamID, connector.identifier])
            if isTaken ?? false { throw StoreError(.conflict, "the connector's identifier is taken") }
            try db.execute(
                sql: """
                    INSERT INTO connector (\(ConnectorRows.columns), logo_type, logo)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    connector.teamID, connector.identifier, connector.name, connector.description, connector.logoName,
                    connector.createdAt.microseconds, connector.updatedAt.microseconds, connector.configuration.json,
                    connector.configuration.version, connector.configuration.createdAt.microseconds,
                    connector.configuration.updatedAt.microseconds, logo?.mediaType, logo?.bytes.databaseBytes,
                ])
        } after: { [connectors] _, _ in
            connectors.add(LogTimeWindows.key(team: connector.teamID, connector.identifier))
        }
    }

    func updateConnector(
        team: Int64, identifier: String, name: String?, description: String??, configurationJSON: String?,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { db in
            var sql = "UPDATE connector SET updated_at = ?"
            var arguments: StatementArguments = [now.microseconds]
            if let name {
                sql += ", name = ?"
                arguments += [name]
            }
            if let description {
                sql += ", description = ?"
                arguments += [description]
            }
            if let configurationJSON {
                sql += ", configuration = ?, configuration_version = configuration_version + 1"
                sql += ", configuration_updated_at = ?"
                arguments += [configurationJSON, now.microseconds]
            }
            sql += " WHERE team_id = ? AND identifier = ? AND NOT is_deleted"
            arguments += [team, identifier]
            try db.execute(sql: sql, arguments: arguments)
            return db.changesCount > 0
        }
    }

    func replaceConfiguration(
        team: Int64, identifier: String, version: Int, json: String, at now: Timestamp
    ) async throws(StoreError) -> ConfigurationReplacement {
        try await write { db in
            let present = try Int.fetchOne(
                db,
                sql: """
                    SELECT configuration_version FROM connector
                    WHERE team_id = ? AND identifier = ? AND NOT is_deleted
                    """, arguments: [team, identifier])
            guard let present else { return .connectorMissing }
            guard present == version else { return .otherVersion }
            try db.execute(
                sql: """
                    UPDATE connector SET configuration = ?, configuration_version = configuration_version + 1,
                    configuration_updated_at = ?, updated_at = ?
                    WHERE team_id = ? AND identifier = ?
                    """, arguments: [json, now.microseconds, now.microseconds, team, identifier])
            return .replaced
        }
    }

    func deleteConnector(team: Int64, identifier: String, at now: Timestamp) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE connector SET is_deleted = 1, updated_at = ?
                    WHERE team_id = ? AND identifier = ? AND NOT is_deleted
                    """, arguments: [now.microseconds, team, identifier])
            guard db.changesCount > 0 else { return false }
            try db.execute(
                sql: "DELETE FROM secret WHERE team_id = ? AND connector = ?", arguments: [team, identifier])
            return true
        } after: { [connectors] _, isDeleted in
            if isDeleted { connectors.remove(LogTimeWindows.key(team: team, identifier)) }
        }
    }

    func logo(team: Int64, identifier: String) async throws(StoreError) -> Logo? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT logo_type, logo FROM connector
                    WHERE team_id = ? AND identifier = ? AND NOT is_deleted AND logo IS NOT NULL
                    """, arguments: [team, identifier]
            ).map { Logo(mediaType: try $0.value("logo_type"), bytes: $0.bytes("logo")) }
        }
    }

    func setLogo(
        team: Int64, identifier: String, logo: Logo, name: String, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE connector SET logo_type = ?, logo = ?, logo_name = ?, updated_at = ?
                    WHERE team_id = ? AND identifier = ? AND NOT is_deleted
                    """,
                arguments: [
                    logo.mediaType, logo.bytes.databaseBytes, name, now.microseconds, team, identifier,
                ])
            return db.changesCount > 0
        }
    }
}
