import ConnectorLogCore

/// A long text column without a common form (`TokenFormat`) in chunks of rows that are decompressed apart, so that one row
/// costs two chunks and not the column.
///
/// All but the first are compressed with the first one's bytes before them, as a dictionary of their own kind: what
/// they share is found there, and little is lost. `docs/block-format.md` describes it to the byte.
enum TextChunksEncoder {
    /// Rows of a chunk.
    static let rows = 256
    /// Bytes from which a column is cut at all.
    static let leastBytes = 4096

    static func encode(_ column: TextColumn, zstandard: Zstandard, level: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        Varint.append(UInt64(rows), to: &bytes)
        var first: [UInt8] = []
        for start in stride(from: 0, to: column.count, by: rows) {
            let runs = HexadecimalRuns(of: column, start..<min(start + rows, column.count))
            let plain = TextColumnEncoder.encodePlain(runs.rest)
            if start == 0 {
                PackedColumn.append(plain, zstandard.compressed(plain, level: level), to: &bytes)
                first = plain
            } else {
                let compressed = zstandard.compressed(plain, level: level, behind: ZstandardPrefix.of(first))
                PackedColumn.append(plain, compressed, .zstdBehindFirst, to: &bytes)
            }
            PackedColumn.append(runs.digits, zstandard.compressed(runs.digits, level: level), to: &bytes)
        }
        return bytes
    }
}

/// Reads what `TextChunksEncoder` wrote, from bytes that it does not trust; decodes a chunk when the first of its rows is
/// asked for.
final class TextChunks: LazyTextColumn {
    private struct Chunk {
        var rest: PackedColumn
        var digits: PackedColumn
        var decoded: HexadecimalRuns?
    }

    let rows: Int
    private let rowsOfChunk: Int
    private var chunks: [Chunk] = []
    private var first: [UInt8]?
    private let place: String

    init(_ bytes: ArraySlice<UInt8>, rows: Int, zstandard: Zstandard, place: String) throws(BlockError) {
        var reader = PackedReader(bytes, zstandard: zstandard, place: place)
        rowsOfChunk = try reader.length(atMost: BlockFormat.maximumRows)
        guard rowsOfChunk > 0 else { throw BlockError(.value, place) }
        self.rows = rows
        self.place = place
        // What the texts may take when they are put together.
        var bytes = 0
        for _ in 0..<(rows + rowsOfChunk - 1) / rowsOfChunk {
            let chunk = Chunk(rest: try reader.column(), digits: try reader.column())
            bytes += chunk.rest.rawCount + 2 * chunk.digits.rawCount
            guard bytes <= BlockFormat.maximumColumnBytes else { throw BlockError(.length, place) }
            chunks.append(chunk)
        }
        guard reader.isAtEnd else { throw BlockError(.length, place) }
    }

    /// The texts of the chunk that holds a row, and the row's number there.
    func chunk(of row: Int) throws(BlockError) -> (texts: HexadecimalRuns, row: Int) {
        let number = row / rowsOfChunk
        if let decoded = chunks[number].decoded { return (decoded, row % rowsOfChunk) }
        let count = min(rowsOfChunk, rows - number * rowsOfChunk)
        let plain = try number == 0 ? firstBytes() : chunks[number].rest.bytes(behind: firstBytes)
        let rest = try TextColumnReader.plain(plain[...], rows: count, place: place)
        let texts = try HexadecimalRuns(rest: rest, digits: try chunks[number].digits.bytes(), place: place)
        chunks[number].decoded = texts
        return (texts, row % rowsOfChunk)
    }

    func isNull(_ row: Int) throws(BlockError) -> Bool {
        let (texts, row) = try chunk(of: row)
        return texts.isNull(row)
    }

    func append(_ row: Int, to bytes: inout [UInt8]) throws(BlockError) {
        let (texts, row) = try chunk(of: row)
        texts.append(row, to: &bytes)
    }

    private func firstBytes() throws(BlockError) -> [UInt8] {
        if let first { return first }
        let bytes = try chunks[0].rest.bytes()
        first = bytes
        return bytes
    }

    /// Those of `rows`, which rise, in which `search` finds its text.
    func rows(with search: TextSearch, among rows: [Int]) throws(BlockError) -> [Int] {
        var found: [Int] = []
        var at = 0
        while at < rows.count {
            let start = rows[at] / rowsOfChunk * rowsOfChunk
            var wanted: Set<Int> = []
            while at < rows.count, rows[at] < start + rowsOfChunk {
                wanted.insert(rows[at] - start)
                at += 1
            }
            for row in try hits(of: search, inChunkOf: start) where wanted.contains(row) { found.append(row + start) }
        }
        return found
    }

    /// Rows of a chunk. Joins digits and rest only where there is hope.
    private func hits(of search: TextSearch, inChunkOf row: Int) throws(BlockError) -> [Int] {
        let texts = try chunk(of: row).texts
        guard let core = search.core else { return search.rows(of: texts.joined()) }
        return core.rows(of: texts.rest) { part, _ in core.first(in: texts.rest.bytes.span, part) { _ in true } != nil }
            .filter { row in
                var text: [UInt8] = []
                texts.append(row, to: &text)
                return search.isFound(in: text)
            }
    }

    /// All of it in one column.
    func whole() throws(BlockError) -> TextColumn {
        var whole = TextColumn()
        for number in chunks.indices { whole.append(contentsOf: try chunk(of: number * rowsOfChunk).texts.joined()) }
        return whole
    }
}

/// What a chunk is compressed behind.
enum ZstandardPrefix {
    /// Libzstd takes a dictionary that begins so for one of its own format (RFC 8878, section 5): texts that happen to
    /// are used without their first byte.
    private static let magic: [UInt8] = [0x37, 0xA4, 0x30, 0xEC]
    /// More finds little more, and every chunk pays for it.
    private static let most = 64 << 10

    static func of(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let end = bytes.suffix(most)
        return end.starts(with: magic) ? end.dropFirst() : end
    }
}
