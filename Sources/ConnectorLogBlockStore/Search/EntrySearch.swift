import ConnectorLogCore
import GRDB

/// Answers entry queries from blocks: goes through them in the order of the answer and stops when no block that is left
/// can hold a row that belongs on the page.
struct EntrySearch {
    let db: Database
    let zstandard: Zstandard
    let filters: FilterCache
    let quarantine: Quarantine

    private struct Hit {
        var time: Timestamp
        var id: EntryID
        var block: StoredBlock
        var row: Int
    }

    func page(_ query: EntryQuery, blocks: [BlockSummary]) throws -> Page<EntrySummary> {
        let filter = EntryFilter(query)
        let candidates = ordered(blocks.filter(filter.mayMatch), query.order)
        // One more than the page holds tells whether there is a next one.
        var hits: [Hit] = []
        for candidate in candidates {
            if hits.count > query.limit, isBehind(candidate, hits[hits.count - 1].time, query.order) { break }
            let block = StoredBlock(candidate, in: db, zstandard: zstandard)
            let found = try quarantine.reading(candidate) { try matches(filter, of: block) } ?? []
            if found.isEmpty { continue }
            // A page may draw on many blocks; none stays decoded for it.
            block.release()
            hits += found
            hits.sort { a, b in
                switch query.order {
                case .newestFirst: (a.time, a.id) > (b.time, b.id)
                case .oldestFirst: (a.time, a.id) < (b.time, b.id)
                }
            }
            if hits.count > query.limit + 1 { hits.removeLast(hits.count - query.limit - 1) }
        }
        let page = hits.prefix(query.limit)
        let next = hits.count > query.limit ? page.last.map { PagePosition(time: $0.time, id: $0.id) } : nil
        return Page(rows: try summaries(page), next: next)
    }

    /// The entries in the order of the hits; each block is decoded once, and released before the next.
    private func summaries(_ hits: ArraySlice<Hit>) throws -> [EntrySummary] {
        var entries: [EntrySummary?] = Array(repeating: nil, count: hits.count)
        let byBlock = Dictionary(grouping: hits.indices) { hits[$0].block.summary.id }
        for indices in byBlock.values {
            guard let first = indices.first else { continue }
            let block = hits[first].block
            _ = try quarantine.reading(block.summary) {
                for index in indices { entries[index - hits.startIndex] = try block.entrySummary(hits[index].row) }
            }
            block.release()
        }
        return entries.compactMap(\.self)
    }

    private func ordered(_ blocks: [BlockSummary], _ order: PageOrder) -> [BlockSummary] {
        switch order {
        case .newestFirst: blocks.reversed()
        case .oldestFirst: blocks.sorted { $0.firstTime < $1.firstTime }
        }
    }

    /// Whether all of the block lies behind the last row that the page needs. A block at the very instant may hold a row
    /// with a smaller id.
    private func isBehind(_ block: BlockSummary, _ last: Timestamp, _ order: PageOrder) -> Bool {
        switch order {
        case .newestFirst: block.lastTime < last.microseconds
        case .oldestFirst: block.firstTime > last.microseconds
        }
    }

    private func matches(_ filter: EntryFilter, of block: StoredBlock) throws -> [Hit] {
        if !filter.keys.isEmpty {
            let bloom = try filters.filter(of: block)
            guard filter.keys.allSatisfy(bloom.mayContain) else { return [] }
        }
        let rows = try filter.rows(of: block)
        guard !rows.isEmpty else { return [] }
        let times = try block.integers(.logTime)
        let ids = try block.ids()
        return rows.map { row in
            Hit(time: Timestamp(microseconds: times[row]), id: ids[row], block: block, row: row)
        }
    }

    // MARK: - One entry

    func entry(team: Int64, id: EntryID, blocks: [BlockSummary]) throws -> LogEntry? {
        for candidate in blocks where candidate.mayHold(team: team) && candidate.mayHold(id: id) {
            let block = StoredBlock(candidate, in: db, zstandard: zstandard)
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

    /// All log times of a connector within `range`.
    func times(
        team: Int64, connector: [UInt8], in range: ClosedRange<Int64>, blocks: [BlockSummary]
    ) throws -> [Int64] {
        var times: [Int64] = []
        for candidate in blocks
        where candidate.mayHold(team: team) && candidate.lastTime >= range.lowerBound
            && candidate.firstTime <= range.upperBound
        {
            let found = try quarantine.reading(candidate) {
                try self.times(team: team, connector: connector, of: candidate)
            }
            times += (found ?? []).filter(range.contains)
        }
        return times
    }

    /// The latest `limit` log times of a connector, and whether it has no others.
    func latestTimes(
        team: Int64, connector: [UInt8], limit: Int, blocks: [BlockSummary]
    ) throws -> (times: [Int64], areAll: Bool) {
        var times: [Int64] = []
        for candidate in blocks.reversed() where candidate.mayHold(team: team) {
            if times.count > limit, candidate.lastTime < times[limit] { break }
            let found = try quarantine.reading(candidate) {
                try self.times(team: team, connector: connector, of: candidate)
            }
            guard let found, !found.isEmpty else { continue }
            times += found
            times.sort(by: >)
            if times.count > limit + 1 { times.removeLast(times.count - limit - 1) }
        }
        return (Array(times.prefix(limit)), times.count <= limit)
    }

    private func times(team: Int64, connector: [UInt8], of candidate: BlockSummary) throws -> [Int64] {
        let block = StoredBlock(candidate, in: db, zstandard: zstandard)
        guard try filters.filter(of: block).mayContain(FilterKey.connector(team: team, connector.span)) else {
            return []
        }
        let teams = try block.integers(.teamID)
        var rows = (0..<block.rows).filter { teams[$0] == team }
        try block.texts(.connector).filter(&rows, equalTo: String(decoding: connector, as: UTF8.self))
        let times = try block.integers(.logTime)
        return rows.map { times[$0] }
    }
}
