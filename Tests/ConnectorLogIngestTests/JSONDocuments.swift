import ConnectorLogTesting

/// Generates JSON documents with all kinds of values, escapes, spellings of numbers and white space, and broken ones.
struct JSONDocuments {
    private var generator: SeededRandom

    init(seed: UInt64) {
        generator = SeededRandom(seed: seed)
    }

    mutating func next() -> [UInt8] {
        var text = ""
        appendBlanks(&text)
        appendValue(&text, depth: 0)
        appendBlanks(&text)
        return Array(text.utf8)
    }

    /// A document with one to three bytes changed, dropped, doubled, or put in from those that mean something.
    mutating func nextMutated() -> [UInt8] {
        var bytes = next()
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            let marks = Array("\"\\{}[]:,0-+.eEtfnu \n\t/a\u{1}\u{0}".utf8) + [0x80, 0xC3, 0xED, 0xA0, 0xF4, 0xFF]
            let mark = marks[Int.random(in: 0..<marks.count, using: &generator)]
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[at] = mark
            case 1: bytes.insert(mark, at: at)
            case 2: bytes.remove(at: at)
            case 3: bytes.insert(bytes[at], at: at)
            case 4: bytes.removeSubrange(at...)
            default: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &generator))
            }
        }
        return bytes
    }

    private mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &generator)] }

    private mutating func appendBlanks(_ text: inout String) {
        for _ in 0..<pick([0, 0, 0, 1, 2]) { text += pick([" ", "\n", "\t", "\r"]) }
    }

    private mutating func appendValue(_ text: inout String, depth: Int) {
        switch Int.random(in: 0..<(depth > 5 ? 5 : 9), using: &generator) {
        case 0: text += pick(["true", "false", "null"])
        case 1:
            text += pick([
                "0", "-0", "1", "-12", "3.25", "-0.5", "1e3", "2E-2", "1.5e+2", "9007199254740993", "1234567890123",
                "0.1", "100000000000000000000",
            ])
        case 2: text += "\(Int.random(in: -1_000_000...1_000_000, using: &generator))"
        case 3, 4: appendString(&text)
        case 5, 6:
            text += "["
            appendBlanks(&text)
            for i in 0..<Int.random(in: 0...4, using: &generator) {
                if i > 0 { text += "," }
                appendBlanks(&text)
                appendValue(&text, depth: depth + 1)
                appendBlanks(&text)
            }
            text += "]"
        default:
            text += "{"
            appendBlanks(&text)
            for i in 0..<Int.random(in: 0...4, using: &generator) {
                if i > 0 { text += "," }
                appendBlanks(&text)
                // The number keeps names apart: which of two equal ones counts is nowhere said.
                appendString(&text, prefix: "\(i)")
                appendBlanks(&text)
                text += ":"
                appendBlanks(&text)
                appendValue(&text, depth: depth + 1)
                appendBlanks(&text)
            }
            text += "}"
        }
    }

    private mutating func appendString(_ text: inout String, prefix: String = "") {
        text += "\"\(prefix)"
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            text += pick([
                "a", "bc", "defgh", " ", "é", "€", "🙂", "\u{7F}", "\\n", "\\\"", "\\\\", "\\/", "\\t", "\\b", "\\f",
                "\\r", "\\u0041", "\\u00e9", "\\u20AC",
                "\\ud83d\\ude42", "\\u0001", "'", "[", "}", ":",
            ])
        }
        text += "\""
    }
}
