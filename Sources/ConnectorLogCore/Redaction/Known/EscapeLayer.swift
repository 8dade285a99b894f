internal import CByteSearch

/// A text after one round of undoing escapes of URLs (`%41`), JSON and its like (`\"`, `\u0041`, `\x41`) and HTML
/// (`&amp;`, `&#65;`), and for each of its bytes the place in the first text from which it comes.
///
/// It only serves to find known secrets, however they are escaped, also where some characters are escaped and others are
/// not; what is stored is the first text. `+` stays: it may be itself.
struct EscapeLayer {
    /// Rounds: a value in JSON, in a JSON string, percent-encoded, say.
    static let rounds = 3

    private(set) var bytes: [UInt8] = []
    /// For each byte, where what it was made of begins in the first text; and one more, for the end.
    private var starts: [UInt32] = []
    /// Whether any escape was undone.
    private(set) var isChanged = false

    var byteCount: Int { bytes.capacity + starts.capacity * MemoryLayout<UInt32>.size }

    /// Where bytes lie in the first text.
    func source(of range: Range<Int>) -> Range<Int> {
        let first = starts[range.lowerBound]
        // All bytes of one escape have one start.
        var end = range.upperBound
        while end < bytes.count, starts[end] == starts[range.upperBound - 1] { end += 1 }
        return Int(first)..<Int(starts[end])
    }

    /// Memory that one long text needed is not kept beyond this.
    private static let keptBytes = 1 << 18

    /// The same, of a text that was read already.
    @inline(__always)
    static func hasEscapes(_ text: MarkedText) -> Bool {
        let first = text.nextEscape(from: 0)
        return first < text.count && hasEscapes(text, from: first)
    }

    @inline(never)
    private static func hasEscapes(_ text: MarkedText, from first: Int) -> Bool {
        var at = first
        while at < text.count {
            if Escape(at: at, in: text.bytes) != nil { return true }
            at = text.nextEscape(from: at + 1)
        }
        return false
    }

    /// Whether a round would change anything.
    static func hasEscapes(_ text: UnsafeRawBufferPointer) -> Bool {
        var at = first_escape(text.baseAddress, 0, text.count)
        while at < text.count {
            if Escape(at: at, in: text) != nil { return true }
            at = first_escape(text.baseAddress, at + 1, text.count)
        }
        return false
    }

    mutating func undo(_ text: UnsafeRawBufferPointer) {
        if bytes.capacity > Self.keptBytes { self = EscapeLayer() }
        undo(text, starts: nil)
    }

    /// One more round over what the last one made.
    mutating func undoAgain() {
        let (last, lastStarts) = (bytes, starts)
        last.withUnsafeBytes { undo($0, starts: lastStarts) }
    }

    private mutating func undo(_ text: UnsafeRawBufferPointer, starts sources: [UInt32]?) {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(text.count)
        starts.reserveCapacity(text.count + 1)
        isChanged = false
        var at = 0
        while at < text.count {
            let stop = first_escape(text.baseAddress, at, text.count)
            append(text, at..<stop, sources)
            at = stop
            guard at < text.count else { break }
            if let escape = Escape(at: at, in: text) {
                isChanged = true
                let start = sources?[at] ?? UInt32(truncatingIfNeeded: at)
                for byte in escape.meaning {
                    bytes.append(byte)
                    starts.append(start)
                }
                at += escape.count
            } else {
                append(text, at..<at + 1, sources)
                at += 1
            }
        }
        starts.append(sources?[text.count] ?? UInt32(truncatingIfNeeded: text.count))
    }

    private mutating func append(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, _ sources: [UInt32]?) {
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[range]))
        if let sources {
            starts += sources[range]
        } else {
            for at in range { starts.append(UInt32(truncatingIfNeeded: at)) }
        }
    }

    /// What one, two, ... rounds make of a value, as far as they change it.
    static func allMeanings(of value: [UInt8]) -> [[UInt8]] {
        var meanings: [[UInt8]] = []
        var value = value
        for _ in 0..<rounds {
            var layer = EscapeLayer()
            value.withUnsafeBytes { layer.undo($0, starts: nil) }
            guard layer.isChanged else { break }
            value = layer.bytes
            meanings.append(value)
        }
        return meanings
    }
}

/// One escape: how many bytes it takes, and which it means.
private struct Escape {
    var count: Int
    var meaning: InlineBytes

    init?(at start: Int, in text: UnsafeRawBufferPointer) {
        let found =
            switch text[start] {
            case UInt8(ascii: "%"): Self.percent(start, text)
            case UInt8(ascii: "\\"): Self.backslash(start, text)
            case UInt8(ascii: "&"): Self.entity(start, text)
            default: nil as (Int, InlineBytes)?
            }
        guard let found else { return nil }
        (count, meaning) = found
    }

    /// RFC 3986, section 2.1.
    private static func percent(_ start: Int, _ text: UnsafeRawBufferPointer) -> (Int, InlineBytes)? {
        hexadecimal(start + 1, digits: 2, text).map { (3, InlineBytes(UInt8(truncatingIfNeeded: $0))) }
    }

    /// RFC 8259, section 7; and `\'` and `\x41` of JavaScript and Python.
    private static func backslash(_ start: Int, _ text: UnsafeRawBufferPointer) -> (Int, InlineBytes)? {
        guard start + 1 < text.count else { return nil }
        switch text[start + 1] {
        case UInt8(ascii: "u"): return unicode(start, text)
        case UInt8(ascii: "x"):
            return hexadecimal(start + 2, digits: 2, text).map { (4, InlineBytes(UInt8(truncatingIfNeeded: $0))) }
        case UInt8(ascii: "'"): return (2, InlineBytes(UInt8(ascii: "'")))
        case let letter:
            let meaning = escape_meaning(letter)
            return meaning == 0 ? nil : (2, InlineBytes(meaning))
        }
    }

    private static func unicode(_ start: Int, _ text: UnsafeRawBufferPointer) -> (Int, InlineBytes)? {
        guard let unit = hexadecimal(start + 2, digits: 4, text) else { return nil }
        if 0xD800...0xDBFF ~= unit, start + 7 < text.count, text[start + 6] == UInt8(ascii: "\\"),
            text[start + 7] == UInt8(ascii: "u"), let low = hexadecimal(start + 8, digits: 4, text),
            0xDC00...0xDFFF ~= low
        {
            return (12, InlineBytes(scalar: 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)))
        }
        return (6, InlineBytes(scalar: unit))
    }

    private static let entities: [(name: StaticString, meaning: UInt8)] = [
        ("amp;", 0x26), ("lt;", 0x3C), ("gt;", 0x3E), ("quot;", 0x22), ("apos;", 0x27), ("nbsp;", 0x20),
    ]

    /// The entities of XML, `&nbsp;`, and references by number.
    private static func entity(_ start: Int, _ text: UnsafeRawBufferPointer) -> (Int, InlineBytes)? {
        guard start + 3 < text.count else { return nil }
        guard text[start + 1] == UInt8(ascii: "#") else {
            for (name, meaning) in entities where start + 1 + name.utf8CodeUnitCount <= text.count {
                let candidate = text[start + 1..<start + 1 + name.utf8CodeUnitCount]
                if zip(candidate, 0..<name.utf8CodeUnitCount).allSatisfy({ $0.asciiLowercased == name.utf8Start[$1] }) {
                    return (1 + name.utf8CodeUnitCount, InlineBytes(meaning))
                }
            }
            return nil
        }
        let isHexadecimal = text[start + 2] | 0x20 == UInt8(ascii: "x")
        var at = start + (isHexadecimal ? 3 : 2)
        let first = at
        var code: UInt32 = 0
        while at < text.count, at - first < 8, let digit = text[at].hexDigitValue, isHexadecimal || digit < 10 {
            code = code &* (isHexadecimal ? 16 : 10) &+ UInt32(digit)
            at += 1
        }
        guard at > first, at < text.count, text[at] == UInt8(ascii: ";") else { return nil }
        return (at + 1 - start, InlineBytes(scalar: code))
    }

    private static func hexadecimal(_ start: Int, digits: Int, _ text: UnsafeRawBufferPointer) -> UInt32? {
        guard start + digits <= text.count else { return nil }
        var value: UInt32 = 0
        for at in start..<start + digits {
            guard let digit = text[at].hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}

/// One to four bytes.
private struct InlineBytes: Sequence, IteratorProtocol {
    private var bits: UInt32
    private var count: Int

    init(_ byte: UInt8) {
        (bits, count) = (UInt32(byte), 1)
    }

    /// In UTF-8; of what is no scalar, U+FFFD.
    init(scalar: UInt32) {
        let bytes = UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter
        (bits, count) = (0, 0)
        for byte in bytes {
            bits |= UInt32(byte) << UInt32(8 * count)
            count += 1
        }
    }

    mutating func next() -> UInt8? {
        guard count > 0 else { return nil }
        defer {
            bits >>= 8
            count -= 1
        }
        return UInt8(truncatingIfNeeded: bits)
    }
}
