package import ConnectorLogCore

extension PostgresCatalog {
    package func keys(team: Int64?) async throws(StoreError) -> [APIKey] {
        let keys = try await pool.read { connection in
            try connection.query(
                """
                SELECT \(APIKeyColumns.names) FROM api_key WHERE team_id IS NOT DISTINCT FROM $1
                ORDER BY created_at, id
                """, [.integer(team)], APIKeyColumns.key)
        }
        // Uses of this server that are not written down yet.
        return keys.map { key in
            var key = key
            if let used = self.key(id: key.id)?.lastUsedAt { key.lastUsedAt = max(key.lastUsedAt ?? used, used) }
            return key
        }
    }

    package func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        try await changeKeys { connection in
            let inserted = try connection.execute(
                """
                INSERT INTO api_key (\(APIKeyColumns.names), hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT DO NOTHING
                """,
                [
                    .text(key.id), .integer(key.teamID), .text(key.name), .text(key.role.rawValue), .text(key.prefix),
                    .integer(key.createdAt.microseconds), .integer(key.lastUsedAt?.microseconds),
                    .integer(key.expiresAt?.microseconds), .bytes(hash),
                ])
            guard inserted == 1 else { throw StoreError(.conflict, "the key exists") }
        } memory: { content, _ in
            content.insert(CatalogMemory.Key(key: key, hash: hash))
        }
    }

    package func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool {
        try await changeKeys { connection in
            try connection.execute(
                "DELETE FROM api_key WHERE id = $1 AND team_id IS NOT DISTINCT FROM $2", [.text(id), .integer(team)])
                > 0
        } memory: { content, isRevoked in
            if isRevoked { content.removeKey(id: id) }
        }
    }
}
