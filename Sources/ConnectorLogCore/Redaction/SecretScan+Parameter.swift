/// `name=value`: query parameters, form fields, literals, and the parts of `multipart/form-data`.
extension SecretScan {
    /// Bytes between the name of a form's part and the blank line before its value, at most.
    private static let partHeaderBytes = 512

    @inline(__always)
    mutating func parameter(equals: Int) -> Match? {
        guard equals + 1 < text.count else { return nil }
        if text[equals + 1] == UInt8(ascii: "\""), matches("name", at: equals - 4 < 0 ? text.count : equals - 4) {
            return formPart(equals: equals)
        }
        guard names.mayEnd(before: equals, in: text, from: start) else { return nil }
        return value(name: bareName(before: equals), from: equals + 1)
    }

    private mutating func value(name: Range<Int>, from first: Int) -> Match? {
        guard !name.isEmpty, saysCredential(name) else { return nil }
        if let quote = EscapedQuote(openingAt: first, in: text) {
            let inner = first + quote.count
            let end = quote.end(in: text, from: inner)
            work += end - first
            return inner < end ? Match(rule: .parameter, secret: inner..<end, name: name) : nil
        }
        var end = first
        while end < text.count, !endsValue(text[end]) { end += 1 }
        work += end - first
        return first < end ? Match(rule: .parameter, secret: first..<end, name: name) : nil
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
