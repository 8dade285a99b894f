import ConnectorLogCore
import NIOCore

/// Rows column by column, in ClickHouse's format Native: the numbers of columns and rows, then for each column its name, its
/// type and its values; numbers of things are LEB128, integers little-endian.
struct NativeBlock {
    private(set) var bytes: ByteBuffer
    private let rows: Int

    init(columns: Int, rows: Int, capacity: Int) {
        self.rows = rows
        bytes = ByteBufferAllocator().buffer(capacity: capacity)
        append(count: columns)
        append(count: rows)
    }

    mutating func append<Value: FixedWidthInteger>(_ name: String, _ type: String, _ values: some Collection<Value>) {
        precondition(values.count == rows, "a value a row")
        append(name, type)
        for value in values { bytes.writeInteger(value, endianness: .little) }
    }

    mutating func append<Value: FixedWidthInteger>(_ name: String, _ type: String, all value: Value) {
        append(name, type)
        for _ in 0..<rows { bytes.writeInteger(value, endianness: .little) }
    }

    /// As FixedString(16), the most significant byte first, so that their order is that of the ids.
    mutating func append(_ name: String, _ ids: [EntryID]) {
        precondition(ids.count == rows, "an id a row")
        append(name, "FixedString(16)")
        for id in ids {
            bytes.writeInteger(id.high)
            bytes.writeInteger(id.low)
        }
    }

    /// As String; null as an empty one.
    mutating func append(_ name: String, _ texts: TextColumn) {
        precondition(texts.count == rows, "a text a row")
        append(name, "String")
        bytes.reserveCapacity(minimumWritableBytes: texts.bytes.count + rows * 3)
        texts.bytes.withUnsafeBytes { all in
            for row in 0..<rows {
                let range = texts.range(row)
                append(count: range.count)
                bytes.writeBytes(UnsafeRawBufferPointer(rebasing: all[range]))
            }
        }
    }

    mutating func append(_ name: String, _ texts: [[UInt8]]) {
        precondition(texts.count == rows, "a text a row")
        append(name, "String")
        for text in texts {
            append(count: text.count)
            bytes.writeBytes(text)
        }
    }

    /// As Array(String).
    mutating func append(_ name: String, lists: [[[UInt8]]]) {
        precondition(lists.count == rows, "a list a row")
        append(name, "Array(String)")
        var end: UInt64 = 0
        for list in lists {
            end += UInt64(list.count)
            bytes.writeInteger(end, endianness: .little)
        }
        for text in lists.joined() {
            append(count: text.count)
            bytes.writeBytes(text)
        }
    }

    private mutating func append(_ name: String, _ type: String) {
        for text in [name, type] {
            append(count: text.utf8.count)
            bytes.writeString(text)
        }
    }

    private mutating func append(count: Int) {
        var rest = UInt64(count)
        while rest >= 0x80 {
            bytes.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.writeInteger(UInt8(truncatingIfNeeded: rest))
    }
}
