/// One walk over a text in search of secrets: from each byte at which something may begin it looks a bounded way back and
/// as far ahead as the secret reaches.
struct SecretScan {
    /// Longest name that is looked for before a `:` or `=`; of a longer one the last bytes count.
    static let nameBytes = 96
    /// Longest authority that is looked through behind `://`.
    static let authorityBytes = 2048

    struct Match {
        var rule: RedactionRule
        var secret: Range<Int>
        /// The name that gave the secret away, for the receipt; may be empty.
        var name: Range<Int>
        /// Quotes to put around the placeholder, where an unquoted JSON value is replaced.
        var quote: EscapedQuote?
    }

    let text: UnsafeRawBufferPointer
    let names: CredentialNames
    let context: TextRedactor.Context
    /// What is before was redacted already, and is not looked at again.
    var start = 0
    /// Bytes looked at beside the search for triggers: a test holds it to a multiple of the text's length.
    var work = 0

    init(text: UnsafeRawBufferPointer, names: CredentialNames, context: TextRedactor.Context) {
        (self.text, self.names, self.context) = (text, names, context)
    }

    /// The next `:`, `=`, or `b` before an `a` or `e` in either case, and now and then a byte that is none of these;
    /// `text.count` when there is no more. Nothing begins with the last byte, so that one is left out.
    @inline(__always)
    static func nextTrigger(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var at = start
        while at + 9 <= text.count {
            let hits = triggers(in: text, at: at)
            if hits != 0 { return at + hits.trailingZeroBitCount / 8 }
            at += 8
        }
        guard at + 1 < text.count else { return text.count }
        // The rest together with bytes before it, which are masked out: one step in place of up to seven.
        let last = text.count - 9
        guard last >= 0 else { return nextTriggerOfFew(in: text, from: at) }
        let hits = triggers(in: text, at: last) & (UInt64.max << UInt64(8 * (at - last)))
        return hits != 0 ? last + hits.trailingZeroBitCount / 8 : text.count
    }

    /// The top bits of those of the eight bytes at `at` that are triggers. Nine bytes are read.
    ///
    /// A byte of `x ^ pattern` is zero where `x` has the wanted byte, and `(v - 1) & ~v` has its top bit set at each zero
    /// byte, and sometimes above one.
    @inline(__always)
    private static func triggers(in text: UnsafeRawBufferPointer, at: Int) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        @inline(__always)
        func zeros(_ v: UInt64) -> UInt64 { (v &- ones) & ~v }
        let here = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        let lower = here | ones &* 0x20
        let next = lower >> 8 | UInt64(text[at + 8] | 0x20) << 56
        // `a` and `e` differ in one bit.
        let letters = zeros(lower ^ ones &* 0x62) & zeros(next & ~(ones &* 0x04) ^ ones &* 0x61)
        return (zeros(here ^ ones &* 0x3A) | zeros(here ^ ones &* 0x3D) | letters) & tops
    }

    private static func nextTriggerOfFew(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        for at in start..<text.count - 1 {
            switch text[at] {
            case UInt8(ascii: ":"), UInt8(ascii: "="): return at
            case UInt8(ascii: "b"), UInt8(ascii: "B"):
                let next = text[at + 1] | 0x20
                if next == UInt8(ascii: "e") || next == UInt8(ascii: "a") { return at }
            default: break
            }
        }
        return text.count
    }

    /// The secret to which the byte at `position` points.
    @inline(__always)
    mutating func match(at position: Int) -> Match? {
        switch text[position] {
        case UInt8(ascii: ":"): userInformation(colon: position) ?? member(colon: position)
        case UInt8(ascii: "="): parameter(equals: position)
        default: credentials(at: position)
        }
    }

    // MARK: - Bytes

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    mutating func skipBlanks(from start: Int) -> Int {
        var at = start
        while at < text.count, Self.isBlank(text[at]) { at += 1 }
        work += at - start
        return at
    }

    func matches(_ word: StaticString, at position: Int) -> Bool {
        guard position + word.utf8CodeUnitCount <= text.count else { return false }
        for i in 0..<word.utf8CodeUnitCount where text[position + i].asciiLowercased != word.utf8Start[i] {
            return false
        }
        return true
    }

    func saysCredential(_ name: Range<Int>) -> Bool {
        names.saysCredential(UnsafeRawBufferPointer(rebasing: text[name]))
    }

    /// The name without quotes that ends at `end`; empty when there is none, or it cannot say credential.
    @inline(__always)
    mutating func bareName(before end: Int) -> Range<Int> {
        guard names.mayEnd(before: end, in: text, from: start) else { return end..<end }
        var first = end
        let limit = max(start, end - Self.nameBytes)
        while first > limit {
            switch text[first - 1] {
            case UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"): break
            case let byte where byte.isIdentifierByte: break
            default:
                work += end - first
                return first..<end
            }
            first -= 1
        }
        work += end - first
        return first..<end
    }
}
