/// Rows of comma-separated values (RFC 4180): CRLF after each, quotes where a field needs them.
package enum CSVText {
    package enum Field: Sendable {
        /// Text from outside. A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a
        /// formula and may run it (OWASP, "CSV Injection"); such a text gets an apostrophe before it.
        case text(String?)
        /// Digits of our own.
        case number(Int)
    }

    package static func row(_ fields: [Field]) -> String {
        fields.map(encoded).joined(separator: ",") + "\r\n"
    }

    private static func encoded(_ field: Field) -> String {
        switch field {
        case .number(let value): String(value)
        case .text(nil): ""
        case .text(let text?): quoted(startsFormula(text) ? "'" + text : text)
        }
    }

    /// By scalars, not characters: a combining mark behind the sign would hide it. Blanks before a sign do not disarm it.
    private static func startsFormula(_ text: String) -> Bool {
        if let first = text.unicodeScalars.first, first == "\t" || first == "\r" || first == "\n" { return true }
        let sign = text.unicodeScalars.first { !$0.properties.isWhitespace && $0 != "\u{FEFF}" }
        // The full-width forms are read like the ASCII ones by some spreadsheets.
        return sign.map { "=+-@\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains($0) } ?? false
    }

    private static func quoted(_ text: String) -> String {
        let needsQuotes = text.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\r" || $0 == "\n" }
        guard needsQuotes else { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
