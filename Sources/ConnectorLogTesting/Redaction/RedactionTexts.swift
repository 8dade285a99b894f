/// Texts for `RedactionProperties`: the planter's, whole and damaged, JSON made of what the redactor knows, and noise.
package struct RedactionTexts: Sendable {
    /// Bodies, headers and URIs in the planter's lines, and the lines themselves.
    private let planted: [[UInt8]]

    package init(seed: UInt64) {
        var planter = SecretPlanter(seed: seed)
        planted = (0..<400).map { _ in Array(planter.next().json.utf8) }
    }

    package func next(_ random: inout SeededRandom) -> [UInt8] {
        var text: [UInt8]
        switch random.number(in: 0...9) {
        case 0: return random.bytes(random.number(in: 0...200))
        case 1: text = (0..<random.number(in: 1...20)).flatMap { _ in random.pick(Self.tokens) }
        case 2...5:
            text = Array(
                json(depth: random.number(in: 0...5), &random).written(random.pick([.compact, .spaced, .indented])).utf8
            )
            // JSON in a JSON string.
            for _ in 0..<random.pick([0, 0, 0, 1, 2]) {
                text = Array(#"{"inner":"\#(SecretEncoding.json.encode(String(decoding: text, as: UTF8.self)))"}"#.utf8)
            }
            if random.chance(60) { return text }
        default:
            text = random.pick(planted)
            if random.chance(20) { return text }
        }
        repeat { change(&text, &random) } while random.chance(60)
        return text
    }

    private func change(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let at = random.number(in: 0...bytes.count)
        let end = min(bytes.count, at + random.number(in: 0...12))
        switch random.number(in: 0...6) {
        case 0: if at < bytes.count { bytes[at] ^= 1 << UInt8(random.number(in: 0...7)) }
        case 1: bytes.removeSubrange(at..<end)
        case 2: bytes.insert(contentsOf: random.pick(Self.tokens), at: at)
        case 3: bytes.replaceSubrange(at..<end, with: random.pick(Self.tokens))
        case 4: bytes.removeSubrange(at...)
        case 5: bytes.insert(contentsOf: bytes[at..<end], at: end)
        default:
            let other = random.pick(planted)
            let from = random.number(in: 0...other.count - 1)
            bytes.replaceSubrange(at..<end, with: other[from..<min(other.count, from + 60)])
        }
    }

    private func json(depth: Int, _ random: inout SeededRandom) -> TrafficJSON {
        switch random.number(in: 0...(depth > 0 ? 7 : 5)) {
        case 0: return .literal(random.pick(Self.literals))
        case 1: return .text(random.text(random.number(in: 0...20)))
        case 2: return .escapedText(random.pick(Self.escaped))
        case 3, 4: return .text(random.pick(Self.values))
        case 5: return .literal(random.digits(random.pick([1, 3, 13, 16, 16])))
        case 6: return .list((0..<random.number(in: 0...4)).map { _ in json(depth: depth - 1, &random) })
        default:
            return .object(
                (0..<random.number(in: 0...5)).map { _ in
                    .init(escapedName: random.pick(Self.names), json(depth: depth - 1, &random))
                })
        }
    }

    private static let names = [
        "id", "note", "password", "api_key", "p\\u0061ssword", "pin", "x-internal", "Geheim", "customer", "vat_id",
        "iban",
        "list", "token", "nextPageToken", "a\\\"b", "", "Authorization", "cookie", "headers", "email", "zzfirst",
    ]
    private static let literals = [
        "null", "true", "false", "0", "-1.5e3", "4711471147114711", "4111111111111111", "{}", "[]",
    ]
    private static let escaped = [
        "\\\"", "\\\\", "\\u0022", "{\\\"password\\\":\\\"x1y2z3\\\"}", "{\\\"pin\\\":12,\\\"token\\\":[1]}",
        "\\ud83d\\udd11",
        "kn0wn-s3cret-v\\u0061lue", "password=\\\"a b\\\"", "\\/\\/u:p@h\\/", "token: \\\"ab\\\\\\\"cd\\\"",
        "<password>\\n<\\/password>",
    ]
    private static let values =
        RedactionProperties.known + [
            "Bearer abcdefgh12345678", "Basic dXNlcjpwYXNzd29yZA==", "https://user:pass@example.com/a?token=abc&b=1",
            "4111 1111 1111 1111", "ada@example.com", "+49 89 12345678", "DE89370400440532013000", "ORD-12345",
            "zzword",
            "password=hunter2", "Cookie: a=1; b=2", "<password>x</password>", "token: x", "key='a', secret='b'",
            "[secret:k3f9c2]", "{{API_KEY}}", "a,b;c", "\"password\": \"x\"",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----", "sk_live_abcdefghij0123456789",
        ]
    /// What the redactor looks for, and what turns up where a reader of text goes wrong.
    private static let tokens: [[UInt8]] =
        (values + escaped + literals + [
            "\"", "\\", "\\\\\"", "\\u", "\\ud800", "{", "}", "[", "]", ":", ",", "=", "&", ";", "%", "%22", "%5", "+",
            "://", "@",
            "<", ">", "</", "'", "`", "\n", "\r\n", "\n\n", " ", "\t", "\u{FEFF}", "\u{2028}", "password", "token=",
            "\"token\":",
            "cookie:", "form-data; name=\"token\"\r\n\r\n", "ghp_", "eyJ", "Bearer ", "&quot;", "&#x41;", "&#65", "--",
            "[secret:",
        ]).map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x00], [0x1F],
            [UInt8](repeating: UInt8(ascii: "["), count: 300), [UInt8](repeating: UInt8(ascii: "\\"), count: 70),
        ]
}
