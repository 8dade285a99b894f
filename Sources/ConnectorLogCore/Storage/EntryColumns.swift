/// Entries column by column, in order of arrival: how they travel from the redactor to the store.
package struct EntryColumns: Sendable, Equatable {
    package var teamIDs: [Int64] = []
    /// Microseconds since the epoch.
    package var logTimes: [Int64] = []
    /// 100...599; 0 when no response came.
    package var statuses: [Int64] = []
    /// Raw values of `Outcome`.
    package var outcomes: [UInt8] = []
    /// Microseconds; -1 when unknown.
    package var durations: [Int64] = []

    package var texts: [TextColumn] = Array(repeating: TextColumn(), count: EntryTextField.allCases.count)

    /// `BodyAttributes.packed` of each row; 0 without a body.
    package var requestBodyAttributes: [Int64] = []
    package var responseBodyAttributes: [Int64] = []

    package init() {}

    package var count: Int { teamIDs.count }
    package var isEmpty: Bool { teamIDs.isEmpty }

    package subscript(field: EntryTextField) -> TextColumn {
        get { texts[field.rawValue] }
        _modify { yield &texts[field.rawValue] }
    }

    /// Bytes that the columns hold in memory, for limits.
    package var byteCount: Int {
        texts.reduce(count * 49) { $0 + $1.bytes.count + $1.ends.count * 4 }
    }

    /// Bytes that the columns hold with the room that their growth left: up to twice as many.
    package var capacity: Int {
        texts.reduce(count * 49) { $0 + $1.capacity }
    }

    package mutating func append(contentsOf other: EntryColumns) {
        teamIDs += other.teamIDs
        logTimes += other.logTimes
        statuses += other.statuses
        outcomes += other.outcomes
        durations += other.durations
        requestBodyAttributes += other.requestBodyAttributes
        responseBodyAttributes += other.responseBodyAttributes
        for i in texts.indices { texts[i].append(contentsOf: other.texts[i]) }
    }
}

extension EntryColumns {
    /// Some rows that follow each other.
    package subscript(rows: Range<Int>) -> EntryColumns {
        var part = EntryColumns()
        part.teamIDs = Array(teamIDs[rows])
        part.logTimes = Array(logTimes[rows])
        part.statuses = Array(statuses[rows])
        part.outcomes = Array(outcomes[rows])
        part.durations = Array(durations[rows])
        part.requestBodyAttributes = Array(requestBodyAttributes[rows])
        part.responseBodyAttributes = Array(responseBodyAttributes[rows])
        part.texts = texts.map { $0[rows] }
        return part
    }
}

/// The text columns of an entry. Raw values are positions in memory, not the numbers of the stored format.
package enum EntryTextField: Int, CaseIterable, Sendable {
    case connector
    case event
    case method
    case uri
    case requestID
    case flowID
    case flowName
    case flowVersion
    case stateID
    case traceID
    case spanID
    case errorName
    case errorMessage
    /// `HeaderList` encoding.
    case requestHeaders
    case responseHeaders
    case requestBody
    case responseBody
    /// A JSON object as text.
    case attributes
    /// `Receipt` encoding.
    case receipt

    /// Its texts are header lists (`HeaderList`).
    package var isHeaders: Bool { self == .requestHeaders || self == .responseHeaders }
}

/// What is known of a body beside its bytes, in one integer of a column.
package struct BodyAttributes: Hashable, Sendable {
    package var originalSize: Int
    package var isBinary: Bool
    package var isTruncated: Bool

    package init(originalSize: Int, isBinary: Bool, isTruncated: Bool) {
        (self.originalSize, self.isBinary, self.isTruncated) = (originalSize, isBinary, isTruncated)
    }

    package init(_ body: Body) {
        self.init(originalSize: body.originalSize, isBinary: body.isBinary, isTruncated: body.isTruncated)
    }

    package init(packed: Int64) {
        self.init(originalSize: Int(packed >> 2), isBinary: packed & 2 != 0, isTruncated: packed & 1 != 0)
    }

    package var packed: Int64 {
        Int64(originalSize) << 2 | (isBinary ? 2 : 0) | (isTruncated ? 1 : 0)
    }
}

extension Body {
    package init(bytes: [UInt8], _ attributes: BodyAttributes) {
        self.init(
            bytes: bytes, isBinary: attributes.isBinary, originalSize: attributes.originalSize,
            isTruncated: attributes.isTruncated)
    }
}
