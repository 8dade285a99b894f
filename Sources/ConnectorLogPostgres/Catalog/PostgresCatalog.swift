package import ConnectorLogCore
import Logging

/// The catalog in PostgreSQL. Any number of servers have one each on the same database.
///
/// Keys and teams are held in memory. What another server changes holds here as soon as PostgreSQL notifies it, at the
/// latest within 5 seconds while PostgreSQL can be reached. Where it cannot, keys stay as they were known, however
/// long: the servers that a revocation cannot reach cannot be asked by their clients for anything that PostgreSQL has,
/// which is all.
package final class PostgresCatalog: Catalog {
    let pool: PostgresPool
    let memory = CatalogMemory()
    let listener: CatalogListener
    private let logger: Logger

    init(pool: PostgresPool, timing: PostgresTiming, logger: Logger) {
        (self.pool, self.logger) = (pool, logger)
        listener = CatalogListener(pool.configuration, timing: timing, memory: memory, logger: logger)
    }

    /// Fills the memory, and begins to follow what others change.
    func start() async throws(StoreError) {
        let memory = memory
        let versions = try await pool.read { connection in
            let load = try CatalogLoad(connection)
            memory.load(load.keys, teams: load.teams, version: load.versions.keys)
            return load.versions
        }
        listener.start(from: versions)
    }

    deinit { listener.stop(waits: false) }

    /// Returns when nothing is followed any more.
    func stop() { listener.stop(waits: true) }

    /// An element whenever another server, or this one, may have changed secrets, sealed keys or redaction rules.
    package func secretChanges() -> AsyncStream<Void> { listener.secretChanges() }

    // MARK: - Keys' uses

    /// Writes down when keys were used last.
    package func writeKeyUses() async throws(StoreError) {
        let uses = memory.takeUses()
        if uses.isEmpty { return }
        do throws(StoreError) {
            let (ids, times) = (Array(uses.keys), uses.values.map(\.microseconds))
            _ = try await pool.write { connection in
                try connection.execute(
                    """
                    UPDATE api_key SET last_used_at = given.time FROM unnest($1, $2) AS given (id, time)
                    WHERE api_key.id = given.id AND (last_used_at IS NULL OR last_used_at < given.time)
                    """, [.byteStrings(ids), .integers(times)])
            }
        } catch {
            memory.putBack(uses)
            throw error
        }
    }

    package func key(hash: [UInt8]) -> APIKey? { memory.key(hash: hash) }
    package func key(id: String) -> APIKey? { memory.key(id: id) }
    package func hasTeam(_ id: Int64) -> Bool { memory.hasTeam(id) }
    package func noteUse(ofKey id: String, at time: Timestamp) { memory.noteUse(ofKey: id, at: time) }

    // MARK: - Transactions

    /// Changes keys or teams, and then the memory.
    func changeKeys<Value: Sendable>(
        at place: String = #function, _ body: @escaping @Sendable (PostgresConnection) throws -> Value,
        memory change: (inout CatalogMemory.Content, Value) -> Void
    ) async throws(StoreError) -> Value {
        let (version, value) = try await pool.write(at: place) { connection in
            // First, so that changes follow one another.
            (try CatalogLoad.countKeys(connection), try body(connection))
        }
        memory.note(version: version) { change(&$0, value) }
        return value
    }
}
