/// `<name>value</name>`: elements of XML. Attributes are `name="value"` pairs like others.
extension SecretScan {
    /// Bytes of a tag that are looked through for its end.
    private static let tagBytes = 1024

    /// All that is in an element whose name says credential, to its end tag or, without one, to the end: of the text or, in
    /// JSON, of the string. The part of the name before a colon is a prefix of its namespace.
    mutating func element(at first: Int) -> Match? {
        let name = first + 1
        guard name < text.count, text[name].isNameStart else { return nil }
        var nameEnd = name + 1
        var local = name
        let limit = min(text.count, name + Self.nameBytes)
        while nameEnd < limit, text[nameEnd].isNameByte {
            if text[nameEnd] == UInt8(ascii: ":") { local = nameEnd + 1 }
            nameEnd += 1
        }
        work += nameEnd - name
        guard names.mayEnd(before: nameEnd, in: text, from: local), saysCredential(local..<nameEnd) else { return nil }
        guard let content = endOfTag(from: nameEnd) else { return nil }
        let end = endOfElement(name..<nameEnd, from: content, isInString: isInString(at: first))
        work += end - content
        guard text[content..<end].contains(where: { !Self.isBlank($0) }), !saysNothing(content..<end) else {
            return nil
        }
        return Match(rule: .xmlElement, secret: content..<end, name: local..<nameEnd)
    }

    /// Behind the tag; nil when it is an empty element's, or does not end.
    private mutating func endOfTag(from start: Int) -> Int? {
        var at = start
        let limit = min(text.count, start + Self.tagBytes)
        while at < limit, text[at] != UInt8(ascii: ">"), text[at] != UInt8(ascii: "<") { at += 1 }
        work += at - start
        guard at < limit, text[at] == UInt8(ascii: ">"), text[at - 1] != UInt8(ascii: "/") else { return nil }
        return at + 1
    }

    /// Whether the place is within a string of JSON, so that what is removed must not reach beyond it. All places together cost
    /// one pass.
    private mutating func isInString(at position: Int) -> Bool {
        guard context == .text else { return false }
        if !hasReadPlace {
            hasReadPlace = true
            place = JSONPlace(in: text)
        }
        return place?.isInString(at: position) ?? false
    }

    /// Where the end tag begins, or the string of JSON ends, whichever is first; the text's end when there is neither. JSON
    /// may have a backslash before the slash, and one before each of these in every string around. A string ends at a quote
    /// without a backslash before it and with what may follow a string behind it.
    private func endOfElement(_ name: Range<Int>, from start: Int, isInString: Bool) -> Int {
        var at = start
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "<"):
                if isEndTag(of: name, at: at) { return at }
            case UInt8(ascii: "\\") where isInString && at + 1 < text.count && text[at + 1] != UInt8(ascii: "<"):
                at += 1
            case UInt8(ascii: "\"") where isInString:
                switch text[(at + 1)...].prefix(Self.nameBytes).first(where: { !Self.isBlank($0) }) {
                case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"), nil: return at
                default: break
                }
            default: break
            }
            at += 1
        }
        return text.count
    }

    private func isEndTag(of name: Range<Int>, at position: Int) -> Bool {
        var slash = position + 1
        while slash < text.count, text[slash] == UInt8(ascii: "\\") { slash += 1 }
        return slash + name.count < text.count && text[slash] == UInt8(ascii: "/")
            && text[slash + 1..<slash + 1 + name.count].elementsEqual(text[name])
    }
}

extension UInt8 {
    fileprivate var isNameStart: Bool { (self | 0x20) &- 97 < 26 || self == UInt8(ascii: "_") }
    fileprivate var isNameByte: Bool { isIdentifierByte || self == UInt8(ascii: ":") || self == UInt8(ascii: ".") }
}
