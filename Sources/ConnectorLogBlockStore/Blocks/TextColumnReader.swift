import ConnectorLogCore

/// A decoded text column. Values stay packed: only the rows that are asked for become text.
struct TextColumnReader {
    private enum Values {
        /// Ends of the rows in the bytes, as `TextColumn` has them.
        case plain(TextColumn)
        case packed(PackedHexadecimal)
    }

    private let values: Values
    /// For each row the number of its value; nil when value and row have the same number.
    private let indices: [UInt64]?
    let rows: Int

    /// A column without any value.
    init(nullRows rows: Int) {
        var column = TextColumn()
        column.appendNull()
        values = .plain(column)
        indices = Array(repeating: 0, count: rows)
        self.rows = rows
    }

    init(
        _ encoding: BlockFormat.Encoding, _ bytes: ArraySlice<UInt8>, rows: Int, place: String
    ) throws(BlockError) {
        self.rows = rows
        guard encoding == .dictionary else {
            values = try Self.values(encoding, bytes, rows: rows, place: place)
            indices = nil
            return
        }
        var reader = ByteReader(bytes, place: place)
        let distinct = try reader.length(atMost: rows)
        guard let inner = BlockFormat.Encoding(rawValue: try reader.byte()), inner != .dictionary else {
            throw BlockError(.encoding, place)
        }
        let length = try reader.length(atMost: reader.remaining)
        values = try Self.values(inner, try reader.take(length), rows: distinct, place: place)
        let width = Int(try reader.byte())
        guard width == 1 || width == 2 || width == 4 else { throw BlockError(.value, place) }
        let indices = FixedWidth.read(try reader.take(rows * width), width: width, count: rows)
        guard indices.allSatisfy({ $0 < distinct }) else { throw BlockError(.value, place) }
        self.indices = indices
    }

    private static func values(
        _ encoding: BlockFormat.Encoding, _ bytes: ArraySlice<UInt8>, rows: Int, place: String
    ) throws(BlockError) -> Values {
        switch encoding {
        case .plain:
            .plain(try plain(bytes, rows: rows, place: place))
        case .uuid:
            .packed(try PackedHexadecimal(bytes, rows: rows, size: 16, isUUID: true, place: place))
        case .hexadecimal:
            .packed(try hexadecimal(bytes, rows: rows, place: place))
        default:
            throw BlockError(.encoding, place)
        }
    }

    private static func plain(
        _ bytes: ArraySlice<UInt8>, rows: Int, place: String
    ) throws(BlockError) -> TextColumn {
        var reader = ByteReader(bytes, place: place)
        var lengths: [Int] = []
        lengths.reserveCapacity(rows)
        for _ in 0..<rows { lengths.append(try reader.length(atMost: bytes.count + 1)) }
        var column = TextColumn()
        column.reserve(rows: rows, bytes: reader.remaining)
        for length in lengths {
            if length == 0 { column.appendNull() } else { column.append(try reader.take(length - 1)) }
        }
        guard reader.remaining == 0 else { throw BlockError(.length, place) }
        return column
    }

    private static func hexadecimal(
        _ bytes: ArraySlice<UInt8>, rows: Int, place: String
    ) throws(BlockError) -> PackedHexadecimal {
        guard let length = bytes.first, length % 2 == 0, (2...64).contains(length) else {
            throw BlockError(.value, place)
        }
        return try PackedHexadecimal(
            bytes.dropFirst(), rows: rows, size: Int(length) / 2, isUUID: false, place: place)
    }

    // MARK: - Values

    private func value(of row: Int) -> Int {
        indices.map { Int($0[row]) } ?? row
    }

    func isNull(_ row: Int) -> Bool {
        switch values {
        case .plain(let column): column.isNull(value(of: row))
        case .packed(let packed): packed.isNull(value(of: row))
        }
    }

    func bytes(_ row: Int) -> [UInt8]? {
        if isNull(row) { return nil }
        var bytes: [UInt8] = []
        append(row: row, to: &bytes)
        return bytes
    }

    func string(_ row: Int) -> String? {
        if case .plain(let column) = values { return column.string(value(of: row)) }
        return bytes(row).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Appends rows as they come.
    func append(_ rows: [Int], to other: inout TextColumn) {
        switch values {
        case .plain(let column):
            other.append(indices.map { indices in rows.map { Int(indices[$0]) } } ?? rows, of: column)
        case .packed(let packed):
            for row in rows {
                let value = value(of: row)
                if packed.isNull(value) { other.appendNull() } else { other.append { packed.append(value, to: &$0) } }
            }
        }
    }

    /// Appends the row's bytes; nothing for null.
    func append(row: Int, to bytes: inout [UInt8]) {
        switch values {
        case .plain(let column): if let value = column[value(of: row)] { bytes += value }
        case .packed(let packed): if !packed.isNull(value(of: row)) { packed.append(value(of: row), to: &bytes) }
        }
    }

    /// The length of the row's bytes; 0 for null.
    func byteCount(_ row: Int) -> Int {
        switch values {
        case .plain(let column): column.range(value(of: row)).count
        case .packed(let packed): packed.isNull(value(of: row)) ? 0 : packed.byteCount
        }
    }

    /// Keeps of `matches` the rows whose value is `text`. Compares each distinct value once.
    func filter(_ matches: inout [Int], equalTo text: String) {
        let wanted = Array(text.utf8)
        guard let indices else {
            matches.removeAll { !equals(value: $0, wanted) }
            return
        }
        let count =
            switch values {
            case .plain(let column): column.count
            case .packed(let packed): packed.rows
            }
        let hits = (0..<count).map { equals(value: $0, wanted) }
        matches.removeAll { !hits[Int(indices[$0])] }
    }

    private func equals(value: Int, _ wanted: [UInt8]) -> Bool {
        switch values {
        case .plain(let column): column[value].map { $0.elementsEqual(wanted) } ?? false
        case .packed(let packed): packed.text(value) == wanted
        }
    }
}

/// Values of one length that are kept as the bytes that their hexadecimal text stands for.
struct PackedHexadecimal {
    private let bytes: ArraySlice<UInt8>
    /// The number of each row's value among the values, or -1 for null.
    private let places: [Int32]
    private let size: Int
    private let isUUID: Bool

    var rows: Int { places.count }

    init(
        _ bytes: ArraySlice<UInt8>, rows: Int, size: Int, isUUID: Bool, place: String
    ) throws(BlockError) {
        var reader = ByteReader(bytes, place: place)
        let presence = try reader.take((rows + 7) / 8)
        var next: Int32 = 0
        places = (0..<rows).map { row in
            guard presence[presence.startIndex + row >> 3] >> UInt8(row & 7) & 1 == 1 else { return -1 }
            defer { next += 1 }
            return next
        }
        self.bytes = try reader.take(Int(next) * size)
        guard reader.remaining == 0 else { throw BlockError(.length, place) }
        self.size = size
        self.isUUID = isUUID
    }

    func isNull(_ row: Int) -> Bool { places[row] < 0 }

    func text(_ row: Int) -> [UInt8]? {
        guard !isNull(row) else { return nil }
        var text: [UInt8] = []
        text.reserveCapacity(byteCount)
        append(row, to: &text)
        return text
    }

    /// Bytes of every text.
    var byteCount: Int { size * 2 + (isUUID ? 4 : 0) }

    /// - Precondition: the row has a value.
    func append(_ row: Int, to text: inout [UInt8]) {
        let start = bytes.startIndex + Int(places[row]) * size
        for offset in 0..<size {
            if isUUID, offset == 4 || offset == 6 || offset == 8 || offset == 10 { text.append(UInt8(ascii: "-")) }
            let byte = bytes[start + offset]
            text.append(Self.digit(byte >> 4))
            text.append(Self.digit(byte & 0xF))
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 48 + nibble : 87 + nibble
    }
}
