/// Entries while they are made: what has one size row by row, texts column by column, in memory that grows without the
/// checks that an array makes at each append. `finish` makes columns of it that take no more room than they need.
package struct EntryColumnsBuilder: ~Copyable {
    /// What an entry has beside the bytes of its texts.
    package struct Row {
        package var teamID: Int64 = 0
        package var logTime: Int64 = 0
        package var status: Int64 = 0
        package var duration: Int64 = 0
        package var requestBodyAttributes: Int64 = 0
        package var responseBodyAttributes: Int64 = 0
        package var outcome: UInt8 = 0
        /// As in `TextColumn.ends`; null until the text is ended.
        fileprivate var ends = InlineArray<19, UInt32>(repeating: 0)
    }

    private var rows: [Row] = []
    /// One a field.
    private let texts = UnsafeMutablePointer<ByteScratch>.allocate(capacity: EntryColumnsBuilder.fields)
    private static let fields = 19
    /// Room of a column that is not counted.
    private static let usualRoom = 64 << 10

    package init() {
        precondition(EntryTextField.allCases.count == Self.fields, "a buffer a field")
        for field in 0..<Self.fields { (texts + field).initialize(to: ByteScratch()) }
    }

    deinit {
        texts.deinitialize(count: Self.fields)
        texts.deallocate()
    }

    package var count: Int { rows.count }

    /// Bytes that the rows take, and the room that growth left where it is much.
    package var byteCount: Int {
        var bytes = rows.count * MemoryLayout<Row>.stride
        for field in 0..<Self.fields { bytes += max(texts[field].count, texts[field].capacity - Self.usualRoom) }
        return bytes
    }

    /// Of these, what the rows alone take.
    package var contentByteCount: Int {
        (0..<Self.fields).reduce(rows.count * MemoryLayout<Row>.stride) { $0 + texts[$1].count }
    }

    /// The bytes of a field's texts so far, to append to.
    package subscript(field: EntryTextField) -> ByteScratch {
        @inline(__always)
        _read { yield texts[field.rawValue] }
        @inline(__always)
        nonmutating _modify { yield &texts[field.rawValue] }
    }

    /// A row of which no text is ended.
    package func makeRow() -> Row {
        var row = Row()
        for field in 0..<Self.fields {
            row.ends[field] = UInt32(truncatingIfNeeded: texts[field].count) | TextColumn.nullMark
        }
        return row
    }

    /// The row's text is what was appended to the field's bytes since the row before.
    @inline(__always)
    package func endText(_ field: EntryTextField, of row: inout Row) {
        row.ends[field.rawValue] = UInt32(truncatingIfNeeded: texts[field.rawValue].count)
    }

    package mutating func append(_ row: Row) {
        rows.append(row)
    }

    package consuming func finish() -> EntryColumns {
        var columns = EntryColumns()
        columns.teamIDs = rows.map { $0.teamID }
        columns.logTimes = rows.map { $0.logTime }
        columns.statuses = rows.map { $0.status }
        columns.outcomes = rows.map { $0.outcome }
        columns.durations = rows.map { $0.duration }
        columns.requestBodyAttributes = rows.map { $0.requestBodyAttributes }
        columns.responseBodyAttributes = rows.map { $0.responseBodyAttributes }
        for field in 0..<Self.fields {
            columns.texts[field] = TextColumn(bytes: Array(texts[field].bytes), ends: rows.map { $0.ends[field] })
            // Not both copies of all texts at once.
            texts[field] = ByteScratch()
        }
        return columns
    }
}
