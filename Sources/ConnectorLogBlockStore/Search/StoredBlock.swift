import ConnectorLogCore
import GRDB

/// A block that a query reads: opens a part, and decodes a column, when it is first asked for. A recent block's columns
/// come from memory as they are.
final class StoredBlock {
    let summary: BlockSummary
    private let db: Database
    private let zstandard: Zstandard
    private let recent: EntryColumns?
    private var parts: [BlockFormat.Part: PartReader] = [:]
    private var texts: [BlockFormat.Column: TextColumnReader] = [:]
    private var headers: [BlockFormat.Column: HeaderListReader] = [:]
    private var integers: [BlockFormat.Column: [Int64]] = [:]
    private var idList: IDColumn?

    init(_ summary: BlockSummary, in db: Database, zstandard: Zstandard, recent: RecentBlocks) {
        (self.summary, self.db, self.zstandard) = (summary, db, zstandard)
        self.recent = summary.level == 0 ? recent[summary.id] : nil
    }

    var rows: Int { summary.rows }

    /// Lets go of all that was decoded; what is asked for again is decoded again.
    func release() {
        parts = [:]
        texts = [:]
        headers = [:]
        integers = [:]
        idList = nil
    }

    private func part(_ part: BlockFormat.Part) throws -> PartReader {
        if let reader = parts[part] { return reader }
        guard let source = try BlobPart(part, ofBlock: summary.id, in: db) else {
            throw BlockError(.missing, "part \(part.rawValue)")
        }
        let reader = try PartReader(source, part: part, zstandard: zstandard)
        guard reader.rows == summary.rows else { throw BlockError(.length, "part \(part.rawValue)") }
        parts[part] = reader
        return reader
    }

    /// A commit's block has none: it soon becomes others.
    var hasFilter: Bool { summary.level > 0 }

    /// - Parameter part: `.filter` or `.words`.
    func filter(_ part: BlockFormat.Part) throws -> BloomFilter { try self.part(part).filter() }

    func texts(_ column: BlockFormat.Column) throws -> TextColumnReader {
        if let reader = texts[column] { return reader }
        let reader =
            if let recent = recent?.texts(column) { TextColumnReader(recent) } else {
                try part(column.part).texts(column) { try texts(.stateID).groups() }
            }
        texts[column] = reader
        return reader
    }

    func headers(_ column: BlockFormat.Column) throws -> HeaderListReader {
        if let reader = headers[column] { return reader }
        let reader =
            if let recent = recent?.texts(column) {
                HeaderListReader.whole(TextColumnReader(recent))
            } else {
                try part(column.part).headers(column) {
                    HeaderReferences(
                        requestIDs: try texts(.requestID), traceIDs: try texts(.traceID),
                        logTimes: try integers(.logTime))
                }
            }
        headers[column] = reader
        return reader
    }

    func integers(_ column: BlockFormat.Column) throws -> [Int64] {
        if let values = integers[column] { return values }
        let values = try recent?.integers(column) ?? part(column.part).integers(column)
        integers[column] = values
        return values
    }

    func ids() throws -> IDColumn {
        if let idList { return idList }
        let ids =
            recent == nil
            ? try part(.summary).ids(first: summary.firstID) : IDColumn(first: summary.firstID, rows: rows)
        idList = ids
        return ids
    }

    /// Rising.
    func rows(ofTeam team: Int64) throws -> [Int] {
        switch summary.teamID {
        case team?: return Array(0..<rows)
        case nil:
            let teams = try integers(.teamID)
            var found: [Int] = []
            for row in teams.indices where teams[row] == team { found.append(row) }
            return found
        default: return []
        }
    }

    /// The row that has this id, or nil. Ids rise within a block.
    func row(of id: EntryID) throws -> Int? {
        let ids = try ids()
        let row = ids.firstIndex(rising: { $0 >= id })
        return row < ids.count && ids[row] == id ? row : nil
    }
}

extension EntryColumns {
    /// Nil for columns of another kind.
    fileprivate func texts(_ column: BlockFormat.Column) -> TextColumn? {
        EntryTextField.allCases.first { $0.column == column }.map { self[$0] }
    }

    /// Nil for columns of another kind, and for ids, which a commit's block does not list.
    fileprivate func integers(_ column: BlockFormat.Column) -> [Int64]? {
        switch column {
        case .teamID: teamIDs
        case .logTime: logTimes
        case .status: statuses
        case .outcome: outcomes.map(Int64.init)
        case .duration: durations
        case .requestBodyAttributes: requestBodyAttributes
        case .responseBodyAttributes: responseBodyAttributes
        default: nil
        }
    }
}
