import ConnectorLogCore
import GRDB

/// Makes new blocks of one block's rows, without some of them, or without the details of some.
///
/// The new blocks are of one team each, whatever the old one was, and their ids are listed: they are blocks as compaction
/// makes them.
struct BlockRewrite {
    enum Fate {
        case kept
        /// The row goes on without headers, bodies, attributes and receipt.
        case summaryOnly
        case removed
    }

    /// A new block that is not stored yet.
    struct Piece: Sendable {
        var block: EncodedBlock
        var ids: ClosedRange<EntryID>
        /// Microseconds; nil when its rows have their details.
        var detailsRemovedAt: Int64?

        func insert(replacing old: BlockSummary, in db: Database) throws -> BlockSummary {
            try BlockWriter.insert(
                block, level: max(1, old.level), ids: ids, detailsRemovedAt: detailsRemovedAt, in: db)
        }
    }

    private struct Group: Hashable {
        var team: Int64
        var detailsRemovedAt: Int64?
    }

    let encoder: BlockEncoder

    /// - Parameters:
    ///   - old: what the directory knows of `source`.
    ///   - now: when details are removed, in microseconds.
    ///   - fate: of a row.
    ///   - change: what new blocks hold of the rows that go into them, before it is encoded.
    func pieces(
        of source: DecodedBlock, replacing old: BlockSummary, now: Int64, fate: (_ row: Int) -> Fate,
        change: (_ columns: inout EntryColumns, _ rows: [Int]) -> Void = { _, _ in }
    ) throws(BlockError) -> [Piece] {
        var groups: [Group: [Int]] = [:]
        for (row, team) in source.teams.enumerated() {
            switch fate(row) {
            case .kept: groups[Group(team: team, detailsRemovedAt: old.detailsRemovedAt), default: []].append(row)
            case .summaryOnly:
                groups[Group(team: team, detailsRemovedAt: old.detailsRemovedAt ?? now), default: []].append(row)
            case .removed: break
            }
        }
        var pieces: [Piece] = []
        for (group, rows) in groups {
            var columns = EntryColumns()
            try source.append(rows, to: &columns)
            if group.detailsRemovedAt != nil { columns.removeDetails() }
            change(&columns, rows)
            let ids = rows.map { source.ids[$0] }
            pieces.append(
                Piece(
                    block: encoder.encode(columns, ids: .listed(ids)), ids: ids[0]...ids[ids.count - 1],
                    detailsRemovedAt: group.detailsRemovedAt))
        }
        return pieces.sorted { $0.ids.lowerBound < $1.ids.lowerBound }
    }
}

extension EntryColumns {
    /// Leaves of all rows what lists and charts need.
    mutating func removeDetails() {
        let nulls = Array(repeating: TextColumn.nullMark, count: count)
        for field in EntryTextField.allCases where field.column.part == .detail {
            self[field] = TextColumn(bytes: [], ends: nulls)
        }
        requestBodyAttributes = Array(repeating: 0, count: count)
        responseBodyAttributes = requestBodyAttributes
    }

    /// Rows of which nothing is known, for a block's part that holds nothing.
    static func empty(rows: Int) -> EntryColumns {
        var columns = EntryColumns()
        columns.teamIDs = Array(repeating: 0, count: rows)
        columns.logTimes = columns.teamIDs
        columns.statuses = columns.teamIDs
        columns.outcomes = Array(repeating: 0, count: rows)
        columns.durations = columns.teamIDs
        for field in EntryTextField.allCases {
            columns[field] = TextColumn(bytes: [], ends: Array(repeating: TextColumn.nullMark, count: rows))
        }
        columns.removeDetails()
        return columns
    }
}
