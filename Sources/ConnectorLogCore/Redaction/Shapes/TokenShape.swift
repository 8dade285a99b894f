/// A vendor's token as its documentation describes it: a fixed beginning, then so many characters of an alphabet.
struct TokenShape: Sendable {
    enum Alphabet: Sendable {
        case alphanumeric, uppercase, hexadecimal
        /// Letters, digits, `_` and `-`.
        case identifier
        /// Letters, digits, `-`.
        case dashed
        /// What base64 in both alphabets has, and dots.
        case any

        @inline(__always)
        func contains(_ byte: UInt8) -> Bool {
            switch self {
            case .alphanumeric: byte.isAlphanumeric
            case .uppercase: byte &- 48 < 10 || byte &- 65 < 26
            case .hexadecimal: byte &- 48 < 10 || byte &- 97 < 6
            case .identifier: byte.isIdentifierByte
            case .dashed: byte.isAlphanumeric || byte == UInt8(ascii: "-")
            case .any: byte.isBase64 || byte == UInt8(ascii: ".")
            }
        }
    }

    var beginning: StaticString
    /// Where in it the pair of bytes stands that `trigger_groups` tells.
    var trigger: Int
    var alphabet: Alphabet
    /// Characters behind the beginning. Where one number only is right, more are something else.
    var length: ClosedRange<Int>
    /// Words with dashes can look so; tokens have digits and capitals, too.
    var isMixed = false

    private static let most = 4096

    /// Of one kind of token, the beginnings that vendors use. Tokens of less certain form are left to names.
    static let all: [TokenShape] = [
        // AWS access key ids (IAM user guide, "IAM identifiers": unique ids).
        TokenShape(beginning: "AKIA", trigger: 0, alphabet: .uppercase, length: 16...16),
        TokenShape(beginning: "ASIA", trigger: 0, alphabet: .uppercase, length: 16...16),
        // GitHub ("About authentication to GitHub": token formats).
        TokenShape(beginning: "ghp_", trigger: 0, alphabet: .alphanumeric, length: 30...255),
        TokenShape(beginning: "gho_", trigger: 0, alphabet: .alphanumeric, length: 30...255),
        TokenShape(beginning: "ghu_", trigger: 0, alphabet: .alphanumeric, length: 30...255),
        TokenShape(beginning: "ghs_", trigger: 0, alphabet: .identifier, length: 30...most),
        TokenShape(beginning: "ghr_", trigger: 0, alphabet: .alphanumeric, length: 30...255),
        TokenShape(beginning: "github_pat_", trigger: 5, alphabet: .identifier, length: 22...255),
        // GitLab ("Token overview": token prefixes).
        TokenShape(beginning: "glpat-", trigger: 0, alphabet: .any, length: 20...300),
        // Slack ("Token types").
        TokenShape(beginning: "xoxb-", trigger: 0, alphabet: .dashed, length: 10...300),
        TokenShape(beginning: "xoxp-", trigger: 0, alphabet: .dashed, length: 10...300),
        TokenShape(beginning: "xoxa-", trigger: 0, alphabet: .dashed, length: 10...300),
        TokenShape(beginning: "xoxr-", trigger: 0, alphabet: .dashed, length: 10...300),
        TokenShape(beginning: "xoxs-", trigger: 0, alphabet: .dashed, length: 10...300),
        TokenShape(beginning: "xoxe-", trigger: 0, alphabet: .dashed, length: 10...300),
        TokenShape(beginning: "xapp-", trigger: 3, alphabet: .dashed, length: 10...300),
        // Stripe ("API keys", "Webhook signatures").
        TokenShape(beginning: "sk_live_", trigger: 0, alphabet: .alphanumeric, length: 10...300),
        TokenShape(beginning: "sk_test_", trigger: 0, alphabet: .alphanumeric, length: 10...300),
        TokenShape(beginning: "rk_live_", trigger: 1, alphabet: .alphanumeric, length: 10...300),
        TokenShape(beginning: "rk_test_", trigger: 1, alphabet: .alphanumeric, length: 10...300),
        TokenShape(beginning: "whsec_", trigger: 4, alphabet: .any, length: 16...300),
        // Google (API keys, OAuth 2.0 access tokens).
        TokenShape(beginning: "AIza", trigger: 0, alphabet: .identifier, length: 35...35),
        TokenShape(beginning: "ya29.", trigger: 1, alphabet: .any, length: 20...most),
        // SendGrid, Twilio, npm, Shopify.
        TokenShape(beginning: "SG.", trigger: 0, alphabet: .any, length: 40...200, isMixed: true),
        TokenShape(beginning: "SK", trigger: 0, alphabet: .hexadecimal, length: 32...32),
        TokenShape(beginning: "npm_", trigger: 0, alphabet: .alphanumeric, length: 30...255),
        TokenShape(beginning: "shpat_", trigger: 1, alphabet: .hexadecimal, length: 32...64),
        TokenShape(beginning: "shpca_", trigger: 1, alphabet: .hexadecimal, length: 32...64),
        TokenShape(beginning: "shppa_", trigger: 1, alphabet: .hexadecimal, length: 32...64),
        TokenShape(beginning: "shpss_", trigger: 1, alphabet: .hexadecimal, length: 32...64),
        // Our own keys.
        TokenShape(beginning: "clk_", trigger: 2, alphabet: .identifier, length: 32...300),
        // OpenAI, Anthropic and who writes keys like theirs.
        TokenShape(beginning: "sk-", trigger: 0, alphabet: .identifier, length: 20...300, isMixed: true),
    ]

    /// The kinds whose pair has this first byte.
    private static let byTrigger: [[TokenShape]] = (0..<256).map { byte in
        all.filter { Int($0.beginning.utf8Start[$0.trigger]) == byte }
    }

    static func shapes(triggeredBy byte: UInt8) -> [TokenShape] { byTrigger[Int(byte)] }

    /// Whether some token is in a text, which is short.
    static func isIn(_ text: UnsafeRawBufferPointer) -> Bool {
        text.indices.contains { at in shapes(triggeredBy: text[at]).contains { $0.token(at: at, in: text) != nil } }
    }

    /// The token of this kind whose pair stands at `position`.
    func token(at position: Int, in text: UnsafeRawBufferPointer) -> Range<Int>? {
        let start = position - trigger
        let count = beginning.utf8CodeUnitCount
        guard start >= 0, start + count + length.lowerBound <= text.count else { return nil }
        for at in 0..<count where text[start + at] != beginning.utf8Start[at] { return nil }
        guard Self.mayBegin(at: start, in: text) else { return nil }
        var end = start + count
        let limit = min(text.count, end + length.upperBound)
        var (hasDigit, hasCapital) = (!isMixed, !isMixed)
        while end < limit, alphabet.contains(text[end]) {
            if text[end] &- 48 < 10 { hasDigit = true }
            if text[end] &- 65 < 26 { hasCapital = true }
            end += 1
        }
        guard end - start - count >= length.lowerBound, hasDigit, hasCapital else { return nil }
        if length.lowerBound == length.upperBound, end < text.count, text[end].isAlphanumeric { return nil }
        return start..<end
    }

    /// No letter or digit stands before a token, unless it ends an escape: `%20`, `\n`, `\u0022`.
    static func mayBegin(at start: Int, in text: UnsafeRawBufferPointer) -> Bool {
        guard start > 0, text[start - 1].isAlphanumeric else { return true }
        return start >= 2 && text[start - 2] == UInt8(ascii: "\\") || start >= 3 && text[start - 3] == UInt8(ascii: "%")
            || start >= 6 && text[start - 6] == UInt8(ascii: "\\") && text[start - 5] == UInt8(ascii: "u")
            || start >= 4 && text[start - 4] == UInt8(ascii: "\\") && text[start - 3] == UInt8(ascii: "x")
    }
}
