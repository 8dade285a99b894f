import ConnectorLogCore

/// Time against size on texts that are made to be slow: each is a beginning of something, again and again.
enum Linearity {
    private static let sizes = [10_000, 100_000, 1_000_000, 10_000_000]

    static func table() -> [String: Any] {
        let secrets = makeSecrets(199) + [KnownSecret(value: Array(repeating: UInt8(ascii: "a"), count: 300) + [0x62])]
        let book = RedactionBook(placeholderKey: Array(repeating: 7, count: 32))
        book.setSecrets(secrets, team: 1, connector: nil)
        let beginning = String(decoding: secrets[0].value.dropLast(), as: UTF8.self)
        let texts: [(String, String)] = [
            ("plain text", "the quick brown fox jumps over the lazy dog, "),
            ("a known secret but for its last byte", beginning),
            ("a long run of a secret's first byte", "a"),
            ("escapes in escapes", "\\\\\\\\\\\\\\\"%255C"), ("names without values", "\"token\":"),
            ("keys without an end", "-----BEGIN PRIVATE KEY-----"), ("web tokens without dots", "eyJhbGciOiJIUzI1NiJ9"),
            ("card numbers but for a digit", "4111 1111 1111 1112 "), ("objects that never close", "{\"token\":{"),
            ("quotes", "\\\""), ("URLs", "https://a"), ("tags", "<password>"), ("schemes between words", "basic+"),
            ("numbers without an end", "+1234567e"),
        ]
        var rows: [String: Any] = [:]
        for (name, unit) in texts {
            var row: [String: Double] = [:]
            for size in sizes {
                let text = Array(String(repeating: unit, count: size / unit.utf8.count + 1).utf8.prefix(size))
                row["\(size)"] = (nanoseconds(text, book) * 100).rounded() / 100
            }
            rows[name] = row
        }
        return ["nanoseconds_a_byte": rows]
    }

    private static func nanoseconds(_ text: [UInt8], _ book: RedactionBook) -> Double {
        let redactor = TextRedactor(policy: book.policy(team: 1, connector: nil))
        var best = Double.infinity
        for _ in 0..<(text.count > 1_000_000 ? 1 : 3) {
            var workspace = RedactionWorkspace()
            var output = ByteScratch()
            let started = cpuSeconds()
            text.withUnsafeBytes {
                redactor.redact($0, context: .text, field: "body", isCut: true, into: &output, &workspace)
            }
            best = min(best, cpuSeconds() - started)
        }
        return best / Double(text.count) * 1e9
    }
}
