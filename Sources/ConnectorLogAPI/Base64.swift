/// Base64 (RFC 4648).
package enum Base64 {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// With padding (section 4).
    package static func encode(_ bytes: [UInt8]) -> String {
        encode(bytes, alphabet: standard, isPadded: true)
    }

    /// With the alphabet that is safe in URLs and file names, without padding (section 5).
    package static func encodeURLSafe(_ bytes: [UInt8]) -> String {
        encode(bytes, alphabet: urlSafe, isPadded: false)
    }

    private static func encode(_ bytes: [UInt8], alphabet: [UInt8], isPadded: Bool) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let group = min(3, bytes.count - index)
            var word = UInt32(bytes[index]) << 16
            if group > 1 { word |= UInt32(bytes[index + 1]) << 8 }
            if group > 2 { word |= UInt32(bytes[index + 2]) }
            for sextet in 0...group { text.append(alphabet[Int(word >> UInt32(18 - 6 * sextet) & 0x3F)]) }
            if isPadded { text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - group)) }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of text in the standard alphabet, padded or not; nil when it is none.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let padded = Array(text.utf8)
        let padding = padded.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        let unpadded = padded.dropLast(padding)
        guard !unpadded.contains(UInt8(ascii: "-")), !unpadded.contains(UInt8(ascii: "_")) else { return nil }
        let urlSafe = unpadded.map { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        return decodeURLSafe(String(decoding: urlSafe, as: UTF8.self))
    }

    /// The bytes of unpadded text in the URL-safe alphabet; nil when it is none, or when the bits behind the last byte
    /// are not zero, so that each value has one text.
    package static func decodeURLSafe(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for byte in text.utf8 {
            guard let sextet = value(of: byte) else { return nil }
            word = word << 6 | sextet
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> bits))
                word &= 1 << bits - 1
            }
        }
        return word == 0 ? bytes : nil
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte &- 65)
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte &- 71)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &+ 4)
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
