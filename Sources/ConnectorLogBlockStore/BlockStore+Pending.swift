package import ConnectorLogCore

extension BlockStore: PendingCalls {
    package func pendingCounts(team: Int64?) async throws(StoreError) -> PendingCounts {
        try await catalog.read { db in try PendingPartRows.counts(team: team, in: db) }
    }

    package func pendingCalls(
        arrivedBefore time: Timestamp, limit: Int, bytes: Int
    ) async throws(StoreError) -> [[StoredPendingPart]] {
        try await catalog.read { db in
            try PendingPartRows.calls(arrivedBefore: time, limit: limit, bytes: bytes, in: db)
        }
    }
}
