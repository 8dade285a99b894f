import ConnectorLogCore
import NIOCore

/// Reads rows in ClickHouse's format RowBinary: values one behind the other, integers little-endian, texts with their length
/// (LEB128) before them.
struct RowBinaryReader {
    private var input: ByteBuffer
    private let place: String

    init(_ bytes: ByteBuffer, _ place: String) { (input, self.place) = (bytes, place) }

    var isAtEnd: Bool { input.readableBytes == 0 }

    var failure: ClickHouseFailure { ClickHouseFailure(reason: .malformed, place: place) }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(ClickHouseFailure) -> Value {
        guard let value = input.readInteger(endianness: .little, as: Value.self) else { throw failure }
        return value
    }

    mutating func id() throws(ClickHouseFailure) -> EntryID {
        guard let high = input.readInteger(as: UInt64.self), let low = input.readInteger(as: UInt64.self) else {
            throw failure
        }
        return EntryID(high: high, low: low)
    }

    mutating func text() throws(ClickHouseFailure) -> [UInt8] {
        guard let length = count(), let text = input.readBytes(length: length) else { throw failure }
        return text
    }

    /// A text behind the column's others; null where there is none.
    mutating func text(into column: inout TextColumn, isThere: Bool) throws(ClickHouseFailure) {
        guard let length = count(), length <= input.readableBytes else { throw failure }
        if isThere {
            input.withUnsafeReadableBytes { column.append(UnsafeRawBufferPointer(rebasing: $0.prefix(length))) }
        } else {
            column.appendNull()
        }
        input.moveReaderIndex(forwardBy: length)
    }

    mutating func string() throws(ClickHouseFailure) -> String {
        guard let length = count(), let text = input.readString(length: length) else { throw failure }
        return text
    }

    private mutating func count() -> Int? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = input.readInteger(as: UInt8.self) {
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return Int(exactly: value) }
            shift += 7
            guard shift < 57 else { return nil }
        }
        return nil
    }

    mutating func rows<Row>(
        _ row: (inout RowBinaryReader) throws(ClickHouseFailure) -> Row
    ) throws(ClickHouseFailure) -> [Row] {
        var rows: [Row] = []
        while !isAtEnd { rows.append(try row(&self)) }
        return rows
    }
}
