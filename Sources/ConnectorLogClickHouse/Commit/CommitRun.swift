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
            answers: group.map(\.idempotency), secretVersions: group.map(\.secretVersions), connectors: connectors,
            teams: teams, at: now())
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
            switch await write(CommitRows(accepted, commit, dialect), commit) {
            case .stored: return commit.results
            case .notNoted(let error): throw error
            case .notInserted(let error):
                guard error.mayTryAnother, attempt < Self.attempts else { throw StoreError(error) }
                logger.warning("an insert is tried again", metadata: ["cause": "\(error)"])
            }
        }
    }

    private enum Outcome {
        case stored
        case notInserted(ClickHouseFailure)
        /// By the ledger.
        case notNoted(StoreError)
    }

    /// Writes the entries to ClickHouse, and meanwhile to the ledger what they change there. Ends the commit.
    private func write(_ rows: CommitRows, _ commit: any OpenCommit) async -> Outcome {
        let given: [Int64]
        do throws(ClickHouseFailure) {
            given = try await times.reserve(rows.connectors, known: commit.times) {
                (connector, ranges) async throws(ClickHouseFailure) in
                try await storedTimes(of: connector, in: ranges)
            }
        } catch {
            await commit.abandon()
            return .notInserted(error)
        }
        async let noted = note(rows, times: given, commit)
        let inserted = await insert(rows, times: given, commit)
        let outcome = await end(commit, inserted, await noted)
        let isStored = if case .stored = outcome { true } else { false }
        times.settle(given, of: rows.connectors, commit: isStored ? commit.number : nil)
        return outcome
    }

    private func end(
        _ commit: any OpenCommit, _ inserted: Result<Void, ClickHouseFailure>, _ noted: Result<Void, StoreError>
    ) async -> Outcome {
        switch (inserted, noted) {
        case (.failure(let error), _):
            await commit.abandon()
            return .notInserted(error)
        case (.success, .failure(let error)):
            await commit.abandon()
            return .notNoted(error)
        case (.success, .success):
            do throws(StoreError) {
                try await commit.finish()
                return .stored
            } catch {
                return .notNoted(error)
            }
        }
    }

    private func note(
        _ rows: CommitRows, times: [Int64], _ commit: any OpenCommit
    ) async -> Result<Void, StoreError> {
        do throws(StoreError) {
            return .success(try await commit.write(rows.changes(times: times)))
        } catch {
            return .failure(error)
        }
    }

    private func insert(
        _ rows: CommitRows, times: [Int64], _ commit: any OpenCommit
    ) async -> Result<Void, ClickHouseFailure> {
        do throws(ClickHouseFailure) {
            let insert = CommitInsert(cluster: cluster, dialect: dialect)
            return .success(try await insert.insert(rows.blocks(times: times), number: commit.number))
        } catch {
            return .failure(error)
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
