/// Lays an XML text out over lines, indented by two spaces a level. Tags, texts and comments keep their bytes: nothing is
/// resolved, and nothing is fetched. Elements that hold text stay as they came, since white space counts there.
///
/// Two passes over the bytes, and no step back in either.
package struct XMLIndenter {
    /// Deeper documents are shown as they are: their indentation would be wider than any screen.
    private static let maximumDepth = 64

    private enum Kind {
        /// The associated value is the index of the token that closes it.
        case open(closedBy: Int)
        case close
        /// An element without content, a comment, an instruction.
        case single
        /// Text that is more than white space, or a CDATA section.
        case text
    }

    private struct Token {
        var kind: Kind
        var range: Range<Int>
        /// An element that holds text itself, or holds nothing.
        var staysWhole = false
    }

    private let input: [UInt8]
    private var tokens: [Token] = []

    /// Nil unless `text` is one element, with a prolog and comments around it at most (XML 1.0, section 2.1), whose tags
    /// close in order. Document type declarations, texts that were cut, documents nested too deeply, and those that would
    /// grow too much (as of `JSONIndenter`) are left alone.
    package static func indented(_ text: [UInt8]) -> [UInt8]? {
        guard text.first(where: { !isBlank($0) }) == UInt8(ascii: "<") else { return nil }
        var indenter = XMLIndenter(input: text)
        return indenter.read() ? indenter.output() : nil
    }

    private init(input: [UInt8]) {
        self.input = input
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    // MARK: - Reading

    private mutating func read() -> Bool {
        var position = 0
        var hasRoot = false
        var openTokens: [Int] = []
        while position < input.count {
            guard input[position] == UInt8(ascii: "<") else {
                let end = input[position...].firstIndex(of: UInt8(ascii: "<")) ?? input.count
                if !input[position..<end].allSatisfy(Self.isBlank) {
                    guard let parent = openTokens.last else { return false }
                    tokens[parent].staysWhole = true
                    tokens.append(Token(kind: .text, range: position..<end))
                }
                position = end
                continue
            }
            guard let (kind, end) = markup(at: position) else { return false }
            let range = position..<end
            position = end
            switch kind {
            case .open:
                guard !openTokens.isEmpty || !hasRoot, openTokens.count < Self.maximumDepth else { return false }
                hasRoot = true
                openTokens.append(tokens.count)
                tokens.append(Token(kind: kind, range: range))
            case .close:
                guard let opening = openTokens.popLast(),
                    name(of: tokens[opening].range, from: 1).elementsEqual(name(of: range, from: 2))
                else { return false }
                tokens[opening].kind = .open(closedBy: tokens.count)
                if opening == tokens.count - 1 { tokens[opening].staysWhole = true }
                tokens.append(Token(kind: kind, range: range))
            case .text:
                guard let parent = openTokens.last else { return false }
                tokens[parent].staysWhole = true
                tokens.append(Token(kind: kind, range: range))
            case .single:
                if isElement(at: range.lowerBound), openTokens.isEmpty {
                    guard !hasRoot else { return false }
                    hasRoot = true
                }
                tokens.append(Token(kind: kind, range: range))
            }
        }
        return hasRoot && openTokens.isEmpty
    }

    private func isElement(at position: Int) -> Bool {
        let next = input[position + 1]
        return next != UInt8(ascii: "!") && next != UInt8(ascii: "?")
    }

    /// What begins at a `<`, and where it ends.
    private func markup(at start: Int) -> (Kind, Int)? {
        let rest = input[start...]
        if rest.starts(with: "<!--".utf8) { return end(of: "-->", from: start + 4).map { (.single, $0) } }
        if rest.starts(with: "<![CDATA[".utf8) { return end(of: "]]>", from: start + 9).map { (.text, $0) } }
        if rest.starts(with: "<?".utf8) { return end(of: "?>", from: start + 2).map { (.single, $0) } }
        let isClosing = rest.starts(with: "</".utf8)
        guard !name(of: start..<input.count, from: isClosing ? 2 : 1).isEmpty, let end = endOfTag(from: start + 1)
        else { return nil }
        if isClosing { return (.close, end) }
        return (input[end - 2] == UInt8(ascii: "/") ? .single : .open(closedBy: start), end)
    }

    private func end(of mark: StaticString, from start: Int) -> Int? {
        let count = mark.utf8CodeUnitCount
        let last = mark.utf8Start[count - 1]
        var position = start + count - 1
        while position < input.count {
            if input[position] == last,
                input[(position - count + 1)...position].elementsEqual(
                    UnsafeBufferPointer(start: mark.utf8Start, count: count))
            {
                return position + 1
            }
            position += 1
        }
        return nil
    }

    /// Behind the `>` of a tag; one within a quoted value is none, and a `<` stands in no tag.
    private func endOfTag(from start: Int) -> Int? {
        var quote: UInt8?
        for position in start..<input.count {
            let byte = input[position]
            switch byte {
            case UInt8(ascii: "<"): return nil
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if quote == nil { quote = byte } else if quote == byte { quote = nil }
            case UInt8(ascii: ">") where quote == nil: return position + 1
            default: break
            }
        }
        return nil
    }

    /// The name of a tag: what begins `offset` bytes into it.
    private func name(of tag: Range<Int>, from offset: Int) -> ArraySlice<UInt8> {
        let rest = input[min(tag.lowerBound + offset, tag.upperBound)..<tag.upperBound]
        guard let first = rest.first,
            first >= 0x80 || first | 0x20 &- 0x61 < 26 || first == UInt8(ascii: "_") || first == UInt8(ascii: ":")
        else { return [] }
        return rest.prefix { !Self.isBlank($0) && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/") }
    }

    // MARK: - Writing

    private func output() -> [UInt8]? {
        let most = JSONIndenter.mostBytes(of: input.count)
        var output: [UInt8] = []
        output.reserveCapacity(input.count * 2)
        var depth = 0
        var index = 0
        func line(_ range: Range<Int>) {
            if !output.isEmpty { output.append(0x0A) }
            output.append(contentsOf: repeatElement(0x20, count: depth * 2))
            output.append(contentsOf: input[range])
        }
        while index < tokens.count {
            let token = tokens[index]
            switch token.kind {
            case .open(let end) where token.staysWhole:
                line(token.range.lowerBound..<tokens[end].range.upperBound)
                index = end
            case .open:
                line(token.range)
                depth += 1
            case .close:
                depth -= 1
                line(token.range)
            case .single, .text: line(token.range)
            }
            guard output.count <= most else { return nil }
            index += 1
        }
        return output
    }
}
