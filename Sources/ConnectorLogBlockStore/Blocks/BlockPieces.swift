import ConnectorLogCore

/// How many rows become one block.
enum BlockPieces {
    /// Rows of a finished block: more compress better, fewer are read faster for one entry.
    static let rows = 2048
    /// Bytes in memory of a block's columns, unless one row alone has more: what one entry's reading costs at most.
    static let bytes = 8 << 20

    /// Cuts rows into pieces that are good as blocks, in order.
    /// - Parameter bytes: of all rows.
    static func ranges(rows count: Int, bytes: Int, bytesOfRow: (Int) -> Int) -> [Range<Int>] {
        if count <= rows, bytes <= self.bytes { return count == 0 ? [] : [0..<count] }
        // Pieces of about equal length, not full ones and a rest.
        let pieces = (count + rows - 1) / rows
        let rowsOfPiece = (count + pieces - 1) / max(1, pieces)
        var ranges: [Range<Int>] = []
        var start = 0
        var taken = 0
        for row in 0..<count {
            let rowBytes = bytesOfRow(row)
            if row > start, row - start == rowsOfPiece || taken + rowBytes > self.bytes {
                ranges.append(start..<row)
                start = row
                taken = 0
            }
            taken += rowBytes
        }
        return ranges + [start..<count]
    }
}

extension EntryColumns {
    /// These columns cut into pieces that are good as blocks of a commit, in order.
    func pieces() -> [EntryColumns] {
        let ranges = BlockPieces.ranges(rows: count, bytes: byteCount) { row in
            texts.reduce(0) { $0 + $1.range(row).count }
        }
        return ranges.count == 1 ? [self] : ranges.map { self[$0] }
    }
}
