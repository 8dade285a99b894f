import ConnectorLogCore
import NIOCore

/// Rows column by column, in ClickHouse's format Native: the numbers of columns and rows, then for each column its name, its
/// type and its values.
struct NativeBlock {
    private(set) var bytes: ByteBuffer
    private let rows: Int

    init(columns: Int, rows: Int, capacity: Int) {
        self.rows = rows
        bytes = ByteBufferAllocator().buffer(capacity: capacity)
        bytes.writeNative(count: columns)
        bytes.writeNative(count: rows)
    }

    mutating func append<Value: FixedWidthInteger>(_ name: String, _ type: String, _ values: some Collection<Value>) {
        precondition(values.count == rows, "a value a row")
        append(name, type)
        bytes.writeNative(values)
    }

    mutating func append<Value: FixedWidthInteger>(_ name: String, _ type: String, all value: Value) {
        append(name, type, repeatElement(value, count: rows))
    }

    mutating func append(_ name: String, _ ids: [EntryID]) {
        precondition(ids.count == rows, "an id a row")
        append(name, "FixedString(16)")
        bytes.writeNative(ids)
    }

    mutating func append(_ name: String, _ texts: [[UInt8]]) {
        precondition(texts.count == rows, "a text a row")
        append(name, "String")
        for text in texts { bytes.writeNative(text: text, count: text.count) }
    }

    /// - Precondition: `encoded` has a value a row.
    mutating func append(_ name: String, _ type: String, encoded: [ByteBuffer]) {
        append(name, type)
        for values in encoded { bytes.writeImmutableBuffer(values) }
    }

    /// As Array(String): the ends of all lists, then their texts.
    mutating func append(_ name: String, lists: [NativeLists]) {
        precondition(lists.reduce(0) { $0 + $1.ends.count } == rows, "a list a row")
        append(name, "Array(String)")
        var first: UInt64 = 0
        for some in lists {
            bytes.writeNative(some.ends.map { first + $0 })
            first += some.ends.last ?? 0
        }
        for some in lists { bytes.writeImmutableBuffer(some.texts) }
    }

    private mutating func append(_ name: String, _ type: String) {
        for text in [name, type] { bytes.writeNative(text: text.utf8, count: text.utf8.count) }
    }
}
