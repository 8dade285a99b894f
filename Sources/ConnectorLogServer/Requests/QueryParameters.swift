import ConnectorLogAPI
import ConnectorLogCore

/// The decoded query of a request's target. Parameters that nobody asks for are ignored.
struct QueryParameters: Sendable {
    private let values: [String: [String]]

    /// Throws 400 when an escape is broken or the bytes are not UTF-8.
    init(_ query: String?) throws(APIError) {
        var values: [String: [String]] = [:]
        for pair in (query ?? "").split(separator: "&") {
            let name = pair.prefix { $0 != "=" }
            let value = pair.dropFirst(name.count + 1)
            guard let name = PercentEncoding.decode(name, readsPlusAsSpace: true),
                let value = PercentEncoding.decode(value, readsPlusAsSpace: true)
            else { throw APIError(.badRequest, "the query is not UTF-8, percent-encoded") }
            values[name, default: []].append(value)
        }
        self.values = values
    }

    /// Nil when it is left out; throws when it is given twice, or empty.
    func text(_ name: String) throws(APIError) -> String? {
        guard let given = values[name] else { return nil }
        guard given.count == 1, let value = given.first else {
            throw APIError(.badRequest, "\(name) is given more than once")
        }
        guard !value.isEmpty else { throw APIError(.badRequest, "\(name) is empty") }
        return value
    }

    /// A text of at most `limit` characters.
    func text(_ name: String, limit: Int) throws(APIError) -> String? {
        guard let text = try text(name) else { return nil }
        guard text.unicodeScalars.count <= limit else {
            throw APIError(.badRequest, "\(name) has at most \(limit) characters")
        }
        return text
    }

    /// What `read` makes of the text; throws 400 with `rule` when that is nil.
    func value<Value>(_ name: String, _ rule: String, _ read: (String) -> Value?) throws(APIError) -> Value? {
        guard let text = try text(name) else { return nil }
        guard let value = read(text) else { throw APIError(.badRequest, "\(name) \(rule)") }
        return value
    }

    func flag(_ name: String) throws(APIError) -> Bool {
        try value(name, "is true or false") { ["true": true, "false": false][$0.lowercased()] } ?? false
    }

    /// An RFC 3339 instant. A `+` of its offset that was not encoded arrives as a space, and is put back.
    func instant(
        _ name: String, missingOffset: Timestamp.MissingOffset = .refused
    ) throws(APIError) -> Timestamp? {
        try value(name, "is an RFC 3339 date-time") { text in
            if let time = Timestamp(text, missingOffset: missingOffset) { return time }
            guard let space = text.lastIndex(of: " ") else { return nil }
            return Timestamp(
                text.replacingCharacter(at: space, with: "+"), missingOffset: missingOffset)
        }
    }

    func connector(_ name: String = "connector") throws(APIError) -> String? {
        try value(name, "has 1 to 100 of A-Z a-z 0-9 _ -") { Connector.isIdentifier($0) ? $0 : nil }
    }
}

extension String {
    fileprivate func replacingCharacter(at index: Index, with character: Character) -> String {
        var text = self
        text.replaceSubrange(index...index, with: [character])
        return text
    }
}
