import ConnectorLogCore
import GRDB
import Synchronization

extension SQLiteCatalog {
    func keys(team: Int64?) async throws(StoreError) -> [APIKey] {
        let keys = try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM api_key WHERE team_id IS ? ORDER BY created_at, id", arguments: [team]
            ).map(Self.key)
        }
        return keys.map { self.key(id: $0.id) ?? $0 }
    }

    func createKey(_ key: APIKey, hash: [UInt8]) async throws(StoreError) {
        try await write { db in
            let isTaken = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM api_key WHERE id = ? OR hash = ?)",
                arguments: [key.id, hash.databaseBytes])
            if isTaken ?? false { throw StoreError(.conflict, "the key exists") }
            try db.execute(
                sql: """
                    INSERT INTO api_key (id, team_id, name, role, prefix, hash, created_at, last_used_at, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.id, key.teamID, key.name, key.role.rawValue, key.prefix, hash.databaseBytes,
                    key.createdAt.microseconds, key.lastUsedAt?.microseconds, key.expiresAt?.microseconds,
                ])
        } after: { cache, _ in
            cache.keysByHash[hash] = key
            cache.hashesByID[key.id] = hash
        }
    }

    func revokeKey(team: Int64?, id: String) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(sql: "DELETE FROM api_key WHERE id = ? AND team_id IS ?", arguments: [id, team])
            return db.changesCount > 0
        } after: { cache, isRevoked in
            guard isRevoked else { return }
            if let hash = cache.hashesByID.removeValue(forKey: id) { cache.keysByHash[hash] = nil }
            cache.uses[id] = nil
        }
    }

    func key(hash: [UInt8]) -> APIKey? { cache.withLock { $0.keysByHash[hash] } }

    func key(id: String) -> APIKey? {
        cache.withLock { cache in cache.hashesByID[id].flatMap { cache.keysByHash[$0] } }
    }

    func noteUse(ofKey id: String, at time: Timestamp) {
        cache.withLock { cache in
            guard let hash = cache.hashesByID[id], cache.keysByHash[hash]?.lastUsedAt.map({ $0 < time }) ?? true
            else { return }
            cache.keysByHash[hash]?.lastUsedAt = time
            cache.uses[id] = time
        }
    }
}
