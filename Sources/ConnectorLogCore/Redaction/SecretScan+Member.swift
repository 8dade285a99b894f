/// `name: value`: members of JSON and of literals like it, and header lines.
extension SecretScan {
    /// `"name": value`, `'name': value`, `\"name\": value` and, for header lines in text, `Name: value`.
    mutating func member(colon: Int) -> Match? {
        var nameEnd = colon
        while nameEnd > start, Self.isBlank(text[nameEnd - 1]) { nameEnd -= 1 }
        work += colon - nameEnd
        guard nameEnd > start else { return nil }
        guard let quote = EscapedQuote(closingBefore: nameEnd, in: text, from: start) else {
            return headerLine(nameEnd: nameEnd, colon: colon)
        }
        work += quote.count
        let end = nameEnd - quote.count
        guard names.mayEnd(before: end, in: text, from: start) else {
            return pairedValue(quote: quote, nameEnd: end, colon: colon)
        }
        return member(quote: quote, nameEnd: end, colon: colon)
    }

    private mutating func member(quote: EscapedQuote, nameEnd: Int, colon: Int) -> Match? {
        var nameStart = nameEnd
        let limit = max(start, nameEnd - Self.nameBytes)
        while nameStart > limit, !quote.ends(before: nameStart, in: text) { nameStart -= 1 }
        work += nameEnd - nameStart
        let name = nameStart..<nameEnd
        guard saysCredential(name) else { return nil }
        return value(from: skipBlanks(from: colon + 1), name: name, nameQuote: quote)
    }

    mutating func value(from first: Int, name: Range<Int>, nameQuote: EscapedQuote) -> Match? {
        guard first < text.count else { return nil }
        if let quote = EscapedQuote(openingAt: first, in: text) {
            let inner = first + quote.count
            let end = quote.end(in: text, from: inner)
            work += end - first
            return inner < end ? Match(rule: .jsonKey, secret: inner..<end, name: name) : nil
        }
        let end: Int
        switch text[first] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            end = nameQuote.endOfComposite(in: text, from: first)
            // An empty one tells nothing.
            if end - first == 2 { return nil }
        default:
            end = endOfBareValue(from: first)
            if saysNothing(first..<end) { return nil }
        }
        work += end - first
        return first < end ? Match(rule: .jsonKey, secret: first..<end, name: name, quote: nameQuote) : nil
    }

    /// Truth values and nulls of JSON, Python and JavaScript.
    func saysNothing(_ value: Range<Int>) -> Bool {
        switch value.count {
        case 4:
            matches("true", at: value.lowerBound) || matches("null", at: value.lowerBound)
                || matches("none", at: value.lowerBound)
        case 5: matches("false", at: value.lowerBound)
        case 9: matches("undefined", at: value.lowerBound)
        default: false
        }
    }

    private func endOfBareValue(from first: Int) -> Int {
        var end = first
        while end < text.count {
            switch text[end] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: "\\"), UInt8(ascii: "\""),
                0...0x20:
                return end
            default: end += 1
            }
        }
        return end
    }

    /// Whether the colon is that of a placeholder, which looks like a name and its value.
    private func isPlaceholder(colon: Int) -> Bool {
        let first = colon - 7
        guard first >= 0, first + Placeholder.byteCount <= text.count else { return false }
        return Placeholder.isPlaceholder(UnsafeRawBufferPointer(rebasing: text[first..<first + Placeholder.byteCount]))
    }

    /// A header as a line of text. The value goes up to the line's end.
    private mutating func headerLine(nameEnd: Int, colon: Int) -> Match? {
        let name = bareName(before: nameEnd)
        guard !name.isEmpty, saysCredential(name), !isPlaceholder(colon: colon) else { return nil }
        let first = skipBlanks(from: colon + 1)
        // In a URI `token:revoke` is a resource and its custom verb.
        guard context != .uri || first > colon + 1 else { return nil }
        if first < text.count, let quote = EscapedQuote(openingAt: first, in: text) {
            // A literal: YAML, JavaScript, GraphQL.
            let inner = first + quote.count
            let end = quote.end(in: text, from: inner)
            work += end - first
            return inner < end ? Match(rule: .jsonKey, secret: inner..<end, name: name) : nil
        }
        var end = first
        scan: while end < text.count {
            switch text[end] {
            case 0x0A, 0x0D, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): break scan
            default: end += 1
            }
        }
        work += end - first
        return first < end ? Match(rule: .header, secret: first..<end, name: name) : nil
    }
}
