internal import CByteSearch

/// Tokens that cannot be taken for anything else, for the second look. Each is one that the first look removes wherever it
/// stands, so that what is found was missed.
enum CertainToken {
    static let shortest = 20

    /// - Parameter isStart: whether a text begins at a place, of memory that holds several.
    static func isIn(_ text: UnsafeRawBufferPointer, isStart: (_ place: Int) -> Bool = { _ in false }) -> Bool {
        var place = first_certain_token(text.baseAddress, 0, text.count)
        while place < text.count {
            if let start = token(at: place, in: text), isFree(at: start, in: text) || isStart(start) { return true }
            place = first_certain_token(text.baseAddress, place + 1, text.count)
        }
        return false
    }

    /// Where the token begins of which one of the pairs of bytes that `first_certain_token` tells stands at `place`.
    @inline(never)
    private static func token(at place: Int, in text: UnsafeRawBufferPointer) -> Int? {
        switch text[place] {
        case UInt8(ascii: "y"): isWebToken(at: place - 1, in: text) ? place - 1 : nil
        case UInt8(ascii: "K"):
            isToken("AKIA", at: place - 1, in: text, count: 16, isCapital, isExact: true) ? place - 1 : nil
        case UInt8(ascii: "h"):
            isToken("ghp_", at: place - 1, in: text, count: 36, isAlphanumeric)
                || isToken("gho_", at: place - 1, in: text, count: 36, isAlphanumeric) ? place - 1 : nil
        case UInt8(ascii: "x"): isToken("xoxb-", at: place, in: text, count: 20, isDashed) ? place : nil
        case UInt8(ascii: "_"):
            isToken("sk_live_", at: place - 2, in: text, count: 16, isAlphanumeric) ? place - 2 : nil
        default: isPrivateKey(at: place, in: text) ? place : nil
        }
    }

    /// `count` characters behind the beginning, and more unless it is exact.
    private static func isToken(
        _ beginning: StaticString, at start: Int, in text: UnsafeRawBufferPointer, count: Int,
        _ isOne: (UInt8) -> Bool, isExact: Bool = false
    ) -> Bool {
        let first = start + beginning.utf8CodeUnitCount
        guard begins(beginning, at: start, in: text), first + count <= text.count else { return false }
        if isExact, first + count < text.count, isAlphanumeric(text[first + count]) { return false }
        return text[first..<first + count].allSatisfy(isOne)
    }

    /// Two parts of ten characters and more that both begin as base64 of `{"`, and a dot behind each (RFC 7515, section 3.1).
    private static func isWebToken(at start: Int, in text: UnsafeRawBufferPointer) -> Bool {
        guard begins("eyJ", at: start, in: text) else { return false }
        var at = start
        for _ in 0..<2 {
            guard begins("eyJ", at: at, in: text) else { return false }
            let part = at
            while at < text.count, isBase64URL(text[at]) { at += 1 }
            guard at - part >= 10, at < text.count, text[at] == UInt8(ascii: ".") else { return false }
            at += 1
        }
        return at < text.count && isBase64URL(text[at])
    }

    /// `-----BEGIN ... PRIVATE KEY-----` (RFC 7468, section 10).
    private static func isPrivateKey(at start: Int, in text: UnsafeRawBufferPointer) -> Bool {
        guard begins("-----BEGIN ", at: start, in: text) else { return false }
        var at = start + 11
        let last = min(text.count, start + 48)
        while at < last, !begins("--", at: at, in: text) {
            if begins("PRIVATE KEY-----", at: at, in: text) { return true }
            at += 1
        }
        return false
    }

    private static func begins(_ word: StaticString, at start: Int, in text: UnsafeRawBufferPointer) -> Bool {
        guard start >= 0, start + word.utf8CodeUnitCount <= text.count else { return false }
        return (0..<word.utf8CodeUnitCount).allSatisfy { text[start + $0] == word.utf8Start[$0] }
    }

    /// No letter or digit is before it.
    private static func isFree(at start: Int, in text: UnsafeRawBufferPointer) -> Bool {
        start == 0 || !isBase64URL(text[start - 1])
    }

    private static func isCapital(_ byte: UInt8) -> Bool { byte &- 48 < 10 || byte &- 65 < 26 }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 }
    private static func isDashed(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "-") }
    private static func isBase64URL(_ byte: UInt8) -> Bool { isDashed(byte) || byte == UInt8(ascii: "_") }
}
