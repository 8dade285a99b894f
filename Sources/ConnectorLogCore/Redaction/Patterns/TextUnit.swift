/// What patterns read a text in: a Unicode scalar, or one byte that is part of none (RFC 3629, section 4).
struct TextUnit {
    /// The value of every byte that is part of no scalar: one past the last scalar.
    static let stray: UInt32 = 0x110000

    let value: UInt32
    /// In bytes.
    let length: Int

    @inline(__always)
    init(at position: Int, in text: UnsafeRawBufferPointer) {
        let first = text[position]
        if first < 0x80 {
            (value, length) = (UInt32(first), 1)
        } else if let scalar = Self.scalar(at: position, in: text) {
            (value, length) = (scalar, scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4)
        } else {
            (value, length) = (Self.stray, 1)
        }
    }

    /// The scalar of more than one byte that begins at `position`.
    private static func scalar(at position: Int, in text: UnsafeRawBufferPointer) -> UInt32? {
        let first = text[position]
        let (count, least): (Int, UInt32)
        switch first {
        case 0xC2...0xDF: (count, least) = (2, 0x80)
        case 0xE0...0xEF: (count, least) = (3, 0x800)
        case 0xF0...0xF4: (count, least) = (4, 0x10000)
        default: return nil
        }
        guard text.count - position >= count else { return nil }
        var value = UInt32(first) & 0x7F >> UInt32(count)
        for byte in text[position + 1..<position + count] {
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        return value >= least && Unicode.Scalar(value) != nil ? value : nil
    }

    /// Whether `\w` matches it.
    @inline(__always)
    static func isWord(_ value: UInt32) -> Bool {
        value | 0x20 &- 97 < 26 || value &- 48 < 10 || value == 95
    }

    @inline(__always)
    static func isWord(at position: Int, in text: UnsafeRawBufferPointer) -> Bool {
        position >= 0 && position < text.count && isWord(UInt32(text[position]))
    }
}
