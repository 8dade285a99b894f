import ConnectorLogCore

/// Conditions on the texts that a search looks into: the URI, the error, and bodies that are text.
enum TextCondition {
    /// The text in either case of ASCII letters.
    static func holds(_ text: String) -> String {
        let needle = Dialect.text(text)
        return anywhere { "positionCaseInsensitive(\($0), \(needle)) > 0" }
    }

    /// The text where neither side of it lies within a word: of what `holds` finds, which takes much less time.
    static func isWord(_ word: String) -> String {
        let pattern = Dialect.text(pattern(ofWord: word))
        return anywhere { "match(\($0), \(pattern))" }
    }

    private static func anywhere(_ condition: (String) -> String) -> String {
        let texts = ["uri", "error_name", "error_message"].map { "(\(condition($0)))" }
        let bodies = ["request_body", "response_body"].map { "(bitAnd(\($0)_attributes, 2) = 0 AND \(condition($0)))" }
        return "(" + (texts + bodies).joined(separator: " OR ") + ")"
    }

    /// RE2's syntax. `(?i)` is not used: it knows letters beyond ASCII.
    private static func pattern(ofWord word: String) -> String {
        let others = "[^0-9A-Za-z\\x{80}-\\x{10FFFF}]"
        var pattern = ""
        if let first = word.utf8.first, WordBytes.isPart(first) { pattern += "(?:^|\(others))" }
        for scalar in word.unicodeScalars {
            switch scalar.value {
            case 65...90, 97...122:
                let (upper, lower) = (scalar.value & ~0x20, scalar.value | 0x20)
                pattern += "[\\x{\(String(upper, radix: 16))}\\x{\(String(lower, radix: 16))}]"
            default: pattern += "\\x{\(String(scalar.value, radix: 16))}"
            }
        }
        if let last = word.utf8.last, WordBytes.isPart(last) { pattern += "(?:$|\(others))" }
        return pattern
    }
}
