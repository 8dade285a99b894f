/// Credentials that are known by their form, whatever their name.
extension SecretScan {
    /// `://user:password@host`, also with the escaped slashes that JSON allows. A password may hold `@` though RFC 3986
    /// forbids it, so the authority's last one counts.
    mutating func userInformation(colon: Int) -> Match? {
        guard colon + 1 < text.count,
            text[colon + 1] == UInt8(ascii: "/") || text[colon + 1] == UInt8(ascii: "\\")
        else { return nil }
        return userInformation(behind: colon)
    }

    private mutating func userInformation(behind colon: Int) -> Match? {
        guard let slash = slash(from: colon + 1), let first = self.slash(from: slash) else { return nil }
        var end: Int?
        var at = first
        let limit = min(text.count, first + Self.authorityBytes)
        scan: while at < limit {
            switch text[at] {
            case UInt8(ascii: "@"): end = at
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: "\""),
                UInt8(ascii: "'"), UInt8(ascii: "<"), UInt8(ascii: ">"), 0...0x20:
                break scan
            default: break
            }
            at += 1
        }
        work += at - colon
        guard let end, end > first else { return nil }
        return Match(rule: .userInfo, secret: first..<end, name: first..<first)
    }

    /// Behind a slash at `position` that may have backslashes before it.
    private func slash(from position: Int) -> Int? {
        var at = position
        while at < text.count, text[at] == UInt8(ascii: "\\") { at += 1 }
        return at < text.count && text[at] == UInt8(ascii: "/") ? at + 1 : nil
    }

    /// Bytes of `Basic` credentials behind a `+` that may have a `+` themselves.
    private static let words = 512

    /// `Bearer` or `Basic`, blanks (also percent-encoded or `+`), and something that looks like credentials.
    mutating func credentials(at first: Int) -> Match? {
        guard first == 0 || !text[first - 1].isIdentifierByte else { return nil }
        let isBasic: Bool
        var position: Int
        if matches("bearer", at: first) {
            (isBasic, position) = (false, first + 6)
        } else if matches("basic", at: first) {
            (isBasic, position) = (true, first + 5)
        } else {
            return nil
        }
        let blanks = position
        while position < text.count {
            if text[position] == 0x20 || text[position] == UInt8(ascii: "+") {
                position += 1
            } else if matches("%20", at: position) {
                position += 3
            } else {
                break
            }
        }
        work += position - first
        guard position > blanks else { return nil }
        // A form writes `+` for a blank and never for itself: there a refused run of words would be read again from each.
        var secret = token68(from: position, limit: Self.words)
        if secret.count >= Self.words {
            secret =
                isBasic && text[position - 1] == UInt8(ascii: "+")
                ? position..<(text[secret].firstIndex(of: UInt8(ascii: "+")) ?? secret.upperBound)
                : token68(from: position, limit: text.count)
        }
        work += secret.count
        let token = UnsafeRawBufferPointer(rebasing: text[secret])
        guard isBasic ? Self.isUserAndPassword(token) || Self.isMixed(token) : looksSecret(token) else { return nil }
        return Match(rule: isBasic ? .basic : .bearer, secret: secret, name: first..<first)
    }

    /// `token68` (RFC 9110, section 11.2), as URLs carry it encoded, too. Empty when it is the name of a
    /// parameter (`Bearer realm="..."`).
    private func token68(from first: Int, limit: Int) -> Range<Int> {
        var end = first
        while end < text.count, end - first < limit {
            if Self.isToken68(text[end]) {
                end += 1
            } else if Self.escaped(at: end, in: text) != nil {
                end += 3
            } else {
                break
            }
        }
        let letters = end
        while end < text.count, text[end] == UInt8(ascii: "=") { end += 1 }
        if end == letters + 1, end < text.count, Self.isToken68(text[end]) || text[end] == UInt8(ascii: "\""),
            isParameterName(first..<letters)
        {
            return first..<first
        }
        return first..<end
    }

    /// Names of parameters are short and of small letters; base64 that ends in `=` hardly ever is.
    private func isParameterName(_ word: Range<Int>) -> Bool {
        word.count <= 24
            && text[word].allSatisfy { $0 &- 97 < 26 || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    private static func isToken68(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"): true
        default: byte.isIdentifierByte
        }
    }

    /// What `%2B`, `%2F` and `%3D` mean; nil for all else.
    private static func escaped(at position: Int, in text: UnsafeRawBufferPointer) -> UInt8? {
        guard position + 3 <= text.count, text[position] == UInt8(ascii: "%"),
            let high = text[position + 1].hexDigitValue,
            let low = text[position + 2].hexDigitValue
        else { return nil }
        switch high << 4 | low {
        case UInt8(ascii: "+"): return UInt8(ascii: "+")
        case UInt8(ascii: "/"): return UInt8(ascii: "/")
        case UInt8(ascii: "="): return UInt8(ascii: "=")
        default: return nil
        }
    }

    /// Long, with digits and letters in both cases, and nothing that a form writes between words: no name of a plan.
    private static func isMixed(_ token: UnsafeRawBufferPointer) -> Bool {
        token.count >= 16 && token.contains(where: \.isDigit) && token.contains { $0 &- 65 < 26 }
            && token.contains { $0 &- 97 < 26 }
            && !token.contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    }

    /// Words of a sentence ("basic information", "bearer authentication") are short and of small letters.
    private func looksSecret(_ token: UnsafeRawBufferPointer) -> Bool {
        guard token.count >= 8 else { return false }
        if token.count >= 24 || token.last == UInt8(ascii: "=") { return true }
        return token.dropFirst().contains { $0 &- 48 <= 9 || $0 &- 65 < 26 }
    }

    /// Whether base64, padded or not, has a colon in what it means, as RFC 7617 asks for.
    private static func isUserAndPassword(_ token: UnsafeRawBufferPointer) -> Bool {
        guard token.count >= 4 else { return false }
        var bits: UInt32 = 0
        var count = 0
        var hasColon = false
        var at = 0
        while at < token.count {
            let escaped = Self.escaped(at: at, in: token)
            let byte = escaped ?? token[at]
            at += escaped == nil ? 1 : 3
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
            case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
            case UInt8(ascii: "="): continue
            default: return false
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                let meaning = UInt8(truncatingIfNeeded: bits >> UInt32(count))
                // Words happen to mean something, too, but hardly ever printable text with a colon.
                guard meaning >= 0x20, meaning != 0x7F else { return false }
                if meaning == UInt8(ascii: ":") { hasColon = true }
            }
        }
        return hasColon
    }
}
