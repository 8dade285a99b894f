import ConnectorLogCore
import GRDB

extension SQLiteCatalog {
    /// What stands for a team's own secrets in the column `connector`: no connector's identifier is empty.
    private static let wholeTeam = ""

    func secrets(team: Int64, connector: String?) async throws(StoreError) -> [SecretRecord] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM secret WHERE team_id = ? AND connector = ? ORDER BY name",
                arguments: [team, connector ?? Self.wholeTeam]
            ).map(Self.secret)
        }
    }

    func allSecrets() async throws(StoreError) -> [SecretRecord] {
        try await read { db in try Row.fetchAll(db, sql: "SELECT * FROM secret").map(Self.secret) }
    }

    func createSecret(_ secret: SecretRecord, limit: Int) async throws(StoreError) -> SecretCreation {
        try await write { db in
            let connector = secret.connectorIdentifier ?? Self.wholeTeam
            guard try Self.hasOwner(secret, in: db) else { return .ownerMissing }
            let isTaken = try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM secret
                        WHERE placeholder = ? OR (team_id = ? AND connector = ? AND name = ?))
                    """, arguments: [secret.placeholder, secret.teamID, connector, secret.name])
            if isTaken ?? false { throw StoreError(.conflict, "the secret's name or placeholder is taken") }
            let count = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM secret WHERE team_id = ? AND connector = ?",
                arguments: [secret.teamID, connector])
            guard count ?? 0 < limit else { return .limitReached }
            try db.execute(
                sql: """
                    INSERT INTO secret (placeholder, team_id, connector, name, ignores_case, sealed_value, created_at,
                        updated_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    secret.placeholder, secret.teamID, connector, secret.name, secret.ignoresCase,
                    secret.sealedValue.databaseBytes, secret.createdAt.microseconds, secret.updatedAt.microseconds,
                ])
            return .created
        }
    }

    private static func hasOwner(_ secret: SecretRecord, in db: Database) throws -> Bool {
        let found =
            if let connector = secret.connectorIdentifier {
                try Bool.fetchOne(
                    db,
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM connector WHERE team_id = ? AND identifier = ? AND NOT is_deleted)
                        """, arguments: [secret.teamID, connector])
            } else {
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM team WHERE id = ? AND NOT is_deleted)",
                    arguments: [secret.teamID])
            }
        return found ?? false
    }

    func updateSecret(
        team: Int64, connector: String?, placeholder: String, sealedValue: [UInt8], at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE secret SET sealed_value = ?, updated_at = ?
                    WHERE placeholder = ? AND team_id = ? AND connector = ?
                    """,
                arguments: [
                    sealedValue.databaseBytes, now.microseconds, placeholder, team, connector ?? Self.wholeTeam,
                ])
            return db.changesCount > 0
        }
    }

    func deleteSecret(team: Int64, connector: String?, placeholder: String) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: "DELETE FROM secret WHERE placeholder = ? AND team_id = ? AND connector = ?",
                arguments: [placeholder, team, connector ?? Self.wholeTeam])
            return db.changesCount > 0
        }
    }

    static func secret(_ row: Row) throws -> SecretRecord {
        let connector: String = try row.value("connector")
        return SecretRecord(
            placeholder: try row.value("placeholder"), teamID: try row.value("team_id"),
            connectorIdentifier: connector == wholeTeam ? nil : connector, name: try row.value("name"),
            ignoresCase: try row.value("ignores_case"), sealedValue: row.bytes("sealed_value"),
            createdAt: Timestamp(microseconds: try row.value("created_at")),
            updatedAt: Timestamp(microseconds: try row.value("updated_at")))
    }

    // MARK: - What is sealed

    func sealedKeys() async throws(StoreError) -> [String: [UInt8]] {
        try await read(Self.sealedKeys)
    }

    static func sealedKeys(in db: Database) throws -> [String: [UInt8]] {
        var keys: [String: [UInt8]] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT name, sealed FROM sealed_key") {
            keys[try row.value("name")] = row.bytes("sealed")
        }
        return keys
    }

    func addSealedKey(_ sealed: [UInt8], name: String) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO sealed_key (name, sealed) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                arguments: [name, sealed.databaseBytes])
            return db.changesCount > 0
        }
    }

    func replaceSealed(_ changes: [SealedChange]) async throws(StoreError) {
        try await write { db in
            var stored: [SealedChange.Place: [UInt8]] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT placeholder, sealed_value FROM secret") {
                stored[.secret(placeholder: try row.value("placeholder"))] = row.bytes("sealed_value")
            }
            for (name, sealed) in try Self.sealedKeys(in: db) { stored[.key(name: name)] = sealed }
            let expected = Dictionary(changes.map { ($0.place, $0.old) }) { first, _ in first }
            guard expected.count == changes.count, expected == stored else {
                throw StoreError(.conflict, "what is sealed is not what was to be replaced")
            }
            for change in changes { try Self.replace(change, in: db) }
        }
    }

    private static func replace(_ change: SealedChange, in db: Database) throws {
        switch (change.place, change.new?.databaseBytes) {
        case (.secret(let placeholder), let bytes?):
            try db.execute(
                sql: "UPDATE secret SET sealed_value = ? WHERE placeholder = ?", arguments: [bytes, placeholder])
        case (.secret(let placeholder), nil):
            try db.execute(sql: "DELETE FROM secret WHERE placeholder = ?", arguments: [placeholder])
        case (.key(let name), let bytes?):
            try db.execute(sql: "UPDATE sealed_key SET sealed = ? WHERE name = ?", arguments: [bytes, name])
        case (.key(let name), nil):
            try db.execute(sql: "DELETE FROM sealed_key WHERE name = ?", arguments: [name])
        }
    }

    // MARK: - Rules

    func redactionRules(team: Int64) async throws(StoreError) -> String? {
        try await read { db in
            try String.fetchOne(db, sql: "SELECT rules FROM redaction_rules WHERE team_id = ?", arguments: [team])
        }
    }

    func allRedactionRules() async throws(StoreError) -> [Int64: String] {
        try await read(Self.redactionRules)
    }

    static func redactionRules(in db: Database) throws -> [Int64: String] {
        var rules: [Int64: String] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT team_id, rules FROM redaction_rules") {
            rules[try row.value("team_id")] = try row.value("rules")
        }
        return rules
    }

    func setRedactionRules(_ json: String?, team: Int64, at now: Timestamp) async throws(StoreError) -> Bool {
        try await write { db in
            let hasTeam = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM team WHERE id = ? AND NOT is_deleted)", arguments: [team])
            guard hasTeam ?? false else { return false }
            try db.execute(sql: "DELETE FROM redaction_rules WHERE team_id = ?", arguments: [team])
            guard let json else { return true }
            try db.execute(
                sql: "INSERT INTO redaction_rules (team_id, rules, updated_at) VALUES (?, ?, ?)",
                arguments: [team, json, now.microseconds])
            return true
        }
    }
}
