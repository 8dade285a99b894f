/// One text or bytes field of many rows: the values end to end, and where each ends. No object a value.
package struct TextColumn: Sendable, Equatable {
    /// All values, end to end.
    package private(set) var bytes: [UInt8] = []
    /// For each row, the offset in `bytes` just behind its value; the top bit says that the row has none (null).
    package private(set) var ends: [UInt32] = []

    package static let nullMark: UInt32 = 0x8000_0000

    package init() {}

    /// A column of values that lie end to end already.
    /// - Precondition: `ends` rise, null marks aside, and end with the number of `bytes`.
    package init(bytes: [UInt8], ends: [UInt32]) {
        precondition(bytes.count < Int(Self.nullMark), "a text column is limited to 2 GiB")
        (self.bytes, self.ends) = (bytes, ends)
    }

    package var count: Int { ends.count }

    /// Bytes that the column holds, with the room that its growth left.
    package var capacity: Int { bytes.capacity + ends.capacity * MemoryLayout<UInt32>.size }

    /// Appends a value given in one piece.
    @inline(__always)
    package mutating func append(_ value: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: value)
        endRow()
    }

    package mutating func append(_ value: UnsafeRawBufferPointer?) {
        if let value { append(value) } else { appendNull() }
    }

    package mutating func append(_ value: ArraySlice<UInt8>) {
        bytes.append(contentsOf: value)
        endRow()
    }

    package mutating func append(_ value: [UInt8]) {
        append(value[...])
    }

    package mutating func append(_ value: String?) {
        guard let value else {
            appendNull()
            return
        }
        bytes.append(contentsOf: value.utf8)
        endRow()
    }

    package mutating func appendNull() {
        ends.append(UInt32(truncatingIfNeeded: bytes.count) | Self.nullMark)
    }

    /// Appends a value that `write` adds to the column's bytes piece by piece.
    @inline(__always)
    package mutating func append<Failure>(writing write: (inout [UInt8]) throws(Failure) -> Void) throws(Failure) {
        try write(&bytes)
        endRow()
    }

    private mutating func endRow() {
        // Limits.maximumBatchBytes keeps a column far below 2 GiB.
        precondition(bytes.count < Int(Self.nullMark), "a text column is limited to 2 GiB")
        ends.append(UInt32(truncatingIfNeeded: bytes.count))
    }

    package func isNull(_ row: Int) -> Bool { ends[row] & Self.nullMark != 0 }

    /// The place of a row's value in `bytes`; empty for null.
    package func range(_ row: Int) -> Range<Int> { Self.range(row, ends.span) }

    @inline(__always)
    private static func range(_ row: Int, _ ends: Span<UInt32>) -> Range<Int> {
        let start = row == 0 ? 0 : Int(ends[row - 1] & ~nullMark)
        return start..<Int(ends[row] & ~nullMark)
    }

    package subscript(row: Int) -> ArraySlice<UInt8>? {
        isNull(row) ? nil : bytes[range(row)]
    }

    /// Some rows that follow each other.
    package subscript(rows: Range<Int>) -> TextColumn {
        guard !rows.isEmpty else { return TextColumn() }
        let start = range(rows.lowerBound).lowerBound
        // Lower than every end of these rows, so that null marks stay as they are.
        let shift = UInt32(truncatingIfNeeded: start)
        return TextColumn(
            bytes: Array(bytes[start..<range(rows.upperBound - 1).upperBound]), ends: ends[rows].map { $0 - shift })
    }

    package func string(_ row: Int) -> String? {
        self[row].map { String(decoding: $0, as: UTF8.self) }
    }

    /// Appends the row's bytes to other bytes; nothing for null.
    package func append(row: Int, to other: inout [UInt8]) {
        let range = range(row)
        bytes.withUnsafeBufferPointer { other.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// All rows of `other` behind this column's own.
    package mutating func append(contentsOf other: TextColumn) {
        let shift = UInt32(truncatingIfNeeded: bytes.count)
        precondition(bytes.count + other.bytes.count < Int(Self.nullMark), "a text column is limited to 2 GiB")
        bytes.append(contentsOf: other.bytes)
        ends.append(contentsOf: other.ends.lazy.map { $0 + shift })
    }

    /// The row of `other` behind this column's own.
    package mutating func append(row: Int, of other: TextColumn) {
        if other.isNull(row) { appendNull() } else { append(other.range(row), of: other) }
    }

    /// Appends a value that lies in `range` of the bytes of `other`.
    package mutating func append(_ range: Range<Int>, of other: TextColumn) {
        other.bytes.withUnsafeBufferPointer { bytes.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
        endRow()
    }

    /// Rows of `other` behind this column's own, in the order in which they are given.
    package mutating func append(_ rows: [Int], of other: TextColumn) {
        let size = other.byteCount(of: rows)
        precondition(bytes.count + size < Int(Self.nullMark), "a text column is limited to 2 GiB")
        var end = UInt32(truncatingIfNeeded: bytes.count)
        let otherEnds = other.ends.span
        // Room is made once, and looked after once, not at each value.
        bytes.append(addingCapacity: size) { output in
            output.withUnsafeMutableBufferPointer { room, count in
                other.bytes.withUnsafeBytes { source in
                    let room = UnsafeMutableRawBufferPointer(room)
                    for row in rows {
                        let range = Self.range(row, otherEnds)
                        precondition(range.upperBound <= source.count && count + range.count <= size)
                        UnsafeMutableRawBufferPointer(rebasing: room[count..<count + range.count])
                            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
                        count += range.count
                    }
                }
            }
        }
        ends.append(addingCapacity: rows.count) { output in
            for row in rows {
                end += UInt32(truncatingIfNeeded: Self.range(row, otherEnds).count)
                output.append(end | otherEnds[row] & Self.nullMark)
            }
        }
    }

    /// Bytes of some rows.
    package func byteCount(of rows: [Int]) -> Int {
        if bytes.isEmpty { return 0 }
        let ends = ends.span
        var size = 0
        for row in rows { size += Self.range(row, ends).count }
        return size
    }

    package mutating func reserve(rows: Int, bytes byteCount: Int) {
        ends.reserveCapacity(rows)
        bytes.reserveCapacity(byteCount)
    }
}
