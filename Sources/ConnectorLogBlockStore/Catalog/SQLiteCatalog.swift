import ConnectorLogCore
import GRDB
import Synchronization

/// Teams, keys and connectors in the store's database, with what every request asks held in memory.
final class SQLiteCatalog: Sendable {
    struct Cache {
        var teams: Set<Int64> = []
        var deletedTeams: Set<Int64> = []
        var keysByHash: [[UInt8]: APIKey] = [:]
        var hashesByID: [String: [UInt8]] = [:]
        /// Uses that are not written down yet.
        var uses: [String: Timestamp] = [:]
    }

    let pool: DatabasePool
    let connectors: ConnectorRegistry
    private let reserve: SpaceReserve
    let cache = Mutex(Cache())

    init(pool: DatabasePool, connectors: ConnectorRegistry, reserve: SpaceReserve) {
        (self.pool, self.connectors, self.reserve) = (pool, connectors, reserve)
    }

    /// Fills the memory from the database; called once, before anything else.
    func load(in db: Database) throws {
        var cache = Cache()
        for row in try Row.fetchAll(db, sql: "SELECT id, is_deleted FROM team") {
            let id: Int64 = try row.value("id")
            if try row.value("is_deleted") { cache.deletedTeams.insert(id) } else { cache.teams.insert(id) }
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM api_key") {
            let key = try Self.key(row)
            let hash = row.bytes("hash")
            cache.keysByHash[hash] = key
            cache.hashesByID[key.id] = hash
        }
        let loaded = cache
        self.cache.withLock { $0 = loaded }
        var active: [LogTimeWindows.Key] = []
        var deleted: [LogTimeWindows.Key] = []
        for row in try Row.fetchAll(db, sql: "SELECT team_id, identifier, is_deleted FROM connector") {
            let identifier: String = try row.value("identifier")
            let key = LogTimeWindows.key(team: try row.value("team_id"), identifier)
            if try row.value("is_deleted") { deleted.append(key) } else { active.append(key) }
        }
        connectors.load(active: active, deleted: deleted)
    }

    static func key(_ row: Row) throws -> APIKey {
        guard let role = Role(rawValue: try row.value("role")) else { throw BlockError(.value, "api key") }
        return APIKey(
            id: try row.value("id"), teamID: try row.valueIfAny("team_id"), name: try row.value("name"), role: role,
            prefix: try row.value("prefix"), createdAt: Timestamp(microseconds: try row.value("created_at")),
            lastUsedAt: (try row.valueIfAny("last_used_at") as Int64?).map(Timestamp.init(microseconds:)),
            expiresAt: (try row.valueIfAny("expires_at") as Int64?).map(Timestamp.init(microseconds:)))
    }

    /// Writes down when keys were used last.
    func writeKeyUses() async throws {
        let uses = cache.withLock { cache in
            defer { cache.uses = [:] }
            return cache.uses
        }
        guard !uses.isEmpty else { return }
        do {
            try await pool.write { db in
                for (id, time) in uses {
                    try db.execute(
                        sql: "UPDATE api_key SET last_used_at = ? WHERE id = ?", arguments: [time.microseconds, id])
                }
            }
        } catch {
            // To be written the next time.
            cache.withLock { $0.uses.merge(uses) { later, _ in later } }
            throw error
        }
    }

    /// True when the team was deleted: its entries are unreachable.
    func isDeleted(team: Int64) -> Bool { cache.withLock { $0.deletedTeams.contains(team) } }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError(reading: error)
        }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await write(body) { _, _ in }
    }

    /// Writes, and then changes the memory, in one turn of the writer.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
        after change: @escaping @Sendable (inout Cache, Value) -> Void
    ) async throws(StoreError) -> Value {
        do {
            do {
                return try await writeOnce(body, change)
            } catch let error as DatabaseError where error.isWantOfRoom && reserve.release() {
                // What the catalog writes is small, and may be what makes room: a shorter retention, say.
                return try await writeOnce(body, change)
            }
        } catch {
            throw StoreError(writing: error)
        }
    }

    private func writeOnce<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
        _ change: @escaping @Sendable (inout Cache, Value) -> Void
    ) async throws -> Value {
        try await pool.write(body) { [self] value in cache.withLock { change(&$0, value) } }
    }
}
