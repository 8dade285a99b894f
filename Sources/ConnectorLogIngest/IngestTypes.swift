package import ConnectorLogCore

/// How the bytes of an ingest request are to be read.
package struct IngestFormat: Hashable, Sendable {
    package enum Media: Sendable {
        /// `application/x-ndjson`: one JSON object a line.
        case ndjson
        /// `application/json`: an array of objects, or one object.
        case json
        /// `application/har+json`: an HTTP Archive (HAR 1.2).
        case har
        /// An access log of nginx, one JSON object a line.
        case nginxLog
        /// An access log of Envoy, one JSON object a line.
        case envoyLog
    }

    package enum Encoding: Sendable {
        case identity, gzip, zstd
        /// RFC 9110, section 8.4.1.2: the zlib format.
        case deflate
    }

    package var media: Media
    package var encoding: Encoding
    /// Of records that name none of it, in the formats that have no place for it: archives and access logs.
    package var defaults = RecordDefaults()

    package init(media: Media, encoding: Encoding) {
        (self.media, self.encoding) = (media, encoding)
    }

    /// Whether the bytes alone do not say what becomes of them.
    var isMoreThanLines: Bool {
        switch media {
        case .ndjson, .json: defaults != RecordDefaults()
        case .har, .nginxLog, .envoyLog: true
        }
    }
}

/// On whose behalf lines are taken.
package struct IngestCaller: Sendable {
    /// The team of lines that name none; nil when each line has to (the owner's keys).
    package var defaultTeam: Int64?
    /// Nil when the caller may write to this team, else why not (`FORBIDDEN`, `TEAM_NOT_FOUND`).
    package var refusal: @Sendable (_ team: Int64) -> LineError.Code?
    /// What sets this caller's idempotency keys apart from another's: the id of its API key.
    package var identity: String

    package init(
        defaultTeam: Int64?, identity: String, refusal: @escaping @Sendable (_ team: Int64) -> LineError.Code?
    ) {
        (self.defaultTeam, self.identity, self.refusal) = (defaultTeam, identity, refusal)
    }
}

/// Why one line was not taken. Texts never carry the line's contents.
package struct LineError: Error, Hashable, Sendable {
    /// Stable: part of the API.
    package enum Code: String, Sendable, CaseIterable {
        /// Not one JSON value by RFC 8259, or too deep; `message` gives the byte offset within the line.
        case invalidJSON = "INVALID_JSON"
        /// Not UTF-8; `message` gives the byte offset within the line.
        case invalidUTF8 = "INVALID_UTF8"
        /// The line is not a JSON object.
        case notAnObject = "NOT_AN_OBJECT"
        case lineTooLong = "LINE_TOO_LONG"
        case duplicateMember = "DUPLICATE_MEMBER"
        case missingField = "MISSING_FIELD"
        /// Another JSON type than the field has.
        case wrongType = "WRONG_TYPE"
        /// Longer, or with more members, than the field may be.
        case tooLong = "TOO_LONG"
        case outOfRange = "OUT_OF_RANGE"
        /// Of the right type, but not of the field's form or set of values.
        case invalidValue = "INVALID_VALUE"
        case teamNotFound = "TEAM_NOT_FOUND"
        case forbidden = "FORBIDDEN"
    }

    package var code: Code
    package var field: String?
    package var message: String

    package init(_ code: Code, field: String? = nil, _ message: String) {
        (self.code, self.field, self.message) = (code, field, message)
    }
}

package struct RejectedLine: Hashable, Sendable {
    /// From 1: the line of NDJSON (blank lines count), or the element of a JSON array.
    package var line: Int
    package var error: LineError

    package init(line: Int, error: LineError) {
        (self.line, self.error) = (line, error)
    }

    /// `3: field: message`.
    var reason: String { "\(line): \(error.field.map { $0 + ": " } ?? "")\(error.message)" }
}

package struct IngestOutcome: Sendable {
    package var accepted: Int
    package var rejected: [RejectedLine]

    package init(accepted: Int, rejected: [RejectedLine]) {
        (self.accepted, self.rejected) = (accepted, rejected)
    }
}

package enum IngestResult: Sendable {
    case stored(IngestOutcome)
    /// The idempotency key was used before: the bytes that `encodeAnswer` made then.
    case replayed(answer: [UInt8])
}

/// Why a whole request was not taken; nothing of it is stored.
package struct IngestError: Error, Sendable {
    package enum Code: Sendable {
        /// Compressed data that does not decompress, or ends early (400).
        case invalidEncoding
        /// An array that is none, or something behind it (400).
        case invalidJSON
        /// More bytes after decompression, or more lines, than a request may have (413).
        case tooLarge
        /// Nothing in the body (422).
        case empty
        /// The server holds as much as it may (503 with Retry-After).
        case overloaded
        /// The idempotency key was used with another body (422).
        case idempotencyMismatch
        /// The store refused or failed.
        case store(StoreError)
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        (self.code, self.message) = (code, message)
    }
}
