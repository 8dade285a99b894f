import ConnectorLogCore
import GRDB
import Logging
import Synchronization

/// Writes a group of batches in one transaction. Runs on the writer alone.
final class CommitTransaction: Sendable {
    private let encoder: CommitEncoder
    private let directory: BlockDirectory
    private let recent: RecentBlocks
    private let connectors: ConnectorRegistry
    private let ids: Mutex<EntryIDSource>
    private let states: StateTally
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    init(
        encoder: CommitEncoder, directory: BlockDirectory, recent: RecentBlocks, states: StateTally,
        connectors: ConnectorRegistry, ids: EntryIDSource, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.encoder = encoder
        self.directory = directory
        self.recent = recent
        self.states = states
        self.connectors = connectors
        self.ids = Mutex(ids)
        self.now = now
        self.logger = logger
    }

    /// One result a batch, in order, and whether the transaction was written; nil when nothing was to be written. Either all
    /// batches but the refused ones are stored, or none.
    func run(
        _ group: [PreparedBatch], in db: Database
    ) -> (results: [Result<AppendResult, StoreError>], isWritten: Bool?) {
        do {
            var (results, accepted) = try admit(group, in: db)
            if !accepted.isEmpty {
                let (blocks, change) = try write(accepted.map { group[$0] }, in: db)
                states.settle(change, lastBlock: blocks.last?.summary.id)
                for (summary, columns) in blocks { recent.insert(columns, block: summary.id) }
                directory.insert(blocks.map(\.summary))
                connectors.add(accepted.flatMap { group[$0].newConnectors })
                for index in accepted { results[index] = .success(.stored) }
            }
            return (results, accepted.isEmpty ? nil : true)
        } catch {
            states.forgetTexts()
            let error = StoreError(writing: error)
            logger.error("commit failed", metadata: ["code": "\(error.code.rawValue)", "cause": "\(error)"])
            return (group.map { _ in .failure(error) }, false)
        }
    }

    /// Writes pages as a batch would, and leaves nothing.
    func probe(in db: Database) throws {
        let token = [UInt8](repeating: 0, count: 4 * Schema.pageSize).databaseBytes
        try db.execute(sql: "INSERT OR REPLACE INTO idempotency VALUES (?, x'', x'', 0)", arguments: [token])
        try db.execute(sql: "DELETE FROM idempotency WHERE token = ?", arguments: [token])
    }

    // MARK: - Idempotency

    /// Sorts out the batches whose idempotency key was used before, in an earlier commit or within this group.
    private func admit(
        _ group: [PreparedBatch], in db: Database
    ) throws -> (results: [Result<AppendResult, StoreError>], accepted: [Int]) {
        var results: [Result<AppendResult, StoreError>] = []
        var accepted: [Int] = []
        var inGroup: [[UInt8]: IdempotentAnswer] = [:]
        for (index, batch) in group.enumerated() {
            guard let wanted = batch.idempotency else {
                accepted.append(index)
                results.append(.success(.stored))
                continue
            }
            if let first = try inGroup[wanted.token] ?? storedAnswer(wanted.token, in: db) {
                results.append(
                    first.fingerprint == wanted.fingerprint
                        ? .success(.replayed(answer: first.answer))
                        : .failure(
                            StoreError(.idempotencyMismatch, "the idempotency key was used with another body")))
            } else {
                inGroup[wanted.token] = wanted
                accepted.append(index)
                results.append(.success(.stored))
            }
        }
        return (results, accepted)
    }

    private func storedAnswer(_ token: [UInt8], in db: Database) throws -> IdempotentAnswer? {
        let statement = try db.cachedStatement(sql: "SELECT fingerprint, answer FROM idempotency WHERE token = ?")
        return try Row.fetchOne(statement, arguments: [token.databaseBytes]).map { row in
            IdempotentAnswer(token: token, fingerprint: row.bytes(0), answer: row.bytes(1))
        }
    }

    // MARK: - Writing

    private func write(
        _ batches: [PreparedBatch], in db: Database
    ) throws -> (blocks: [(summary: BlockSummary, columns: EntryColumns)], states: StateTally.Change) {
        let now = now()
        // Small batches go first, into blocks of their own, so that states see the calls of all in the order of the blocks:
        // after a crash they are counted again in that order.
        let batches = batches.filter(\.isSmall) + batches.filter { !$0.isSmall }
        var small = EntryColumns()
        var blocks: [CommitBlock] = []
        for batch in batches {
            switch batch.entries {
            case .none: break
            case .columns(let columns): small.append(contentsOf: columns)
            case .blocks(let own): blocks += own
            }
        }
        blocks = small.pieces().map { CommitBlock($0, encoder: encoder) } + blocks
        var written: [(summary: BlockSummary, columns: EntryColumns)] = []
        var change = StateTally.Change()
        try db.inTransaction(.immediate) {
            for block in blocks {
                let rows = block.columns.count
                let first = ids.withLock { $0.next(rows, at: now) }
                let summary = try BlockWriter.insert(
                    block.encoded, level: 0, ids: first...first.advanced(by: rows - 1), in: db)
                written.append((summary, block.columns))
            }
            try writeFaults(batches.flatMap(\.faults), at: now, in: db)
            change = try states.write(batches, lastBlock: written.last?.summary.id, in: db)
            try register(batches.flatMap(\.newConnectors), at: now, in: db)
            try PendingPartRows.insert(batches.flatMap(\.pendingParts), at: now, in: db)
            try PendingPartRows.release(batches.flatMap(\.releasedParts), in: db)
            for answer in batches.compactMap(\.idempotency) {
                try db.cachedStatement(sql: "INSERT INTO idempotency VALUES (?, ?, ?, ?)").execute(arguments: [
                    answer.token.databaseBytes, answer.fingerprint.databaseBytes, answer.answer.databaseBytes,
                    now.microseconds,
                ])
            }
            return .commit
        }
        return (written, change)
    }

    private func writeFaults(_ faults: [RootFault], at now: Timestamp, in db: Database) throws {
        for fault in faults {
            let id = ids.withLock { $0.next(1, at: now) }
            let record = try FaultRecord.encode(fault, zstandard: encoder.zstandard)
            try db.cachedStatement(
                sql: """
                    INSERT INTO fault (id, team_id, occurred_at, state_id, connector, name, record)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                id.databaseBytes, fault.teamID, fault.occurredAt.microseconds, fault.stateID, fault.connectorIdentifier,
                fault.name, record.databaseBytes,
            ])
        }
    }

    private func register(
        _ newConnectors: [PreparedBatch.NewConnector], at now: Timestamp, in db: Database
    ) throws {
        for connector in Set(newConnectors) {
            try ConnectorRows.registerSeen(
                team: connector.teamID, identifier: connector.identifier, at: now.microseconds, in: db)
        }
    }
}
