import GRDB
import GRDBSQLite

/// Slices of a part by SQLite's incremental blob reading, so that a list reads only the columns that it needs.
///
/// Good only within the read transaction that it was opened in.
@safe final class BlobPart: PartSource {
    private let blob: OpaquePointer
    let count: Int

    /// Nil when the block has no such part: level 0 has no filters, and the first version made none of words.
    init?(_ part: BlockFormat.Part, ofBlock id: Int64, in db: Database) throws {
        var handle: OpaquePointer?
        let code = unsafe sqlite3_blob_open(
            db.sqliteConnection, "main", "block_part", "bytes", part.rowID(block: id), 0, &handle)
        guard code == SQLITE_OK, let handle = unsafe handle else {
            // SQLITE_ERROR is what a missing row gives.
            if code == SQLITE_ERROR { return nil }
            throw Self.error(code)
        }
        unsafe blob = handle
        count = unsafe Int(sqlite3_blob_bytes(handle))
    }

    deinit {
        _ = unsafe sqlite3_blob_close(blob)
    }

    func bytes(_ range: Range<Int>) throws -> [UInt8] {
        guard !range.isEmpty else { return [] }
        var code = SQLITE_OK
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { output, count in
            code = unsafe sqlite3_blob_read(blob, output.baseAddress, Int32(range.count), Int32(range.lowerBound))
            count = code == SQLITE_OK ? range.count : 0
        }
        guard code == SQLITE_OK else { throw Self.error(code) }
        return bytes
    }

    /// What SQLite finds damaged is damage of the block, like what a checksum finds.
    private static func error(_ code: Int32) -> any Error {
        let error = DatabaseError(resultCode: ResultCode(rawValue: code))
        return error.isDamage ? BlockError(.checksum, "a page") : error
    }
}
