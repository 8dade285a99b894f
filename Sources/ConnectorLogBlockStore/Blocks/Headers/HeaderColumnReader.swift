import ConnectorLogCore

/// A column of header lists, however it is stored.
enum HeaderListReader {
    case whole(TextColumnReader)
    case split(HeaderColumnReader)

    /// The row's `HeaderList`; nil for null.
    func bytes(_ row: Int) throws(BlockError) -> [UInt8]? {
        switch self {
        case .whole(let column): return try column.bytes(row)
        case .split(let headers):
            if headers.isNull(row) { return nil }
            var bytes: [UInt8] = []
            try headers.append(row, to: &bytes)
            return bytes
        }
    }

    /// Decodes all of it, so that damage shows now.
    func decode() throws(BlockError) {
        if case .split(let headers) = self { try headers.decode() }
    }

    func plainByteCount(of rows: [Int]) -> Int {
        if case .whole(let column) = self { column.plainByteCount(of: rows) } else { 0 }
    }

    func append(_ rows: [Int], to column: inout TextColumn) throws(BlockError) {
        switch self {
        case .whole(let whole): try whole.append(rows, to: &column)
        case .split(let headers):
            for row in rows {
                if headers.isNull(row) {
                    column.appendNull()
                } else {
                    try column.append { (bytes: inout [UInt8]) throws(BlockError) in
                        try headers.append(row, to: &bytes)
                    }
                }
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
    private let cells: [HeaderCell]
    private let references: HeaderReferences

    init(
        _ bytes: ArraySlice<UInt8>, rows: Int, references: HeaderReferences, zstandard: Zstandard, place: String
    ) throws(BlockError) {
        var reader = PackedReader(bytes, zstandard: zstandard, place: place)
        let head = try reader.column().bytes()
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
        var cells: [HeaderCell] = []
        for count in counts { cells.append(try HeaderCell(&reader, count: count, place)) }
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

    func decode() throws(BlockError) {
        for cell in cells { try cell.decode() }
    }

    func isNull(_ row: Int) -> Bool {
        if case .null = shapes[Int(shapeOfRow[row])] { true } else { false }
    }

    /// Appends the row's header list (`HeaderList`); nothing for null.
    func append(_ row: Int, to bytes: inout [UInt8]) throws(BlockError) {
        guard case .names(let numbers) = shapes[Int(shapeOfRow[row])] else { return }
        let start = bytes.count
        for (offset, number) in numbers.enumerated() {
            guard bytes.count - start <= Format.maximumListBytes else { throw BlockError(.length, "a header list") }
            Varint.append(UInt64(names[number].count), to: &bytes)
            bytes += names[number]
            try cells[number].append(Int(values[starts[row] + offset]), row: row, references, to: &bytes)
        }
    }
}
