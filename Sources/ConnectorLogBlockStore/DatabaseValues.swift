import ConnectorLogCore
import Foundation
import GRDB

extension [UInt8] {
    /// GRDB binds and gives blobs as `Data`.
    var databaseBytes: Data { Data(self) }
}

extension Row {
    func bytes(_ column: String) -> [UInt8] { [UInt8](self[column] as Data? ?? Data()) }
    func bytes(_ index: Int) -> [UInt8] { [UInt8](self[index] as Data? ?? Data()) }
}

extension EntryID {
    /// 16 bytes, big-endian, so that blobs sort as ids do.
    var databaseBytes: Data {
        var bytes = Data(capacity: 16)
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }

    init?(databaseBytes bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(bytes[..<8]), low: word(bytes[8...]))
    }
}

extension StoreError {
    /// A failure to write.
    init(writing error: any Error) {
        self = Self.wrap(error, "the batch could not be written")
    }

    /// A failure to read.
    init(reading error: any Error) {
        self = Self.wrap(error, "the query could not be answered")
    }

    private static func wrap(_ error: any Error, _ message: String) -> StoreError {
        switch error {
        case let error as StoreError:
            error
        case let error as BlockError:
            StoreError(.damaged, "stored bytes are damaged", cause: error)
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
            StoreError(.full, "the disk is full", cause: SQLiteFailure(error))
        case let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB:
            StoreError(.damaged, "stored bytes are damaged", cause: SQLiteFailure(error))
        case let error as DatabaseError:
            StoreError(.failed, message, cause: SQLiteFailure(error))
        default:
            StoreError(.failed, message, cause: error)
        }
    }
}

/// SQLite's codes without statement and arguments, which could carry a record's contents into a log.
struct SQLiteFailure: Error, CustomStringConvertible {
    let code: Int32
    let extendedCode: Int32

    init(_ error: DatabaseError) {
        code = error.resultCode.rawValue
        extendedCode = error.extendedResultCode.rawValue
    }

    var description: String { "SQLite code \(code), extended code \(extendedCode)" }
}
