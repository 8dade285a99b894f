import ConnectorLogCore
import Foundation
import GRDB

/// Takes what was found out of the store, within one transaction of the writer.
struct ErasureTransaction {
    let erasure: Erasure
    /// Rows with greater ids are left; nil: none is.
    let limit: EntryID?
    let search: EntrySearch
    /// All live blocks, as they are in this turn of the writer.
    let blocks: [BlockSummary]

    private var db: Database { search.db }
    private var team: Int64 { erasure.teamID }

    // MARK: - Entries

    func replace(_ found: [ErasureSearch.Found]) throws -> BlockReplacement.Blocks {
        var replacement = BlockReplacement.Blocks()
        var losses: [FlowStateKey: ErasureSearch.CallLoss] = [:]
        for found in found {
            try db.execute(sql: "UPDATE block SET retired = 1 WHERE id = ? AND NOT retired", arguments: [found.old.id])
            guard db.changesCount == 1 else { throw StoreError(.failed, "a block was replaced twice") }
            replacement.old.insert(found.old.id)
            replacement.new += try found.pieces.map { try $0.insert(replacing: found.old, in: db) }
            for (state, loss) in found.losses {
                losses[state, default: ErasureSearch.CallLoss()].add(loss)
            }
        }
        try ErasureRows.add(entries: found.reduce(0) { $0 + $1.entries }, to: erasure.number, in: db)
        try take(losses, after: replacement)
        return replacement
    }

    private func take(
        _ losses: [FlowStateKey: ErasureSearch.CallLoss], after replacement: BlockReplacement.Blocks
    ) throws {
        let table = FlowStateTable(db: db)
        // States whose first or last call may be another now, and between which times.
        var bounds: [FlowStateKey: ClosedRange<Int64>] = [:]
        for (state, loss) in losses {
            try table.change(state) { old in
                guard var row = old, let first = row.progress.firstCallAt, let last = row.progress.lastCallAt,
                    first <= last
                else {
                    return nil
                }
                // The row may be newer than its oldest calls: retention removed one before it.
                let lost = loss.within(first...last)
                guard let earliest = lost.calls.min(), let latest = lost.calls.max() else { return nil }
                row.progress.calls = max(0, row.progress.calls - Int64(lost.calls.count))
                row.progress.failedCalls = max(0, row.progress.failedCalls - Int64(lost.failedCalls.count))
                if earliest <= first || latest >= last { bounds[state] = first...last }
                return row
            }
        }
        guard let first = bounds.values.map(\.lowerBound).min(), let last = bounds.values.map(\.upperBound).max()
        else { return }
        // Few of all blocks, as a rule: states do not last for ever.
        let left = blocks.filter { !replacement.old.contains($0.id) } + replacement.new
        let times = StateCallTimes(
            search: search,
            blocks: left.filter { $0.mayHold(team: team) && $0.firstTime <= last && $0.lastTime >= first },
            fresh: Set(replacement.new.map(\.id)))
        for (state, bounds) in bounds {
            let range = try times.range(of: state, within: bounds)
            try table.change(state) { old in
                guard var row = old else { return nil }
                (row.progress.firstCallAt, row.progress.lastCallAt) = (range?.lowerBound, range?.upperBound)
                return row
            }
        }
    }

    // MARK: - Faults and the state

    /// Removes at most `count` faults of the state; returns their number.
    func removeFaultsOfState(atMost count: Int) throws -> Int {
        guard case .state(let id) = erasure.target else { return 0 }
        let faults = try DatabaseValue.fetchAll(
            db, sql: "SELECT id FROM fault WHERE team_id = ? AND state_id = ? LIMIT ?", arguments: [team, id, count])
        for fault in faults { try removeFault(fault, ofState: id) }
        if !faults.isEmpty { try ErasureRows.add(faults: faults.count, to: erasure.number, in: db) }
        return faults.count
    }

    /// Faults of a connector, looked for by a reader: no index has them, and a team may have very many faults. None comes
    /// later: their ids are below the limit.
    static func faults(of erasure: OpenErasure, atMost count: Int, in db: Database) throws -> [DatabaseValue] {
        guard case .connector(let identifier) = erasure.erasure.target else { return [] }
        return try DatabaseValue.fetchAll(
            db, sql: "SELECT id FROM fault WHERE team_id = ? AND connector = ? AND id <= ? LIMIT ?",
            arguments: [erasure.erasure.teamID, identifier, erasure.lastID.databaseBytes, count])
    }

    /// - Returns: how many there still were.
    func removeFaults(_ faults: ArraySlice<DatabaseValue>) throws -> Int {
        var removed = 0
        for fault in faults {
            // Retention may have been there before.
            guard
                let row = try Row.fetchOne(
                    db.cachedStatement(sql: "SELECT state_id FROM fault WHERE id = ?"), arguments: [fault])
            else { continue }
            try removeFault(fault, ofState: try? row.valueIfAny("state_id"))
            removed += 1
        }
        try ErasureRows.add(faults: removed, to: erasure.number, in: db)
        return removed
    }

    private func removeFault(_ fault: DatabaseValue, ofState state: String?) throws {
        try db.cachedStatement(sql: "DELETE FROM fault WHERE id = ?").execute(arguments: [fault])
        // An index that names what its table does not have would be followed for ever.
        guard db.changesCount == 1 else { throw BlockError(.value, "table fault") }
        guard let state else { return }
        try db.cachedStatement(
            sql: "UPDATE flow_state SET faults = max(0, faults - 1) WHERE team_id = ? AND id = ?"
        ).execute(arguments: [team, StoredStateID(state)])
    }

    /// Removes the state itself; its texts go with all others that nobody names.
    func removeState() throws {
        guard case .state(let id) = erasure.target else { return }
        try db.execute(
            sql: "DELETE FROM flow_state WHERE team_id = ? AND id = ?", arguments: [team, StoredStateID(id)])
        guard db.changesCount > 0 else { return }
        try ErasureRows.add(states: 1, to: erasure.number, in: db)
    }
}
