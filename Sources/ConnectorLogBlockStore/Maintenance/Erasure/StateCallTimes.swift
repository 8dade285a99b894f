import ConnectorLogCore

/// The first and the last call of flow states, from the blocks that hold them. Columns that were decoded for one state
/// serve the next.
final class StateCallTimes {
    /// Blocks that stay decoded.
    private static let maximumDecoded = 64

    private let search: EntrySearch
    private let blocks: [BlockSummary]
    /// Blocks of the transaction under way. Their filters must not be remembered: when it fails, other blocks get their ids.
    private let fresh: Set<Int64>
    private var decoded: [Int64: StoredBlock] = [:]

    init(search: EntrySearch, blocks: [BlockSummary], fresh: Set<Int64>) {
        (self.search, self.blocks, self.fresh) = (search, blocks, fresh)
    }

    /// Nil when there is no call.
    /// - Parameter bounds: within which all calls lie.
    func range(of state: FlowStateKey, within bounds: ClosedRange<Int64>) throws -> ClosedRange<Int64>? {
        var query = EntryQuery(teamID: state.teamID)
        query.stateID = state.stateID
        query.from = Timestamp(microseconds: bounds.lowerBound)
        query.to = Timestamp(microseconds: bounds.upperBound + 1)
        let filter = EntryFilter(query)
        let candidates = blocks.filter(filter.mayMatch)
        var first: Int64?
        for block in candidates.sorted(by: { $0.firstTime < $1.firstTime }) {
            if let first, block.firstTime >= first { break }
            for time in try times(in: block, filter) { first = min(first ?? time, time) }
        }
        guard let first else { return nil }
        var last = first
        for block in candidates.sorted(by: { $0.lastTime > $1.lastTime }) {
            if block.lastTime <= last { break }
            for time in try times(in: block, filter) { last = max(last, time) }
        }
        return first...last
    }

    private func times(in block: BlockSummary, _ filter: EntryFilter) throws -> [Int64] {
        let stored = decoded[block.id] ?? search.open(block)
        guard try fresh.contains(block.id) || search.mayHold(filter.keys, stored) else { return [] }
        if decoded.count >= Self.maximumDecoded { decoded = [:] }
        decoded[block.id] = stored
        return try search.quarantine.reading(block) {
            let times = try stored.integers(.logTime)
            return try filter.rows(of: stored).map { times[$0] }
        } ?? []
    }
}
