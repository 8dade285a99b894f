import ConnectorLogCore
import Logging

/// Stores a group of batches as one commit.
struct CommitRun: Sendable {
    /// So often an insert is tried, each time as a commit of its own.
    static let attempts = 3

    let dialect: Dialect
    let cluster: Cluster
    let ledger: any CommitLedger
    let times: CommitTimes
    let now: @Sendable () -> Timestamp
    let logger: Logger

    /// One result a batch, in order.
    func run(_ group: [AppendedBatch]) async -> [Result<AppendResult, StoreError>] {
        do throws(StoreError) {
            return try await commit(group)
        } catch {
            logger.error("commit failed", metadata: ["code": "\(error.code.rawValue)", "cause": "\(error)"])
            return group.map { _ in .failure(error) }
        }
    }

    private func commit(_ group: [AppendedBatch]) async throws(StoreError) -> [Result<AppendResult, StoreError>] {
        var connectors: Set<ConnectorKey> = []
        var teams: Set<Int64> = []
        for batch in group {
            connectors.formUnion(batch.connectors)
            teams.formUnion(batch.teams)
        }
        let proposal = CommitProposal(
            answers: group.map(\.idempotency), connectors: connectors, teams: teams, at: now())
        var attempt = 0
        while true {
            attempt += 1
            let commit = try await ledger.begin(proposal)
            let isStored = commit.results.map { if case .success(.stored) = $0 { true } else { false } }
            let accepted = zip(group, isStored).filter(\.1).map { $0.0.limited(to: commit.teams) }
            guard !accepted.isEmpty else {
                // Not abandoned: readers would leave it out until it is forgotten.
                try await commit.finish(CommitChanges())
                return commit.results
            }
            let rows = CommitRows(accepted, commit, dialect)
            let written: WrittenCommit
            do throws(ClickHouseFailure) {
                written = try await write(rows, commit)
            } catch {
                await commit.abandon()
                guard error.mayTryAnother, attempt < Self.attempts else { throw StoreError(error) }
                logger.warning("an insert is tried again", metadata: ["cause": "\(error)"])
                continue
            }
            do throws(StoreError) {
                try await commit.finish(written.changes)
                times.settle(written.times, of: rows.connectors, commit: commit.number)
                return commit.results
            } catch {
                times.settle(written.times, of: rows.connectors, commit: nil)
                throw error
            }
        }
    }

    private struct WrittenCommit {
        var changes: CommitChanges
        var times: [Int64]
    }

    private func write(
        _ rows: CommitRows, _ commit: any OpenCommit
    ) async throws(ClickHouseFailure) -> WrittenCommit {
        let given = try await times.reserve(rows.connectors, known: commit.times) {
            (connector, ranges) async throws(ClickHouseFailure) in
            try await storedTimes(of: connector, in: ranges)
        }
        do throws(ClickHouseFailure) {
            try await CommitInsert(cluster: cluster, dialect: dialect)
                .insert(rows.blocks(times: given), number: commit.number)
            return WrittenCommit(changes: rows.changes(times: given), times: given)
        } catch {
            times.settle(given, of: rows.connectors, commit: nil)
            throw error
        }
    }

    /// Of all commits: that a time is taken by one that was abandoned does no harm.
    private func storedTimes(
        of connector: ConnectorKey, in ranges: [ClosedRange<Int64>]
    ) async throws(ClickHouseFailure) -> [Int64] {
        let within = ranges.map { range in
            "log_time BETWEEN \(dialect.time(range.lowerBound)) AND \(dialect.time(range.upperBound))"
        }
        return try await cluster.rows(
            """
            SELECT \(dialect.microseconds("log_time")) FROM entries
            WHERE team_id = \(connector.teamID) AND connector = \(Dialect.text(connector.identifier))
            AND (\(within.joined(separator: " OR ")))
            """, "the times of a connector"
        ) { row throws(ClickHouseFailure) in try row.integer() }
    }
}
