/// One redacted entry in bytes of its own, while it is no row of a block yet.
///
/// Stored form, version 1: a byte 1; then as LEB128 the team, the time, the status, the outcome, the duration and 1, the
/// attributes of both bodies; then each text that is there: its field's number (a byte), its length as LEB128, its bytes.
/// Numbers of fields are never given another meaning.
package struct PackedEntry: Hashable, Sendable {
    package let bytes: [UInt8]
    package private(set) var teamID: Int64 = 0
    package private(set) var logTime: Int64 = 0
    /// 0 when no response came.
    package private(set) var status: Int64 = 0
    package private(set) var outcome = Outcome.ok
    /// Microseconds; -1 when unknown.
    package private(set) var duration: Int64 = -1
    /// `BodyAttributes.packed`; 0 without a body.
    package private(set) var requestBodyAttributes: Int64 = 0
    package private(set) var responseBodyAttributes: Int64 = 0
    /// Where the texts begin.
    private var headEnd = 0
    private var ranges = [Range<Int>?](repeating: nil, count: EntryTextField.allCases.count)

    private static let version: UInt8 = 1
    /// Places are the numbers of the stored form.
    private static let fields: [EntryTextField] = [
        .connector, .event, .method, .uri, .requestID, .flowID, .flowName, .flowVersion, .stateID, .traceID, .spanID,
        .errorName, .errorMessage, .requestHeaders, .responseHeaders, .requestBody, .responseBody, .attributes,
        .receipt,
    ]

    /// Nil when the bytes are no such form.
    package init?(bytes: [UInt8]) {
        self.bytes = bytes
        var rest = bytes[...]
        guard rest.popFirst() == Self.version else { return nil }
        var numbers: [Int64] = []
        for _ in 0..<7 {
            guard let number = Varint.take(from: &rest).flatMap({ Int64(exactly: $0) }) else { return nil }
            numbers.append(number)
        }
        guard let outcome = UInt8(exactly: numbers[3]).flatMap(Outcome.init(rawValue:)) else { return nil }
        (teamID, logTime, status, self.outcome) = (numbers[0], numbers[1], numbers[2], outcome)
        (duration, requestBodyAttributes, responseBodyAttributes) = (numbers[4] - 1, numbers[5], numbers[6])
        headEnd = rest.startIndex
        while let number = rest.popFirst() {
            guard number < Self.fields.count, let count = Varint.take(from: &rest), count <= UInt64(rest.count) else {
                return nil
            }
            let range = rest.startIndex..<rest.startIndex + Int(count)
            ranges[Self.fields[Int(number)].rawValue] = range
            rest = rest.dropFirst(range.count)
        }
        guard ranges[EntryTextField.connector.rawValue] != nil else { return nil }
    }

    /// A row of columns; nil when it has no connector.
    init?(_ columns: EntryColumns, row: Int) {
        var bytes = [Self.version]
        let numbers = [
            columns.teamIDs[row], columns.logTimes[row], columns.statuses[row], Int64(columns.outcomes[row]),
            columns.durations[row] + 1, columns.requestBodyAttributes[row], columns.responseBodyAttributes[row],
        ]
        for number in numbers { Varint.append(UInt64(max(0, number)), to: &bytes) }
        for (number, field) in Self.fields.enumerated() {
            if let text = columns[field][row] { Self.append(text, number, to: &bytes) }
        }
        self.init(bytes: bytes)
    }

    /// The bytes of a text; nil when it is not there.
    package subscript(field: EntryTextField) -> ArraySlice<UInt8>? {
        ranges[field.rawValue].map { bytes[$0] }
    }

    /// The same without these texts; nil when the connector's identifier is among them.
    package func without(_ fields: Set<EntryTextField>) -> PackedEntry? {
        var kept = Array(bytes[..<headEnd])
        for (number, field) in Self.fields.enumerated() where !fields.contains(field) {
            if let text = self[field] { Self.append(text, number, to: &kept) }
        }
        return PackedEntry(bytes: kept)
    }

    private static func append(_ text: ArraySlice<UInt8>, _ number: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(number))
        Varint.append(UInt64(text.count), to: &bytes)
        bytes += text
    }
}
