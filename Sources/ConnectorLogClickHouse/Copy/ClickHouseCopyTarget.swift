package import ConnectorLogCore
import Logging

/// Fills an empty shared store: each chunk of entries or faults is a commit of its own (docs/adr/0014), which ends together
/// with the place behind it. So what an insert that failed left behind is hidden, and removed later by servers.
package final class ClickHouseCopyTarget: CopyTarget {
    /// Pauses between tries of an insert, in seconds: while ClickHouse starts, or merges.
    private static let pauses: [Int64] = [1, 2, 4, 8, 15, 30, 30, 30, 60]

    private let servers: CopyServers
    private let ledger: any CopyLedger

    /// - Parameter ledger: is closed with this.
    package static func open(
        _ address: ClickHouseAddress, ledger: any CopyLedger
    ) async throws(StoreError) -> ClickHouseCopyTarget {
        ClickHouseCopyTarget(try await CopyServers(address), ledger)
    }

    private init(_ servers: CopyServers, _ ledger: any CopyLedger) { (self.servers, self.ledger) = (servers, ledger) }

    package func close() async {
        await servers.cluster.client.close()
        await ledger.close()
    }

    package func progress() async throws(StoreError) -> CopyProgress? { try await ledger.progress() }

    package func begin(_ progress: CopyProgress) async throws(StoreError) {
        guard try await isEmpty() else { throw StoreError(.conflict, "ClickHouse holds entries") }
        try await ledger.begin(progress)
    }

    /// Rows of an earlier ledger would have the numbers of this one's commits.
    private func isEmpty() async throws(StoreError) -> Bool {
        do throws(ClickHouseFailure) {
            for table in Tables.all {
                let rows = try await servers.cluster.rows("SELECT team_id FROM \(table.name) LIMIT 1", "its rows") {
                    row throws(ClickHouseFailure) in try row.integer(Int64.self)
                }
                guard rows.isEmpty else { return false }
            }
            return true
        } catch {
            throw StoreError(error)
        }
    }

    package func write(_ rows: CopiedRows?, _ progress: CopyProgress) async throws(StoreError) {
        switch rows {
        case .entries(let entries) where entries.count > 0: try await write(entries, progress)
        case .faults(let faults) where !faults.isEmpty:
            let last = faults.reduce(EntryID(high: 0, low: 0)) { max($0, $1.id) }
            try await commit(times: [:], lastID: last, progress) { [dialect = servers.dialect] number in
                [(Tables.faults, FaultBlock.encode(faults, commit: number, dialect: dialect))]
            }
        case .entries, .faults: try await ledger.write(nil, progress)
        default: try await ledger.write(rows, progress)
        }
    }

    private func write(_ entries: CopiedEntries, _ progress: CopyProgress) async throws(StoreError) {
        let connectors = BatchConnectors(entries.columns)
        var times: [ConnectorKey: GivenTimes] = [:]
        for connector in 0..<connectors.count {
            times[connectors.name(connector)] = GivenTimes(
                connectors.rows(of: connector).lazy.map { entries.columns.logTimes[Int($0)] })
        }
        let last = entries.ids.reduce(EntryID(high: 0, low: 0)) { max($0, $1) }
        try await commit(times: times, lastID: last, progress) { [dialect = servers.dialect] number in
            EntryBlocks(
                [EncodedEntries(entries.columns)], ids: entries.ids, times: entries.columns.logTimes, commit: number,
                dialect: dialect, detailsRemovedAt: entries.detailsRemovedAt
            ).all
        }
    }

    private func commit(
        times: [ConnectorKey: GivenTimes], lastID: EntryID, _ progress: CopyProgress,
        _ blocks: (UInt64) -> [(table: Table, block: NativeBlock)]
    ) async throws(StoreError) {
        var pauses = Self.pauses[...]
        while true {
            let number = try await ledger.open()
            do throws(ClickHouseFailure) {
                try await CommitInsert(cluster: servers.cluster, dialect: servers.dialect)
                    .insert(blocks(number), number: number)
            } catch {
                try await ledger.abandon(number)
                guard error.mayTryAnother, !Task.isCancelled, let pause = pauses.popFirst() else {
                    throw StoreError(error)
                }
                try? await Task.sleep(for: .seconds(pause))
                continue
            }
            return try await ledger.finish(number, times: times, lastID: lastID, progress)
        }
    }
}
