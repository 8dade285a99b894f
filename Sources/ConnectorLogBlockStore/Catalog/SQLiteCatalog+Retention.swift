import ConnectorLogCore
import GRDB

extension SQLiteCatalog {
    func retention(team: Int64) async throws(StoreError) -> Retention? {
        try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT entry_days, detail_days FROM team WHERE id = ? AND has_retention AND NOT is_deleted",
                arguments: [team]
            ).map(RetentionPolicies.retention)
        }
    }

    func setRetention(_ retention: Retention?, team: Int64) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE team SET has_retention = ?, entry_days = ?, detail_days = ?
                    WHERE id = ? AND NOT is_deleted
                    """, arguments: [retention != nil, retention?.entryDays, retention?.detailDays, team])
            return db.changesCount > 0
        }
    }
}
