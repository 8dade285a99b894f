/// A quote with the backslashes before it, which tell how deep in nested JSON strings it stands: none in JSON, one in JSON
/// within a JSON string, three in the next depth, and so on: 2^n - 1. Within a string a quote may also be written as
/// `\u0022` (`\u0027`), as some encoders do.
struct EscapedQuote {
    private let character: UInt8
    private let isUnicodeEscape: Bool
    private let backslashes: Int

    /// The double quote of JSON that is carried in so many strings within each other.
    init(depth: Int) {
        (character, isUnicodeEscape, backslashes) = (UInt8(ascii: "\""), false, 1 << depth - 1)
    }

    /// Bytes in all.
    var count: Int { backslashes + tailCount }
    /// Bytes behind the backslashes.
    private var tailCount: Int { isUnicodeEscape ? 5 : 1 }

    private static func isQuote(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }

    /// The quote of which `u0022` or `u0027` begins at `position`.
    private static func unicodeEscape(at position: Int, in text: UnsafeRawBufferPointer) -> UInt8? {
        guard position >= 0, position + 5 <= text.count, text[position] == UInt8(ascii: "u"),
            text[position + 1] == UInt8(ascii: "0"), text[position + 2] == UInt8(ascii: "0"),
            text[position + 3] == UInt8(ascii: "2")
        else { return nil }
        switch text[position + 4] {
        case UInt8(ascii: "2"): return UInt8(ascii: "\"")
        case UInt8(ascii: "7"): return UInt8(ascii: "'")
        default: return nil
        }
    }

    /// The quote that ends right before `end`.
    @inline(__always)
    init?(closingBefore end: Int, in text: UnsafeRawBufferPointer, from start: Int) {
        let last = text[end - 1]
        if Self.isQuote(last) {
            (character, isUnicodeEscape) = (last, false)
        } else if last == UInt8(ascii: "2") || last == UInt8(ascii: "7"), end - 6 >= start,
            let quote = Self.unicodeEscape(at: end - 5, in: text)
        {
            (character, isUnicodeEscape) = (quote, true)
        } else {
            return nil
        }
        let tail = end - (isUnicodeEscape ? 5 : 1)
        var run = 0
        while tail - run > start, text[tail - run - 1] == UInt8(ascii: "\\") { run += 1 }
        backslashes = run
        guard run & (run + 1) == 0, run > 0 || !isUnicodeEscape else { return nil }
    }

    /// The quote whose backslashes begin at `position`.
    @inline(__always)
    init?(openingAt position: Int, in text: UnsafeRawBufferPointer) {
        var tail = position
        while tail < text.count, text[tail] == UInt8(ascii: "\\") { tail += 1 }
        guard tail < text.count else { return nil }
        if Self.isQuote(text[tail]) {
            (character, isUnicodeEscape) = (text[tail], false)
        } else if tail > position, let quote = Self.unicodeEscape(at: tail, in: text) {
            (character, isUnicodeEscape) = (quote, true)
        } else {
            return nil
        }
        backslashes = tail - position
    }

    @inline(__always)
    private func isTail(at position: Int, in text: UnsafeRawBufferPointer) -> Bool {
        isUnicodeEscape ? Self.unicodeEscape(at: position, in: text) == character : text[position] == character
    }

    /// Whether such a quote, of whatever depth, ends right before `position`.
    func ends(before position: Int, in text: UnsafeRawBufferPointer) -> Bool {
        position >= tailCount && isTail(at: position - tailCount, in: text)
    }

    /// Where the text that this quote opened ends: before the closing quote's backslashes, or at the text's end.
    func end(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var run = 0
        var position = start
        while position < text.count {
            if text[position] == UInt8(ascii: "\\") {
                run += 1
            } else {
                if closes(run), isTail(at: position, in: text) { return position - backslashes }
                run = 0
            }
            position += 1
        }
        return text.count
    }

    /// With 2^n - 1 backslashes before the opening quote, a quote of the value itself has 2^(n+1) - 1 before it, and each
    /// backslash that ends the value adds 2^(n+1).
    func closes(_ run: Int) -> Bool {
        run >= backslashes && (run - backslashes) % (2 * (backslashes + 1)) == 0
    }

    /// Where the array or object that begins at `start` ends; at the text's end when it was cut.
    func endOfComposite(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var depth = 0
        var position = start
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return position + 1 }
            default:
                if isTail(at: position, in: text) {
                    position = min(end(in: text, from: position + tailCount) + count, text.count)
                    continue
                }
            }
            position += 1
        }
        return text.count
    }

    func append(to output: inout ByteScratch) {
        for _ in 0..<backslashes { output.append(UInt8(ascii: "\\")) }
        if isUnicodeEscape {
            output.append(character == UInt8(ascii: "\"") ? "u0022" : "u0027")
        } else {
            output.append(character)
        }
    }
}
