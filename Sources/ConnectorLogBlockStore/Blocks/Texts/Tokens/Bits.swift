/// Writes numbers of some bits each, the lowest bit of the first byte first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var word: UInt64 = 0
    private var used = 0

    /// - Precondition: `value` has at most `width` bits, `width` is at most 56.
    @inline(__always)
    mutating func append(_ value: UInt64, width: Int) {
        word |= value << UInt64(used)
        used += width
        while used >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: word))
            word >>= 8
            used -= 8
        }
    }

    /// All bytes; the bits that are left of the last one are 0.
    mutating func finish() -> [UInt8] {
        if used > 0 { bytes.append(UInt8(truncatingIfNeeded: word)) }
        (word, used) = (0, 0)
        return bytes
    }
}

enum Bits {
    /// The `width` bits from bit `place` on.
    /// - Precondition: they lie within the bytes; `width` is at most 56.
    @inline(__always)
    static func read(_ bytes: Span<UInt8>, at place: Int, width: Int) -> UInt64 {
        let start = place >> 3
        var word: UInt64 = 0
        if start + 8 <= bytes.count {
            let raw = unsafe bytes.bytes
            // Sound: the condition keeps the eight bytes within the span.
            word = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
        } else {
            for at in start..<bytes.count { word |= UInt64(bytes[at]) << UInt64((at - start) * 8) }
        }
        return word >> UInt64(place & 7) & (1 << UInt64(width) &- 1)
    }
}
