package import ConnectorLogCore

extension PostgresCatalog {
    /// What stands for no team in the column `team_id`: teams' ids are 1 or more.
    private static let noTeam: Int64 = 0

    package func note(_ record: AuditRecord) async throws(StoreError) {
        let team = record.teamID ?? Self.noTeam
        try await pool.write { connection in
            // One after the other, so that numbers rise in the order in which records can be seen.
            try connection.take(AdvisoryLock.audit)
            try connection.execute(
                """
                INSERT INTO audit (at, team_id, key_id, key_name, action, target, request_id)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                [
                    .integer(record.at.microseconds), .integer(team), .text(record.keyID), .text(record.keyName),
                    .text(record.action), .text(record.target), .text(record.requestID),
                ])
            try connection.execute(
                """
                DELETE FROM audit WHERE team_id = $1 AND number <= (
                    SELECT number FROM audit WHERE team_id = $1 ORDER BY number DESC OFFSET $2 LIMIT 1)
                """, [.integer(team), .integer(Int64(AuditRecord.maximumCount))])
        }
    }

    package func audit(team: Int64?, before: Int64?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await pool.read { connection in
            try connection.query(
                """
                SELECT number, at, key_id, key_name, action, target, request_id FROM audit
                WHERE team_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3
                """, [.integer(team ?? Self.noTeam), .integer(before ?? .max), .integer(Int64(limit))]
            ) { row in
                AuditRecord(
                    number: try row.integer(0), at: try row.time(1), teamID: team, keyID: try row.text(2),
                    keyName: try row.text(3), action: try row.text(4), target: try row.textIfAny(5),
                    requestID: try row.text(6))
            }
        }
    }
}
