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
        let stringEnd = endOfString(from: content)
        let end = endTag(of: name..<nameEnd, in: content..<stringEnd)
        work += stringEnd - content
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

    /// Where the string of JSON ends that `start` is in: at a quote without a backslash before it and with what may follow
    /// a string behind it. The end of the text when that is no JSON.
    private func endOfString(from start: Int) -> Int {
        guard let first = text.prefix(64).first(where: { !Self.isBlank($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return text.count }
        var at = start
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "\\"): at += 1
            case UInt8(ascii: "\""):
                guard let next = text[(at + 1)...].first(where: { !Self.isBlank($0) }) else { return at }
                switch next {
                case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"): return at
                default: break
                }
            default: break
            }
            at += 1
        }
        return text.count
    }

    /// The end of `range` when there is none. JSON may have a backslash before the slash, and one before each of these in
    /// every string around.
    private func endTag(of name: Range<Int>, in range: Range<Int>) -> Int {
        var at = range.lowerBound
        while at + name.count + 2 <= range.upperBound {
            if text[at] == UInt8(ascii: "<") {
                var slash = at + 1
                while slash < range.upperBound, text[slash] == UInt8(ascii: "\\") { slash += 1 }
                if slash + name.count < range.upperBound, text[slash] == UInt8(ascii: "/"),
                    text[slash + 1..<slash + 1 + name.count].elementsEqual(text[name])
                {
                    return at
                }
            }
            at += 1
        }
        return range.upperBound
    }
}

extension UInt8 {
    fileprivate var isNameStart: Bool { (self | 0x20) &- 97 < 26 || self == UInt8(ascii: "_") }
    fileprivate var isNameByte: Bool { isIdentifierByte || self == UInt8(ascii: ":") || self == UInt8(ascii: ".") }
}
