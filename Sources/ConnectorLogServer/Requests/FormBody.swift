import ConnectorLogAPI

/// A body of `application/x-www-form-urlencoded` (WHATWG URL, section 5.1): `+` is a space.
struct FormBody {
    private let values: [String: String]

    /// Reads the fields of these names; others are passed over. Throws 400 when an escape is broken, the text is not UTF-8,
    /// or one of the names repeats.
    init(_ bytes: [UInt8], names: Set<String>) throws(APIError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw APIError(.badRequest, "the form is not UTF-8")
        }
        var values: [String: String] = [:]
        for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            let value = pair.dropFirst(name.count + 1)
            guard let name = PercentEncoding.decode(Substring(name), readsPlusAsSpace: true),
                let value = PercentEncoding.decode(Substring(value), readsPlusAsSpace: true)
            else { throw APIError(.badRequest, "the form is not percent-encoded UTF-8") }
            guard names.contains(name) else { continue }
            // It would end a text in a row of a database.
            guard !value.utf8.contains(0) else { throw APIError(.unprocessableEntity, "the form holds U+0000") }
            guard values.updateValue(value, forKey: name) == nil else {
                throw APIError(.badRequest, "a name of the form repeats")
            }
        }
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }
}
