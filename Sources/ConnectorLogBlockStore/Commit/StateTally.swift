import ConnectorLogCore
import GRDB
import Synchronization

/// What committed calls add to flow states and table `flow_state` does not yet say.
///
/// A thousand calls touch hundreds of states, each in a page of its own, and the next thousand mostly the same ones: so
/// the calls of level-0 blocks are added up here, and written when those blocks are merged, when somebody asks for lists
/// of states, or when a fault or a change meets the state. Table `flow_counted` says up to which block the calls of all
/// states are counted, and the row of a state that a fault or a change met says it of that state; after a crash the tally
/// is made again from the level-0 blocks behind that. Changed by the writer alone, in its turn.
final class StateTally: Sendable {
    /// States that may wait; then all are written with the next commit.
    static let maximumStates = 20_000

    struct Change: Sendable {
        /// What a transaction adds to the tally.
        var added = FlowStateDeltas()
        /// States whose row it brings up to date, so that nothing of them waits any more.
        var written: Set<FlowStateKey> = []
        /// Whether that is so of all.
        var hasWrittenAll = false
    }

    private struct State {
        var waiting = FlowStateDeltas()
        /// The latest block whose calls are counted, here or in the table.
        var lastBlock: Int64 = 0
    }

    private let state = Mutex(State())
    let texts = FlowTexts()

    var isEmpty: Bool { state.withLock { $0.waiting.isEmpty } }

    /// What waits for a state's row, and the latest block that is counted in it: a row that says as much has it already.
    struct Waiting: Sendable {
        var delta: FlowStateDelta
        var lastBlock: Int64

        /// First and last of the calls.
        var calls: ClosedRange<Int64>? {
            guard let first = delta.firstCall, let last = delta.lastCall else { return nil }
            return first...last
        }
    }

    /// To be asked before the row is read: what is written meanwhile is told by the row.
    func waiting(for key: FlowStateKey) -> Waiting? {
        state.withLock { state in
            state.waiting[key].map { Waiting(delta: $0, lastBlock: state.lastBlock) }
        }
    }

    // MARK: - Commits

    /// Writes what cannot wait of some batches, in their order; what can is added by `settle`, once the transaction is on
    /// the disk.
    /// - Parameter lastBlock: the last block of this transaction; nil when it has none.
    func write(_ batches: [PreparedBatch], lastBlock: Int64?, in db: Database) throws -> Change {
        let writer = FlowStateWriter(
            db: db, texts: texts, countedBlock: lastBlock ?? state.withLock { $0.lastBlock })
        var change = Change()
        for batch in batches {
            if change.added.count == 0 { change.added = batch.states } else { change.added.add(batch.states) }
            let changed = batch.changes.lazy.map { FlowStateKey(teamID: $0.teamID, stateID: $0.stateID) }
            for key in Set(batch.states.faulty).union(changed) {
                let waiting = change.written.contains(key) ? nil : state.withLock { $0.waiting[key] }
                let added = change.added.remove(key)
                change.written.insert(key)
                guard let delta = added.map({ waiting?.merged(with: $0) ?? $0 }) ?? waiting else { continue }
                try writer.apply(key, delta)
            }
            try writer.apply(batch.changes)
        }
        // Their rows say that all blocks of this transaction are counted.
        for key in change.written {
            if let delta = change.added.remove(key) { try writer.apply(key, delta) }
        }
        let waiting = state.withLock { $0.waiting.count }
        if waiting + change.added.count > Self.maximumStates {
            try writeAll(adding: &change, lastBlock: lastBlock, in: db)
        }
        return change
    }

    private func writeAll(adding change: inout Change, lastBlock: Int64?, in db: Database) throws {
        var all = state.withLock { $0.waiting }
        for key in change.written { _ = all.remove(key) }
        all.add(change.added)
        try write(all, upTo: lastBlock ?? state.withLock { $0.lastBlock }, in: db)
        change.added = FlowStateDeltas()
        change.hasWrittenAll = true
    }

    /// Notes what a transaction that is on the disk has written, and adds what it left.
    func settle(_ change: Change, lastBlock: Int64?) {
        state.withLock { state in
            if change.hasWrittenAll { state.waiting = FlowStateDeltas() }
            for key in change.written { _ = state.waiting.remove(key) }
            state.waiting.add(change.added)
            state.lastBlock = lastBlock ?? state.lastBlock
        }
    }

    /// To be called, in the writer's turn, when a transaction was rolled back: the numbers that it made are no more.
    func forgetTexts() { texts.forgetAll() }

    // MARK: - All of it

    /// Writes all that waits; `settleAll` follows when the transaction is on the disk, and `forgetTexts` when it is not.
    func writeAll(in db: Database) throws {
        let (waiting, lastBlock) = state.withLock { ($0.waiting, $0.lastBlock) }
        if !waiting.isEmpty { try write(waiting, upTo: lastBlock, in: db) }
    }

    /// What one table says of all states need not be said in the row of each.
    private func write(_ all: FlowStateDeltas, upTo lastBlock: Int64, in db: Database) throws {
        let writer = FlowStateWriter(db: db, texts: texts)
        try all.forEach(writer.apply)
        try writer.countAll(upTo: lastBlock)
    }

    func settleAll() { state.withLock { $0.waiting = FlowStateDeltas() } }

    // MARK: - Start

    /// Whether the calls of a level-0 block are counted in the rows of all its states. Blocks come in the order of their ids.
    func isCounted(_ block: Int64, in db: Database) throws -> Bool {
        guard try block <= FlowStateWriter.countedBlock(in: db) else { return false }
        state.withLock { $0.lastBlock = max($0.lastBlock, block) }
        return true
    }

    /// Counts the calls of a level-0 block that its states' rows do not say yet. Blocks come in the order of their ids.
    func restore(_ deltas: FlowStateDeltas, block: Int64, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "SELECT counted_block FROM flow_state WHERE team_id = ? AND id = ?")
        try state.withLock { state in
            try state.waiting.add(deltas) { key in
                block > (try Int64.fetchOne(statement, arguments: [key.teamID, StoredStateID(key.stateID)]) ?? 0)
            }
            state.lastBlock = max(state.lastBlock, block)
        }
    }
}
