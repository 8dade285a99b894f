import CPostgres
import ConnectorLogCore

/// One row of an answer, in binary format. Valid while the answer is read.
struct PostgresRow {
    let result: OpaquePointer
    let row: Int32
    let place: String

    private func field(_ column: Int32, _ type: UInt32) throws(PostgresError) -> UnsafeRawBufferPointer? {
        guard column < PQnfields(result), PQftype(result, column) == type else {
            throw PostgresError(.answer, at: place)
        }
        if PQgetisnull(result, row, column) == 1 { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
    }

    func integerIfAny(_ column: Int32) throws(PostgresError) -> Int64? {
        guard let field = try field(column, 20) else { return nil }
        guard field.count == 8 else { throw PostgresError(.answer, at: place) }
        return Int64(bigEndian: field.loadUnaligned(as: Int64.self))
    }

    func integer(_ column: Int32) throws(PostgresError) -> Int64 {
        guard let value = try integerIfAny(column) else { throw PostgresError(.answer, at: place) }
        return value
    }

    func bytesIfAny(_ column: Int32) throws(PostgresError) -> [UInt8]? {
        try field(column, 17).map { Array($0) }
    }

    func bytes(_ column: Int32) throws(PostgresError) -> [UInt8] {
        guard let value = try bytesIfAny(column) else { throw PostgresError(.answer, at: place) }
        return value
    }

    func boolean(_ column: Int32) throws(PostgresError) -> Bool {
        guard let field = try field(column, 16), field.count == 1 else { throw PostgresError(.answer, at: place) }
        return field[0] != 0
    }

    func textIfAny(_ column: Int32) throws(PostgresError) -> String? {
        try field(column, 17).map { String(decoding: $0, as: UTF8.self) }
    }

    func text(_ column: Int32) throws(PostgresError) -> String {
        guard let value = try textIfAny(column) else { throw PostgresError(.answer, at: place) }
        return value
    }

    func time(_ column: Int32) throws(PostgresError) -> Timestamp { Timestamp(microseconds: try integer(column)) }

    func timeIfAny(_ column: Int32) throws(PostgresError) -> Timestamp? {
        try integerIfAny(column).map { Timestamp(microseconds: $0) }
    }
}
