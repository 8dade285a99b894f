import ConnectorLogCore

/// A column within a column: codec, raw length, stored length and the stored bytes.
/// Decompressed when it is asked for.
struct PackedColumn {
    /// Nil where the format gives none.
    fileprivate(set) var encoding: BlockFormat.Encoding?
    fileprivate let codec: BlockFormat.Codec
    let rawCount: Int
    fileprivate let stored: ArraySlice<UInt8>
    fileprivate let zstandard: Zstandard
    fileprivate let place: String

    func bytes() throws(BlockError) -> [UInt8] {
        switch codec {
        case .none: return Array(stored)
        case .zstd:
            guard let bytes = zstandard.decompress(stored, size: rawCount) else {
                throw BlockError(.compression, place)
            }
            return bytes
        case .zstdBehindFirst: throw BlockError(.encoding, place)
        }
    }

    /// - Parameter first: the bytes of the column's first chunk.
    func bytes(behind first: () throws(BlockError) -> [UInt8]) throws(BlockError) -> [UInt8] {
        guard codec == .zstdBehindFirst else { return try bytes() }
        guard let bytes = zstandard.decompress(stored, size: rawCount, behind: ZstandardPrefix.of(try first())) else {
            throw BlockError(.compression, place)
        }
        return bytes
    }

    func texts(rows: Int) throws(BlockError) -> TextColumnReader {
        guard let encoding else { throw BlockError(.encoding, place) }
        return try TextColumnReader(encoding, try bytes()[...], rows: rows, zstandard: zstandard, place: place)
    }

    func integers(rows: Int) throws(BlockError) -> [Int64] {
        guard let encoding else { throw BlockError(.encoding, place) }
        return try IntegerColumn.decode(encoding, try bytes()[...], rows: rows, place: place)
    }
}

extension PackedColumn {
    /// Appends what `PackedReader` reads.
    /// - Parameter compressed: by `codec`; nil when that does not pay.
    static func append(
        _ raw: [UInt8], _ compressed: [UInt8]?, _ codec: BlockFormat.Codec = .zstd, to bytes: inout [UInt8]
    ) {
        bytes.append((compressed == nil ? BlockFormat.Codec.none : codec).rawValue)
        Varint.append(UInt64(raw.count), to: &bytes)
        let stored = compressed ?? raw
        Varint.append(UInt64(stored.count), to: &bytes)
        bytes += stored
    }
}

/// Takes packed columns off the front of bytes.
struct PackedReader {
    private var reader: ByteReader
    private let zstandard: Zstandard
    private let place: String

    init(_ bytes: ArraySlice<UInt8>, zstandard: Zstandard, place: String) {
        reader = ByteReader(bytes, place: place)
        self.zstandard = zstandard
        self.place = place
    }

    var isAtEnd: Bool { reader.remaining == 0 }

    mutating func byte() throws(BlockError) -> UInt8 { try reader.byte() }

    mutating func length(atMost maximum: Int) throws(BlockError) -> Int { try reader.length(atMost: maximum) }

    mutating func column() throws(BlockError) -> PackedColumn {
        guard let codec = BlockFormat.Codec(rawValue: try reader.byte()) else { throw BlockError(.encoding, place) }
        let rawCount = try reader.length(atMost: BlockFormat.maximumColumnBytes)
        let stored = try reader.take(try reader.length(atMost: reader.remaining))
        guard codec != .none || stored.count == rawCount else { throw BlockError(.length, place) }
        return PackedColumn(codec: codec, rawCount: rawCount, stored: stored, zstandard: zstandard, place: place)
    }

    /// A column behind its encoding.
    mutating func encodedColumn() throws(BlockError) -> PackedColumn {
        guard let encoding = BlockFormat.Encoding(rawValue: try reader.byte()) else {
            throw BlockError(.encoding, place)
        }
        var column = try column()
        column.encoding = encoding
        return column
    }
}
