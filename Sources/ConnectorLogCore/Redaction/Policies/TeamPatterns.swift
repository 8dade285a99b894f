/// A team's regular expressions and JSON paths, and the personal data that it wants removed.
final class TeamPatterns: Sendable {
    /// What one of the patterns means.
    private struct Meaning: Sendable {
        var rule: RedactionRule
        /// What receipts say beside the field.
        var name: [UInt8] = []
        /// More than the pattern can tell.
        var holds: @Sendable (UnsafeRawBufferPointer) -> Bool = { _ in true }
    }

    private let patterns: PatternSet?
    private let meanings: [Meaning]
    private let paths: JSONPathSet?
    private let pathNames: [[UInt8]]

    /// Nil when the rules name none. Throws what is wrong with an expression or a path, and where.
    init?(_ rules: TeamRedactionRules) throws(RedactionRulesError) {
        var patterns: [LinearPattern] = []
        var meanings: [Meaning] = []
        for (i, pattern) in rules.patterns.enumerated() {
            let compiled = try Self.compile("patterns[\(i)].expression") { () throws(PatternError) in
                try LinearPattern(pattern.expression)
            }
            patterns.append(compiled)
            meanings.append(Meaning(rule: .pattern, name: Array(pattern.name.utf8)))
        }
        for (isWanted, expression, meaning) in Self.personalData(rules) where isWanted {
            patterns.append(
                try Self.compile("personal_data") { () throws(PatternError) in try LinearPattern(expression) })
            meanings.append(meaning)
        }
        var paths: [JSONPath] = []
        for (i, path) in rules.jsonPaths.enumerated() {
            paths.append(try Self.compile("json_paths[\(i)]") { () throws(PatternError) in try JSONPath(path) })
        }
        guard !patterns.isEmpty || !paths.isEmpty else { return nil }
        self.patterns = patterns.isEmpty ? nil : PatternSet(patterns)
        self.meanings = meanings
        self.paths = paths.isEmpty ? nil : JSONPathSet(paths)
        pathNames = rules.jsonPaths.map { Array($0.utf8) }
    }

    private static func compile<Compiled>(
        _ field: String, _ body: () throws(PatternError) -> Compiled
    ) throws(RedactionRulesError) -> Compiled {
        do throws(PatternError) {
            return try body()
        } catch {
            throw RedactionRulesError(field: field, message: "\(error.message), at byte \(error.offset)")
        }
    }

    /// E-mail addresses as RFC 5321 has them but for quoted names; telephone numbers in international form (E.164); IBANs
    /// (ISO 13616) whose check digits are right.
    private static func personalData(
        _ rules: TeamRedactionRules
    ) -> [(isWanted: Bool, expression: String, meaning: Meaning)] {
        [
            (
                rules.removesEmails,
                #"[A-Za-z0-9.!#$%&'*+/=?^_`|~-]+(?:@|%40)(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"#,
                Meaning(rule: .email)
            ),
            (
                rules.removesPhoneNumbers, #"(?:\+|\b00|%2[Bb])[1-9][0-9]{0,2}[ ().\-/0-9]{5,18}[0-9]"#,
                Meaning(rule: .phoneNumber) { number in (7...15).contains(number.count { $0.isDigit }) }
            ),
            (
                rules.removesIBANs, #"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"#,
                Meaning(rule: .iban, holds: hasRightCheckDigits)
            ),
        ]
    }

    /// ISO 7064, MOD 97-10: the first four characters behind the others, letters as two digits.
    private static func hasRightCheckDigits(_ text: UnsafeRawBufferPointer) -> Bool {
        let characters = text.filter { $0 != 0x20 }
        guard (15...34).contains(characters.count) else { return false }
        var remainder = 0
        for character in characters.dropFirst(4) + characters.prefix(4) {
            let value = character.isDigit ? Int(character) - 48 : Int(character) - 55
            remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97
        }
        return remainder == 1
    }

    /// Appends the places of what the rules find in a text.
    func find(
        in text: UnsafeRawBufferPointer, using scratch: inout PatternScratch, into findings: inout [Finding]
    ) {
        patterns?.forEachMatch(in: text, using: &scratch) { pattern, range in
            let meaning = meanings[pattern]
            guard meaning.holds(UnsafeRawBufferPointer(rebasing: text[range])) else { return }
            findings.append(Finding(rule: meaning.rule, range: range, ownName: meaning.name))
        }
        guard let paths, let first = text.first(where: { !SecretScan.isBlank($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return }
        paths.forEachValue(in: text) { path, range, _ in
            findings.append(Finding(rule: .jsonPath, range: range, ownName: pathNames[path]))
        }
    }
}
