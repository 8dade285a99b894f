/// Lays a JSON text out over lines, indented by two spaces a level. Names, texts and numbers keep their bytes and their
/// order: what was recorded is what is shown.
package struct JSONIndenter {
    /// Deeper documents are shown as they are: their indentation would be wider than any screen.
    private static let maximumDepth = 64

    /// What indenting may make of so many bytes: much more than of any document that somebody wrote, while a hostile one, of
    /// a value a line as deep as may be, would grow 65 times.
    package static func mostBytes(of input: Int) -> Int { input * 8 + (16 << 10) }

    private let input: ArraySlice<UInt8>
    private var position: Int
    private var output: [UInt8] = []
    private var depth = 0
    private let most: Int

    /// Nil unless `text` is one JSON object or array (RFC 8259) and nothing else: plain text, single values, documents
    /// that were cut, documents nested too deeply, and those that would grow too much are left alone.
    package static func indented(_ text: some Collection<UInt8>) -> [UInt8]? {
        var indenter = JSONIndenter(input: ArraySlice(text))
        indenter.output.reserveCapacity(text.count * 2)
        indenter.skipBlanks()
        guard let first = indenter.current, first == UInt8(ascii: "{") || first == UInt8(ascii: "["),
            indenter.value()
        else { return nil }
        indenter.skipBlanks()
        return indenter.current == nil && indenter.output.count <= indenter.most ? indenter.output : nil
    }

    private init(input: ArraySlice<UInt8>) {
        self.input = input
        position = input.startIndex
        most = Self.mostBytes(of: input.count)
    }

    private var current: UInt8? { position < input.endIndex ? input[position] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        output.append(byte)
        position += 1
        return true
    }

    private mutating func newLine() {
        output.append(0x0A)
        for _ in 0..<depth * 2 { output.append(0x20) }
    }

    private mutating func value() -> Bool {
        switch current {
        case UInt8(ascii: "{"): members(closedBy: UInt8(ascii: "}"), named: true)
        case UInt8(ascii: "["): members(closedBy: UInt8(ascii: "]"), named: false)
        case UInt8(ascii: "\""): string()
        case UInt8(ascii: "t"): word("true")
        case UInt8(ascii: "f"): word("false")
        case UInt8(ascii: "n"): word("null")
        default: number()
        }
    }

    private mutating func members(closedBy end: UInt8, named: Bool) -> Bool {
        output.append(input[position])
        position += 1
        skipBlanks()
        if take(end) { return true }
        depth += 1
        guard depth <= Self.maximumDepth else { return false }
        repeat {
            newLine()
            guard output.count <= most else { return false }
            skipBlanks()
            if named {
                guard current == UInt8(ascii: "\""), string() else { return false }
                skipBlanks()
                guard take(UInt8(ascii: ":")) else { return false }
                output.append(0x20)
                skipBlanks()
            }
            guard value() else { return false }
            skipBlanks()
        } while take(UInt8(ascii: ","))
        depth -= 1
        newLine()
        return take(end)
    }

    private mutating func string() -> Bool {
        let start = position
        position += 1
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                output.append(contentsOf: input[start..<position])
                return true
            case UInt8(ascii: "\\"):
                guard let escaped = current, "\"\\/bfnrtu".utf8.contains(escaped) else { return false }
                position += 1
            case 0..<0x20:
                return false
            default:
                break
            }
        }
        return false
    }

    private mutating func word(_ word: String) -> Bool {
        guard input[position...].starts(with: word.utf8) else { return false }
        output.append(contentsOf: word.utf8)
        position += word.utf8.count
        return true
    }

    private mutating func number() -> Bool {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let whole = digits()
        guard whole.count > 0, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
        if current == UInt8(ascii: ".") {
            position += 1
            guard digits().count > 0 else { return false }
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if let sign = current, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            guard digits().count > 0 else { return false }
        }
        output.append(contentsOf: input[start..<position])
        return true
    }

    private mutating func digits() -> ArraySlice<UInt8> {
        let start = position
        while let byte = current, byte &- 48 <= 9 { position += 1 }
        return input[start..<position]
    }
}
