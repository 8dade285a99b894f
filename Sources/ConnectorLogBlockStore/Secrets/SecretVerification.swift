package import ConnectorLogCore
import Foundation
import GRDB

/// Looks for registered secrets in a whole store: in every text of every entry, in every row of the tables beside blocks,
/// and in the bytes of the files. Changes nothing, and runs beside a server: it reads in short transactions, one a block.
package struct SecretVerification {
    let queue: DatabaseQueue
    let scopes: SecretScopes
    let zstandard = Zstandard()
    var report = SecretReport()

    /// - Parameters:
    ///   - path: a data directory, or the database's file itself (of a backup, say).
    ///   - progress: told after each step how many steps of how many are done: blocks, and megabytes of files.
    /// - Throws: when the file cannot be opened or read at all, and `newer` for a store of a later version. Damage is no
    ///   error, but in the report.
    package static func run(
        _ path: String, scopes: SecretScopes, progress: @escaping (_ done: Int, _ all: Int) throws -> Void = { _, _ in }
    ) throws -> SecretReport {
        let files = try RawFiles(of: path)
        var report: SecretReport
        let blocks: Int
        do {
            var verification = SecretVerification(queue: try StoreDatabase.openForReading(path), scopes: scopes)
            // Before files are read: whoever closes a database's file loses the locks that his process has on it
            // (sqlite.org/howtocorrupt.html, 2.2).
            defer { try? verification.queue.close() }
            try verification.queue.read(StoreVersion.check)
            blocks = try verification.run { done, all in try progress(done, all + files.megabytes) }
            report = verification.report
        } catch let error as DatabaseError {
            let failure = StoreError(reading: error)
            guard failure.code == .damaged else { throw failure }
            report = SecretReport()
            report.add(CheckReport.Fault(place: "SQLite", what: "\(SQLiteFailure(error))"))
            blocks = 0
        }
        try files.run(scopes, into: &report) { done in try progress(blocks + done, blocks + files.megabytes) }
        return report
    }

    /// What is registered in a store, still sealed, and the keys beside it.
    /// - Throws: `damaged` when any of it cannot be read.
    package static func sealed(in path: String) throws(StoreError) -> (secrets: [SecretRecord], keys: [String: [UInt8]])
    {
        do {
            let queue = try StoreDatabase.openForReading(path)
            defer { try? queue.close() }
            try queue.read(StoreVersion.check)
            return try queue.read { db in
                guard try db.tableExists("secret"), try db.tableExists("sealed_key") else { return ([], [:]) }
                let secrets = try Row.fetchAll(db, sql: "SELECT * FROM secret").map(SQLiteCatalog.secret)
                return (secrets, try SQLiteCatalog.sealedKeys(in: db))
            }
        } catch {
            throw StoreError(reading: error)
        }
    }

    private init(queue: DatabaseQueue, scopes: SecretScopes) {
        (self.queue, self.scopes) = (queue, scopes)
    }

    /// Returns the number of blocks.
    private mutating func run(_ progress: (Int, Int) throws -> Void) throws -> Int {
        var scratch = KnownSecretSearch.Scratch()
        let blocks = try runBlocks(&scratch, progress)
        try runTables(&scratch)
        try attempt("free pages") { verification in
            let free = try verification.queue.read { db in try Int.fetchOne(db, sql: "PRAGMA freelist_count") } ?? 0
            guard free > 0 else { return }
            verification.report.unsearched.append(
                "what \(free) free pages hold of deleted blocks, which is compressed: --erase gives them back")
        }
        return blocks
    }

    /// What SQLite finds damaged is told, and the rest is searched.
    mutating func attempt(_ place: String, _ body: (inout SecretVerification) throws -> Void) throws {
        do {
            try body(&self)
        } catch let error as BlockError {
            report.add(CheckReport.Fault(place: place, what: error.description))
        } catch let error as DatabaseError where error.isDamage || error.resultCode == .SQLITE_ERROR {
            report.add(CheckReport.Fault(place: place, what: "cannot be read: \(SQLiteFailure(error))"))
        }
    }

    // MARK: - Blocks

    private mutating func runBlocks(
        _ scratch: inout KnownSecretSearch.Scratch, _ progress: (Int, Int) throws -> Void
    ) throws -> Int {
        var all = 0
        do {
            all = try queue.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM block") } ?? 0
            var last = Int64.min
            var done = 0
            while let id = try runBlock(after: last, &scratch) {
                last = id
                done += 1
                try progress(min(done, all), all)
            }
        } catch let error as DatabaseError where error.isDamage {
            report.add(CheckReport.Fault(place: "table block", what: "cannot be read: \(SQLiteFailure(error))"))
        }
        return all
    }

    /// Returns the block's id; nil when there is none.
    private mutating func runBlock(after: Int64, _ scratch: inout KnownSecretSearch.Scratch) throws -> Int64? {
        var report = report
        defer { self.report = report }
        return try queue.inDatabase { db in
            var id: Int64?
            try db.inTransaction {
                guard
                    let row = try Row.fetchOne(
                        db, sql: "SELECT * FROM block WHERE id > ? ORDER BY id LIMIT 1", arguments: [after])
                else { return .commit }
                id = try? row.value("id")
                do {
                    try Self.run(try BlockRow(row), in: db, scopes, zstandard, &scratch, into: &report)
                } catch let error as BlockError {
                    report.add(CheckReport.Fault(block: id, place: error.place, what: error.reason.rawValue))
                } catch let error as DatabaseError where error.isDamage {
                    report.add(
                        CheckReport.Fault(block: id, place: "row", what: "cannot be read: \(SQLiteFailure(error))"))
                }
                return .commit
            }
            return id
        }
    }

    /// Retired blocks as well: until they are deleted, their bytes can be read.
    private static func run(
        _ row: BlockRow, in db: Database, _ scopes: SecretScopes, _ zstandard: Zstandard,
        _ scratch: inout KnownSecretSearch.Scratch, into report: inout SecretReport
    ) throws {
        let id = row.summary.id
        var summary = row.summary
        if row.condition == .damaged {
            report.add(CheckReport.Fault(block: id, place: "row", what: "does not have its checksum"))
            // Its columns may be right all the same.
            guard let mended = try row.mended(in: db, zstandard: zstandard) else { return }
            summary = mended.summary
        }
        let block = StoredBlock(summary, in: db, zstandard: zstandard, recent: RecentBlocks())
        var secrets = BlockSecrets(scopes)
        try secrets.run(block, &scratch)
        report.blocks += 1
        report.entries += summary.rows
        for fault in secrets.damage { report.add(fault) }
        for hit in secrets.hits {
            report.add(
                hit.found, of: hit.search,
                at: .entry(block: id, row: hit.row, id: secrets.ids.map { $0[hit.row] }),
                team: secrets.teams?[hit.row] ?? summary.teamID, field: hit.field.name)
        }
    }
}
