package import ConnectorLogCore

/// A log entry, whole, in the flat form.
package struct EntryDocument: Decodable, Equatable, Sendable {
    package var summary: EntrySummaryDocument
    package var requestHeaders: HeadersDocument
    package var responseHeaders: HeadersDocument
    package var requestBody: BodyDocument?
    package var responseBody: BodyDocument?
    package var attributes: JSONValue?
    package var receipt: [RedactionDocument]
    /// When headers, bodies, attributes and receipt were removed; null while they are kept.
    package var detailsRemovedAt: Timestamp?

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: MemberName.self)
        summary = try EntrySummaryDocument(from: decoder)
        requestHeaders = try members.decode(HeadersDocument.self, forKey: "request_headers")
        responseHeaders = try members.decode(HeadersDocument.self, forKey: "response_headers")
        requestBody = try BodyDocument(name: "request_body", members)
        responseBody = try BodyDocument(name: "response_body", members)
        attributes = try members.decodeIfPresent(JSONValue.self, forKey: "attributes")
        receipt = try members.decode([RedactionDocument].self, forKey: "receipt")
        detailsRemovedAt = try members.decodeIfPresent(Timestamp.self, forKey: "details_removed_at")
    }
}

extension LogEntry: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("type", "entry")
            summary.writeMembers(to: &json)
            json.member("request_headers", HeadersDocument(requestHeaders))
            json.member("response_headers", HeadersDocument(responseHeaders))
            BodyDocument.write(requestBody, name: "request_body", to: &json)
            BodyDocument.write(responseBody, name: "response_body", to: &json)
            json.member("attributes", verbatim: (attributesJSON ?? "{}").utf8)
            json.member("receipt", receipt)
            json.member("details_removed_at", detailsRemovedAt)
        }
    }
}

/// What one rule removed in one field; never the value.
package struct RedactionDocument: Decodable, Equatable, Sendable {
    /// A name of `RedactionRule`.
    package var rule: String
    package var field: String
    package var count: Int
}

extension Redaction: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("rule", rule.name)
            $0.member("field", field)
            $0.member("count", count)
        }
    }
}

/// Header fields as an object: name to value, or to the list of values where a name repeats. The order of names is that
/// of their first fields when written, and alphabetical when read.
package struct HeadersDocument: Equatable, Sendable {
    package var fields: [HeaderField]

    package init(_ fields: [HeaderField]) {
        self.fields = fields
    }
}

extension HeadersDocument: JSONWritable {
    package func write(to json: inout JSONWriter) {
        var names: [String] = []
        var values: [String: [String]] = [:]
        for field in fields {
            if values[field.name] == nil { names.append(field.name) }
            values[field.name, default: []].append(field.value)
        }
        json.object { json in
            for name in names {
                let all = values[name] ?? []
                json.name(name)
                if let only = all.first, all.count == 1 {
                    json.write(only)
                } else {
                    json.array { json in
                        for value in all { json.write(value) }
                    }
                }
            }
        }
    }
}

extension HeadersDocument: Decodable {
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: MemberName.self)
        fields = []
        for name in members.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            let values =
                try (try? [members.decode(String.self, forKey: name)]) ?? members.decode([String].self, forKey: name)
            fields += values.map { HeaderField(name: name.stringValue, value: $0) }
        }
    }
}

/// A body in the flat form: four members that begin with its name.
package struct BodyDocument: Equatable, Sendable {
    /// Text, or base64 when `isBase64`.
    package var content: String
    package var isBase64: Bool
    /// Bytes of the body as the connector saw it.
    package var size: Int?
    package var isTruncated: Bool

    /// Nil when there is no body.
    init?(name: String, _ members: KeyedDecodingContainer<MemberName>) throws {
        guard let content = try members.decodeIfPresent(String.self, forKey: MemberName(name)) else { return nil }
        self.content = content
        let encoding = try members.decodeIfPresent(String.self, forKey: MemberName(name + "_encoding"))
        isBase64 = encoding == "base64"
        size = try members.decodeIfPresent(Int.self, forKey: MemberName(name + "_size"))
        isTruncated = try members.decodeIfPresent(Bool.self, forKey: MemberName(name + "_truncated")) ?? false
    }

    static func write(_ body: Body?, name: String, to json: inout JSONWriter) {
        json.name(name)
        guard let body else { return json.writeNull() }
        json.write(body.isBinary ? Base64.encode(body.bytes) : body.text)
        if body.isBinary {
            json.name(name + "_encoding")
            json.write("base64")
        }
        json.name(name + "_size")
        json.write(Int64(body.originalSize))
        json.name(name + "_truncated")
        json.write(body.isTruncated)
    }
}

/// A member's name that is known at run time alone.
struct MemberName: CodingKey, ExpressibleByStringLiteral {
    var stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init(stringLiteral value: String) { stringValue = value }
    init?(intValue: Int) { nil }
}
