import ConnectorLogCore

/// The values of one header name (`HeaderColumnFormat`). Decoded when the first of them is asked for: one row has few of a
/// block's names.
final class HeaderCell {
    private let kind: HeaderColumnFormat.CellKind
    private let count: Int
    /// Which values are of the kind; nil when all are.
    private let which: PackedColumn?
    /// What is kept of those that are.
    private let short: PackedColumn?
    /// The others.
    private let whole: PackedColumn?
    private let place: String
    private var decoded: HeaderCellValues?

    /// Takes the cell off the front of the reader, and leaves it packed.
    init(_ reader: inout PackedReader, count: Int, _ place: String) throws(BlockError) {
        guard let kind = HeaderColumnFormat.CellKind(rawValue: try reader.byte()) else {
            throw BlockError(.encoding, place)
        }
        self.kind = kind
        self.count = count
        self.place = place
        if kind == .texts {
            (which, short) = (nil, nil)
            whole = try reader.encodedColumn()
            return
        }
        let which = try reader.byte() == 0 ? try reader.column() : nil
        self.which = which
        short = kind == .requestID ? nil : try reader.encodedColumn()
        whole = which == nil ? nil : try reader.encodedColumn()
    }

    /// Appends a value's length and the value.
    func append(
        _ value: Int, row: Int, _ references: HeaderReferences, to bytes: inout [UInt8]
    ) throws(BlockError) {
        try values().append(value, row: row, references, to: &bytes)
    }

    func decode() throws(BlockError) { _ = try values() }

    private func values() throws(BlockError) -> HeaderCellValues {
        if let decoded { return decoded }
        let values = try HeaderCellValues(kind, count: count, isShort: isShort(), short: short, whole: whole)
        decoded = values
        return values
    }

    private func isShort() throws(BlockError) -> [Bool]? {
        guard let bits = try which?.bytes() else { return nil }
        guard bits.count == (count + 7) / 8 else { throw BlockError(.length, place) }
        return (0..<count).map { bits[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
    }
}

/// The decoded values of a cell.
private final class HeaderCellValues {
    fileprivate typealias Format = HeaderColumnFormat

    private let kind: Format.CellKind
    /// For each value whether it is of the kind; nil when all are.
    private let isShort: [Bool]?
    /// For each value its number among those that are of the kind like it, or not; empty when all are.
    private let numbers: [UInt32]
    /// The values that are kept whole.
    private let texts: TextColumnReader
    private let spans: TextColumnReader
    private let distances: [Int64]

    init(
        _ kind: Format.CellKind, count: Int, isShort: [Bool]?, short: PackedColumn?, whole: PackedColumn?
    ) throws(BlockError) {
        var shortCount = kind == .texts ? 0 : count
        var numbers: [UInt32] = []
        if let isShort {
            shortCount = 0
            for (value, isSet) in isShort.enumerated() {
                numbers.append(UInt32(isSet ? shortCount : value - shortCount))
                if isSet { shortCount += 1 }
            }
        }
        self.kind = kind
        self.isShort = isShort
        self.numbers = numbers
        let none = TextColumnReader(nullRows: 0)
        spans = kind == .traceParent ? try short?.texts(rows: shortCount) ?? none : none
        distances = kind == .date ? try short?.integers(rows: shortCount) ?? [] : []
        texts = try whole?.texts(rows: count - shortCount) ?? none
    }

    func append(
        _ value: Int, row: Int, _ references: HeaderReferences, to bytes: inout [UInt8]
    ) throws(BlockError) {
        let number = numbers.isEmpty ? value : Int(numbers[value])
        if kind == .texts || isShort?[value] == false {
            let text = try texts.bytes(number) ?? []
            Varint.append(UInt64(text.count), to: &bytes)
            bytes += text
            return
        }
        switch kind {
        case .texts: break
        case .requestID:
            guard try !references.requestIDs.isNull(row) else { throw BlockError(.value, "a header") }
            Varint.append(UInt64(try references.requestIDs.byteCount(row)), to: &bytes)
            try references.requestIDs.append(row: row, to: &bytes)
        case .traceParent:
            guard try references.traceIDs.byteCount(row) == 32, try spans.byteCount(number) == 18 else {
                throw BlockError(.value, "a header")
            }
            Varint.append(UInt64(Format.traceParentLength), to: &bytes)
            bytes.append(UInt8(ascii: "0"))
            bytes.append(UInt8(ascii: "0"))
            bytes.append(UInt8(ascii: "-"))
            try references.traceIDs.append(row: row, to: &bytes)
            bytes.append(UInt8(ascii: "-"))
            try spans.append(row: number, to: &bytes)
            // The flags behind their dash.
            bytes.insert(UInt8(ascii: "-"), at: bytes.count - 2)
        case .date:
            let seconds = distances[number] &+ references.logTimes[row] / 1_000_000
            guard (0...HTTPDate.latest).contains(seconds) else { throw BlockError(.value, "a header") }
            Varint.append(UInt64(HTTPDate.length), to: &bytes)
            HTTPDate.append(seconds, to: &bytes)
        }
    }
}
