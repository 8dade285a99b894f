/// The id of a log entry or a root fault: a UUID of version 7 (RFC 9562, section 5.7), ordered by arrival.
///
/// 48 bits of Unix milliseconds, then a 32-bit counter (`rand_a` and the top 20 bits of `rand_b`; RFC 9562, section 6.2,
/// method 1), then 42 random bits. All rows of one commit share the milliseconds and the random bits and differ only in
/// the counter, so that a block stores one id for all of its rows.
package struct EntryID: Hashable, Comparable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        (self.high, self.low) = (high, low)
    }

    package init(milliseconds: UInt64, counter: UInt32, random: UInt64) {
        high = milliseconds << 16 | 0x7000 | UInt64(counter >> 20)
        low = 0x8000_0000_0000_0000 | UInt64(counter & 0xF_FFFF) << 42 | random & 0x3FF_FFFF_FFFF
    }

    package var milliseconds: UInt64 { high >> 16 }
    package var counter: UInt32 { UInt32(high & 0xFFF) << 20 | UInt32(low >> 42 & 0xF_FFFF) }
    package var random: UInt64 { low & 0x3FF_FFFF_FFFF }

    /// The id `rows` places further in the same commit.
    package func advanced(by rows: Int) -> EntryID {
        EntryID(milliseconds: milliseconds, counter: counter &+ UInt32(truncatingIfNeeded: rows), random: random)
    }

    package static func < (a: EntryID, b: EntryID) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }
}

extension EntryID: CustomStringConvertible {
    /// 36 characters, lower case (RFC 9562, section 4).
    package var description: String {
        String(unsafeUninitializedCapacity: 36) { write(to: $0) }
    }

    private func write(to out: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var at = 0
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                out[at] = UInt8(ascii: "-")
                at += 1
            }
            let word = nibble < 16 ? high : low
            let value = UInt8(word >> UInt64(60 - nibble % 16 * 4) & 0xF)
            out[at] = value < 10 ? 48 + value : 87 + value
            at += 1
        }
        return 36
    }

    package func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { out in
            _ = write(to: out)
            bytes.append(contentsOf: out)
        }
    }

    /// Nil unless `text` is 36 characters of UUID text of either case.
    package init?(_ text: String) {
        guard text.utf8.count == 36 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var nibbles = 0
        for (offset, byte) in text.utf8.enumerated() {
            if offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let value = byte.hexDigitValue else { return nil }
            if nibbles < 16 { words.0 = words.0 << 4 | UInt64(value) } else { words.1 = words.1 << 4 | UInt64(value) }
            nibbles += 1
        }
        self.init(high: words.0, low: words.1)
    }
}

extension UInt8 {
    /// 0...15 for `0-9`, `a-f`, `A-F`; else nil.
    package var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self &- 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self &- 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self &- 55
        default: nil
        }
    }
}
