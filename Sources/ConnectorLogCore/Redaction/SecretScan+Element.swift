/// `<name>value</name>`: elements of XML. Attributes are `name="value"` pairs like others.
extension SecretScan {
    /// Bytes of a tag that are looked through for its end.
    private static let tagBytes = 1024

    /// All that is in an element whose name says credential, to its end tag or, of a text that was cut, to the end. The part
    /// of the name before a colon is a prefix of its namespace.
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
        let end = endTag(of: name..<nameEnd, from: content)
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

    private func endTag(of name: Range<Int>, from start: Int) -> Int {
        var at = start
        while at + name.count + 2 <= text.count {
            if text[at] == UInt8(ascii: "<"), text[at + 1] == UInt8(ascii: "/"),
                text[at + 2..<at + 2 + name.count].elementsEqual(text[name])
            {
                return at
            }
            at += 1
        }
        return text.count
    }
}

extension UInt8 {
    fileprivate var isNameStart: Bool { (self | 0x20) &- 97 < 26 || self == UInt8(ascii: "_") }
    fileprivate var isNameByte: Bool { isIdentifierByte || self == UInt8(ascii: ":") || self == UInt8(ascii: ".") }
}
