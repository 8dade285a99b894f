import ConnectorLogCore

/// What `CatalogMemory` holds, read at one moment.
struct CatalogLoad: Sendable {
    static let channel = "connectorlog_catalog"

    struct Versions: Equatable, Sendable {
        var keys: Int64
        var secrets: Int64
    }

    var keys: [CatalogMemory.Key] = []
    var teams: Set<Int64> = []
    var versions: Versions

    init(_ connection: PostgresConnection) throws {
        self = try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") { connection in
            try CatalogLoad(inTransaction: connection)
        }
    }

    private init(inTransaction connection: PostgresConnection) throws {
        versions = try Self.versions(connection)
        keys = try connection.query("SELECT \(APIKeyColumns.names), hash FROM api_key") { row in
            CatalogMemory.Key(key: try APIKeyColumns.key(row), hash: try row.bytes(APIKeyColumns.count))
        }
        teams = Set(try connection.query("SELECT id FROM team WHERE NOT is_deleted") { try $0.integer(0) })
    }

    static func versions(_ connection: PostgresConnection) throws -> Versions {
        let versions = try connection.first(
            """
            SELECT max(version) FILTER (WHERE what = 'keys'), max(version) FILTER (WHERE what = 'secrets')
            FROM catalog_version
            """
        ) {
            Versions(keys: try $0.integer(0), secrets: try $0.integer(1))
        }
        guard let versions else { throw PostgresError(.answer, at: "versions(_:)") }
        return versions
    }

    /// Counts a change of keys or teams, within its transaction, and tells other servers. Changes follow one another
    /// from here to their commits.
    static func countKeys(_ connection: PostgresConnection) throws -> Int64 {
        let version = try connection.first(
            "UPDATE catalog_version SET version = version + 1 WHERE what = 'keys' RETURNING version"
        ) { try $0.integer(0) }
        guard let version else { throw PostgresError(.answer, at: "countKeys(_:)") }
        try tell(connection)
        return version
    }

    /// The same of secrets and rules.
    static func countSecrets(_ connection: PostgresConnection) throws {
        try connection.execute("UPDATE catalog_version SET version = version + 1 WHERE what = 'secrets'")
        try tell(connection)
    }

    /// The same of what is to be kept out of the log from now on: batches that were redacted without it are refused.
    static func countSecrets(of team: Int64, _ connection: PostgresConnection) throws {
        try connection.execute(
            """
            INSERT INTO secret_version (team_id, version) VALUES ($1, 1)
            ON CONFLICT (team_id) DO UPDATE SET version = secret_version.version + 1
            """, [.integer(team)])
        try countSecrets(connection)
    }

    private static func tell(_ connection: PostgresConnection) throws {
        try connection.execute("SELECT pg_notify('\(channel)', '')")
    }
}

enum APIKeyColumns {
    static let names = "id, team_id, name, role, prefix, created_at, last_used_at, expires_at"
    static let count: Int32 = 8

    static func key(_ row: PostgresRow) throws -> APIKey {
        guard let role = Role(rawValue: try row.text(3)) else { throw PostgresError(.answer, at: row.place) }
        return APIKey(
            id: try row.text(0), teamID: try row.integerIfAny(1), name: try row.text(2), role: role,
            prefix: try row.text(4), createdAt: try row.time(5), lastUsedAt: try row.timeIfAny(6),
            expiresAt: try row.timeIfAny(7))
    }
}
