/// What words are made of: letters and digits of ASCII, and every character beyond it. All else parts them.
package enum WordBytes {
    /// The byte with letters of ASCII in lower case; 0 when it is no part of a word.
    @inline(__always)
    package static func folded(_ byte: UInt8) -> UInt8 {
        if byte >= 0x80 || byte &- 0x30 < 10 || byte &- 0x61 < 26 { return byte }
        return byte &- 0x41 < 26 ? byte | 0x20 : 0
    }

    package static func isPart(_ byte: UInt8) -> Bool { folded(byte) != 0 }
}
