import ConnectorLogCore
import GRDB

/// The log times of connectors, from the stored blocks.
struct StoredTimes: LogTimeReservations.Source {
    let pool: DatabasePool
    let directory: BlockDirectory
    let connectors: ConnectorRegistry
    let zstandard: Zstandard
    let filters: FilterCache
    let quarantine: Quarantine

    func hasSeen(_ key: LogTimeWindows.Key) -> Bool { connectors.hasSeen(key) }

    func latestTimes(
        team: Int64, connector: [UInt8], limit: Int
    ) async throws(StoreError) -> (times: [Int64], areAll: Bool) {
        let found = try await search { search, blocks in
            let found = try search.latestTimes(team: team, connector: connector, limit: limit, blocks: blocks)
            return LatestTimes(times: found.times, areAll: found.areAll)
        }
        return (found.times, found.areAll)
    }

    private struct LatestTimes: Sendable {
        var times: [Int64]
        var areAll: Bool
    }

    func times(
        team: Int64, connector: [UInt8], in range: ClosedRange<Int64>
    ) async throws(StoreError) -> Set<Int64> {
        try await search { search, blocks in
            Set(try search.times(team: team, connector: connector, in: range, blocks: blocks))
        }
    }

    private func search<Value: Sendable>(
        _ body: @escaping @Sendable (EntrySearch, [BlockSummary]) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await directory.withLease { [pool, filters, zstandard, quarantine] blocks in
                try await pool.read { db in
                    try body(
                        EntrySearch(db: db, zstandard: zstandard, filters: filters, quarantine: quarantine), blocks)
                }
            }
        } catch {
            throw StoreError(reading: error)
        }
    }
}
