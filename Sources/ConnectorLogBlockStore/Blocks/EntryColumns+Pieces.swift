import ConnectorLogCore

extension EntryColumns {
    /// Rows of a finished block: more compress better, fewer are read faster for one entry.
    static let blockRows = 2048
    /// Bytes in memory of a block's columns, unless one row alone has more: what one entry's reading costs at most.
    static let blockBytes = 8 << 20

    /// These columns cut into pieces that are good as blocks, in order.
    func pieces() -> [EntryColumns] {
        let ranges = pieceRanges()
        if ranges.count == 1 { return [self] }
        return ranges.map { rows in
            var piece = EntryColumns()
            for row in rows { piece.append(row: row, of: self) }
            piece.restoreVendorRequestIDHashes()
            return piece
        }
    }

    /// The rows of each piece.
    func pieceRanges() -> [Range<Int>] {
        if count <= Self.blockRows, byteCount <= Self.blockBytes { return isEmpty ? [] : [0..<count] }
        // Pieces of about equal length, not full ones and a rest.
        let pieces = (count + Self.blockRows - 1) / Self.blockRows
        let rowsOfPiece = (count + pieces - 1) / max(1, pieces)
        var ranges: [Range<Int>] = []
        var start = 0
        var bytes = 0
        for row in 0..<count {
            let rowBytes = texts.reduce(0) { $0 + $1.range(row).count }
            if row > start, row - start == rowsOfPiece || bytes + rowBytes > Self.blockBytes {
                ranges.append(start..<row)
                start = row
                bytes = 0
            }
            bytes += rowBytes
        }
        return ranges + [start..<count]
    }
}
