/// The 64-bit hash by which the store's filters know a text: multiplications to 128 bits, eight bytes at a time, whose
/// halves are folded (as in Wang Yi's wyhash, in the public domain). Part of the stored format: pinned by a test.
package enum ColumnHash {
    private static let first: UInt64 = 0xA076_1D64_78BD_642F
    private static let second: UInt64 = 0xE703_7ED1_A0B4_28DB

    package static func hash(_ text: Span<UInt8>, seed: UInt64 = 0) -> UInt64 {
        let bytes = text.bytes
        let count = bytes.byteCount
        var hash = folded(seed ^ second, first ^ UInt64(count))
        var at = 0
        while at + 8 < count {
            hash = folded(hash ^ word(bytes, at), second)
            at += 8
        }
        return folded(hash ^ lastWord(bytes), first)
    }

    package static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        hash(bytes.span, seed: seed)
    }

    /// The last eight bytes, or all of them, the first the lowest.
    @inline(__always)
    private static func lastWord(_ bytes: RawSpan) -> UInt64 {
        let count = bytes.byteCount
        if count >= 8 { return word(bytes, count - 8) }
        var value: UInt64 = 0
        for at in 0..<count { value |= UInt64(bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self)) << UInt64(at * 8) }
        return value
    }

    @inline(__always)
    private static func word(_ bytes: RawSpan, _ at: Int) -> UInt64 {
        UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    @inline(__always)
    private static func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
