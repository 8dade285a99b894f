import ConnectorLogCore

/// A column of header lists, however it is stored.
enum HeaderListReader {
    case whole(TextColumnReader)
    case split(HeaderColumnReader)

    /// The row's `HeaderList`; nil for null.
    func bytes(_ row: Int) throws(BlockError) -> [UInt8]? {
        switch self {
        case .whole(let column): return column.bytes(row)
        case .split(let headers):
            if headers.isNull(row) { return nil }
            var bytes: [UInt8] = []
            try headers.append(row, to: &bytes)
            return bytes
        }
    }

    func append(row: Int, to column: inout TextColumn) throws(BlockError) {
        switch self {
        case .whole(let whole): whole.append([row], to: &column)
        case .split(let headers):
            if headers.isNull(row) {
                column.appendNull()
            } else {
                try column.append { (bytes: inout [UInt8]) throws(BlockError) in try headers.append(row, to: &bytes) }
            }
        }
    }
}

/// Reads a column that `HeaderColumnEncoder` wrote, from bytes that it does not trust.
struct HeaderColumnReader {
    private typealias Format = HeaderColumnFormat

    private enum Shape {
        case null
        /// The numbers of the names.
        case names([Int])
    }

    let rows: Int
    private let names: [ArraySlice<UInt8>]
    private let shapes: [Shape]
    private let shapeOfRow: [UInt32]
    /// For each field of each row, end to end, the number of its value in its name's cell.
    private let values: [UInt32]
    /// For each row, the number of fields before its first.
    private let starts: [Int]
    private let cells: [Cell]
    private let references: HeaderReferences

    init(
        _ bytes: ArraySlice<UInt8>, rows: Int, references: HeaderReferences, zstandard: Zstandard, place: String
    ) throws(BlockError) {
        var reader = PackedReader(bytes, zstandard: zstandard, place: place)
        let head = try reader.packed()
        var names: [ArraySlice<UInt8>] = []
        var shapes: [Shape] = []
        let shapeOfRow = try Self.read(head, rows: rows, names: &names, shapes: &shapes, place)
        self.shapeOfRow = shapeOfRow

        var counts = Array(repeating: 0, count: names.count)
        var values: [UInt32] = []
        var starts: [Int] = []
        starts.reserveCapacity(rows)
        for shape in shapeOfRow {
            starts.append(values.count)
            guard case .names(let numbers) = shapes[Int(shape)] else { continue }
            guard values.count + numbers.count <= Format.maximumFields else { throw BlockError(.length, place) }
            for number in numbers {
                values.append(UInt32(counts[number]))
                counts[number] += 1
            }
        }
        var cells: [Cell] = []
        for count in counts { cells.append(try Cell(&reader, count: count, place)) }
        guard reader.isAtEnd else { throw BlockError(.length, place) }
        self.rows = rows
        self.names = names
        self.shapes = shapes
        self.values = values
        self.starts = starts
        self.cells = cells
        self.references = references
    }

    /// Reads names and shapes; returns the number of each row's shape.
    private static func read(
        _ head: [UInt8], rows: Int, names: inout [ArraySlice<UInt8>], shapes: inout [Shape], _ place: String
    ) throws(BlockError) -> [UInt32] {
        var reader = ByteReader(head[...], place: place)
        for _ in 0..<(try reader.length(atMost: 0xFFFF)) {
            names.append(try reader.take(try reader.length(atMost: reader.remaining)))
        }
        for _ in 0..<(try reader.length(atMost: rows)) {
            let fields = try reader.length(atMost: reader.remaining + 1)
            if fields == 0 {
                shapes.append(.null)
                continue
            }
            var numbers: [Int] = []
            for _ in 1..<fields {
                let number = try reader.length(atMost: names.count)
                guard number < names.count else { throw BlockError(.value, place) }
                numbers.append(number)
            }
            shapes.append(.names(numbers))
        }
        let width = Int(try reader.byte())
        guard width == 1 || width == 2 || width == 4 else { throw BlockError(.value, place) }
        let shapeOfRow = FixedWidth.readIndices(try reader.take(rows * width), width: width, count: rows)
        guard reader.remaining == 0, shapeOfRow.allSatisfy({ $0 < shapes.count }) else {
            throw BlockError(.value, place)
        }
        return shapeOfRow
    }

    func isNull(_ row: Int) -> Bool {
        if case .null = shapes[Int(shapeOfRow[row])] { true } else { false }
    }

    /// Appends the row's header list (`HeaderList`); nothing for null.
    func append(_ row: Int, to bytes: inout [UInt8]) throws(BlockError) {
        guard case .names(let numbers) = shapes[Int(shapeOfRow[row])] else { return }
        for (offset, number) in numbers.enumerated() {
            Varint.append(UInt64(names[number].count), to: &bytes)
            bytes += names[number]
            try cells[number].append(Int(values[starts[row] + offset]), row: row, references, to: &bytes)
        }
    }

    // MARK: - Cells

    private struct Cell {
        let kind: Format.CellKind
        /// For each value whether it is of the kind; nil when all are.
        var isShort: [Bool]?
        /// For each value its number among those that are of the kind like it, or not.
        var numbers: [UInt32] = []
        /// The values that are kept whole.
        var texts = TextColumnReader(nullRows: 0)
        var spans = TextColumnReader(nullRows: 0)
        var distances: [Int64] = []

        init(_ reader: inout PackedReader, count: Int, _ place: String) throws(BlockError) {
            guard let kind = Format.CellKind(rawValue: try reader.byte()) else { throw BlockError(.encoding, place) }
            self.kind = kind
            if kind == .texts {
                texts = try reader.texts(rows: count)
                return
            }
            var short = count
            if try reader.byte() == 0 {
                let bits = try reader.packed()
                guard bits.count == (count + 7) / 8 else { throw BlockError(.length, place) }
                let isShort = (0..<count).map { bits[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
                short = 0
                for (value, isSet) in isShort.enumerated() {
                    numbers.append(UInt32(isSet ? short : value - short))
                    if isSet { short += 1 }
                }
                self.isShort = isShort
            }
            switch kind {
            case .traceParent: spans = try reader.texts(rows: short)
            case .date: distances = try reader.integers(rows: short)
            case .texts, .requestID: break
            }
            if short < count { texts = try reader.texts(rows: count - short) }
        }

        /// The value's length and the value.
        func append(
            _ value: Int, row: Int, _ references: HeaderReferences, to bytes: inout [UInt8]
        ) throws(BlockError) {
            let number = numbers.isEmpty ? value : Int(numbers[value])
            if kind == .texts || isShort?[value] == false {
                Varint.append(UInt64(texts.byteCount(number)), to: &bytes)
                texts.append(row: number, to: &bytes)
                return
            }
            switch kind {
            case .texts: break
            case .requestID:
                guard !references.requestIDs.isNull(row) else { throw BlockError(.value, "a header") }
                Varint.append(UInt64(references.requestIDs.byteCount(row)), to: &bytes)
                references.requestIDs.append(row: row, to: &bytes)
            case .traceParent:
                guard references.traceIDs.byteCount(row) == 32, spans.byteCount(number) == 18 else {
                    throw BlockError(.value, "a header")
                }
                Varint.append(UInt64(Format.traceParentLength), to: &bytes)
                bytes.append(UInt8(ascii: "0"))
                bytes.append(UInt8(ascii: "0"))
                bytes.append(UInt8(ascii: "-"))
                references.traceIDs.append(row: row, to: &bytes)
                bytes.append(UInt8(ascii: "-"))
                spans.append(row: number, to: &bytes)
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
}

/// Takes packed columns, as `HeaderColumnEncoder` wrote them, off the front of bytes.
private struct PackedReader {
    private var reader: ByteReader
    private let zstandard: Zstandard
    private let place: String

    init(_ bytes: ArraySlice<UInt8>, zstandard: Zstandard, place: String) {
        reader = ByteReader(bytes, place: place)
        self.zstandard = zstandard
        self.place = place
    }

    var isAtEnd: Bool { reader.remaining == 0 }

    mutating func byte() throws(BlockError) -> UInt8 { try reader.byte() }

    mutating func packed() throws(BlockError) -> [UInt8] {
        let codec = BlockFormat.Codec(rawValue: try reader.byte())
        let rawCount = try reader.length(atMost: BlockFormat.maximumColumnBytes)
        let stored = try reader.take(try reader.length(atMost: reader.remaining))
        switch codec {
        case .some(.none):
            guard stored.count == rawCount else { throw BlockError(.length, place) }
            return Array(stored)
        case .zstd:
            guard let bytes = zstandard.decompress(stored, size: rawCount) else {
                throw BlockError(.compression, place)
            }
            return bytes
        case nil:
            throw BlockError(.encoding, place)
        }
    }

    private mutating func encoding() throws(BlockError) -> BlockFormat.Encoding {
        guard let encoding = BlockFormat.Encoding(rawValue: try reader.byte()) else {
            throw BlockError(.encoding, place)
        }
        return encoding
    }

    mutating func texts(rows: Int) throws(BlockError) -> TextColumnReader {
        let encoding = try encoding()
        return try TextColumnReader(encoding, try packed()[...], rows: rows, place: place)
    }

    mutating func integers(rows: Int) throws(BlockError) -> [Int64] {
        let encoding = try encoding()
        return try IntegerColumn.decode(encoding, try packed()[...], rows: rows, place: place)
    }
}
