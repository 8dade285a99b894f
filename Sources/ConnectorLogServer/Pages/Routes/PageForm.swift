import ConnectorLogAPI

/// Fields of `application/x-www-form-urlencoded` text (WHATWG URL, section 5): the query of an address or the body of a form.
package struct PageForm: Sendable {
    private var fields: [(name: String, value: String)] = []

    /// Fields whose escapes are broken are left out.
    package init(_ text: String?) {
        for field in text?.split(separator: "&") ?? [] {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = parts.count == 1 ? "" : Self.decode(parts[1])
            else { continue }
            fields.append((name, value))
        }
    }

    /// The first value under this name; nil when there is none or it is empty.
    package subscript(name: String) -> String? {
        fields.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// Whether a value holds U+0000, which would end a text in a row of a database.
    var hasNull: Bool { fields.contains { $0.value.utf8.contains(0) } }

    private static func decode(_ text: Substring) -> String? {
        PercentEncoding.decode(text, readsPlusAsSpace: true)
    }
}
