import ConnectorLogCore
import GRDB

extension SQLiteCatalog {
    func note(_ record: AuditRecord) async throws(StoreError) {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO audit (at, team_id, key_id, key_name, action, target, request_id)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    record.at.microseconds, record.teamID, record.keyID, record.keyName, record.action, record.target,
                    record.requestID,
                ])
            try db.execute(
                sql: """
                    DELETE FROM audit WHERE team_id IS ?1 AND id <= (
                        SELECT id FROM audit WHERE team_id IS ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
                    """, arguments: [record.teamID, AuditRecord.maximumCount])
        }
    }

    func audit(team: Int64?, before: Int64?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM audit WHERE team_id IS ? AND id < ? ORDER BY id DESC LIMIT ?",
                arguments: [team, before ?? .max, limit]
            ).map(Self.auditRecord)
        }
    }

    static func auditRecord(_ row: Row) throws -> AuditRecord {
        AuditRecord(
            number: try row.value("id"), at: Timestamp(microseconds: try row.value("at")),
            teamID: try row.valueIfAny("team_id"), keyID: try row.value("key_id"), keyName: try row.value("key_name"),
            action: try row.value("action"), target: try row.valueIfAny("target"),
            requestID: try row.value("request_id"))
    }
}
