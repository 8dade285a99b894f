import ConnectorLogCore
import GRDB

extension StoreError {
    /// A failure to write.
    init(writing error: any Error) {
        self = Self.wrap(error, "the batch could not be written")
    }

    /// A failure to read.
    init(reading error: any Error) {
        self = Self.wrap(error, "the query could not be answered")
    }

    /// A failure to open the store. Names what is damaged, for whoever has to decide what to do now.
    init(opening error: any Error) {
        let failure = Self.wrap(error, "the store cannot be opened")
        guard failure.code == .damaged || failure.code == .failed, !(error is StoreError) else {
            self = failure
            return
        }
        // What SQLite calls a wrong statement was right when the store was made: its schema has changed.
        let isSchema = (error as? DatabaseError)?.resultCode == .SQLITE_ERROR
        guard failure.code == .damaged || isSchema else {
            self = failure
            return
        }
        let place = (error as? BlockError).map { ": \($0)" } ?? (isSchema ? ": its schema is not that of a store" : "")
        self.init(
            .damaged,
            "\(StoreDatabase.fileName) is damaged\(place); connectorlog check tells more, and docs/operations.md what to do",
            cause: failure.cause)
    }

    private static func wrap(_ error: any Error, _ message: String) -> StoreError {
        switch error {
        case let error as StoreError:
            error
        case let error as BlockError:
            StoreError(.damaged, "stored bytes are damaged", cause: error)
        case let error as DatabaseError where error.isWantOfRoom:
            StoreError(.full, "the disk takes no more", cause: SQLiteFailure(error))
        case let error as DatabaseError where error.isDamage:
            StoreError(.damaged, "stored bytes are damaged", cause: SQLiteFailure(error))
        case is RowDecodingError:
            // Its text would tell the row.
            StoreError(.damaged, "stored bytes are damaged", cause: BlockError(.value, "a database row"))
        case let error as DatabaseError:
            StoreError(.failed, message, cause: SQLiteFailure(error))
        default:
            StoreError(.failed, message, cause: error)
        }
    }
}

extension DatabaseError {
    /// Whether the disk did not take what was to be written. SQLite says SQLITE_FULL for ENOSPC alone; a quota (EDQUOT), a
    /// limit of the file's size (EFBIG) and a device that fails come as SQLITE_IOERR_WRITE, and want of room for the index
    /// of the write-ahead log as SQLITE_IOERR_SHMSIZE (sqlite.org/rescode.html). In all of these the transaction is rolled
    /// back, and the same one may succeed later.
    var isWantOfRoom: Bool {
        resultCode == .SQLITE_FULL || extendedResultCode == .SQLITE_IOERR_WRITE
            || extendedResultCode == .SQLITE_IOERR_SHMSIZE
    }

    /// Whether SQLite found that the file is not what it wrote.
    var isDamage: Bool {
        resultCode == .SQLITE_CORRUPT || resultCode == .SQLITE_NOTADB
            || [.SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_CORRUPTFS, .SQLITE_IOERR_DATA].contains(extendedResultCode)
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
