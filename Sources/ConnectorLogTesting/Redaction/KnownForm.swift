/// A way in which a known value is written where it leaks.
package struct KnownForm: Hashable, Sendable {
    enum Start: Hashable, Sendable {
        case raw
        case uppercased, lowercased
        case hexUpper, hexLower
        /// Amid other bytes, `alignment` of three before it.
        case base64(alignment: Int, url: Bool, padded: Bool)
        /// `Basic`, and base64 of a user's name, a colon and the value (RFC 7617).
        case basic
    }

    package let name: String
    let start: Start
    /// Innermost first.
    package let encodings: [SecretEncoding]

    private init(_ name: String, _ start: Start, _ encodings: [SecretEncoding] = []) {
        (self.name, self.start, self.encodings) = (name, start, encodings)
    }

    static let raw = KnownForm("raw", .raw)

    package static let all: [KnownForm] =
        [raw, KnownForm("uppercased", .uppercased), KnownForm("lowercased", .lowercased)]
        + SecretEncoding.allCases.map { KnownForm($0.rawValue, .raw, [$0]) }
        + [
            KnownForm("json+json", .raw, [.json, .json]),
            KnownForm("jsonSlash+json", .raw, [.jsonSlash, .json]),
            KnownForm("jsonUnicodeLower+json", .raw, [.jsonUnicodeLower, .json]),
            KnownForm("percentUpper+json+json", .raw, [.percentUpper, .json, .json]),
            KnownForm("json+percentUpper", .raw, [.json, .percentUpper]),
            KnownForm("htmlNamed+json", .raw, [.htmlNamed, .json]),
            KnownForm("hexUpper", .hexUpper), KnownForm("hexLower", .hexLower), KnownForm("basic", .basic),
        ] + base64Forms
        + [KnownForm("base64+percentUpper", .base64(alignment: 0, url: false, padded: true), [.percentUpper])]

    private static var base64Forms: [KnownForm] {
        (0..<3).flatMap { alignment in
            [false, true].flatMap { url in
                [false, true].map { padded in
                    KnownForm(
                        "base64\(url ? "url" : "")@\(alignment)\(padded ? "=" : "")",
                        .base64(alignment: alignment, url: url, padded: padded))
                }
            }
        }
    }

    /// Whether only secrets that ignore case can be found in this form.
    var changesCase: Bool { start == .uppercased || start == .lowercased }
    /// Whether the form of a value's beginning is the beginning of the value's form.
    var canBeCut: Bool {
        switch start {
        case .raw, .hexUpper, .hexLower: true
        default: false
        }
    }

    /// The value in this form, up to `encodings`.
    func begin(_ value: String, _ random: inout SeededRandom) -> MarkedText {
        switch start {
        case .raw: .secret(value)
        case .uppercased: .secret(value.uppercased())
        case .lowercased: .secret(value.lowercased())
        case .hexUpper: .secret(HexText.encode(Array(value.utf8), uppercase: true))
        case .hexLower: .secret(HexText.encode(Array(value.utf8), uppercase: false))
        case .base64(let alignment, let url, let padded):
            base64(value, alignment: alignment, url: url, padded: padded, &random)
        case .basic:
            "Basic "
                + Self.base64(
                    before: Array((random.pick(Self.users) + ":").utf8), Array(value.utf8), behind: [], url: false,
                    padded: true)
        }
    }

    private static let users = ["ab", "api", "user", "admin", "service", "ops@example.com", "12345678"]

    private func base64(
        _ value: String, alignment: Int, url: Bool, padded: Bool, _ random: inout SeededRandom
    ) -> MarkedText {
        let value = Array(value.utf8)
        let before = random.bytes(alignment + 3 * random.number(in: 0...4))
        var behind = random.bytes(random.number(in: 0...12))
        // Padding shows only when bytes are missing to a group of three.
        if padded, (before.count + value.count + behind.count) % 3 == 0 { behind += random.bytes(1) }
        return Self.base64(before: before, value, behind: behind, url: url, padded: padded)
    }

    /// Only the characters all of whose six bits are the secret's are marked: the others depend on its neighbours.
    private static func base64(
        before: [UInt8], _ value: [UInt8], behind: [UInt8], url: Bool, padded: Bool
    ) -> MarkedText {
        let text = Array(Base64Text.encode(before + value + behind, url: url, padded: padded))
        let first = (8 * before.count + 5) / 6
        let end = 8 * (before.count + value.count) / 6
        return String(text[..<first]) + .secret(String(text[first..<end])) + String(text[end...])
    }
}
