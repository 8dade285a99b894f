import ConnectorLogCore

/// Encodes a commit's block, which is merged soon, mostly from memory: columns as they are or packed to bytes, compressed in
/// haste, and no filter. All of it in memory that is kept from block to block.
struct CommitEncoder: Sendable {
    static let level: Int32 = -3

    let zstandard: Zstandard

    /// The ids of its rows follow each other.
    func encode(_ columns: EntryColumns) -> EncodedBlock {
        zstandard.withCommitMemory { memory in
            let failed = columns.outcomes.count { $0 == Outcome.failed.rawValue }
            let firstTeam = columns.teamIDs[0]
            return EncodedBlock(
                teamID: columns.teamIDs.allSatisfy { $0 == firstTeam } ? firstTeam : nil,
                rows: columns.count,
                firstTime: columns.logTimes.min() ?? 0,
                lastTime: columns.logTimes.max() ?? 0,
                ok: columns.count - failed,
                failed: failed,
                rawBytes: columns.byteCount,
                summary: part(.summary, columns, &memory),
                detail: part(.detail, columns, &memory),
                filter: [],
                words: [])
        }
    }

    private func part(_ part: BlockFormat.Part, _ columns: EntryColumns, _ memory: inout CommitMemory) -> [UInt8] {
        let texts = EntryTextField.allCases.filter { field in
            field.column.part == part && columns[field].ends.contains { $0 & TextColumn.nullMark == 0 }
        }
        let integers: [(BlockFormat.Column, [Int64])] =
            part == .summary
            ? [
                (.teamID, columns.teamIDs), (.logTime, columns.logTimes), (.status, columns.statuses),
                (.outcome, columns.outcomes.map(Int64.init)), (.duration, columns.durations),
            ]
            : [
                (.requestBodyAttributes, columns.requestBodyAttributes),
                (.responseBodyAttributes, columns.responseBodyAttributes),
            ]
        memory.begin(columns: texts.count + integers.count)
        for (column, values) in integers {
            let (encoding, bytes) = IntegerColumn.encode(values)
            memory.raw.removeAll()
            unsafe bytes.withUnsafeBytes { unsafe memory.raw.append($0) }
            memory.end(column, encoding, zstandard)
        }
        for field in texts {
            memory.raw.removeAll()
            let encoding = memory.appendRaw(columns[field])
            memory.end(field.column, encoding, zstandard)
        }
        return memory.finish(part, rows: columns.count)
    }
}

/// Where blocks of commits are put together.
struct CommitMemory: ~Copyable {
    /// More than this is given back after a block.
    private static let kept = 2 << 20

    /// A column before the codec.
    fileprivate var raw = ByteScratch()
    /// The part, whose header is written last.
    private var part = ByteScratch()
    private var directory: [UInt8] = []
    private var columns = 0

    mutating func giveBack() {
        raw.removeAll(keepingCapacity: Self.kept)
        part.removeAll(keepingCapacity: Self.kept)
    }

    fileprivate mutating func begin(columns: Int) {
        self.columns = columns
        directory.removeAll(keepingCapacity: true)
        part.removeAll()
        let size = BlockFormat.headerSize + columns * BlockFormat.directoryEntrySize
        part.reserve(size)
        _ = unsafe part.take(size)
    }

    /// Compresses the raw column into the part.
    fileprivate mutating func end(
        _ column: BlockFormat.Column, _ encoding: BlockFormat.Encoding, _ zstandard: Zstandard
    ) {
        let offset = part.count
        let isCompressed = unsafe zstandard.compress(raw.bytes, level: CommitEncoder.level, into: &part)
        if !isCompressed { unsafe part.append(raw.bytes) }
        let codec = isCompressed ? BlockFormat.Codec.zstd : .none
        directory += [column.rawValue, encoding.rawValue, codec.rawValue, 0]
        directory.appendLittleEndian(UInt64(raw.count), width: 4)
        directory.appendLittleEndian(UInt64(part.count - offset), width: 4)
        directory.appendLittleEndian(UInt64(offset), width: 4)
        let stored = unsafe UnsafeRawBufferPointer(rebasing: part.bytes[offset...])
        directory.appendLittleEndian(UInt64(unsafe Checksum.crc32(stored)), width: 4)
    }

    fileprivate mutating func finish(_ kind: BlockFormat.Part, rows: Int) -> [UInt8] {
        var header = BlockFormat.magic
        header += [BlockFormat.version, kind.rawValue]
        header.appendLittleEndian(UInt64(columns), width: 2)
        header.appendLittleEndian(UInt64(rows), width: 4)
        let crc = Checksum.crc32(directory[...], continuing: Checksum.crc32(header[...]))
        header.appendLittleEndian(UInt64(crc), width: 4)
        header += directory
        for (at, byte) in header.enumerated() { part[at] = byte }
        return unsafe Array(part.bytes)
    }
}

// MARK: - Texts

extension CommitMemory {
    fileprivate mutating func appendRaw(_ column: TextColumn) -> BlockFormat.Encoding {
        if let length = column.lengthOfAll {
            if length == 36, appendPacked(column, digits: nil) { return .uuid }
            if length == 32 || length == 16, appendPacked(column, digits: length) { return .hexadecimal }
            raw.removeAll()
        }
        var start = 0
        raw.reserve(column.bytes.count + column.count * 5)
        for mark in column.ends {
            let end = Int(mark & ~TextColumn.nullMark)
            var length = mark & TextColumn.nullMark != 0 ? 0 : end - start + 1
            while length >= 0x80 {
                raw.append(UInt8(truncatingIfNeeded: length) | 0x80)
                length >>= 7
            }
            raw.append(UInt8(length))
            start = end
        }
        unsafe column.bytes.withUnsafeBytes { unsafe raw.append($0) }
        return .plain
    }

    /// False when some value is not lower-case hexadecimal.
    /// - Parameter digits: of each text, a multiple of 16; nil for UUIDs.
    private mutating func appendPacked(_ column: TextColumn, digits: Int?) -> Bool {
        let length = digits ?? 36
        raw.reserve(column.count / 8 + 2 + column.bytes.count)
        if let digits { raw.append(UInt8(digits)) }
        var bits: UInt8 = 0
        for (row, mark) in column.ends.enumerated() {
            if mark & TextColumn.nullMark == 0 { bits |= 1 << UInt8(row & 7) }
            if row & 7 == 7 || row == column.count - 1 {
                raw.append(bits)
                bits = 0
            }
        }
        return unsafe column.bytes.withUnsafeBytes { texts in
            var at = 0
            while at < texts.count {
                if digits == nil {
                    let hyphens = unsafe texts[at + 8] & texts[at + 13] & texts[at + 18] & texts[at + 23]
                    let others = unsafe texts[at + 8] | texts[at + 13] | texts[at + 18] | texts[at + 23]
                    guard hyphens == UInt8(ascii: "-"), others == UInt8(ascii: "-"),
                        let first = unsafe Self.packed(texts, at),
                        let second = unsafe Self.packed(texts, at + 9, at + 14),
                        let third = unsafe Self.packed(texts, at + 19, at + 24),
                        let last = unsafe Self.packed(texts, at + 28)
                    else { return false }
                    append(UInt64(first) | UInt64(second) << 32)
                    append(UInt64(third) | UInt64(last) << 32)
                } else {
                    for place in stride(from: at, to: at + length, by: 16) {
                        guard let first = unsafe Self.packed(texts, place),
                            let second = unsafe Self.packed(texts, place + 8)
                        else { return false }
                        append(UInt64(first) | UInt64(second) << 32)
                    }
                }
                at += length
            }
            return true
        }
    }

    private mutating func append(_ word: UInt64) {
        unsafe withUnsafeBytes(of: word.littleEndian) { unsafe raw.append($0) }
    }

    /// The four bytes that eight digits stand for, the first the lowest.
    @inline(__always)
    private static func packed(_ texts: UnsafeRawBufferPointer, _ at: Int) -> UInt32? {
        packed(UInt64(littleEndian: unsafe texts.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
    }

    @inline(__always)
    private static func packed(_ texts: UnsafeRawBufferPointer, _ first: Int, _ second: Int) -> UInt32? {
        let low = UInt32(littleEndian: unsafe texts.loadUnaligned(fromByteOffset: first, as: UInt32.self))
        let high = UInt32(littleEndian: unsafe texts.loadUnaligned(fromByteOffset: second, as: UInt32.self))
        return packed(UInt64(low) | UInt64(high) << 32)
    }

    /// Eight characters at a time: their values, and whether these make the same characters again.
    @inline(__always)
    private static func packed(_ digits: UInt64) -> UInt32? {
        let letters = digits >> 6 & 0x0101_0101_0101_0101
        let values = (digits & 0x0F0F_0F0F_0F0F_0F0F) &+ letters &* 9
        // 10...15 become `a`...`f`.
        let areLetters = (values &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        // `g`...`o` would make themselves again, with values beyond a digit's.
        guard values & 0x1010_1010_1010_1010 == 0,
            values &+ 0x3030_3030_3030_3030 &+ areLetters &* 39 == digits
        else { return nil }
        var pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
        pairs = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: pairs | pairs >> 16)
    }
}

extension TextColumn {
    /// That of all values, nulls aside; nil when they differ, or there is none.
    fileprivate var lengthOfAll: Int? {
        var start: UInt32 = 0
        var length: UInt32?
        for mark in ends {
            let end = mark & ~Self.nullMark
            defer { start = end }
            if mark & Self.nullMark != 0 { continue }
            if let length, length != end - start { return nil }
            length = end - start
        }
        return length.map(Int.init)
    }
}
