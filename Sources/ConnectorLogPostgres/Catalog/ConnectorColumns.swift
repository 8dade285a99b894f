import ConnectorLogCore

/// Rows of table `connector`.
enum ConnectorColumns {
    private static let columns = [
        "team_id", "identifier", "name", "description", "logo_name", "created_at", "updated_at", "configuration",
        "configuration_version", "configuration_created_at", "configuration_updated_at",
    ]

    static let names = columns.joined(separator: ", ")
    static let namesWithoutConfiguration = columns.map { $0 == "configuration" ? "'{}'::bytea" : $0 }
        .joined(separator: ", ")

    private static let written = columns + ["logo_type", "logo"]

    /// Inserts one, or puts it in the place of one that is deleted; else changes no row.
    static let creation = """
        INSERT INTO connector (\(written.joined(separator: ", ")))
        VALUES (\(written.indices.map { "$\($0 + 1)" }.joined(separator: ", ")))
        ON CONFLICT (team_id, identifier) DO UPDATE SET is_deleted = false,
            \(written.dropFirst(2).map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
        WHERE connector.is_deleted
        """

    static func values(_ connector: Connector) -> [PostgresValue] {
        [
            .integer(connector.teamID), .text(connector.identifier), .text(connector.name),
            .text(connector.description), .text(connector.logoName), .integer(connector.createdAt.microseconds),
            .integer(connector.updatedAt.microseconds), .text(connector.configuration.json),
            .integer(Int64(connector.configuration.version)), .integer(connector.configuration.createdAt.microseconds),
            .integer(connector.configuration.updatedAt.microseconds),
        ]
    }

    static func connector(_ row: PostgresRow) throws -> Connector {
        Connector(
            identifier: try row.text(1), teamID: try row.integer(0), name: try row.text(2),
            description: try row.textIfAny(3), logoName: try row.textIfAny(4), createdAt: try row.time(5),
            updatedAt: try row.time(6),
            configuration: Connector.Configuration(
                version: Int(try row.integer(8)), json: try row.text(7), createdAt: try row.time(9),
                updatedAt: try row.time(10)))
    }
}
