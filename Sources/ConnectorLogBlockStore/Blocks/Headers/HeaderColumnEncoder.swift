import ConnectorLogCore

/// Writes a column of header lists as `HeaderColumnFormat` says.
struct HeaderColumnEncoder {
    private typealias Format = HeaderColumnFormat

    let zstandard: Zstandard
    let level: Int32
    /// The entries to which the headers belong.
    let entries: EntryColumns

    /// - Parameter column: what `split` was made of.
    func encode(_ split: SplitHeaders, _ column: TextColumn) -> [UInt8] {
        var bytes: [UInt8] = []
        append(packed: head(split, column), to: &bytes)
        for (number, name) in split.names.enumerated() {
            let (values, rows) = split.values(of: number, in: column)
            let name = String(decoding: column.bytes[name], as: UTF8.self).lowercased()
            append(Cell(name: name, values: values, rows: rows), to: &bytes)
        }
        return bytes
    }

    /// Names and shapes.
    private func head(_ split: SplitHeaders, _ column: TextColumn) -> [UInt8] {
        var bytes: [UInt8] = []
        Varint.append(UInt64(split.names.count), to: &bytes)
        for name in split.names {
            Varint.append(UInt64(name.count), to: &bytes)
            bytes += column.bytes[name]
        }
        Varint.append(UInt64(split.shapes.count), to: &bytes)
        for shape in split.shapes {
            Varint.append(shape.map { UInt64($0.count) + 1 } ?? 0, to: &bytes)
            for name in shape ?? [] { Varint.append(UInt64(name), to: &bytes) }
        }
        let width = split.shapes.count <= 0x100 ? 1 : split.shapes.count <= 0x10000 ? 2 : 4
        bytes.append(UInt8(width))
        for shape in split.shapeOfRow { bytes.appendLittleEndian(UInt64(shape), width: width) }
        return bytes
    }

    // MARK: - Cells

    /// The values of one name, in the order of rows.
    private struct Cell {
        /// In lower case.
        let name: String
        let values: TextColumn
        let rows: [Int]
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
        let (encoding, column) = TextColumnEncoder(zstandard: zstandard, level: level).encode(texts, mayRepeat: true)
        bytes.append(encoding.rawValue)
        append(packed: column, isCompressed: encoding.isParted, to: &bytes)
    }

    private func append(packed column: [UInt8], isCompressed: Bool = false, to bytes: inout [UInt8]) {
        PackedColumn.append(column, isCompressed ? nil : zstandard.compressed(column, level: level), to: &bytes)
    }
}
