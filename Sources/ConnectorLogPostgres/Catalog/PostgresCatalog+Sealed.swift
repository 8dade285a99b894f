package import ConnectorLogCore

extension PostgresCatalog {
    package func sealedKeys() async throws(StoreError) -> [String: [UInt8]] {
        try await pool.read(Self.sealedKeys)
    }

    private static func sealedKeys(_ connection: PostgresConnection) throws -> [String: [UInt8]] {
        let keys = try connection.query("SELECT name, sealed FROM sealed_key") { (try $0.text(0), try $0.bytes(1)) }
        return Dictionary(keys) { first, _ in first }
    }

    package func addSealedKey(_ sealed: [UInt8], name: String) async throws(StoreError) -> Bool {
        try await changeSecrets { connection in
            try connection.execute(
                "INSERT INTO sealed_key (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                [.text(name), .bytes(sealed)]) > 0
        }
    }

    /// Nothing is sealed beside it: what another server seals at the same time comes before or behind.
    package func replaceSealed(_ changes: [SealedChange]) async throws(StoreError) {
        try await changeSecrets { connection in
            try connection.execute("LOCK TABLE secret, sealed_key IN SHARE ROW EXCLUSIVE MODE")
            var stored: [SealedChange.Place: [UInt8]] = [:]
            let secrets = try connection.query("SELECT placeholder, sealed_value FROM secret") {
                (try $0.text(0), try $0.bytes(1))
            }
            for (placeholder, sealed) in secrets { stored[.secret(placeholder: placeholder)] = sealed }
            for (name, sealed) in try Self.sealedKeys(connection) { stored[.key(name: name)] = sealed }
            let expected = Dictionary(changes.map { ($0.place, $0.old) }) { first, _ in first }
            guard expected.count == changes.count, expected == stored else {
                throw StoreError(.conflict, "what is sealed is not what was to be replaced")
            }
            for change in changes { try Self.replace(change, connection) }
        }
    }

    private static func replace(_ change: SealedChange, _ connection: PostgresConnection) throws {
        switch (change.place, change.new) {
        case (.secret(let placeholder), let sealed?):
            try connection.execute(
                "UPDATE secret SET sealed_value = $2 WHERE placeholder = $1", [.text(placeholder), .bytes(sealed)])
        case (.secret(let placeholder), nil):
            try connection.execute("DELETE FROM secret WHERE placeholder = $1", [.text(placeholder)])
        case (.key(let name), let sealed?):
            try connection.execute("UPDATE sealed_key SET sealed = $2 WHERE name = $1", [.text(name), .bytes(sealed)])
        case (.key(let name), nil):
            try connection.execute("DELETE FROM sealed_key WHERE name = $1", [.text(name)])
        }
    }

    // MARK: - Rules

    package func redactionRules(team: Int64) async throws(StoreError) -> String? {
        try await pool.read { connection in
            try connection.first("SELECT rules FROM redaction_rules WHERE team_id = $1", [.integer(team)]) {
                try $0.text(0)
            }
        }
    }

    package func allRedactionRules() async throws(StoreError) -> [Int64: String] {
        try await pool.read { connection in
            let rules = try connection.query("SELECT team_id, rules FROM redaction_rules") {
                (try $0.integer(0), try $0.text(1))
            }
            return Dictionary(rules) { first, _ in first }
        }
    }

    package func setRedactionRules(
        _ json: String?, team: Int64, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await changeSecrets(of: team, countingIf: true) { connection in
            let hasTeam = try connection.first(
                "SELECT true FROM team WHERE id = $1 AND NOT is_deleted FOR NO KEY UPDATE", [.integer(team)]
            ) { try $0.boolean(0) }
            guard hasTeam ?? false else { return false }
            guard let json else {
                try connection.execute("DELETE FROM redaction_rules WHERE team_id = $1", [.integer(team)])
                return true
            }
            try connection.execute(
                """
                INSERT INTO redaction_rules (team_id, rules, updated_at) VALUES ($1, $2, $3)
                ON CONFLICT (team_id) DO UPDATE SET rules = excluded.rules, updated_at = excluded.updated_at
                """, [.integer(team), .text(json), .integer(now.microseconds)])
            return true
        }
    }
}
