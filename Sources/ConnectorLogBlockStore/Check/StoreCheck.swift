import ConnectorLogCore
import Foundation
import GRDB

/// Reads a whole store and holds everything in it against its checksum, or against what else says the same. Changes
/// nothing, and runs beside a server: it reads in short transactions, but for SQLite's own check, while which the server's
/// write-ahead log grows.
package struct StoreCheck {
    /// Blocks that one transaction reads.
    private static let blocksOfStep = 16

    let queue: DatabaseQueue
    let zstandard = Zstandard()
    var report = CheckReport()
    private var ranges: [EntryRange] = []
    private var tally = CountedCalls()
    var fresh: [(block: Int64, calls: CountedCalls)] = []

    /// - Parameters:
    ///   - path: a data directory, or the database's file itself (of a backup, say).
    ///   - progress: told after each step how many blocks of how many are read.
    /// - Throws: when the file cannot be opened or read at all, and `newer` for a store of a later version. Damage is no
    ///   error, but in the report.
    package static func run(
        _ path: String, progress: (_ done: Int, _ all: Int) throws -> Void = { _, _ in }
    ) throws -> CheckReport {
        do {
            var check = StoreCheck(queue: try StoreDatabase.openForReading(path))
            defer { try? check.queue.close() }
            try check.run(progress)
            return check.report
        } catch let error as DatabaseError {
            let failure = StoreError(reading: error)
            guard failure.code == .damaged else { throw failure }
            // Not even the schema can be read.
            var report = CheckReport()
            report.add(CheckReport.Fault(place: "SQLite", what: "\(SQLiteFailure(error))"))
            return report
        }
    }

    private init(queue: DatabaseQueue) {
        self.queue = queue
    }

    private mutating func run(_ progress: (Int, Int) throws -> Void) throws {
        try queue.read(StoreVersion.check)
        let before = try dataVersion()
        try checkIntegrity()
        try checkBlocks(progress)
        try checkParts()
        try checkRanges()
        try checkFaults()
        try checkCatalog()
        let isAtRest = try dataVersion() == before
        try checkFlowStates(tally, isAtRest: isAtRest)
        report.unchecked.append("times of one connector are held against each other within a block, not across blocks")
    }

    /// Another number after each commit of another connection.
    private func dataVersion() throws -> Int? {
        try queue.read { db in try Int.fetchOne(db, sql: "PRAGMA data_version") }
    }

    /// Runs a part of the check; what SQLite finds damaged is a fault, and the rest goes on.
    mutating func attempt(_ place: String, _ body: (inout StoreCheck) throws -> Void) throws {
        do {
            try body(&self)
        } catch let error as BlockError {
            report.add(error, place: place)
        } catch let error as DatabaseError where error.isDamage || error.resultCode == .SQLITE_ERROR {
            report.add(CheckReport.Fault(place: place, what: "cannot be read: \(SQLiteFailure(error))"))
        }
    }

    // MARK: - SQLite

    private mutating func checkIntegrity() throws {
        try attempt("SQLite") { check in
            let found = try check.queue.read { db in
                try String.fetchAll(db, sql: "PRAGMA integrity_check(100)")
            }
            for line in found where line != "ok" { check.report.add(CheckReport.Fault(place: "SQLite", what: line)) }
        }
    }

    // MARK: - Blocks

    private mutating func checkBlocks(_ progress: (Int, Int) throws -> Void) throws {
        try attempt("table block") { check in
            let all = try check.queue.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM block") } ?? 0
            var last = Int64.min
            var done = 0
            while true {
                let after = last
                let step = try check.step(after: after)
                guard let greatest = step.last?.id else { break }
                last = greatest
                done += step.count
                for block in step { check.take(block) }
                try progress(min(done, all), all)
            }
        }
    }

    private func step(after: Int64) throws -> [BlockCheck] {
        try queue.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM block WHERE id > ? ORDER BY id LIMIT ?", arguments: [after, Self.blocksOfStep])
            return try rows.map { row in
                var check = BlockCheck(try BlockRow(row))
                try check.run(in: db, zstandard: zstandard)
                return check
            }
        }
    }

    private mutating func take(_ block: BlockCheck) {
        for fault in block.faults { report.add(fault) }
        guard block.condition != .retired else {
            report.retiredBlocks += 1
            return
        }
        report.blocks += 1
        report.entries += block.entries
        report.bytes += block.bytes
        if let range = block.range { ranges.append(range) }
        // Rows of flow states say for themselves which of the blocks that wait for their merge they count.
        if block.level == 0 { fresh.append((block.id, block.calls)) } else { tally.add(block.calls) }
    }

    private mutating func checkParts() throws {
        try attempt("table block_part") { check in
            let strays = try check.queue.read { db in
                try Int64.fetchAll(
                    db,
                    sql: """
                        SELECT DISTINCT id >> 2 FROM block_part
                        WHERE NOT EXISTS (SELECT 1 FROM block WHERE block.id = block_part.id >> 2) LIMIT 100
                        """)
            }
            for block in strays {
                check.report.add(
                    CheckReport.Fault(block: block, place: "row", what: "is missing, but the block has parts"))
            }
        }
    }

    /// No two blocks hold the same entry. Ranges of ids may overlap, and seldom do; only then are the ids compared.
    private mutating func checkRanges() throws {
        let pairs = EntryRange.overlaps(of: ranges)
        if pairs.count == EntryRange.maximumPairs {
            report.unchecked.append(
                "more than \(pairs.count) pairs of blocks may share entries: the rest is not compared")
        }
        for (first, second) in pairs {
            try attempt("block \(second)") { check in
                let (queue, zstandard) = (check.queue, check.zstandard)
                let shared = try queue.read { db -> Int in
                    // Both as they are now: compaction may have replaced one since.
                    guard let a = try EntryRange.ids(of: first, in: db, zstandard),
                        let b = try EntryRange.ids(of: second, in: db, zstandard)
                    else { return 0 }
                    return Set(a).intersection(b).count
                }
                if shared > 0 {
                    check.report.add(
                        CheckReport.Fault(
                            block: second, place: "ids", what: "\(shared) entries are also in block \(first)"))
                }
            }
        }
    }
}

/// The ids that a block may hold.
struct EntryRange {
    static let maximumPairs = 1000

    var block: Int64
    var team: Int64?
    var ids: ClosedRange<EntryID>

    static func overlaps(of ranges: [EntryRange]) -> [(Int64, Int64)] {
        var pairs: [(Int64, Int64)] = []
        let sorted = ranges.sorted { $0.ids.lowerBound < $1.ids.lowerBound }
        var open: [EntryRange] = []
        for range in sorted {
            open.removeAll { $0.ids.upperBound < range.ids.lowerBound }
            for other in open where other.team == nil || range.team == nil || other.team == range.team {
                pairs.append((other.block, range.block))
                if pairs.count == maximumPairs { return pairs }
            }
            open.append(range)
        }
        return pairs
    }

    /// Nil when the block is no longer there, or not readable, which another check tells.
    static func ids(of block: Int64, in db: Database, _ zstandard: Zstandard) throws -> IDColumn? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM block WHERE id = ?", arguments: [block]) else {
            return nil
        }
        let found = try BlockRow(row)
        guard found.condition == .live else { return nil }
        return try? StoredBlock(found.summary, in: db, zstandard: zstandard, recent: RecentBlocks()).ids()
    }
}
