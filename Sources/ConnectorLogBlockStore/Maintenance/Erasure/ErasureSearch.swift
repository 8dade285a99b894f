import ConnectorLogCore
import GRDB

/// Finds the rows that an erasure has to take out of blocks, and makes the blocks that come in their place.
struct ErasureSearch {
    /// A block with rows to be erased, and what replaces it.
    struct Found: Sendable {
        var old: BlockSummary
        var pieces: [BlockRewrite.Piece]
        var entries: Int
        /// What flow states lose.
        var losses: [FlowStateKey: CallLoss]
    }

    /// The calls that one flow state loses, by their times.
    struct CallLoss: Sendable {
        var calls: [Int64] = []
        var failedCalls: [Int64] = []
    }

    let target: ErasureTarget
    let team: Int64
    /// Rows with greater ids are left; nil: none is.
    let limit: EntryID?
    let search: EntrySearch
    let encoder: BlockEncoder

    /// Nil when the block holds nothing of it, or is damaged; a damaged one is in quarantine then.
    func find(in block: BlockSummary) throws -> Found? {
        guard try mayHold(block) else { return nil }
        let found = try search.quarantine.reading(block) { () -> Found? in
            let stored = search.open(block)
            let rows = try rows(of: stored)
            return rows.isEmpty ? nil : try rewritten(stored, without: rows)
        }
        return found ?? nil
    }

    /// Whether directory and filter leave hope.
    func mayHold(_ block: BlockSummary) throws -> Bool {
        if case .entry(let id) = target { return block.mayHold(team: team) && block.mayHold(id: id) }
        guard filter.mayMatch(block) else { return false }
        return try search.mayHold(filter.keys, search.open(block))
    }

    private var filter: EntryFilter {
        var query = EntryQuery(teamID: team)
        switch target {
        case .entry: break
        case .state(let id): query.stateID = id
        case .connector(let identifier): query.connector = identifier
        }
        return EntryFilter(query)
    }

    private func rows(of block: StoredBlock) throws -> [Int] {
        guard case .entry(let id) = target else {
            let rows = try filter.rows(of: block)
            guard let limit, !rows.isEmpty, block.summary.lastID > limit else { return rows }
            let ids = try block.ids()
            return rows.filter { ids[$0] <= limit }
        }
        guard let row = try block.row(of: id), try block.integers(.teamID)[row] == team else { return [] }
        return [row]
    }

    private func rewritten(_ block: StoredBlock, without rows: [Int]) throws -> Found {
        let source = try DecodedBlock(block)
        var losses: [FlowStateKey: CallLoss] = [:]
        let states = try block.texts(.stateID)
        for row in rows {
            guard let state = try states.string(row), !state.isEmpty else { continue }
            let isFailed = source.outcomes[row] == Int64(Outcome.failed.rawValue)
            losses[FlowStateKey(teamID: team, stateID: state), default: CallLoss()]
                .add(source.logTimes[row], isFailed: isFailed)
        }
        let erased = Set(rows)
        let pieces = try BlockRewrite(encoder: encoder).pieces(of: source, replacing: block.summary, now: 0) { row in
            erased.contains(row) ? .removed : .kept
        }
        return Found(old: block.summary, pieces: pieces, entries: rows.count, losses: losses)
    }
}

extension ErasureSearch.CallLoss {
    mutating func add(_ time: Int64, isFailed: Bool) {
        calls.append(time)
        if isFailed { failedCalls.append(time) }
    }

    mutating func add(_ other: ErasureSearch.CallLoss) {
        calls += other.calls
        failedCalls += other.failedCalls
    }

    func within(_ range: ClosedRange<Int64>) -> ErasureSearch.CallLoss {
        ErasureSearch.CallLoss(calls: calls.filter(range.contains), failedCalls: failedCalls.filter(range.contains))
    }
}
