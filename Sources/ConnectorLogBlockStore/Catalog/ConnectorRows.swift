import ConnectorLogCore
import Foundation
import GRDB

/// Rows of table `connector`.
enum ConnectorRows {
    /// A connector that an entry names for the first time, or again after it was deleted.
    static func registerSeen(team: Int64, identifier: String, at now: Int64, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO connector (team_id, identifier, name, created_at, updated_at, configuration,
                    configuration_version, configuration_created_at, configuration_updated_at)
                VALUES (?1, ?2, ?2, ?3, ?3, '{}', 1, ?3, ?3)
                ON CONFLICT (team_id, identifier) DO UPDATE SET
                    name = excluded.name, description = NULL, logo_name = NULL, logo_type = NULL, logo = NULL,
                    created_at = excluded.created_at, updated_at = excluded.updated_at, configuration = '{}',
                    configuration_version = 1, configuration_created_at = excluded.created_at,
                    configuration_updated_at = excluded.created_at, is_deleted = 0
                WHERE is_deleted
                """
        ).execute(arguments: [team, identifier, now])
    }

    static let columns = """
        team_id, identifier, name, description, logo_name, created_at, updated_at, configuration, configuration_version,
        configuration_created_at, configuration_updated_at
        """

    static let columnsWithoutConfiguration = columns.replacing(" configuration,", with: " '{}' AS configuration,")

    static func connector(_ row: Row) throws -> Connector {
        Connector(
            identifier: try row.value("identifier"), teamID: try row.value("team_id"), name: try row.value("name"),
            description: try row.valueIfAny("description"), logoName: try row.valueIfAny("logo_name"),
            createdAt: Timestamp(microseconds: try row.value("created_at")),
            updatedAt: Timestamp(microseconds: try row.value("updated_at")),
            configuration: Connector.Configuration(
                version: try row.value("configuration_version"), json: try row.value("configuration"),
                createdAt: Timestamp(microseconds: try row.value("configuration_created_at")),
                updatedAt: Timestamp(microseconds: try row.value("configuration_updated_at"))))
    }
}
