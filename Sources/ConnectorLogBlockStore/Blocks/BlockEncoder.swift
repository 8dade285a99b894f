import ConnectorLogCore

/// Where the ids of a block's rows come from.
enum BlockIDs {
    /// One commit's: they follow each other, and the block's row in the database says the first.
    case consecutive
    /// Each row has its own, rising.
    case listed([EntryID])
}

/// The finished bytes of a block and what its row in the database says of it.
struct EncodedBlock: Sendable {
    /// Nil when entries of several teams share the block.
    var teamID: Int64?
    var rows: Int
    var firstTime: Int64
    var lastTime: Int64
    var ok: Int
    var failed: Int
    /// Of the columns in memory: what bounds the memory of a compaction.
    var rawBytes: Int
    var summary: [UInt8]
    var detail: [UInt8]
    var filter: [UInt8]
    var words: [UInt8]

    var byteCount: Int { summary.count + detail.count + filter.count + words.count }
}

/// Turns columns into the parts of a block that stays; `CommitEncoder` does it for one that is merged soon.
struct BlockEncoder: Sendable {
    /// Of zstd: higher ones gain little (`docs/performance.md`).
    static let level: Int32 = 3

    let zstandard: Zstandard

    /// - Precondition: `columns` has 1...`BlockFormat.maximumRows` rows.
    func encode(_ columns: EntryColumns, ids: BlockIDs) -> EncodedBlock {
        let rows = columns.count
        var summary = PartWriter(part: .summary, rows: rows, zstandard: zstandard)
        summary.append(.teamID, columns.teamIDs)
        summary.append(.logTime, columns.logTimes)
        summary.append(.status, columns.statuses)
        summary.append(.outcome, columns.outcomes.map(Int64.init))
        summary.append(.duration, columns.durations)
        if case .listed(let ids) = ids {
            summary.append(.idMilliseconds, ids.map { Int64($0.milliseconds) })
            summary.append(.idCounter, ids.map { Int64($0.counter) })
            summary.append(.idRandom, ids.map { Int64($0.random) })
        }
        var detail = PartWriter(part: .detail, rows: rows, zstandard: zstandard)
        var responseHeaders: SplitHeaders?
        let states = columns[.stateID].bytes.isEmpty ? nil : StateGroups(columns[.stateID])
        // Of all texts that a search may look into.
        var words: FilterKeys? = FilterKeys(capacity: rows * 4)
        for field in EntryTextField.allCases {
            if field.isHeaders {
                let split = SplitHeaders(columns[field])
                detail.append(headers: field.column, columns[field], split, of: columns)
                if field == .responseHeaders { responseHeaders = split }
            } else if field == .stateID, let states {
                summary.append(states, of: columns[field])
            } else if field.followsState, let states {
                summary.append(field.column, columns[field], following: states)
            } else if EntryTextField.searched.contains(field) {
                field.column.part == .summary
                    ? summary.append(field.column, columns[field], words: &words)
                    : detail.append(field.column, columns[field], words: &words)
            } else {
                field.column.part == .summary
                    ? summary.append(field.column, columns[field]) : detail.append(field.column, columns[field])
            }
        }
        detail.append(.requestBodyAttributes, columns.requestBodyAttributes)
        detail.append(.responseBodyAttributes, columns.responseBodyAttributes)
        let failed = columns.outcomes.count { $0 == Outcome.failed.rawValue }
        let firstTeam = columns.teamIDs[0]
        return EncodedBlock(
            teamID: columns.teamIDs.allSatisfy { $0 == firstTeam } ? firstTeam : nil,
            rows: rows,
            firstTime: columns.logTimes.min() ?? 0,
            lastTime: columns.logTimes.max() ?? 0,
            ok: rows - failed,
            failed: failed,
            rawBytes: columns.byteCount,
            summary: summary.finish(),
            detail: detail.finish(),
            filter: filter(of: columns, responseHeaders),
            words: words.map { part(.words, BloomFilter(hashes: $0.hashes, shape: .words), rows: rows) } ?? [])
    }

    private func filter(of columns: EntryColumns, _ responseHeaders: SplitHeaders?) -> [UInt8] {
        var keys = FilterKeys(capacity: columns.count * 3)
        for row in 0..<columns.count {
            let team = columns.teamIDs[row]
            keys.insert(columns[.connector], row) { FilterKey.connector(team: team, $0) }
            keys.insert(columns[.stateID], row) { FilterKey.state(team: team, $0) }
            keys.insert(columns[.flowID], row) { FilterKey.flow(team: team, $0) }
            keys.insert(columns[.requestID], row) { FilterKey.requestID($0) }
        }
        insertVendorRequestIDs(of: columns[.responseHeaders], responseHeaders, into: &keys)
        return part(.filter, BloomFilter(hashes: keys.hashes), rows: columns.count)
    }

    private func part(_ kind: BlockFormat.Part, _ filter: BloomFilter, rows: Int) -> [UInt8] {
        var part = PartWriter(part: kind, rows: rows, zstandard: zstandard)
        part.appendFilter(filter.bytes)
        return part.finish()
    }

    private func insertVendorRequestIDs(
        of column: TextColumn, _ split: SplitHeaders?, into keys: inout FilterKeys
    ) {
        let bytes = column.bytes.span
        if let split {
            for (number, name) in split.names.enumerated() {
                guard VendorRequestID.isName(String(decoding: column.bytes[name], as: UTF8.self)) else { continue }
                split.forEachValue(of: number) { keys.insert(FilterKey.requestID(bytes.extracting($0))) }
            }
            return
        }
        for row in 0..<column.count {
            guard let headers = column[row] else { continue }
            HeaderList.forEach(headers) { name, value in
                let isVendors = VendorRequestID.isName(String(decoding: name, as: UTF8.self))
                if isVendors { keys.insert(FilterKey.requestID(value.span)) }
            }
        }
    }
}

/// Writes one part: header, directory of the columns, columns.
private struct PartWriter {
    private struct Entry {
        var column: UInt8
        var encoding: UInt8
        var codec: BlockFormat.Codec
        var rawCount: Int
        var stored: [UInt8]
    }

    private let part: BlockFormat.Part
    private let rows: Int
    private let zstandard: Zstandard
    private var entries: [Entry] = []

    init(part: BlockFormat.Part, rows: Int, zstandard: Zstandard) {
        (self.part, self.rows, self.zstandard) = (part, rows, zstandard)
    }

    mutating func append(_ column: BlockFormat.Column, _ values: [Int64]) {
        let (encoding, bytes) = IntegerColumn.encode(values)
        append(column.rawValue, encoding, bytes)
    }

    mutating func append(_ column: BlockFormat.Column, _ values: TextColumn) {
        var none: FilterKeys?
        append(column, values, words: &none)
    }

    /// The state ids: a dictionary, whatever it costs, because other columns refer to its numbers.
    mutating func append(_ states: StateGroups, of values: TextColumn) {
        append(
            BlockFormat.Column.stateID.rawValue, .dictionary,
            TextColumnEncoder.encode(TextDictionary(states), of: values))
    }

    mutating func append(_ column: BlockFormat.Column, _ values: TextColumn, following states: StateGroups) {
        guard let runs = StateRuns(values, states), !values.bytes.isEmpty else {
            append(column, values)
            return
        }
        let encoder = TextColumnEncoder(zstandard: zstandard, level: BlockEncoder.level)
        append(column.rawValue, .stateRuns, runs.encode(values, encoder))
    }

    /// A column without any value is left out.
    /// - Parameter words: takes the keys of the column's words.
    mutating func append(_ column: BlockFormat.Column, _ values: TextColumn, words: inout FilterKeys?) {
        guard (0..<values.count).contains(where: { !values.isNull($0) }) else { return }
        let mayRepeat = column != .requestBody && column != .responseBody
        let rule: TokenFormat.Rule = column == .uri ? .path : .place
        let (encoding, bytes) = TextColumnEncoder(zstandard: zstandard, level: BlockEncoder.level, rule: rule)
            .encode(values, mayRepeat: mayRepeat, words: &words)
        append(column.rawValue, encoding, bytes)
    }

    /// A column of header lists of `entries`.
    /// - Parameter split: nil when it would not pay.
    mutating func append(
        headers column: BlockFormat.Column, _ values: TextColumn, _ split: SplitHeaders?, of entries: EntryColumns
    ) {
        let encoder = HeaderColumnEncoder(zstandard: zstandard, level: BlockEncoder.level, entries: entries)
        guard let bytes = split.map({ encoder.encode($0, values) }) else {
            append(column, values)
            return
        }
        // Its own columns are compressed already.
        self.entries.append(
            Entry(
                column: column.rawValue, encoding: BlockFormat.Encoding.headers.rawValue, codec: .none,
                rawCount: bytes.count, stored: bytes))
    }

    /// A bloom filter's bits are as good as random, so stay uncompressed.
    mutating func appendFilter(_ bytes: [UInt8]) {
        entries.append(
            Entry(
                column: 0, encoding: BlockFormat.Encoding.plain.rawValue, codec: .none, rawCount: bytes.count,
                stored: bytes))
    }

    private mutating func append(_ column: UInt8, _ encoding: BlockFormat.Encoding, _ bytes: [UInt8]) {
        // Their parts are compressed one by one.
        if !encoding.isParted, let compressed = zstandard.compressed(bytes, level: BlockEncoder.level) {
            entries.append(
                Entry(
                    column: column, encoding: encoding.rawValue, codec: .zstd, rawCount: bytes.count,
                    stored: compressed))
        } else {
            entries.append(
                Entry(column: column, encoding: encoding.rawValue, codec: .none, rawCount: bytes.count, stored: bytes))
        }
    }

    func finish() -> [UInt8] {
        var offset = BlockFormat.headerSize + entries.count * BlockFormat.directoryEntrySize
        var directory: [UInt8] = []
        for entry in entries {
            directory += [entry.column, entry.encoding, entry.codec.rawValue, 0]
            directory.appendLittleEndian(UInt64(entry.rawCount), width: 4)
            directory.appendLittleEndian(UInt64(entry.stored.count), width: 4)
            directory.appendLittleEndian(UInt64(offset), width: 4)
            directory.appendLittleEndian(UInt64(Checksum.crc32(entry.stored[...])), width: 4)
            offset += entry.stored.count
        }
        var bytes = BlockFormat.magic
        bytes.reserveCapacity(offset)
        bytes += [BlockFormat.version, part.rawValue]
        bytes.appendLittleEndian(UInt64(entries.count), width: 2)
        bytes.appendLittleEndian(UInt64(rows), width: 4)
        let crc = Checksum.crc32(directory[...], continuing: Checksum.crc32(bytes[...]))
        bytes.appendLittleEndian(UInt64(crc), width: 4)
        bytes += directory
        for entry in entries { bytes += entry.stored }
        return bytes
    }
}

extension EntryTextField {
    /// Those that the filters `text` and `word` look into.
    static let searched: [EntryTextField] = [.uri, .errorName, .errorMessage, .requestBody, .responseBody]
}
