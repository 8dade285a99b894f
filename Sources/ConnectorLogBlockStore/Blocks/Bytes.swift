import ConnectorLogCore

extension [UInt8] {
    /// Appends the lowest `width` bytes of `value`, lowest first.
    @inline(__always)
    mutating func appendLittleEndian(_ value: UInt64, width: Int) {
        var value = value
        for _ in 0..<width {
            append(UInt8(truncatingIfNeeded: value))
            value >>= 8
        }
    }

    mutating func appendZigZag(_ value: Int64) {
        Varint.append(UInt64(bitPattern: value << 1 ^ value >> 63), to: &self)
    }
}

/// Reads the numbers of the block format from bytes that it does not trust.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private let place: String
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>, place: String) {
        self.bytes = bytes
        self.place = place
        position = bytes.startIndex
    }

    var remaining: Int { bytes.endIndex - position }

    mutating func byte() throws(BlockError) -> UInt8 {
        guard position < bytes.endIndex else { throw BlockError(.truncated, place) }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) throws(BlockError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw BlockError(.truncated, place) }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func littleEndian(width: Int) throws(BlockError) -> UInt64 {
        var value: UInt64 = 0
        for (shift, byte) in try take(width).enumerated() { value |= UInt64(byte) << UInt64(shift * 8) }
        return value
    }

    mutating func varint() throws(BlockError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            guard shift < 63 || (shift == 63 && byte <= 1) else { throw BlockError(.value, place) }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }

    mutating func zigZag() throws(BlockError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A count or a length that may not exceed `maximum`.
    mutating func length(atMost maximum: Int) throws(BlockError) -> Int {
        let value = try varint()
        guard value <= UInt64(maximum) else { throw BlockError(.length, place) }
        return Int(value)
    }
}
