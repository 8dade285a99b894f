import ConnectorLogCore

/// A decoded text column. Values stay packed: only the rows that are asked for become text.
struct TextColumnReader {
    // Fields rather than an enumeration: its payload would be retained and released at every access.
    private let isPacked: Bool
    private let plain: TextColumn
    private let packed: PackedHexadecimal
    private let isIndexed: Bool
    /// For each row the number of its value.
    private let indices: [UInt32]
    /// Instead of `plain`.
    private let lazy: (any LazyTextColumn)?
    let rows: Int

    /// A column without any value.
    init(nullRows rows: Int) {
        isPacked = false
        plain = TextColumn(bytes: [], ends: Array(repeating: TextColumn.nullMark, count: rows))
        packed = PackedHexadecimal()
        isIndexed = false
        indices = []
        lazy = nil
        self.rows = rows
    }

    /// A column that is in memory as it was committed.
    init(_ column: TextColumn) {
        isPacked = false
        plain = column
        packed = PackedHexadecimal()
        isIndexed = false
        indices = []
        lazy = nil
        rows = column.count
    }

    /// A column whose rows have the values of another, by their numbers.
    /// - Precondition: `values` are no lazy column, and have all of `numbers`.
    init(_ values: TextColumnReader, numbers: [UInt32]) {
        (isPacked, plain, packed, lazy) = (values.isPacked, values.plain, values.packed, nil)
        isIndexed = true
        indices = values.isIndexed ? numbers.map { values.indices[Int($0)] } : numbers
        rows = numbers.count
    }

    init(
        _ encoding: BlockFormat.Encoding, _ bytes: ArraySlice<UInt8>, rows: Int, zstandard: Zstandard, place: String
    ) throws(BlockError) {
        var (encoding, bytes, distinct) = (encoding, bytes, rows)
        var indices: [UInt32] = []
        let isIndexed = encoding == .dictionary
        if isIndexed {
            var reader = ByteReader(bytes, place: place)
            distinct = try reader.length(atMost: rows)
            guard let inner = BlockFormat.Encoding(rawValue: try reader.byte()), inner != .dictionary, !inner.isParted
            else {
                throw BlockError(.encoding, place)
            }
            encoding = inner
            bytes = try reader.take(try reader.length(atMost: reader.remaining))
            let width = Int(try reader.byte())
            guard width == 1 || width == 2 || width == 4 else { throw BlockError(.value, place) }
            indices = FixedWidth.readIndices(try reader.take(rows * width), width: width, count: rows)
            guard indices.allSatisfy({ $0 < distinct }) else { throw BlockError(.value, place) }
        }
        self.rows = rows
        self.isIndexed = isIndexed
        self.indices = indices
        lazy =
            switch encoding {
            case .chunks: try TextChunks(bytes, rows: rows, zstandard: zstandard, place: place)
            case .tokens: try TokenColumnReader(bytes, rows: rows, zstandard: zstandard, place: place)
            default: nil
            }
        switch encoding {
        case .chunks, .tokens: (isPacked, packed, plain) = (false, PackedHexadecimal(), TextColumn())
        case .plain:
            (isPacked, packed) = (false, PackedHexadecimal())
            plain = try Self.plain(bytes, rows: distinct, place: place)
        case .uuid:
            (isPacked, plain) = (true, TextColumn())
            packed = try PackedHexadecimal(bytes, rows: distinct, size: 16, isUUID: true, place: place)
        case .hexadecimal:
            (isPacked, plain) = (true, TextColumn())
            guard let length = bytes.first, length % 2 == 0, (2...64).contains(length) else {
                throw BlockError(.value, place)
            }
            packed = try PackedHexadecimal(
                bytes.dropFirst(), rows: distinct, size: Int(length) / 2, isUUID: false, place: place)
        default:
            throw BlockError(.encoding, place)
        }
    }

    static func plain(
        _ bytes: ArraySlice<UInt8>, rows: Int, place: String
    ) throws(BlockError) -> TextColumn {
        // Not by `ByteReader`: a column has as many lengths as rows, and one entry's reading decodes a dozen columns.
        let span = bytes.span
        var at = 0
        var end = 0
        var ends: [UInt32] = []
        ends.reserveCapacity(rows)
        for _ in 0..<rows {
            var length = 0
            var shift = 0
            while true {
                guard at < span.count, shift < 35 else { throw BlockError(.truncated, place) }
                let byte = span[at]
                at += 1
                length |= Int(byte & 0x7F) << shift
                if byte & 0x80 == 0 { break }
                shift += 7
            }
            end += max(0, length - 1)
            guard end <= span.count, end < Int(TextColumn.nullMark) else { throw BlockError(.length, place) }
            ends.append(UInt32(end) | (length == 0 ? TextColumn.nullMark : 0))
        }
        guard span.count - at == end else { throw BlockError(.length, place) }
        return TextColumn(bytes: Array(bytes.dropFirst(at)), ends: ends)
    }

    /// Numbers by which rows of one value are known.
    func groups() throws(BlockError) -> [UInt32] {
        if isIndexed { return indices }
        var column = TextColumn()
        try decoded().append(Array(0..<rows), to: &column)
        return StateGroups(column).numbers
    }

    // MARK: - Values

    @inline(__always)
    private func value(of row: Int) -> Int {
        isIndexed ? Int(indices[row]) : row
    }

    func isNull(_ row: Int) throws(BlockError) -> Bool {
        if let lazy { return try lazy.isNull(row) }
        return isPacked ? packed.isNull(value(of: row)) : plain.isNull(value(of: row))
    }

    func bytes(_ row: Int) throws(BlockError) -> [UInt8]? {
        if try isNull(row) { return nil }
        var bytes: [UInt8] = []
        try append(row: row, to: &bytes)
        return bytes
    }

    func string(_ row: Int) throws(BlockError) -> String? {
        isPacked || lazy != nil
            ? try bytes(row).map { String(decoding: $0, as: UTF8.self) } : plain.string(value(of: row))
    }

    /// The same column, decoded whole: for whoever wants all rows, and damage to show now.
    func decoded() throws(BlockError) -> TextColumnReader {
        guard let lazy else { return self }
        return TextColumnReader(try lazy.whole())
    }

    /// Appends rows as they come.
    func append(_ rows: [Int], to other: inout TextColumn) throws(BlockError) {
        if let lazy {
            for row in rows {
                if try lazy.isNull(row) {
                    other.appendNull()
                } else {
                    try other.append { (bytes: inout [UInt8]) throws(BlockError) in try lazy.append(row, to: &bytes) }
                }
            }
            return
        }
        guard isPacked else {
            other.append(isIndexed ? rows.map { Int(indices[$0]) } : rows, of: plain)
            return
        }
        for row in rows {
            let value = value(of: row)
            if packed.isNull(value) { other.appendNull() } else { other.append { packed.append(value, to: &$0) } }
        }
    }

    /// Appends the row's bytes; nothing for null.
    func append(row: Int, to bytes: inout [UInt8]) throws(BlockError) {
        if let lazy {
            try lazy.append(row, to: &bytes)
            return
        }
        let value = value(of: row)
        if isPacked {
            if !packed.isNull(value) { packed.append(value, to: &bytes) }
        } else {
            plain.append(row: value, to: &bytes)
        }
    }

    /// The length of the row's bytes; 0 for null.
    @inline(__always)
    func byteCount(_ row: Int) throws(BlockError) -> Int {
        if lazy != nil { return try bytes(row)?.count ?? 0 }
        let value = value(of: row)
        return isPacked ? (packed.isNull(value) ? 0 : packed.byteCount) : plain.range(value).count
    }

    /// Bytes of some rows of a column that is in memory as it is; 0 of others.
    func plainByteCount(of rows: [Int]) -> Int {
        guard !isPacked, lazy == nil, !plain.bytes.isEmpty else { return 0 }
        return plain.byteCount(of: isIndexed ? rows.map { Int(indices[$0]) } : rows)
    }

    /// Keeps of `matches` the rows whose value is `text`. Compares each distinct value once.
    func filter(_ matches: inout [Int], equalTo text: String) throws(BlockError) {
        let wanted = Array(text.utf8)
        guard isIndexed else {
            var kept: [Int] = []
            for row in matches where try equals(row: row, wanted) { kept.append(row) }
            matches = kept
            return
        }
        let hits = (0..<(isPacked ? packed.rows : plain.count)).map { equals(value: $0, wanted) }
        matches.removeAll { !hits[Int(indices[$0])] }
    }

    /// Keeps of `matches` the rows whose value is one of `texts`. Compares each distinct value once.
    func filter(_ matches: inout [Int], among texts: Set<[UInt8]>) throws(BlockError) {
        var kept: [Int] = []
        if isIndexed {
            var hits: [Bool] = []
            for value in 0..<(isPacked ? packed.rows : plain.count) {
                hits.append(text(ofValue: value).map(texts.contains) ?? false)
            }
            for row in matches where hits[Int(indices[row])] { kept.append(row) }
        } else {
            for row in matches where try bytes(row).map(texts.contains) ?? false { kept.append(row) }
        }
        matches = kept
    }

    /// Of each row the number that its value has in `names`, which takes those that are new; null counts as empty.
    func numbers(in names: inout TextNumbers) throws(BlockError) -> [UInt32] {
        if let lazy { return Self.numbers(of: try lazy.whole(), in: &names) }
        var numbers: [UInt32] = []
        if isPacked {
            for value in 0..<packed.rows {
                let text = packed.text(value) ?? []
                numbers.append(UInt32(names.number(of: text.span)))
            }
        } else {
            numbers = Self.numbers(of: plain, in: &names)
        }
        return isIndexed ? indices.map { numbers[Int($0)] } : numbers
    }

    private static func numbers(of column: TextColumn, in names: inout TextNumbers) -> [UInt32] {
        let bytes = column.bytes.span
        return (0..<column.count).map { UInt32(names.number(of: bytes.extracting(column.range($0)))) }
    }

    private func text(ofValue value: Int) -> [UInt8]? { isPacked ? packed.text(value) : plain[value].map(Array.init) }

    /// Those of `rows`, which rise, in which `search` finds its text.
    func rows(with search: TextSearch, among rows: [Int]) throws(BlockError) -> [Int] {
        if let lazy { return try lazy.rows(with: search, among: rows) }
        if isIndexed {
            var hits: Set<Int> = []
            if isPacked {
                for value in 0..<packed.rows where packed.text(value).map(search.isFound) ?? false {
                    hits.insert(value)
                }
            } else {
                hits.formUnion(search.rows(of: plain))
            }
            return hits.isEmpty ? [] : rows.filter { hits.contains(Int(indices[$0])) }
        }
        if isPacked { return rows.filter { packed.text($0).map(search.isFound) ?? false } }
        return search.rows(of: plain, among: rows)
    }

    private func equals(row: Int, _ wanted: [UInt8]) throws(BlockError) -> Bool {
        lazy == nil ? equals(value: row, wanted) : try bytes(row) == wanted
    }

    private func equals(value: Int, _ wanted: [UInt8]) -> Bool {
        isPacked ? packed.text(value) == wanted : plain[value].map { $0.elementsEqual(wanted) } ?? false
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

    /// Without values.
    init() {
        (bytes, places, size, isUUID) = ([], [], 0, false)
    }

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
