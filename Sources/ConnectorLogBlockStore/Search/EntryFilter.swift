import ConnectorLogCore

/// Which rows of a block a query wants.
struct EntryFilter {
    private let query: EntryQuery
    /// All of them have to be in a block's bloom filter.
    let keys: [UInt64]
    /// All of them have to be in its filter of words.
    let wordKeys: [UInt64]
    /// One of them has to be in its bloom filter; nil when rows of any flow are wanted.
    let flowKeys: [UInt64]?
    private let searches: [TextSearch]
    private let flowIDs: Set<[UInt8]>?

    /// - Parameter flowIDs: rows of these flows alone; nil for all, also those of no flow.
    init(_ query: EntryQuery, flowIDs: Set<String>? = nil) {
        self.query = query
        self.flowIDs = flowIDs.map { Set($0.map { Array($0.utf8) }) }
        let team = query.teamID
        flowKeys = flowIDs.map { $0.map { FilterKey.flow(team: team, $0) } }
        wordKeys = query.word.map(WordKeys.keys) ?? []
        searches = [query.text.map { TextSearch($0) }, query.word.map { TextSearch($0, isWord: true) }]
            .compactMap(\.self).filter { !$0.isEmpty }
        keys = [
            query.connector.map { FilterKey.connector(team: team, $0) },
            query.stateID.map { FilterKey.state(team: team, $0) },
            query.flowID.map { FilterKey.flow(team: team, $0) },
            query.requestID.map { FilterKey.requestID($0) },
        ].compactMap(\.self)
    }

    /// Whether the block's row in the directory leaves hope.
    func mayMatch(_ block: BlockSummary) -> Bool {
        guard block.mayHold(team: query.teamID), block.overlaps(from: query.from, to: query.to) else { return false }
        if let after = query.after {
            switch query.order {
            case .newestFirst: if block.firstTime > after.time.microseconds { return false }
            case .oldestFirst: if block.lastTime < after.time.microseconds { return false }
            }
        }
        guard block.teamID != nil, let outcome = query.outcome else { return true }
        return (outcome == .ok ? block.ok : block.failed) > 0
    }

    /// Whether the block's rows pass all filters but those of outcome and time, as the directory alone tells.
    func asksNothing(beyondTheRowOf block: BlockSummary) -> Bool {
        block.teamID == query.teamID && keys.isEmpty && flowIDs == nil && searches.isEmpty && query.method == nil
            && query.status == nil && query.event == nil && query.flowVersion == nil
    }

    /// Rising. Cheap columns come first, so that dear ones are decoded only for blocks that have rows left.
    func rows(of block: StoredBlock) throws -> [Int] {
        var rows = try block.rows(ofTeam: query.teamID)
        try keepInTime(&rows, of: block)
        if let outcome = query.outcome, !rows.isEmpty {
            let outcomes = try block.integers(.outcome)
            rows.removeAll { outcomes[$0] != Int64(outcome.rawValue) }
        }
        if let status = query.status, !rows.isEmpty {
            let statuses = try block.integers(.status)
            rows.removeAll { !status.matches(statuses[$0] == 0 ? nil : Int(statuses[$0])) }
        }
        let texts: [(BlockFormat.Column, String?)] = [
            (.connector, query.connector), (.method, query.method), (.event, query.event), (.flowID, query.flowID),
            (.flowVersion, query.flowVersion), (.stateID, query.stateID),
        ]
        for (column, wanted) in texts {
            guard let wanted, !rows.isEmpty else { continue }
            try block.texts(column).filter(&rows, equalTo: wanted)
        }
        if let flowIDs, !rows.isEmpty { try block.texts(.flowID).filter(&rows, among: flowIDs) }
        if let wanted = query.requestID, !rows.isEmpty {
            rows = try rows.filter { try hasRequestID(wanted, row: $0, of: block) }
        }
        for search in searches where !rows.isEmpty { rows = try search.rows(of: block, among: rows) }
        return rows
    }

    private func keepInTime(_ rows: inout [Int], of block: StoredBlock) throws {
        let from = query.from?.microseconds ?? .min
        let to = query.to?.microseconds ?? .max
        let isWithin = block.summary.firstTime >= from && block.summary.lastTime < to
        guard !isWithin || query.after != nil, !rows.isEmpty else { return }
        let times = try block.integers(.logTime)
        rows.removeAll { times[$0] < from || times[$0] >= to }
        guard let after = query.after, !rows.isEmpty else { return }
        let ids = try block.ids()
        rows.removeAll {
            !after.precedes(time: Timestamp(microseconds: times[$0]), id: ids[$0], in: query.order)
        }
    }

    private func hasRequestID(_ wanted: String, row: Int, of block: StoredBlock) throws -> Bool {
        // Byte by byte: `String` itself compares by canonical equivalence.
        if try block.texts(.requestID).bytes(row).map({ $0.elementsEqual(wanted.utf8) }) ?? false { return true }
        return try block.headers(.responseHeaders, row).contains {
            $0.value.utf8.elementsEqual(wanted.utf8) && VendorRequestID.isName($0.name)
        }
    }
}
