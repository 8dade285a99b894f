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

    static func connector(_ row: Row) -> Connector {
        Connector(
            identifier: row["identifier"], teamID: row["team_id"], name: row["name"], description: row["description"],
            logoName: row["logo_name"], createdAt: Timestamp(microseconds: row["created_at"]),
            updatedAt: Timestamp(microseconds: row["updated_at"]),
            configuration: Connector.Configuration(
                version: row["configuration_version"], json: row["configuration"],
                createdAt: Timestamp(microseconds: row["configuration_created_at"]),
                updatedAt: Timestamp(microseconds: row["configuration_updated_at"])))
    }
}
