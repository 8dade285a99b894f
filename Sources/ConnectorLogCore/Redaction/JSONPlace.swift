/// Where in JSON a place lies: in which string, or in none, also in JSON that a string carries. It is told of places from
/// front to back and reads what is between them, so that all of them together cost one pass.
///
/// It serves to keep JSON what it is: a number, an array or an object that goes has to become a text with quotes.
struct JSONPlace {
    /// Bytes of a number that are looked for before and behind a finding: no number is longer.
    private static let numberBytes = 64

    private let text: UnsafeRawBufferPointer
    private var position: Int
    /// Of each string that is open, outermost first, whether JSON begins in it.
    private var open: [Bool] = []
    private var backslashes = 0

    /// Nil when the text does not begin as JSON does.
    init?(in text: UnsafeRawBufferPointer) {
        guard Self.isJSON(text, from: 0) else { return nil }
        (self.text, position) = (text, 0)
    }

    private static func isJSON(_ text: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var at = start
        while at < text.count, SecretScan.isBlank(text[at]) { at += 1 }
        return at < text.count && (text[at] == UInt8(ascii: "{") || text[at] == UInt8(ascii: "["))
    }

    /// - Precondition: no place is before the last one.
    mutating func isInString(at place: Int) -> Bool {
        advance(to: place)
        return !open.isEmpty
    }

    /// The whole value of which `finding` is all or a part, and the quotes that a text in its place needs; nil when the
    /// finding lies in a string, or is no value.
    mutating func bareValue(at finding: Range<Int>) -> (range: Range<Int>, quote: EscapedQuote)? {
        advance(to: finding.lowerBound)
        guard open.last ?? true else { return nil }
        var (start, end) = (finding.lowerBound, finding.upperBound)
        if text[start].isNumberByte {
            let limit = max(0, start - Self.numberBytes)
            while start > limit, text[start - 1].isNumberByte { start -= 1 }
        }
        if text[end - 1].isNumberByte {
            let limit = min(text.count, end + Self.numberBytes)
            while end < limit, text[end].isNumberByte { end += 1 }
        }
        var before = start
        while before > 0, SecretScan.isBlank(text[before - 1]) { before -= 1 }
        guard before > 0 else { return nil }
        switch text[before - 1] {
        case UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "["): break
        default: return nil
        }
        var behind = end
        while behind < text.count, SecretScan.isBlank(text[behind]) { behind += 1 }
        if behind < text.count {
            switch text[behind] {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): break
            default: return nil
            }
        }
        return (start..<end, EscapedQuote(depth: open.count))
    }

    private mutating func advance(to end: Int) {
        while position < end {
            switch text[position] {
            case UInt8(ascii: "\\"): backslashes += 1
            case UInt8(ascii: "\""):
                turn(at: position)
                backslashes = 0
            default: backslashes = 0
            }
            position += 1
        }
    }

    /// A quote closes the outermost string whose depth its backslashes fit, or opens one in the innermost.
    private mutating func turn(at position: Int) {
        for depth in open.indices where EscapedQuote(depth: depth).closes(backslashes) {
            open.removeSubrange(depth...)
            return
        }
        // Deeper than any decoder reads: the backslashes double with each depth.
        guard open.count < 8, EscapedQuote(depth: open.count).count == backslashes + 1, open.last ?? true else {
            return
        }
        open.append(Self.isJSON(text, from: position + 1))
    }
}

extension UInt8 {
    fileprivate var isNumberByte: Bool {
        switch self {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
        default: isDigit
        }
    }
}
