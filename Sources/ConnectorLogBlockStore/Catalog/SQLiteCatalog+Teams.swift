import ConnectorLogCore
import GRDB
import Synchronization

extension SQLiteCatalog {
    func teams() async throws(StoreError) -> [Team] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM team WHERE NOT is_deleted ORDER BY id").map(Self.team)
        }
    }

    func team(id: Int64) async throws(StoreError) -> Team? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM team WHERE id = ? AND NOT is_deleted", arguments: [id])
                .map(Self.team)
        }
    }

    private static func team(_ row: Row) throws -> Team {
        Team(
            id: try row.value("id"), name: try row.value("name"),
            createdAt: Timestamp(microseconds: try row.value("created_at")))
    }

    func createTeam(name: String, id: Int64?, at now: Timestamp) async throws(StoreError) -> Team {
        try await write { db in
            let next = try Int64.fetchOne(db, sql: "SELECT coalesce(max(id), 0) + 1 FROM team") ?? 1
            let id = id ?? next
            if try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM team WHERE id = ?)", arguments: [id]) ?? false {
                throw StoreError(.conflict, "the team's id is taken")
            }
            try db.execute(
                sql: "INSERT INTO team (id, name, created_at) VALUES (?, ?, ?)",
                arguments: [id, name, now.microseconds])
            return Team(id: id, name: name, createdAt: now)
        } after: { cache, team in
            cache.teams.insert(team.id)
        }
    }

    func renameTeam(id: Int64, name: String) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(sql: "UPDATE team SET name = ? WHERE id = ? AND NOT is_deleted", arguments: [name, id])
            return db.changesCount > 0
        }
    }

    func deleteTeam(id: Int64) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(sql: "UPDATE team SET is_deleted = 1 WHERE id = ? AND NOT is_deleted", arguments: [id])
            guard db.changesCount > 0 else { return false }
            try db.execute(sql: "DELETE FROM api_key WHERE team_id = ?", arguments: [id])
            try db.execute(sql: "UPDATE connector SET is_deleted = 1 WHERE team_id = ?", arguments: [id])
            try db.execute(sql: "DELETE FROM secret WHERE team_id = ?", arguments: [id])
            try db.execute(sql: "DELETE FROM redaction_rules WHERE team_id = ?", arguments: [id])
            return true
        } after: { cache, isDeleted in
            guard isDeleted else { return }
            cache.teams.remove(id)
            cache.deletedTeams.insert(id)
            for (hash, key) in cache.keysByHash where key.teamID == id {
                cache.keysByHash[hash] = nil
                cache.hashesByID[key.id] = nil
            }
        }
    }

    func hasTeam(_ id: Int64) -> Bool { cache.withLock { $0.teams.contains(id) } }
}
