import ConnectorLogBlockStore
import ConnectorLogClickHouse
import ConnectorLogCore
import ConnectorLogPostgres
import Logging

/// An open store, by the ports that the server knows it by.
struct OpenStore: Sendable {
    var log: any LogWriter & LogReader & LogKeeper & PendingCalls
    var catalog: any Catalog
    /// Runs until its task is cancelled.
    var maintain: @Sendable () async -> Void
    var isReady: @Sendable () async -> Bool
    /// An element whenever another server may have changed secrets or rules; nil where there is no other.
    var secretChanges: AsyncStream<Void>?
    /// Other servers may store entries in it, too.
    var isShared = false
    var close: @Sendable () async throws(StoreError) -> Void
}

/// What can be done to the store of a data directory alone, while no server runs.
struct EmbeddedStore: Sendable {
    var open: OpenStore
    var eraseSecrets: @Sendable (SecretScopes, (Int, Int) throws -> Void) async throws(StoreError) -> SecretErasure
    var rebuild: @Sendable () async throws(StoreError) -> Void
}

/// The one place that names a concrete store.
enum Wiring {
    static func openStore(
        _ storage: StorageAddresses, in directory: String, retention: Retention,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) async throws(StoreError) -> OpenStore {
        switch storage {
        case .embedded:
            try await openEmbedded(in: directory, retention: retention, now: now, logger: logger).open
        case .shared(let clickHouse, let postgres):
            try await openShared(clickHouse, postgres, retention: retention, now: now, logger: logger)
        }
    }

    static func openEmbedded(
        in directory: String, retention: Retention, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) async throws(StoreError) -> EmbeddedStore {
        let store = try await BlockStore.open(
            directory: directory, retention: retention, now: now, reservedBytes: BlockStore.reservedBytes,
            logger: logger)
        return EmbeddedStore(
            open: OpenStore(
                log: store, catalog: store,
                maintain: { await store.runMaintenance() },
                isReady: { await store.isReady() },
                close: { () async throws(StoreError) in try await store.close() }),
            eraseSecrets: { scopes, progress async throws(StoreError) in
                try await store.eraseSecrets(scopes, progress: progress)
            },
            rebuild: { () async throws(StoreError) in try await store.rebuild() })
    }

    private static func openShared(
        _ clickHouse: ClickHouseAddress, _ postgres: PostgresConfiguration, retention: Retention,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) async throws(StoreError) -> OpenStore {
        let database = try await PostgresStore.open(postgres, now: now, logger: logger)
        let entries: ClickHouseStore
        do {
            entries = try await ClickHouseStore.open(
                clickHouse, ledger: database.ledger, catalog: database.catalog, retention: retention, now: now,
                logger: logger)
        } catch {
            await database.close()
            throw error
        }
        return OpenStore(
            log: entries, catalog: database.catalog,
            maintain: {
                await withTaskGroup { group in
                    group.addTask { await database.run() }
                    group.addTask { await entries.runMaintenance() }
                }
            },
            isReady: { await entries.isReady() },
            secretChanges: database.catalog.secretChanges(), isShared: true,
            close: { () async throws(StoreError) in
                await entries.close()
                await database.close()
            })
    }
}
