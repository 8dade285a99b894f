import ConnectorLogAPI
import ConnectorLogCore

/// A body of `application/x-www-form-urlencoded` (WHATWG URL, section 5.1) as names and values.
enum FormFields {
    /// More are shown as the text that they are.
    private static let maximumCount = 500

    static func isForm(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let type = contentType.prefix { $0 != ";" }
        return type.trimmed.lowercased() == "application/x-www-form-urlencoded"
    }

    /// Nil when an escape is broken, for texts without a field, and for too many.
    static func rows(_ text: String) -> [HeaderRow]? {
        let fields = text.split(separator: "&", maxSplits: maximumCount)
        guard (1...maximumCount).contains(fields.count) else { return nil }
        var rows: [HeaderRow] = []
        for field in fields {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], readsPlusAsSpace: true),
                let value = PercentEncoding.decode(parts.count == 2 ? parts[1] : "", readsPlusAsSpace: true)
            else { return nil }
            rows.append(HeaderRow(HeaderField(name: name, value: value)))
        }
        return rows
    }
}
