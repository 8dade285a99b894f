import ConnectorLogCore

/// The numbers of the stored block format, version 2. `docs/block-format.md` describes it to the byte; the tests pin it.
///
/// A block is up to some thousand entries, column by column, in parts that are read apart: the *summary* (what lists and
/// charts need), the *detail* (headers, bodies, receipts), the *filter* (a bloom filter over the block's keys) and the
/// *words* (one over the words of its texts).
enum BlockFormat {
    /// "CLOG"
    static let magic: [UInt8] = [0x43, 0x4C, 0x4F, 0x47]
    static let version: UInt8 = 2
    /// That are read. Version 1 had no tokens and no state runs.
    static let versions: ClosedRange<UInt8> = 1...2
    /// Magic, version, part, number of columns (u16), rows (u32), CRC-32 of the header and the directory (u32).
    static let headerSize = 16
    /// Column, encoding, codec, 0, raw length, stored length, offset, CRC-32 of the stored bytes (four u32).
    static let directoryEntrySize = 20

    enum Part: UInt8, CaseIterable {
        /// A bloom filter over the words of the block's texts.
        case words = 0
        case summary = 1
        case detail = 2
        case filter = 3

        /// The row of table `block_part` that holds this part of a block.
        func rowID(block: Int64) -> Int64 { block << 2 | Int64(rawValue) }
    }

    enum Column: UInt8, CaseIterable {
        case teamID = 1
        case logTime = 2
        case connector = 3
        case event = 4
        case method = 5
        case uri = 6
        case status = 7
        case outcome = 8
        case duration = 9
        case requestID = 10
        case flowID = 11
        case flowName = 12
        case flowVersion = 13
        case stateID = 14
        case traceID = 15
        case spanID = 16
        case errorName = 17
        case errorMessage = 18
        /// The three parts of an entry's id; left out while the ids of a block follow each other.
        case idMilliseconds = 19
        case idCounter = 20
        case idRandom = 21

        case requestHeaders = 32
        case responseHeaders = 33
        case requestBody = 34
        case responseBody = 35
        case requestBodyAttributes = 36
        case responseBodyAttributes = 37
        case attributes = 38
        case receipt = 39

        var part: Part { rawValue < 32 ? .summary : .detail }
    }

    enum Encoding: UInt8 {
        /// One integer, the value of each row.
        case constant = 1
        /// Fixed-width distances from the least value.
        case offsets = 2
        /// Fixed-width differences between neighbours.
        case deltas = 3
        /// Differences between neighbours as ZigZag numbers.
        case signedDeltas = 4
        /// Lengths, then the texts end to end.
        case plain = 16
        /// Distinct texts, then a fixed-width index a row.
        case dictionary = 17
        /// UUIDs (lower case, hyphenated) as 16 bytes.
        case uuid = 18
        /// Lower-case hexadecimal of one length as bytes.
        case hexadecimal = 19
        /// Header lists: shapes, and a column a name (`HeaderColumnFormat`).
        case headers = 20
        /// Texts in chunks of rows, their runs of hexadecimal digits apart (`TextChunksEncoder`).
        case chunks = 21
        /// Texts taken apart into words and gaps by their places (`TokenFormat`).
        case tokens = 22
        /// Texts that are like those of the same flow state's row before (`StateRuns`).
        case stateRuns = 23

        /// Whether rows are put together when they are asked for.
        var isLazy: Bool { self == .chunks || self == .tokens }
        /// Whether its parts are compressed one by one.
        var isParted: Bool { isLazy || self == .stateRuns }
    }

    enum Codec: UInt8 {
        case none = 0
        case zstd = 1
        /// zstd with the end of the column's first chunk as a dictionary of raw content; in chunks alone.
        case zstdBehindFirst = 2
    }

    /// A column's raw length is refused above this when read, so that damaged bytes cannot ask for unbounded memory.
    static let maximumColumnBytes = 1 << 30
    /// A block has at most this many rows.
    static let maximumRows = 1 << 20
}

extension EntryTextField {
    var column: BlockFormat.Column {
        switch self {
        case .connector: .connector
        case .event: .event
        case .method: .method
        case .uri: .uri
        case .requestID: .requestID
        case .flowID: .flowID
        case .flowName: .flowName
        case .flowVersion: .flowVersion
        case .stateID: .stateID
        case .traceID: .traceID
        case .spanID: .spanID
        case .errorName: .errorName
        case .errorMessage: .errorMessage
        case .requestHeaders: .requestHeaders
        case .responseHeaders: .responseHeaders
        case .requestBody: .requestBody
        case .responseBody: .responseBody
        case .attributes: .attributes
        case .receipt: .receipt
        }
    }
}
