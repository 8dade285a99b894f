import ConnectorLogCore
import GRDB
import Logging

/// All rows of table `block`, sorted by what is to become of them when the store opens.
struct BlockRows {
    var live: [BlockSummary] = []
    /// Replaced, and to be deleted.
    var retired: [Int64] = []
    /// Whose facts are not known: they may hold anything.
    var damaged: [BlockSummary] = []

    init(in db: Database, zstandard: Zstandard, logger: Logger) throws {
        for row in try Row.fetchAll(db, sql: BlockRow.order) {
            let row = try BlockRow(row)
            try Self.mendMark(of: row, in: db, logger)
            switch row.condition {
            case .live: live.append(row.summary)
            case .retired: retired.append(row.summary.id)
            case .damaged:
                let mended = try row.mended(in: db, zstandard: zstandard)
                logger.error(
                    mended == nil ? "quarantined a damaged block" : "mended a block's damaged row",
                    metadata: ["block": "\(row.summary.id)", "cause": "its row does not have its checksum"])
                switch mended {
                case (let summary, .live)?: live.append(summary)
                case (let summary, _)?: retired.append(summary.id)
                case nil: damaged.append(Self.unknown(row.summary))
                }
            }
        }
    }

    private static func mendMark(of row: BlockRow, in db: Database, _ logger: Logger) throws {
        let condition = row.condition
        guard condition != .damaged, !row.isMarked(as: condition) else { return }
        logger.error("mended a block's mark of retirement", metadata: ["block": "\(row.summary.id)"])
        try row.writeMark(condition, in: db)
    }

    /// May hold any entry of any team and time, so that none of them passes for absent.
    private static func unknown(_ summary: BlockSummary) -> BlockSummary {
        var summary = summary
        summary.teamID = nil
        (summary.firstTime, summary.lastTime) = (.min, .max)
        (summary.firstID, summary.lastID) = (EntryID(high: 0, low: 0), BlockSummary.unknownLastID)
        return summary
    }

    /// The greatest id of an entry.
    var lastID: EntryID? { live.map(\.lastID).max() }
}
