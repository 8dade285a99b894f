/// `"name": "password", "value": x`: a name and its value as members of their own, as HAR, forms and lists of settings have
/// them.
extension SecretScan {
    /// The value of the member `value` whose name ends at `nameEnd`, when a name before it says credential.
    mutating func pairedValue(quote: EscapedQuote, nameEnd: Int, colon: Int) -> Match? {
        guard nameEnd - 5 - quote.count > start, matches("value", at: nameEnd - 5),
            quote.ends(before: nameEnd - 5, in: text),
            let name = pairedName(before: nameEnd - 5 - quote.count), saysCredential(name)
        else { return nil }
        return value(from: skipBlanks(from: colon + 1), name: name, nameQuote: quote)
    }

    /// What `"name": "..."` or `"key": "..."` before a comma at `end` says.
    private mutating func pairedName(before end: Int) -> Range<Int>? {
        var at = skipBlanks(before: end)
        guard at > start, text[at - 1] == UInt8(ascii: ",") else { return nil }
        guard let said = quoted(before: at - 1) else { return nil }
        at = skipBlanks(before: said.outer.lowerBound)
        guard at > start, text[at - 1] == UInt8(ascii: ":"), let member = quoted(before: at - 1) else { return nil }
        let isName = member.inner.count == 4 && matches("name", at: member.inner.lowerBound)
        let isKey = member.inner.count == 3 && matches("key", at: member.inner.lowerBound)
        return isName || isKey ? said.inner : nil
    }

    /// The text in quotes, not longer than a name, that ends before `end` and blanks.
    private mutating func quoted(before end: Int) -> (inner: Range<Int>, outer: Range<Int>)? {
        let outerEnd = skipBlanks(before: end)
        guard outerEnd > start, let quote = EscapedQuote(closingBefore: outerEnd, in: text, from: start) else {
            return nil
        }
        let innerEnd = outerEnd - quote.count
        var first = innerEnd
        let limit = max(start, innerEnd - Self.nameBytes)
        while first > limit, !quote.ends(before: first, in: text) { first -= 1 }
        work += innerEnd - first
        guard first - quote.count >= start, quote.ends(before: first, in: text) else { return nil }
        return (first..<innerEnd, first - quote.count..<outerEnd)
    }

    private mutating func skipBlanks(before end: Int) -> Int {
        var at = end
        while at > start, end - at < Self.nameBytes, Self.isBlank(text[at - 1]) { at -= 1 }
        work += end - at
        return at
    }
}
