import ConnectorLogCore
import NIOCore

/// Values of a column, one behind the other, as ClickHouse's format Native has them: numbers of things are LEB128, integers
/// little-endian. What is written for some rows and then for others is what is written for all of them.
extension ByteBuffer {
    mutating func writeNative<Value: FixedWidthInteger>(_ values: some Collection<Value>) {
        _ = values.map(\.littleEndian).withUnsafeBytes { writeBytes($0) }
    }

    /// As FixedString(16), the most significant byte first, so that their order is that of the ids.
    mutating func writeNative(_ ids: some Collection<EntryID>) {
        for id in ids {
            writeInteger(id.high)
            writeInteger(id.low)
        }
    }

    /// As String; null as an empty one.
    mutating func writeNative(_ texts: TextColumn) {
        reserveCapacity(minimumWritableBytes: texts.bytes.count + texts.count * 3)
        texts.bytes.withUnsafeBytes { all in
            for row in 0..<texts.count {
                writeNative(text: UnsafeRawBufferPointer(rebasing: all[texts.range(row)]))
            }
        }
    }

    /// As String.
    mutating func writeNative(text: UnsafeRawBufferPointer) {
        writeNative(count: text.count)
        writeBytes(text)
    }

    /// As String.
    mutating func writeNative(text: some Sequence<UInt8>, count: Int) {
        writeNative(count: count)
        writeBytes(text)
    }

    mutating func writeNative(count: Int) {
        var rest = UInt64(count)
        while rest >= 0x80 {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(truncatingIfNeeded: rest))
    }
}
