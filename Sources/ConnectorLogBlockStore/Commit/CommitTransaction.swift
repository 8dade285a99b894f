import ConnectorLogCore
import GRDB
import Logging
import Synchronization

/// Writes a group of batches in one transaction. Runs on the writer alone.
final class CommitTransaction: Sendable {
    private let encoder: BlockEncoder
    private let directory: BlockDirectory
    private let connectors: ConnectorRegistry
    private let ids: Mutex<EntryIDSource>
    private let flowTexts = FlowTexts()
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    init(
        encoder: BlockEncoder, directory: BlockDirectory, connectors: ConnectorRegistry, ids: EntryIDSource,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.encoder = encoder
        self.directory = directory
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
                let blocks = try write(accepted.map { group[$0] }, in: db)
                directory.insert(blocks)
                connectors.add(accepted.flatMap { group[$0].newConnectors })
                for index in accepted { results[index] = .success(.stored) }
            }
            return (results, accepted.isEmpty ? nil : true)
        } catch {
            flowTexts.forgetAll()
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

    private func write(_ batches: [PreparedBatch], in db: Database) throws -> [BlockSummary] {
        let now = now()
        var encoded: [EncodedBlock] = []
        var small = EntryColumns()
        for batch in batches {
            switch batch.entries {
            case .none: break
            case .encoded(let blocks): encoded += blocks
            case .columns(let columns): small.append(contentsOf: columns)
            }
        }
        encoded += small.pieces().map { encoder.encode($0, ids: .consecutive) }
        var summaries: [BlockSummary] = []
        try db.inTransaction(.immediate) {
            for block in encoded {
                let first = ids.withLock { $0.next(block.rows, at: now) }
                summaries.append(
                    try BlockWriter.insert(
                        block, level: 0, ids: first...first.advanced(by: block.rows - 1), in: db))
            }
            try writeFaults(batches.flatMap(\.faults), at: now, in: db)
            try writeStates(batches, in: db)
            try register(batches.flatMap(\.newConnectors), at: now, in: db)
            for answer in batches.compactMap(\.idempotency) {
                try db.cachedStatement(sql: "INSERT INTO idempotency VALUES (?, ?, ?, ?)").execute(arguments: [
                    answer.token.databaseBytes, answer.fingerprint.databaseBytes, answer.answer.databaseBytes,
                    now.microseconds,
                ])
            }
            return .commit
        }
        return summaries
    }

    private func writeFaults(_ faults: [RootFault], at now: Timestamp, in db: Database) throws {
        for fault in faults {
            let id = ids.withLock { $0.next(1, at: now) }
            let record = try FaultRecord.encode(fault, zstandard: encoder.zstandard)
            try db.cachedStatement(sql: "INSERT INTO fault VALUES (?, ?, ?, ?, ?, ?, ?)").execute(arguments: [
                id.databaseBytes, fault.teamID, fault.occurredAt.microseconds, fault.stateID, fault.connectorIdentifier,
                fault.name, record.databaseBytes,
            ])
        }
    }

    /// States change in the order of the batches; what calls and faults of neighbouring batches add is added up first.
    private func writeStates(_ batches: [PreparedBatch], in db: Database) throws {
        let writer = FlowStateWriter(db: db, texts: flowTexts)
        var deltas: [FlowStateKey: FlowStateDelta] = [:]
        for batch in batches {
            deltas.merge(batch.states) { $0.merged(with: $1) }
            guard !batch.changes.isEmpty else { continue }
            try writer.apply(deltas)
            try writer.apply(batch.changes)
            deltas = [:]
        }
        try writer.apply(deltas)
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
