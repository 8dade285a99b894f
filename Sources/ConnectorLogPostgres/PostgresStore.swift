package import ConnectorLogCore
package import Logging

/// What one server has of a database in PostgreSQL: the catalog and the ledger, on the same connections.
package final class PostgresStore: Sendable {
    /// Keys' uses are written down so often: within a minute, as `Catalog` says.
    private static let interval = Duration.seconds(30)

    package let catalog: PostgresCatalog
    package let ledger: PostgresLedger
    let pool: PostgresPool
    private let reserve: PostgresPool
    private let logger: Logger

    private init(
        _ configuration: PostgresConfiguration, _ timing: PostgresTiming, now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        let connections = max(configuration.connections, PostgresConfiguration.fewestConnections)
        pool = PostgresPool(configuration, connections: connections)
        reserve = PostgresPool(configuration, connections: PostgresPool.reserve)
        catalog = PostgresCatalog(pool: pool, timing: timing, logger: logger)
        ledger = PostgresLedger(pool: pool, reserve: reserve, timing: timing, now: now, logger: logger)
        self.logger = logger
    }

    /// Throws `missing` when the database was not migrated, `newer` when a newer program did it.
    /// - Parameter now: what erasures and abandoned commits are dated by.
    package static func open(
        _ configuration: PostgresConfiguration, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) async throws(StoreError) -> PostgresStore {
        try await open(configuration, timing: PostgresTiming(), now: now, logger: logger)
    }

    static func open(
        _ configuration: PostgresConfiguration, timing: PostgresTiming, now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) async throws(StoreError) -> PostgresStore {
        let store = PostgresStore(configuration, timing, now: now, logger: logger)
        do throws(StoreError) {
            try await store.pool.read { connection in
                try PostgresMigrations.check(connection)
                try CopyTable.refuseUnfinished(connection)
            }
            try await store.catalog.start()
        } catch {
            await store.close()
            throw error
        }
        return store
    }

    /// Whether PostgreSQL answers.
    package func check() async throws(StoreError) {
        _ = try await pool.read { try $0.execute("SELECT 1") }
    }

    /// Does what has to be done now and then, until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            await maintain()
        }
    }

    /// Writes down keys' uses, and forgets events of parts of calls that may be told again.
    package func maintain() async {
        do throws(StoreError) {
            try await catalog.writeKeyUses()
            try await ledger.forgetEvents()
        } catch {
            logger.warning("maintenance in PostgreSQL failed", metadata: ["cause": "\(error)"])
        }
    }

    /// Writes down what is not yet, and gives all connections up. Calls that come later throw `closed`.
    package func close() async {
        do throws(StoreError) { try await catalog.writeKeyUses() } catch {
            logger.warning("uses of keys are not written down", metadata: ["cause": "\(error)"])
        }
        // The thread that follows others ends when it is asked next.
        let catalog = catalog
        _ = await reserve.run { catalog.stop() }
        pool.close()
        reserve.close()
    }
}
