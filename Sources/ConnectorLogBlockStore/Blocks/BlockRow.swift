import ConnectorLogCore
import GRDB

/// A row of table `block` as it is read back. Its facts decide what a query skips, so that they lie under a checksum of
/// their own, in column `checksum`: SQLite has none, and a turned bit would otherwise hide entries without a word.
struct BlockRow {
    enum Condition: Equatable {
        case live
        /// Replaced, and to be deleted.
        case retired
        /// Its facts are not those that were written.
        case damaged
    }

    var summary: BlockSummary
    /// Nil for rows of a store that had none yet.
    private let checksum: Int64?
    private let isRetired: Bool
    /// Whether each column had a value of its type.
    private let isWhole: Bool

    static let order = "SELECT * FROM block ORDER BY last_time"

    init(_ row: Row) throws(BlockError) {
        var summary = BlockSummary(
            id: try row.value("id"), level: 0, teamID: nil, rows: 0, firstTime: 0, lastTime: 0,
            firstID: EntryID(high: 0, low: 0), lastID: EntryID(high: 0, low: 0), ok: 0, failed: 0, rawBytes: 0,
            storedBytes: 0)
        checksum = try? row.valueIfAny("checksum")
        summary.detailsRemovedAt = try? row.valueIfAny("details_removed_at")
        isRetired = (try? row.value("retired") as Int64) != 0
        var isWhole = true
        /// A value that is not there leaves the others as they are: some of them may be right.
        func take<Value>(_ value: () throws(BlockError) -> Value, into field: WritableKeyPath<BlockSummary, Value>) {
            do throws(BlockError) { summary[keyPath: field] = try value() } catch { isWhole = false }
        }
        func id(_ column: String) throws(BlockError) -> EntryID {
            guard let id = EntryID(databaseBytes: row.bytes(column)) else { throw BlockError(.value, column) }
            return id
        }
        take({ () throws(BlockError) in try row.valueIfAny("team_id") }, into: \.teamID)
        for (column, field) in Self.integers { take({ () throws(BlockError) in try row.value(column) }, into: field) }
        take({ () throws(BlockError) in try row.value("first_time") }, into: \.firstTime)
        take({ () throws(BlockError) in try row.value("last_time") }, into: \.lastTime)
        take({ () throws(BlockError) in try id("first_id") }, into: \.firstID)
        take({ () throws(BlockError) in try id("last_id") }, into: \.lastID)
        (self.summary, self.isWhole) = (summary, isWhole)
    }

    private static var integers: [(String, WritableKeyPath<BlockSummary, Int>)] {
        [
            ("level", \.level), ("rows", \.rows), ("ok", \.ok), ("failed", \.failed), ("raw_bytes", \.rawBytes),
            ("stored_bytes", \.storedBytes),
        ]
    }

    /// The row's mark of retirement counts only with the checksum that goes with it (`Schema`): it decides on deletion.
    var condition: Condition {
        guard let checksum else { return isWhole ? (isRetired ? .retired : .live) : .damaged }
        guard isWhole else { return .damaged }
        return condition(of: summary, checksum) ?? .damaged
    }

    /// Whether column `retired` says what the checksum says of it.
    func isMarked(as condition: Condition) -> Bool { isRetired == (condition == .retired) }

    /// Writes the mark of retirement as the checksum has it: one that turned would not be set when the block is replaced,
    /// so that the block came back with the next start.
    func writeMark(_ condition: Condition, in db: Database) throws {
        guard let checksum else { return }
        // The trigger turns the checksum along with the mark.
        try db.execute(
            sql: """
                UPDATE block SET retired = ?1 WHERE id = ?2;
                UPDATE block SET checksum = ?3 WHERE id = ?2;
                """.replacing("?3", with: "\(checksum)").replacing("?2", with: "\(summary.id)")
                    .replacing("?1", with: condition == .retired ? "1" : "0"))
    }

    private func condition(of summary: BlockSummary, _ checksum: Int64) -> Condition? {
        let right = Self.checksum(of: summary)
        return checksum == right ? .live : checksum == ~right ? .retired : nil
    }

    /// CRC-32 over what queries rest on, each number in eight bytes, little-endian; of `team_id` first whether there is one.
    static func checksum(of summary: BlockSummary) -> Int64 {
        var bytes: [UInt8] = [summary.teamID == nil ? 0 : 1]
        let ids = [summary.firstID.high, summary.firstID.low, summary.lastID.high, summary.lastID.low]
        let numbers = [
            summary.teamID ?? 0, Int64(summary.level), Int64(summary.rows), summary.firstTime, summary.lastTime,
            Int64(summary.ok), Int64(summary.failed),
        ]
        for number in numbers.map(UInt64.init(bitPattern:)) + ids { bytes.appendLittleEndian(number, width: 8) }
        return Int64(Checksum.crc32(bytes[...]))
    }

    // MARK: - Mending

    /// Levels that a block may have come to.
    private static let levels = 0...32

    /// The row's facts again from the block's own columns, held against the checksum; nil when they cannot be had.
    func mended(in db: Database, zstandard: Zstandard) throws -> (summary: BlockSummary, condition: Condition)? {
        guard let checksum, let source = try BlobPart(.summary, ofBlock: summary.id, in: db) else { return nil }
        do {
            let part = try PartReader(source, part: .summary, zstandard: zstandard)
            guard let facts = try BlockFacts(part, firstID: summary.firstID) else { return nil }
            // Ids that follow each other are told by the row alone: by its first, or by its last.
            for first in [summary.firstID, summary.lastID.advanced(by: 1 - part.rows)] {
                var mended = (try BlockFacts(part, firstID: first) ?? facts).applied(to: summary)
                let team = mended.teamID
                for level in [summary.level] + Self.levels {
                    mended.level = level
                    for team in [team, nil] {
                        mended.teamID = team
                        if let condition = condition(of: mended, checksum) { return (mended, condition) }
                    }
                }
            }
            return nil
        } catch is BlockError {
            return nil
        }
    }
}

/// What the columns of a block say of what its row says.
struct BlockFacts {
    var rows: Int
    /// Nil when entries of several teams share the block.
    var teamID: Int64?
    var firstTime: Int64
    var lastTime: Int64
    var firstID: EntryID
    var lastID: EntryID
    var ok: Int
    var failed: Int

    /// Nil when the block has no rows.
    init?(_ part: PartReader, firstID: EntryID) throws {
        let teams = try part.integers(.teamID)
        let times = try part.integers(.logTime)
        let ids = try part.ids(first: firstID)
        guard let team = teams.first, let first = ids.first, let last = ids.last, let earliest = times.min(),
            let latest = times.max()
        else { return nil }
        rows = part.rows
        teamID = teams.allSatisfy { $0 == team } ? team : nil
        (firstTime, lastTime, self.firstID, lastID) = (earliest, latest, first, last)
        failed = try part.integers(.outcome).count { $0 == Int64(Outcome.failed.rawValue) }
        ok = rows - failed
    }

    func applied(to summary: BlockSummary) -> BlockSummary {
        var applied = summary
        applied.rows = rows
        applied.teamID = teamID
        (applied.firstTime, applied.lastTime) = (firstTime, lastTime)
        (applied.firstID, applied.lastID) = (firstID, lastID)
        (applied.ok, applied.failed) = (ok, failed)
        return applied
    }
}
