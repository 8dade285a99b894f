import ConnectorLogCore
import Foundation
import GRDB

/// Teams, keys, connectors, secrets, rules and audit records, for a copy.
enum CopiedCatalogRows {
    private static let rowsOfChunk = 2000
    /// Each may have a logo and a large configuration.
    private static let connectorsOfChunk = 50
    /// What stands for a team's own secrets in the column `connector`.
    private static let wholeTeam = ""

    static func chunk(_ kind: CopyKind, after place: CopyPlace?, in db: Database) throws -> CopyChunk? {
        switch kind {
        case .teams:
            // As few as keys and rules: one chunk has them all.
            if place != nil { return nil }
            let rows = try Row.fetchAll(db, sql: "SELECT * FROM team ORDER BY id").map(team)
            return CopyChunk(.teams(rows), place: CopyPlace([]))
        case .keys:
            if place != nil { return nil }
            let rows = try Row.fetchAll(db, sql: "SELECT * FROM api_key ORDER BY id").map { row in
                CopiedKey(try SQLiteCatalog.key(row), hash: row.bytes("hash"))
            }
            return CopyChunk(.keys(rows), place: CopyPlace([]))
        case .connectors: return try connectors(after: place, in: db)
        case .secrets:
            let text = try place?.parts(numbers: 0).text ?? []
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM secret WHERE placeholder > ? ORDER BY placeholder LIMIT \(rowsOfChunk)",
                arguments: [String(decoding: text, as: UTF8.self)]
            ).map(SQLiteCatalog.secret)
            return rows.last.map { CopyChunk(.secrets(rows), place: CopyPlace([], Array($0.placeholder.utf8))) }
        case .sealedKeys:
            if place != nil { return nil }
            let rows = try Row.fetchAll(db, sql: "SELECT name, sealed FROM sealed_key ORDER BY name").map { row in
                CopiedSealedKey(name: try row.value("name"), sealed: row.bytes("sealed"))
            }
            return CopyChunk(.sealedKeys(rows), place: CopyPlace([]))
        case .rules:
            if place != nil { return nil }
            let rows = try Row.fetchAll(db, sql: "SELECT * FROM redaction_rules ORDER BY team_id").map { row in
                CopiedRules(
                    teamID: try row.value("team_id"), json: try row.value("rules"),
                    updatedAt: Timestamp(microseconds: try row.value("updated_at")))
            }
            return CopyChunk(.rules(rows), place: CopyPlace([]))
        case .audit:
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT \(rowsOfChunk)",
                arguments: [place?.parts(numbers: 1).numbers[0] ?? 0]
            ).map(SQLiteCatalog.auditRecord)
            return rows.last.map { CopyChunk(.audit(rows), place: CopyPlace([$0.number])) }
        case .numbers:
            if place != nil { return nil }
            func last(_ table: String) throws -> Int64 {
                try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [table]) ?? 0
            }
            let numbers = CopiedNumbers(
                audit: try last("audit"), erasure: try last("erasure"), part: try last("pending_part"))
            return CopyChunk(.numbers(numbers), place: CopyPlace([]))
        case .erasures, .answers, .events, .parts, .states, .faults, .entries: return nil
        }
    }

    private static func team(_ row: Row) throws -> CopiedTeam {
        var retention: Retention?
        if try row.value("has_retention") {
            let days: (Int?, Int?) = (try row.valueIfAny("entry_days"), try row.valueIfAny("detail_days"))
            guard let stored = Retention(entryDays: days.0, detailDays: days.1) else {
                throw BlockError(.value, "a team's retention")
            }
            retention = stored
        }
        return CopiedTeam(
            Team(
                id: try row.value("id"), name: try row.value("name"),
                createdAt: Timestamp(microseconds: try row.value("created_at"))),
            isDeleted: try row.value("is_deleted"), retention: retention)
    }

    private static func connectors(after place: CopyPlace?, in db: Database) throws -> CopyChunk? {
        let (numbers, text) = try place?.parts(numbers: 1) ?? ([0], [])
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM connector WHERE (team_id, identifier) > (?, ?) ORDER BY team_id, identifier
                LIMIT \(connectorsOfChunk)
                """, arguments: [numbers[0], String(decoding: text, as: UTF8.self)]
        ).map { row in
            let type: String? = try row.valueIfAny("logo_type")
            return CopiedConnector(
                try ConnectorRows.connector(row), logo: type.map { Logo(mediaType: $0, bytes: row.bytes("logo")) },
                isDeleted: try row.value("is_deleted"))
        }
        return rows.last?.connector.place.map { CopyChunk(.connectors(rows), place: $0) }
    }

    // MARK: - Writing

    static func insert(_ teams: [CopiedTeam], in db: Database) throws {
        for copied in teams {
            try db.cachedStatement(
                sql: """
                    INSERT INTO team (id, name, created_at, is_deleted, has_retention, entry_days, detail_days)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                copied.team.id, copied.team.name, copied.team.createdAt.microseconds, copied.isDeleted,
                copied.retention != nil, copied.retention?.entryDays, copied.retention?.detailDays,
            ])
        }
    }

    static func insert(_ keys: [CopiedKey], in db: Database) throws {
        for copied in keys {
            let key = copied.key
            try db.cachedStatement(
                sql: """
                    INSERT INTO api_key (id, team_id, name, role, prefix, hash, created_at, last_used_at, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                key.id, key.teamID, key.name, key.role.rawValue, key.prefix, copied.hash.databaseBytes,
                key.createdAt.microseconds, key.lastUsedAt?.microseconds, key.expiresAt?.microseconds,
            ])
        }
    }

    static func insert(_ connectors: [CopiedConnector], in db: Database) throws {
        for copied in connectors {
            let connector = copied.connector
            try db.cachedStatement(
                sql: """
                    INSERT INTO connector (\(ConnectorRows.columns), logo_type, logo, is_deleted)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                connector.teamID, connector.identifier, connector.name, connector.description, connector.logoName,
                connector.createdAt.microseconds, connector.updatedAt.microseconds, connector.configuration.json,
                connector.configuration.version, connector.configuration.createdAt.microseconds,
                connector.configuration.updatedAt.microseconds, copied.logo?.mediaType,
                copied.logo?.bytes.databaseBytes, copied.isDeleted,
            ])
        }
    }

    static func insert(_ secrets: [SecretRecord], in db: Database) throws {
        for secret in secrets {
            try db.cachedStatement(
                sql: """
                    INSERT INTO secret (placeholder, team_id, connector, name, ignores_case, sealed_value, created_at,
                        updated_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                secret.placeholder, secret.teamID, secret.connectorIdentifier ?? wholeTeam, secret.name,
                secret.ignoresCase, secret.sealedValue.databaseBytes, secret.createdAt.microseconds,
                secret.updatedAt.microseconds,
            ])
        }
    }

    static func insert(_ keys: [CopiedSealedKey], in db: Database) throws {
        for key in keys {
            try db.execute(
                sql: "INSERT INTO sealed_key (name, sealed) VALUES (?, ?)",
                arguments: [key.name, key.sealed.databaseBytes])
        }
    }

    static func insert(_ rules: [CopiedRules], in db: Database) throws {
        for rules in rules {
            try db.execute(
                sql: "INSERT INTO redaction_rules (team_id, rules, updated_at) VALUES (?, ?, ?)",
                arguments: [rules.teamID, rules.json, rules.updatedAt.microseconds])
        }
    }

    static func insert(_ records: [AuditRecord], in db: Database) throws {
        for record in records {
            try db.cachedStatement(
                sql: """
                    INSERT INTO audit (id, at, team_id, key_id, key_name, action, target, request_id)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                record.number, record.at.microseconds, record.teamID, record.keyID, record.keyName, record.action,
                record.target, record.requestID,
            ])
        }
    }

    /// SQLite's own table of the numbers that it gave (sqlite.org/autoinc.html) may be changed like any other.
    static func raise(_ numbers: CopiedNumbers, in db: Database) throws {
        for (table, number) in [
            ("audit", numbers.audit), ("erasure", numbers.erasure), ("pending_part", numbers.part),
        ] where number > 0 {
            try db.execute(
                sql: "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", arguments: [number, table])
            if db.changesCount == 0 {
                try db.execute(
                    sql: "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", arguments: [table, number])
            }
        }
    }
}

extension Connector {
    fileprivate var place: CopyPlace? { CopyPlace([teamID], Array(identifier.utf8)) }
}
