import ConnectorLogCore

/// The flow states of a block's rows by numbers, in the order in which they come: rows of one state have one number, and so
/// have those of none.
struct StateGroups {
    private(set) var numbers: [UInt32] = []
    /// Of each state, the first row that has it.
    private(set) var firstRows: [Int] = []

    init(_ states: TextColumn) {
        var table = WordTable()
        var none: UInt32?
        numbers.reserveCapacity(states.count)
        let text = states.bytes.span
        for row in 0..<states.count {
            let id = states.range(row)
            let isNull = states.isNull(row)
            if let number = isNull ? none : table.value(of: text, id) {
                numbers.append(number)
                continue
            }
            let number = UInt32(firstRows.count)
            if isNull { none = number } else { table.insert(text, id, number) }
            numbers.append(number)
            firstRows.append(row)
        }
    }
}

/// A column that seldom changes within a flow state: its flow, its trace. A row is like the row before it of the same
/// state, or its value is listed.
struct StateRuns {
    /// The rows whose values are listed.
    let rows: [Int]

    /// Nil when too many values would be listed for it to pay.
    init?(_ column: TextColumn, _ states: StateGroups) {
        var last = [Int32](repeating: -1, count: states.firstRows.count)
        var rows: [Int] = []
        let text = column.bytes.span
        for row in 0..<column.count {
            let state = Int(states.numbers[row])
            let before = Int(last[state])
            last[state] = Int32(truncatingIfNeeded: row)
            if before >= 0, column.isNull(row) == column.isNull(before),
                TokenBytes.isEqual(text, column.range(row), text, column.range(before))
            {
                continue
            }
            rows.append(row)
            if rows.count * 2 > max(column.count, 128) { return nil }
        }
        guard rows.count * 2 <= column.count else { return nil }
        self.rows = rows
    }

    /// A bit a row, packed: whether its value is listed; then the listed values behind their encoding, packed.
    func encode(_ column: TextColumn, _ encoder: TextColumnEncoder) -> [UInt8] {
        var bits = [UInt8](repeating: 0, count: (column.count + 7) / 8)
        for row in rows { bits[row >> 3] |= 1 << UInt8(row & 7) }
        var bytes: [UInt8] = []
        PackedColumn.append(bits, encoder.zstandard.compressed(bits, level: encoder.level), to: &bytes)
        var listed = TextColumn()
        listed.append(rows, of: column)
        let (encoding, values) = encoder.encode(listed, mayRepeat: true)
        bytes.append(encoding.rawValue)
        let compressed = encoding.isParted ? nil : encoder.zstandard.compressed(values, level: encoder.level)
        PackedColumn.append(values, compressed, to: &bytes)
        return bytes
    }

    /// For each row the number of its listed value, and the values.
    static func decode(
        _ bytes: ArraySlice<UInt8>, states: [UInt32], zstandard: Zstandard, place: String
    ) throws(BlockError) -> (numbers: [UInt32], values: TextColumnReader) {
        var reader = PackedReader(bytes, zstandard: zstandard, place: place)
        let bits = try reader.column().bytes()
        let rows = states.count
        guard bits.count == (rows + 7) / 8 else { throw BlockError(.length, place) }
        var last: [UInt32?] = Array(repeating: nil, count: Int(states.max() ?? 0) + 1)
        var numbers: [UInt32] = []
        numbers.reserveCapacity(rows)
        var listed: UInt32 = 0
        for row in 0..<rows {
            let state = Int(states[row])
            if bits[row >> 3] >> UInt8(row & 7) & 1 == 1 {
                last[state] = listed
                listed += 1
            }
            guard let number = last[state] else { throw BlockError(.value, place) }
            numbers.append(number)
        }
        let values = try reader.encodedColumn().texts(rows: Int(listed)).decoded()
        guard reader.isAtEnd else { throw BlockError(.length, place) }
        return (numbers, values)
    }
}

extension EntryTextField {
    /// Whether its values mostly are those of the state's entry before.
    var followsState: Bool {
        switch self {
        case .flowID, .flowName, .flowVersion, .traceID: true
        default: false
        }
    }
}
