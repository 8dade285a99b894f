import ConnectorLogCore
import ConnectorLogTesting

/// Forwards to an `InMemoryStore` what a defect does not do itself.
protocol BrokenKeeper: LogKeeper {
    var store: InMemoryStore { get }
}

extension BrokenKeeper {
    func erase(
        _ target: ErasureTarget, team: Int64, keyID: String, at: Timestamp
    ) async throws(StoreError) -> Erasure {
        try await store.erase(target, team: team, keyID: keyID, at: at)
    }

    func erasures(_ query: ErasureQuery) async throws(StoreError) -> [Erasure] { try await store.erasures(query) }

    func enforceRetention(default standard: Retention, at now: Timestamp) async throws(StoreError) {
        try await store.enforceRetention(default: standard, at: now)
    }
}
