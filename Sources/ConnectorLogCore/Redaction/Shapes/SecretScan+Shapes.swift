/// Secrets that are known by their form: tokens of vendors, JSON web tokens, private keys.
extension SecretScan {
    @inline(never)
    mutating func shape(at position: Int) -> Match? {
        switch text[position] {
        case UInt8(ascii: "b"), UInt8(ascii: "B"):
            if text[position + 1] != UInt8(ascii: "_") { return credentials(at: position) }
        case UInt8(ascii: "e"): return webToken(at: position)
        case UInt8(ascii: "-") where text[position + 1] == UInt8(ascii: "-"): return privateKey(at: position)
        default: break
        }
        for shape in TokenShape.shapes(triggeredBy: text[position])
        where text[position + 1] == shape.beginning.utf8Start[shape.trigger + 1] {
            // What is before `start` was redacted already.
            guard position - shape.trigger >= start, let token = shape.token(at: position, in: text) else { continue }
            work += token.count
            return Match(rule: .vendorToken, secret: token, name: position..<position)
        }
        return nil
    }

    /// A JSON web token (RFC 7519; JWS and JWE in compact form, RFC 7515 and 7516): base64url of a JSON object, a dot, and at
    /// least one part more. Of a text that was cut its first part is enough.
    private mutating func webToken(at first: Int) -> Match? {
        guard first + 12 <= text.count, text[first + 1] == UInt8(ascii: "y"), text[first + 2] == UInt8(ascii: "J"),
            first >= noWebTokenBefore, TokenShape.mayBegin(at: first, in: text)
        else { return nil }
        var end = first
        var dots = 0
        while end < text.count {
            if text[end] == UInt8(ascii: ".") {
                dots += 1
                // Two parts to be sure, and not a sentence's end.
                if dots > 4 || end + 1 == text.count || !text[end + 1].isIdentifierByte && text[end + 1] != 0x2E {
                    break
                }
            } else if !text[end].isIdentifierByte {
                break
            }
            end += 1
        }
        work += end - first
        guard dots > 0 || isCut && end == text.count && end - first >= 24 else {
            // What begins later in this run ends as this one did.
            noWebTokenBefore = end
            return nil
        }
        guard end - first >= 20 else { return nil }
        return Match(rule: .webToken, secret: first..<end, name: first..<first)
    }

    /// `-----BEGIN ... PRIVATE KEY-----` (RFC 7468, section 10 and 11, and older labels), whole, up to its end, a quote or
    /// the end of the text. Blanks may be escaped.
    private mutating func privateKey(at first: Int) -> Match? {
        guard matches("-----begin", at: first) else { return nil }
        let label = first + 10
        var at = label
        let limit = min(text.count, label + 64)
        var isPrivate = false
        // RFC 7468, section 3: single dashes may be in a label.
        while at < limit, text[at] != UInt8(ascii: "-") || at + 1 < text.count && text[at + 1] != UInt8(ascii: "-") {
            if matches("private", at: at) { isPrivate = true }
            at += 1
        }
        work += at - first
        guard isPrivate, matches("-----", at: at) else { return nil }
        var end = at + 5
        scan: while end < text.count {
            switch text[end] {
            case UInt8(ascii: "\""), UInt8(ascii: "<"): break scan
            case UInt8(ascii: "-") where matches("-----end", at: end):
                end += 8
                let limit = min(text.count, end + 64)
                while end < limit, text[end] != UInt8(ascii: "\""), !matches("--", at: end) { end += 1 }
                while end < text.count, text[end] == UInt8(ascii: "-") { end += 1 }
                break scan
            default: end += 1
            }
        }
        work += end - at
        // Within a JSON string the closing quote's backslash is no part of the key.
        while end > at + 5, text[end - 1] == UInt8(ascii: "\\") { end -= 1 }
        return Match(rule: .privateKey, secret: first..<end, name: first..<first)
    }
}
