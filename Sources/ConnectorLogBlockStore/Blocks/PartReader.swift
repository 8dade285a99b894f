import ConnectorLogCore

/// Gives slices of a part's stored bytes, wherever they lie.
protocol PartSource {
    var count: Int { get }
    /// - Precondition: the range lies within `0..<count`.
    func bytes(_ range: Range<Int>) throws -> [UInt8]
}

/// Reads single columns of one part. Every length is checked before it is used, every column's checksum before it is
/// decoded.
struct PartReader {
    private struct Entry {
        var encoding: UInt8
        var codec: UInt8
        var rawCount: Int
        var range: Range<Int>
        var crc: UInt32
    }

    let rows: Int
    private let source: any PartSource
    private let zstandard: Zstandard
    private let part: BlockFormat.Part
    private var entries: [UInt8: Entry] = [:]

    init(_ source: any PartSource, part: BlockFormat.Part, zstandard: Zstandard) throws {
        self.source = source
        self.part = part
        self.zstandard = zstandard
        let place = "part \(part.rawValue)"
        guard source.count >= BlockFormat.headerSize else { throw BlockError(.truncated, place) }
        let header = try source.bytes(0..<BlockFormat.headerSize)
        guard header.starts(with: BlockFormat.magic) else { throw BlockError(.magic, place) }
        var reader = ByteReader(header[4...], place: place)
        guard BlockFormat.versions.contains(try reader.byte()) else { throw BlockError(.version, place) }
        guard try reader.byte() == part.rawValue else { throw BlockError(.magic, place) }
        let count = Int(try reader.littleEndian(width: 2))
        rows = Int(try reader.littleEndian(width: 4))
        let crc = UInt32(try reader.littleEndian(width: 4))
        let end = BlockFormat.headerSize + count * BlockFormat.directoryEntrySize
        guard rows <= BlockFormat.maximumRows, end <= source.count else { throw BlockError(.length, place) }
        let directory = try source.bytes(BlockFormat.headerSize..<end)
        guard Checksum.crc32(directory[...], continuing: Checksum.crc32(header[..<12])) == crc else {
            throw BlockError(.checksum, place)
        }
        var entry = ByteReader(directory[...], place: place)
        for _ in 0..<count {
            let column = try entry.byte()
            let (encoding, codec) = (try entry.byte(), try entry.byte())
            _ = try entry.byte()
            let rawCount = Int(try entry.littleEndian(width: 4))
            let storedCount = Int(try entry.littleEndian(width: 4))
            let offset = Int(try entry.littleEndian(width: 4))
            let crc = UInt32(try entry.littleEndian(width: 4))
            guard rawCount <= BlockFormat.maximumColumnBytes, offset >= end, offset + storedCount <= source.count else {
                throw BlockError(.length, "column \(column)")
            }
            entries[column] = Entry(
                encoding: encoding, codec: codec, rawCount: rawCount, range: offset..<offset + storedCount, crc: crc)
        }
    }

    func has(_ column: BlockFormat.Column) -> Bool { entries[column.rawValue] != nil }

    /// The column's bytes after decompression, and their encoding; nil when the part has no such column.
    private func raw(_ column: UInt8) throws -> (BlockFormat.Encoding, [UInt8])? {
        guard let entry = entries[column] else { return nil }
        let place = "column \(column)"
        let stored = try source.bytes(entry.range)
        guard Checksum.crc32(stored[...]) == entry.crc else { throw BlockError(.checksum, place) }
        guard let encoding = BlockFormat.Encoding(rawValue: entry.encoding) else { throw BlockError(.encoding, place) }
        switch BlockFormat.Codec(rawValue: entry.codec) {
        case .some(.none):
            guard stored.count == entry.rawCount else { throw BlockError(.length, place) }
            return (encoding, stored)
        case .zstd:
            guard let bytes = zstandard.decompress(stored[...], size: entry.rawCount) else {
                throw BlockError(.compression, place)
            }
            return (encoding, bytes)
        case .zstdBehindFirst, nil:
            throw BlockError(.encoding, place)
        }
    }

    func integers(_ column: BlockFormat.Column) throws -> [Int64] {
        guard let (encoding, bytes) = try raw(column.rawValue) else {
            throw BlockError(.missing, "column \(column.rawValue)")
        }
        return try IntegerColumn.decode(encoding, bytes[...], rows: rows, place: "column \(column.rawValue)")
    }

    /// - Parameter states: the state of each row; asked for only when the column refers to it.
    func texts(_ column: BlockFormat.Column, states: () throws -> [UInt32]) throws -> TextColumnReader {
        guard let (encoding, bytes) = try raw(column.rawValue) else { return TextColumnReader(nullRows: rows) }
        if encoding == .stateRuns {
            // The states themselves cannot refer to the states.
            guard column != .stateID else { throw BlockError(.encoding, "column \(column.rawValue)") }
            let states = try states()
            guard states.count == rows else { throw BlockError(.length, "column \(column.rawValue)") }
            let (numbers, values) = try StateRuns.decode(
                bytes[...], states: states, zstandard: zstandard, place: "column \(column.rawValue)")
            return TextColumnReader(values, numbers: numbers)
        }
        return try TextColumnReader(
            encoding, bytes[...], rows: rows, zstandard: zstandard, place: "column \(column.rawValue)")
    }

    /// - Parameter references: what header values may refer to; asked for only when they may.
    func headers(
        _ column: BlockFormat.Column, references: () throws -> HeaderReferences
    ) throws -> HeaderListReader {
        guard let (encoding, bytes) = try raw(column.rawValue) else { return .whole(TextColumnReader(nullRows: rows)) }
        let place = "column \(column.rawValue)"
        guard encoding == .headers else {
            return .whole(
                try TextColumnReader(encoding, bytes[...], rows: rows, zstandard: zstandard, place: place))
        }
        return .split(
            try HeaderColumnReader(
                bytes[...], rows: rows, references: try references(), zstandard: zstandard, place: place))
    }

    func filter() throws -> BloomFilter {
        let shape: BloomFilter.Shape = part == .words ? .words : .keys
        guard let (_, bytes) = try raw(0), let filter = BloomFilter(bytes: bytes, shape: shape) else {
            throw BlockError(.missing, "part \(part.rawValue)")
        }
        return filter
    }

    /// The ids of all rows; `first` is the block's when they follow each other.
    func ids(first: EntryID) throws -> IDColumn {
        guard has(.idCounter) else { return IDColumn(first: first, rows: rows) }
        return IDColumn(
            milliseconds: try integers(.idMilliseconds), counters: try integers(.idCounter),
            random: try integers(.idRandom))
    }
}

/// The ids of a block's rows, put together when they are asked for: a page shows few of them.
struct IDColumn: RandomAccessCollection {
    /// Nil when they follow each other.
    private let milliseconds: [Int64]?
    private let counters: [Int64]
    private let random: [Int64]
    private let first: EntryID
    let endIndex: Int

    var startIndex: Int { 0 }

    /// Ids that follow each other.
    init(first: EntryID, rows: Int) {
        (milliseconds, counters, random) = (nil, [], [])
        (self.first, endIndex) = (first, rows)
    }

    /// - Precondition: columns of one length.
    init(milliseconds: [Int64], counters: [Int64], random: [Int64]) {
        (self.milliseconds, self.counters, self.random) = (milliseconds, counters, random)
        (first, endIndex) = (EntryID(high: 0, low: 0), milliseconds.count)
    }

    subscript(row: Int) -> EntryID {
        guard let milliseconds else { return first.advanced(by: row) }
        return EntryID(
            milliseconds: UInt64(bitPattern: milliseconds[row]), counter: UInt32(truncatingIfNeeded: counters[row]),
            random: UInt64(bitPattern: random[row]))
    }
}
