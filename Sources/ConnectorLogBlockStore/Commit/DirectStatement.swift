import ConnectorLogCore
import GRDB
import GRDBSQLite

/// A statement whose values are bound and read one by one, without a box for each: for rows that are written by the
/// thousand. Values stay bound until others take their places.
@safe struct DirectStatement {
    /// Keeps the handle.
    private let statement: Statement
    private let handle: OpaquePointer

    init(_ sql: String, in db: Database) throws {
        statement = try db.cachedStatement(sql: sql)
        unsafe handle = statement.sqliteStatement
    }

    func bind(_ value: Int64?, at index: Int32) {
        _ = unsafe value.map { unsafe sqlite3_bind_int64(handle, index, $0) } ?? sqlite3_bind_null(handle, index)
    }

    func bind(_ value: String?, at index: Int32) throws {
        guard var value else {
            _ = unsafe sqlite3_bind_null(handle, index)
            return
        }
        try Self.expectOK(
            value.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    unsafe sqlite3_bind_text(
                        handle, index, characters.baseAddress, Int32(characters.count), Self.copied)
                }
            })
    }

    func bind(_ id: StoredStateID, at index: Int32) throws {
        switch id {
        case .text(let text): try bind(text, at: index)
        case .uuid(let high, let low):
            let bytes = [high.bigEndian, low.bigEndian]
            try Self.expectOK(
                unsafe bytes.withUnsafeBytes {
                    unsafe sqlite3_bind_blob(handle, index, $0.baseAddress, Int32($0.count), Self.copied)
                })
        }
    }

    /// True when there is a row; its values are good until `reset`.
    func step() throws -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            reset()
            throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
    }

    func reset() { _ = unsafe sqlite3_reset(handle) }

    /// For a statement that gives no rows.
    func run() throws {
        _ = try step()
        reset()
    }

    /// Nil when there is no integer: null, or what a damaged page makes of it.
    func integer(_ column: Int32) -> Int64? {
        unsafe sqlite3_column_type(handle, column) == SQLITE_INTEGER ? sqlite3_column_int64(handle, column) : nil
    }

    func text(_ column: Int32) -> String? {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_TEXT,
            let characters = unsafe sqlite3_column_text(handle, column)
        else { return nil }
        let bytes = unsafe UnsafeBufferPointer(
            start: characters, count: Int(sqlite3_column_bytes(handle, column)))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    private static func expectOK(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }

    /// `SQLITE_TRANSIENT`, which C spells as a cast that Swift does not import.
    private static var copied: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
