/// Base64 by RFC 4648, section 4, strictly: its alphabet alone, padded, no white space, no bits set behind the last byte.
enum Base64 {
    /// The value of each character; 255 for none.
    private static let values: InlineArray<256, UInt8> = {
        var table = InlineArray<256, UInt8>(repeating: 255)
        for (value, byte) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            table[Int(byte)] = UInt8(value)
        }
        return table
    }()

    /// Replaces the text at the beginning of `bytes` by what it means; returns how many bytes that are, or nil.
    static func decode(inPlace bytes: UnsafeMutableRawBufferPointer) -> Int? {
        guard bytes.count % 4 == 0 else { return nil }
        guard !bytes.isEmpty else { return 0 }
        let values = values
        let equals = UInt8(ascii: "=")
        let padding = bytes[bytes.count - 1] != equals ? 0 : bytes[bytes.count - 2] != equals ? 1 : 2
        let whole = bytes.count - (padding == 0 ? 0 : 4)
        var written = 0
        for at in stride(from: 0, to: whole, by: 4) {
            let (a, b) = (values[Int(bytes[at])], values[Int(bytes[at + 1])])
            let (c, d) = (values[Int(bytes[at + 2])], values[Int(bytes[at + 3])])
            guard a | b | c | d < 64 else { return nil }
            bytes[written] = a << 2 | b >> 4
            bytes[written + 1] = b << 4 | c >> 2
            bytes[written + 2] = c << 6 | d
            written += 3
        }
        guard padding > 0 else { return written }
        let (a, b) = (values[Int(bytes[whole])], values[Int(bytes[whole + 1])])
        guard a | b < 64 else { return nil }
        bytes[written] = a << 2 | b >> 4
        guard padding == 1 else { return b & 15 == 0 ? written + 1 : nil }
        let c = values[Int(bytes[whole + 2])]
        guard c < 64, c & 3 == 0 else { return nil }
        bytes[written + 1] = b << 4 | c >> 2
        return written + 2
    }
}
