import ConnectorLogCore

/// Writes a column of header lists as `HeaderColumnFormat` says.
struct HeaderColumnEncoder {
    private typealias Format = HeaderColumnFormat

    let zstandard: Zstandard
    let level: Int32
    /// The entries to which the headers belong.
    let entries: EntryColumns

    /// Nil when rows share too few names and shapes for it to pay, or a value is no header list.
    func encode(_ column: TextColumn) -> [UInt8]? {
        guard let fields = Fields(column), let names = TextDictionary(fields.names), names.firstRows.count <= 0xFFFF,
            let shapes = TextDictionary(shapes(fields, names))
        else { return nil }
        var bytes: [UInt8] = []
        append(packed: head(fields, names, shapes), to: &bytes)
        var cells = names.firstRows.map { Cell(name: fields.names, row: $0) }
        var field = 0
        for row in 0..<column.count {
            while field < fields.ends[row] {
                cells[Int(names.indices[field])].append(column, fields.values[field], row: row)
                field += 1
            }
        }
        for cell in cells { append(cell, to: &bytes) }
        return bytes
    }

    // MARK: - Names and shapes

    /// The fields of all rows, end to end.
    private struct Fields {
        var names = TextColumn()
        /// The places of the values in the column's bytes.
        var values: [Range<Int>] = []
        /// For each row, the number of fields up to its last.
        var ends: [Int] = []
        var isNull: [Bool] = []

        init?(_ column: TextColumn) {
            let span = column.bytes.span
            for row in 0..<column.count {
                isNull.append(column.isNull(row))
                var at = column.range(row).lowerBound
                let end = column.range(row).upperBound
                while at < end {
                    guard let name = HeaderList.text(in: span, at: &at, end: end),
                        let value = HeaderList.text(in: span, at: &at, end: end)
                    else { return nil }
                    names.append(column.bytes[name])
                    values.append(value)
                }
                ends.append(values.count)
            }
            if values.isEmpty || values.count > Format.maximumFields { return nil }
        }
    }

    /// For each row the numbers of its names, two bytes each.
    private func shapes(_ fields: Fields, _ names: TextDictionary) -> TextColumn {
        var shapes = TextColumn()
        var field = 0
        for (row, end) in fields.ends.enumerated() {
            if fields.isNull[row] {
                shapes.appendNull()
                continue
            }
            shapes.append { bytes in
                while field < end {
                    bytes.appendLittleEndian(UInt64(names.indices[field]), width: 2)
                    field += 1
                }
            }
        }
        return shapes
    }

    private func head(_ fields: Fields, _ names: TextDictionary, _ shapes: TextDictionary) -> [UInt8] {
        var bytes: [UInt8] = []
        Varint.append(UInt64(names.firstRows.count), to: &bytes)
        for row in names.firstRows {
            let name = fields.names[row] ?? []
            Varint.append(UInt64(name.count), to: &bytes)
            bytes += name
        }
        Varint.append(UInt64(shapes.firstRows.count), to: &bytes)
        for row in shapes.firstRows {
            if fields.isNull[row] {
                Varint.append(0, to: &bytes)
                continue
            }
            let place = (row == 0 ? 0 : fields.ends[row - 1])..<fields.ends[row]
            Varint.append(UInt64(place.count) + 1, to: &bytes)
            for field in place { Varint.append(UInt64(names.indices[field]), to: &bytes) }
        }
        let width = shapes.firstRows.count <= 0x100 ? 1 : shapes.firstRows.count <= 0x10000 ? 2 : 4
        bytes.append(UInt8(width))
        for index in shapes.indices { bytes.appendLittleEndian(UInt64(index), width: width) }
        return bytes
    }

    // MARK: - Cells

    /// The values of one name, in the order of rows.
    private struct Cell {
        let name: String
        var values = TextColumn()
        var rows: [Int] = []

        init(name: TextColumn, row: Int) {
            self.name = (name.string(row) ?? "").lowercased()
        }

        mutating func append(_ column: TextColumn, _ value: Range<Int>, row: Int) {
            values.append(column.bytes[value])
            rows.append(row)
        }
    }

    private func append(_ cell: Cell, to bytes: inout [UInt8]) {
        switch cell.name {
        case "traceparent": if appendTraceParents(cell, to: &bytes) { return }
        case "date": if appendDates(cell, to: &bytes) { return }
        default: if appendRequestIDs(cell, to: &bytes) { return }
        }
        bytes.append(Format.CellKind.texts.rawValue)
        append(texts: cell.values, to: &bytes)
    }

    private func appendRequestIDs(_ cell: Cell, to bytes: inout [UInt8]) -> Bool {
        let ids = entries[.requestID]
        func isID(_ value: Int) -> Bool { Self.isEqual(cell.values, value, ids, cell.rows[value]) }
        // Most names are told by their first value.
        guard isID(0) || cell.rows.count > 1 && isID(1) else { return false }
        let isLeftOut = cell.rows.indices.map(isID)
        guard append(kind: .requestID, isLeftOut, to: &bytes) else { return false }
        append(restOf: cell, isLeftOut, to: &bytes)
        return true
    }

    private func appendTraceParents(_ cell: Cell, to bytes: inout [UInt8]) -> Bool {
        let isShort = cell.rows.indices.map { isTraceParent(cell, $0) }
        guard append(kind: .traceParent, isShort, to: &bytes) else { return false }
        var spans = TextColumn()
        for value in cell.rows.indices where isShort[value] {
            let start = cell.values.range(value).lowerBound
            spans.append { bytes in
                for place in [Format.spanIDPlace, Format.flagsPlace] {
                    bytes += cell.values.bytes[place.lowerBound + start..<place.upperBound + start]
                }
            }
        }
        append(texts: spans, to: &bytes)
        append(restOf: cell, isShort, to: &bytes)
        return true
    }

    private func isTraceParent(_ cell: Cell, _ value: Int) -> Bool {
        let (row, text) = (cell.rows[value], cell.values.range(value))
        let ids = entries[.traceID]
        guard text.count == Format.traceParentLength, !ids.isNull(row), ids.range(row).count == 32 else { return false }
        let (bytes, idBytes) = (cell.values.bytes.span, ids.bytes.span)
        let start = text.lowerBound
        let id = ids.range(row).lowerBound
        return bytes[start] == UInt8(ascii: "0") && bytes[start + 1] == UInt8(ascii: "0")
            && [2, 35, 52].allSatisfy { bytes[start + $0] == UInt8(ascii: "-") }
            && (0..<32).allSatisfy { bytes[start + Format.traceIDPlace.lowerBound + $0] == idBytes[id + $0] }
    }

    private func appendDates(_ cell: Cell, to bytes: inout [UInt8]) -> Bool {
        let span = cell.values.bytes.span
        var seconds: [Int64?] = []
        for value in cell.rows.indices { seconds.append(HTTPDate.seconds(span, cell.values.range(value))) }
        guard append(kind: .date, seconds.map { $0 != nil }, to: &bytes) else { return false }
        let distances = zip(seconds, cell.rows).compactMap { second, row in
            second.map { $0 &- entries.logTimes[row] / 1_000_000 }
        }
        let (encoding, column) = IntegerColumn.encode(distances)
        bytes.append(encoding.rawValue)
        append(packed: column, to: &bytes)
        append(restOf: cell, seconds.map { $0 != nil }, to: &bytes)
        return true
    }

    private static func isEqual(_ a: TextColumn, _ row: Int, _ b: TextColumn, _ other: Int) -> Bool {
        let (range, otherRange) = (a.range(row), b.range(other))
        guard range.count == otherRange.count, !b.isNull(other) else { return false }
        let (bytes, otherBytes) = (a.bytes.span, b.bytes.span)
        return (0..<range.count).allSatisfy {
            bytes[range.lowerBound + $0] == otherBytes[otherRange.lowerBound + $0]
        }
    }

    // MARK: - Parts of a cell

    /// The kind and which values are of it; false, and nothing, when they are less than half.
    private func append(kind: Format.CellKind, _ isShort: [Bool], to bytes: inout [UInt8]) -> Bool {
        let count = isShort.count(where: \.self)
        guard count > 0, count * 2 >= isShort.count else { return false }
        bytes.append(kind.rawValue)
        bytes.append(count == isShort.count ? 1 : 0)
        guard count < isShort.count else { return true }
        var bits = [UInt8](repeating: 0, count: (isShort.count + 7) / 8)
        for (value, isSet) in isShort.enumerated() where isSet { bits[value >> 3] |= 1 << UInt8(value & 7) }
        append(packed: bits, to: &bytes)
        return true
    }

    private func append(restOf cell: Cell, _ isShort: [Bool], to bytes: inout [UInt8]) {
        guard isShort.contains(false) else { return }
        var rest = TextColumn()
        for value in cell.rows.indices where !isShort[value] { rest.append(row: value, of: cell.values) }
        append(texts: rest, to: &bytes)
    }

    private func append(texts: TextColumn, to bytes: inout [UInt8]) {
        let (encoding, column) = TextColumnEncoder.encode(texts, mayRepeat: true)
        bytes.append(encoding.rawValue)
        append(packed: column, to: &bytes)
    }

    /// Codec, raw length, stored length, the stored bytes.
    private func append(packed column: [UInt8], to bytes: inout [UInt8]) {
        let compressed = zstandard.compressed(column, level: level)
        bytes.append((compressed == nil ? BlockFormat.Codec.none : .zstd).rawValue)
        Varint.append(UInt64(column.count), to: &bytes)
        let stored = compressed ?? column
        Varint.append(UInt64(stored.count), to: &bytes)
        bytes += stored
    }
}
