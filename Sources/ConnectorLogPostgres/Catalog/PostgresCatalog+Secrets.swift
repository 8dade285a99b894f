package import ConnectorLogCore

extension PostgresCatalog {
    /// What stands for a team's own secrets in the column `connector`: no connector's identifier is empty.
    private static let wholeTeam = ""
    static let secretColumns = """
        placeholder, team_id, connector, name, ignores_case, sealed_value, created_at, updated_at
        """

    static func secret(_ row: PostgresRow) throws -> SecretRecord {
        let connector = try row.text(2)
        return SecretRecord(
            placeholder: try row.text(0), teamID: try row.integer(1),
            connectorIdentifier: connector == wholeTeam ? nil : connector, name: try row.text(3),
            ignoresCase: try row.boolean(4), sealedValue: try row.bytes(5), createdAt: try row.time(6),
            updatedAt: try row.time(7))
    }

    package func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        try await pool.read { connection in
            try connection.query(
                "SELECT \(Self.secretColumns) FROM secret WHERE team_id = $1 AND connector = $2 ORDER BY name",
                [.integer(team), .text(connector ?? Self.wholeTeam)], Self.secret)
        }
    }

    package func allSecrets() async throws(StoreError) -> [SecretRecord] {
        try await pool.read { try $0.query("SELECT \(Self.secretColumns) FROM secret", [], Self.secret) }
    }

    package func secretVersions() async throws(StoreError) -> [Int64: Int64]? {
        try await pool.read { connection in
            let versions = try connection.query("SELECT team_id, version FROM secret_version") {
                (try $0.integer(0), try $0.integer(1))
            }
            return Dictionary(versions) { first, _ in first }
        }
    }

    package func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        try await changeSecrets(of: secret.teamID, countingIf: .created) { connection in
            let connector = secret.connectorIdentifier ?? Self.wholeTeam
            // Held until the end: creations of one owner follow one another, and it is not deleted meanwhile.
            guard try Self.holdOwner(secret, connection) else { return .ownerMissing }
            let isTaken = try connection.first(
                """
                SELECT EXISTS (SELECT 1 FROM secret
                    WHERE placeholder = $1 OR (team_id = $2 AND connector = $3 AND name = $4))
                """, [.text(secret.placeholder), .integer(secret.teamID), .text(connector), .text(secret.name)]
            ) { try $0.boolean(0) }
            if isTaken ?? false { throw StoreError(.conflict, "the secret's name or placeholder is taken") }
            let count = try connection.first(
                "SELECT count(*) FROM secret WHERE team_id = $1 AND connector = $2",
                [.integer(secret.teamID), .text(connector)]
            ) { try $0.integer(0) }
            guard count ?? 0 < limit else { return .limitReached }
            try connection.execute(
                "INSERT INTO secret (\(Self.secretColumns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                [
                    .text(secret.placeholder), .integer(secret.teamID), .text(connector), .text(secret.name),
                    .boolean(secret.ignoresCase), .bytes(secret.sealedValue), .integer(secret.createdAt.microseconds),
                    .integer(secret.updatedAt.microseconds),
                ])
            return .created
        }
    }

    private static func holdOwner(_ secret: SecretRecord, _ connection: PostgresConnection) throws -> Bool {
        if let connector = secret.connectorIdentifier {
            return try connection.first(
                """
                SELECT true FROM connector WHERE team_id = $1 AND identifier = $2 AND NOT is_deleted
                FOR NO KEY UPDATE
                """, [.integer(secret.teamID), .text(connector)]
            ) { try $0.boolean(0) } ?? false
        }
        return try connection.first(
            "SELECT true FROM team WHERE id = $1 AND NOT is_deleted FOR NO KEY UPDATE", [.integer(secret.teamID)]
        ) { try $0.boolean(0) } ?? false
    }

    package func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await changeSecrets(of: team, countingIf: true) { connection in
            try connection.execute(
                """
                UPDATE secret SET sealed_value = $4, updated_at = $5
                WHERE placeholder = $1 AND team_id = $2 AND connector = $3
                """,
                [
                    .text(placeholder), .integer(team), .text(connector ?? Self.wholeTeam), .bytes(sealedValue),
                    .integer(now.microseconds),
                ]) > 0
        }
    }

    package func deleteSecret(team: Int64, connector: String?, placeholder: String) async throws(StoreError) -> Bool {
        try await changeSecrets { connection in
            try connection.execute(
                "DELETE FROM secret WHERE placeholder = $1 AND team_id = $2 AND connector = $3",
                [.text(placeholder), .integer(team), .text(connector ?? Self.wholeTeam)]) > 0
        }
    }

    /// Counts the change behind it: owners are held before the one row of all changes is.
    func changeSecrets<Value: Sendable>(
        at place: String = #function, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await pool.write(at: place) { connection in
            let value = try body(connection)
            try CatalogLoad.countSecrets(connection)
            return value
        }
    }

    /// The same where more is kept out of the log from now on.
    /// - Parameter expected: what `body` returns when it has changed something.
    func changeSecrets<Value: Sendable & Equatable>(
        of team: Int64, countingIf expected: Value, at place: String = #function,
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await pool.write(at: place) { connection in
            let value = try body(connection)
            if value == expected { try CatalogLoad.countSecrets(of: team, connection) }
            return value
        }
    }
}
