/// OK or Failed. A call failed when no response came, its status is 400 or more, or the recorder says so.
package enum Outcome: UInt8, Sendable, CaseIterable {
    case ok = 0
    case failed = 1

    package var name: String { self == .ok ? "ok" : "failed" }

    package init?(name: String) {
        switch name {
        case "ok": self = .ok
        case "failed": self = .failed
        default: return nil
        }
    }

    /// The rule for entries that do not say: failed without a response, with an error, or with a status of 400 or more.
    package init(status: Int?, hasError: Bool) {
        self = status.map { $0 >= 400 } ?? true || hasError ? .failed : .ok
    }
}

package struct HeaderField: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        (self.name, self.value) = (name, value)
    }
}

/// The body of a request or a response, after redaction.
package struct Body: Hashable, Sendable {
    /// UTF-8 text, or any bytes when `isBinary`.
    package var bytes: [UInt8]
    /// Sent to us as bytes (base64), not as text.
    package var isBinary: Bool
    /// Bytes of the body as the connector saw it, before any cut.
    package var originalSize: Int
    /// `bytes` is only the beginning.
    package var isTruncated: Bool

    package init(bytes: [UInt8], isBinary: Bool, originalSize: Int, isTruncated: Bool) {
        self.bytes = bytes
        self.isBinary = isBinary
        self.originalSize = originalSize
        self.isTruncated = isTruncated
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// One redaction: which rule removed something, in which field, how often. Never the value.
package struct Redaction: Hashable, Sendable {
    package var rule: RedactionRule
    package var field: String
    package var count: Int

    package init(rule: RedactionRule, field: String, count: Int) {
        (self.rule, self.field, self.count) = (rule, field, count)
    }
}

/// What lists, pages and charts show of an entry: everything but headers, bodies, attributes and receipt.
package struct EntrySummary: Hashable, Sendable {
    package var id: EntryID
    package var teamID: Int64
    package var logTime: Timestamp
    package var connectorIdentifier: String
    package var event: String?
    package var method: String?
    package var uri: String?
    /// 100...599; nil when no response came.
    package var status: Int?
    package var outcome: Outcome
    package var durationMicroseconds: Int64?
    package var requestID: String?
    package var flowID: String?
    package var flowName: String?
    package var flowVersion: String?
    package var stateID: String?
    package var traceID: String?
    package var spanID: String?
    package var errorName: String?
    package var errorMessage: String?

    package init(id: EntryID, teamID: Int64, logTime: Timestamp, connectorIdentifier: String, outcome: Outcome) {
        self.id = id
        self.teamID = teamID
        self.logTime = logTime
        self.connectorIdentifier = connectorIdentifier
        self.outcome = outcome
    }

    /// `request` of the compatible API: method, a space, and the path with its query, at most 1,000 characters.
    package var request: String? {
        guard method != nil || uri != nil else { return nil }
        var text = method ?? ""
        let path = uri.map(Self.pathAndQuery) ?? ""
        if !text.isEmpty, !path.isEmpty { text += " " }
        text += path
        return text.prefix(scalars: 1000)
    }

    /// The part of a URI after its authority (RFC 3986, section 3); `/` when that is empty, all of it when relative.
    package static func pathAndQuery(_ uri: String) -> Substring {
        // By code units: a page has a hundred of them.
        let bytes = uri.utf8
        var rest = bytes[...]
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            rest = rest[bytes.index(after: colon)...]
            guard rest.starts(with: "//".utf8) else { continue }
            let authority = rest.dropFirst(2)
            guard let start = authority.firstIndex(where: Self.endsAuthority) else { return "/" }
            return uri[start...]
        }
        return uri[...]
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }
}

extension String {
    /// At most `count` of its first Unicode scalars.
    package func prefix(scalars count: Int) -> String {
        // No scalar takes less than a byte.
        utf8.count <= count ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}

/// One API call that a connector made, whole.
package struct LogEntry: Hashable, Sendable {
    package var summary: EntrySummary
    package var requestHeaders: [HeaderField] = []
    package var responseHeaders: [HeaderField] = []
    package var requestBody: Body?
    package var responseBody: Body?
    /// A JSON object as text, or nil when the sender said nothing more.
    package var attributesJSON: String?
    package var receipt: [Redaction] = []
    /// When retention removed headers, bodies, attributes and receipt; nil while they are kept.
    package var detailsRemovedAt: Timestamp?

    package init(summary: EntrySummary) {
        self.summary = summary
    }
}
