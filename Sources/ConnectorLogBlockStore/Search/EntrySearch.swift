import ConnectorLogCore
import GRDB

/// Answers entry queries from blocks, by one reader of the database.
struct EntrySearch {
    let db: Database
    let zstandard: Zstandard
    let filters: FilterCache
    let quarantine: Quarantine
    let recent: RecentBlocks
    /// Calls of the query's state that its row does not say yet.
    var waitingCalls: ClosedRange<Int64>?

    /// Blocks of a page that stay decoded between the search for its rows and the reading of them.
    private static let maximumDecoded = 64

    func open(_ block: BlockSummary) -> StoredBlock {
        StoredBlock(block, in: db, zstandard: zstandard, recent: recent)
    }

    /// Whether the block's filter leaves hope for all of `keys`.
    func mayHold(
        _ keys: [UInt64], _ block: StoredBlock, part: BlockFormat.Part = .filter
    ) throws -> Bool {
        if keys.isEmpty || !block.hasFilter { return true }
        return keys.allSatisfy(try filters.filter(part, of: block).mayContain)
    }

    /// Whether the block's filters leave hope for a row that `filter` wants.
    func mayHold(_ filter: EntryFilter, _ block: StoredBlock) throws -> Bool {
        guard try mayHold(filter.keys, block), try mayHold(filter.wordKeys, block, part: .words) else { return false }
        guard let flowKeys = filter.flowKeys, block.hasFilter else { return true }
        return flowKeys.contains(where: try filters.filter(.filter, of: block).mayContain)
    }

    func page(_ query: EntryQuery, blocks: [BlockSummary]) throws -> Page<EntrySummary> {
        guard let query = try narrowed(query) else { return Page(rows: [], next: nil) }
        return try page(of: PageSearch(query, blocks: blocks)) ?? Page(rows: [], next: nil)
    }

    /// Goes through blocks until none is left, beside another reader that does the same. The one that is done last gets the
    /// page, the other nil.
    func page(of search: PageSearch) throws -> Page<EntrySummary>? {
        guard search.begin() else { return nil }
        // A page may draw on many blocks: what they decoded so far serves the page itself, but not their bodies.
        var decoded: [Int64: StoredBlock] = [:]
        while let candidate = search.next() {
            try Task.checkCancellation()
            let block = open(candidate)
            let found = try quarantine.reading(candidate) { try matches(search.filter, of: block) } ?? []
            if found.isEmpty { continue }
            if !search.query.readsDetail, decoded.count < Self.maximumDecoded { decoded[candidate.id] = block }
            search.add(found)
        }
        guard let (hits, next) = search.end() else { return nil }
        return Page(rows: try summaries(hits, search.query.fields, decoded), next: next)
    }

    /// The query within the time of its state's calls, which seldom fill a page: without, all filters would be asked. Nil
    /// when the state has no calls.
    private func narrowed(_ query: EntryQuery) throws -> EntryQuery? {
        guard let id = query.stateID else { return query }
        let state = try FlowStateRows.state(team: query.teamID, id: id, in: db)
        let times = [
            state?.firstCallAt?.microseconds, state?.lastCallAt?.microseconds, waitingCalls?.lowerBound,
            waitingCalls?.upperBound,
        ].compactMap(\.self)
        guard let first = times.min().map(Timestamp.init(microseconds:)), let last = times.max() else { return nil }
        // A damaged row may say any instant.
        var query = query
        let end = Timestamp(microseconds: min(last, Timestamp.latest.microseconds)).advanced(byMicroseconds: 1)
        query.from = max(query.from ?? first, first)
        query.to = min(query.to ?? end, end)
        return query
    }

    /// The entries in the order of the hits; each block is decoded once, and released before the next.
    private func summaries(
        _ hits: ArraySlice<PageSearch.Hit>, _ fields: EntryQuery.Fields, _ decoded: [Int64: StoredBlock]
    ) throws -> [EntrySummary] {
        var entries: [EntrySummary?] = Array(repeating: nil, count: hits.count)
        let byBlock = Dictionary(grouping: hits.indices) { hits[$0].block.id }
        for indices in byBlock.values {
            // Texts are found by way of those before them.
            let indices = indices.sorted { hits[$0].row < hits[$1].row }
            guard let first = indices.first else { continue }
            let block = decoded[hits[first].block.id] ?? open(hits[first].block)
            _ = try quarantine.reading(block.summary) {
                let found = try block.entrySummaries(indices.map { hits[$0].row }, fields)
                for (index, entry) in zip(indices, found) { entries[index - hits.startIndex] = entry }
            }
            block.release()
        }
        return entries.compactMap(\.self)
    }

    private func matches(_ filter: EntryFilter, of block: StoredBlock) throws -> [PageSearch.Hit] {
        guard try mayHold(filter, block) else { return [] }
        let rows = try filter.rows(of: block)
        guard !rows.isEmpty else { return [] }
        let times = try block.integers(.logTime)
        let ids = try block.ids()
        return rows.map { row in
            PageSearch.Hit(
                time: Timestamp(microseconds: times[row]), id: ids[row], block: block.summary, row: row)
        }
    }

    // MARK: - One entry

    func entry(team: Int64, id: EntryID, blocks: [BlockSummary]) throws -> LogEntry? {
        for candidate in blocks where candidate.mayHold(team: team) && candidate.mayHold(id: id) {
            let block = open(candidate)
            let entry = try quarantine.reading(candidate) { () -> LogEntry? in
                guard let row = try block.row(of: id), try block.integers(.teamID)[row] == team else { return nil }
                return try block.entry(row)
            }
            if let entry = entry ?? nil { return entry }
        }
        try quarantine.check(team: team, id: id)
        return nil
    }

    // MARK: - Log times of a connector

    /// All log times of a connector within `ranges`, which rise.
    func times(
        team: Int64, connector: [UInt8], in ranges: [ClosedRange<Int64>], blocks: [BlockSummary]
    ) throws -> [Int64] {
        var times: [Int64] = []
        for candidate in blocks where candidate.mayHold(team: team) {
            // The first range that ends within the block or behind it.
            let next = ranges.firstIndex(rising: { $0.upperBound >= candidate.firstTime })
            guard next < ranges.count, ranges[next].lowerBound <= candidate.lastTime else { continue }
            let found = try quarantine.reading(candidate) {
                try self.times(team: team, connector: connector, of: candidate)
            }
            times += (found ?? []).filter { time in
                let range = ranges.firstIndex(rising: { $0.upperBound >= time })
                return range < ranges.count && ranges[range].lowerBound <= time
            }
        }
        return times
    }

    /// Blocks in which a connector's latest times are looked for.
    private static let blocksForTimes = 32

    /// The latest times of a connector, at most `limit`, and the horizon above which it has no others.
    func latestTimes(
        team: Int64, connector: [UInt8], limit: Int, blocks: [BlockSummary]
    ) throws -> (times: [Int64], horizon: Int64) {
        var times: [Int64] = []
        var looked = 0
        for candidate in blocks.reversed() where candidate.mayHold(team: team) {
            let isBehind = times.count > limit && candidate.lastTime < times[limit]
            if isBehind { break }
            // All blocks that are left end here or earlier.
            if looked == Self.blocksForTimes {
                let horizon = max(candidate.lastTime, times.count > limit ? times[limit] : .min)
                return (times.filter { $0 > horizon }, horizon)
            }
            looked += 1
            let found = try quarantine.reading(candidate) {
                try self.times(team: team, connector: connector, of: candidate)
            }
            guard let found, !found.isEmpty else { continue }
            times += found
            times.sort(by: >)
            if times.count > limit + 1 { times.removeLast(times.count - limit - 1) }
        }
        return times.count > limit ? (Array(times.prefix(limit)), times[limit]) : (times, .min)
    }

    private func times(team: Int64, connector: [UInt8], of candidate: BlockSummary) throws -> [Int64] {
        let block = open(candidate)
        guard try mayHold([FilterKey.connector(team: team, connector.span)], block) else { return [] }
        var rows = try block.rows(ofTeam: team)
        guard !rows.isEmpty else { return [] }
        try block.texts(.connector).filter(&rows, equalTo: String(decoding: connector, as: UTF8.self))
        let times = try block.integers(.logTime)
        return rows.map { times[$0] }
    }
}
