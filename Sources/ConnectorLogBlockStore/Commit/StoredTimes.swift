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
    let recent: RecentBlocks

    func hasSeen(_ key: LogTimeWindows.Key) -> Bool { connectors.hasSeen(key) }

    func latestTimes(
        team: Int64, connector: [UInt8], limit: Int
    ) async throws(StoreError) -> (times: [Int64], horizon: Int64) {
        let found = try await search { search, blocks in
            let found = try search.latestTimes(team: team, connector: connector, limit: limit, blocks: blocks)
            return LatestTimes(times: found.times, horizon: found.horizon)
        }
        return (found.times, found.horizon)
    }

    private struct LatestTimes: Sendable {
        var times: [Int64]
        var horizon: Int64
    }

    func times(
        team: Int64, connector: [UInt8], in ranges: [ClosedRange<Int64>]
    ) async throws(StoreError) -> [Int64] {
        try await search { search, blocks in
            try search.times(team: team, connector: connector, in: ranges, blocks: blocks)
        }
    }

    /// Over quarantined blocks, too: where their times can be read, they are taken.
    private func search<Value: Sendable>(
        _ body: @escaping @Sendable (EntrySearch, [BlockSummary]) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await directory.withLease { [self] blocks in
                let quarantined = quarantine.directory.quarantined
                let all = quarantined.isEmpty ? blocks : (blocks + quarantined).sorted { $0.lastTime < $1.lastTime }
                return try await pool.read { db in
                    try body(
                        EntrySearch(
                            db: db, zstandard: zstandard, filters: filters, quarantine: quarantine, recent: recent), all
                    )
                }
            }
        } catch {
            throw StoreError(reading: error)
        }
    }
}
