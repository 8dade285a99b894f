/// `name=value`: query parameters, form fields, literals, and the parts of `multipart/form-data`.
extension SecretScan {
    /// Bytes between the name of a form's part and the blank line before its value, at most.
    private static let partHeaderBytes = 512

    mutating func parameter(equals: Int) -> Match? {
        guard equals + 1 < text.count else { return nil }
        if text[equals + 1] == UInt8(ascii: "\""), matches("name", at: equals - 4 < 0 ? text.count : equals - 4) {
            return formPart(equals: equals)
        }
        if context == .text, equals > start {
            switch text[equals - 1] {
            case 0x20, 0x09, UInt8(ascii: "'"), UInt8(ascii: "\""): return assignment(equals: equals)
            default: break
            }
        }
        guard names.mayEnd(before: equals, in: text, from: start) else { return nil }
        return value(name: bareName(before: equals), from: equals + 1)
    }

    /// `name = value`, `'name' => 'value'`: blanks, and the quotes of literals, between the name and the sign.
    private mutating func assignment(equals: Int) -> Match? {
        var nameEnd = equals
        while nameEnd > start, text[nameEnd - 1] == 0x20 || text[nameEnd - 1] == 0x09 { nameEnd -= 1 }
        work += equals - nameEnd
        if nameEnd > start, let quote = EscapedQuote(closingBefore: nameEnd, in: text, from: start) {
            nameEnd -= quote.count
        }
        guard nameEnd < equals, nameEnd > start else { return nil }
        let name = bareName(before: nameEnd)
        guard !name.isEmpty else { return nil }
        var first = equals + 1
        if first < text.count, text[first] == UInt8(ascii: ">") { first += 1 }
        return value(name: name, from: first)
    }

    private mutating func value(name: Range<Int>, from start: Int) -> Match? {
        guard !name.isEmpty, saysCredential(name) else { return nil }
        var first = start
        if context == .text {
            while first < text.count, text[first] == 0x20 || text[first] == 0x09 { first += 1 }
            work += first - start
        }
        if let quote = EscapedQuote(openingAt: first, in: text) {
            let inner = first + quote.count
            let end = quote.end(in: text, from: inner)
            work += end - first
            return inner < end ? Match(rule: .parameter, secret: inner..<end, name: name) : nil
        }
        var end = first
        while end < text.count, !endsValue(text[end]) || isEscapedSlash(end) { end += 1 }
        work += end - first
        return first < end ? Match(rule: .parameter, secret: first..<end, name: name) : nil
    }

    /// `\/`, as some encoders of JSON write a slash, with as many backslashes as its depth asks for.
    private func isEscapedSlash(_ at: Int) -> Bool {
        var next = at
        while next < min(text.count, at + 8), text[next] == UInt8(ascii: "\\") { next += 1 }
        return next > at && next < text.count && text[next] == UInt8(ascii: "/")
    }

    private func endsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "#"), UInt8(ascii: ";"), 0...0x20: true
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"): context != .uri
        case UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: ","): context == .text
        default: false
        }
    }

    /// `Content-Disposition: form-data; name="password"`, a blank line, the value, and a line that begins with `--`
    /// (RFC 7578, section 4).
    private mutating func formPart(equals: Int) -> Match? {
        let quote = equals + 1
        var nameEnd = quote + 1
        let nameLimit = min(text.count, nameEnd + Self.nameBytes)
        while nameEnd < nameLimit, text[nameEnd] != UInt8(ascii: "\"") { nameEnd += 1 }
        work += nameEnd - quote
        let name = quote + 1..<nameEnd
        guard nameEnd < nameLimit, saysCredential(name), isFormData(before: equals) else { return nil }
        guard let first = endOfPartHeader(from: nameEnd + 1) else { return nil }
        var end = first
        while end < text.count, !isBoundary(at: end) { end += 1 }
        work += end - first
        return first < end ? Match(rule: .parameter, secret: first..<end, name: name) : nil
    }

    private mutating func isFormData(before end: Int) -> Bool {
        let limit = max(start, end - 64)
        var at = end
        while at > limit, text[at - 1] != 0x0A {
            at -= 1
            if matches("form-data", at: at) { return true }
        }
        work += end - at
        return false
    }

    private mutating func endOfPartHeader(from first: Int) -> Int? {
        let limit = min(text.count, first + Self.partHeaderBytes)
        var at = first
        defer { work += at - first }
        while at < limit {
            if text[at] == 0x0A {
                if at + 1 < text.count, text[at + 1] == 0x0A { return at + 2 }
                if at + 2 < text.count, text[at + 1] == 0x0D, text[at + 2] == 0x0A { return at + 3 }
            }
            at += 1
        }
        return nil
    }

    private func isBoundary(at position: Int) -> Bool {
        matches("\r\n--", at: position) || matches("\n--", at: position)
    }
}
