import ConnectorLogBlockStore
import ConnectorLogCore
import Logging

/// An open store, by the ports that the server knows it by.
struct OpenStore: Sendable {
    var store: any LogWriter & LogReader & LogKeeper & PendingCalls & Catalog
    /// Runs until its task is cancelled.
    var maintain: @Sendable () async -> Void
    var isReady: @Sendable () async -> Bool
    /// While no server runs.
    var eraseSecrets: @Sendable (SecretScopes, (Int, Int) throws -> Void) async throws(StoreError) -> SecretErasure
    var rebuild: @Sendable () async throws(StoreError) -> Void
    var close: @Sendable () async throws(StoreError) -> Void
}

/// The one place that names a concrete store.
enum Wiring {
    static func openStore(
        in directory: String, retention: Retention, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) async throws(StoreError) -> OpenStore {
        let store = try await BlockStore.open(
            directory: directory, retention: retention, now: now, reservedBytes: BlockStore.reservedBytes,
            logger: logger)
        return OpenStore(
            store: store,
            maintain: { await store.runMaintenance() },
            isReady: { await store.isReady() },
            eraseSecrets: { scopes, progress async throws(StoreError) in
                try await store.eraseSecrets(scopes, progress: progress)
            },
            rebuild: { () async throws(StoreError) in try await store.rebuild() },
            close: { () async throws(StoreError) in try await store.close() })
    }
}
