import ConnectorLogCore

/// Encodes a text column by what its values are: few distinct ones, UUIDs, hexadecimal, much text or little.
struct TextColumnEncoder {
    let zstandard: Zstandard
    let level: Int32
    /// Of texts that are taken apart into tokens.
    var rule = TokenFormat.Rule.place

    /// - Parameters:
    ///   - mayRepeat: whether to look for repeated values at all; bodies never pay the search.
    ///   - words: takes the keys of the column's words, if anything does: of what repeats, once.
    func encode(
        _ column: TextColumn, mayRepeat: Bool, words: inout FilterKeys?
    ) -> (BlockFormat.Encoding, [UInt8]) {
        if mayRepeat, let dictionary = TextDictionary(column) {
            for row in dictionary.firstRows { words?.insert(wordsOf: column.bytes.span, column.range(row)) }
            return (.dictionary, Self.encode(dictionary, of: column))
        }
        let isLong = column.bytes.count >= TextChunksEncoder.leastBytes
        let short = Self.encodeShort(column)
        if short == nil, isLong {
            let tokens = TokenColumnEncoder(zstandard: zstandard, level: level)
            if let bytes = tokens.encode(column, rule: rule, words: &words) { return (.tokens, bytes) }
        }
        if words != nil {
            for row in 0..<column.count { words?.insert(wordsOf: column.bytes.span, column.range(row)) }
        }
        if let short { return short }
        return isLong
            ? (.chunks, TextChunksEncoder.encode(column, zstandard: zstandard, level: level))
            : (.plain, Self.encodePlain(column))
    }

    func encode(_ column: TextColumn, mayRepeat: Bool) -> (BlockFormat.Encoding, [UInt8]) {
        var none: FilterKeys?
        return encode(column, mayRepeat: mayRepeat, words: &none)
    }

    static func encode(_ dictionary: TextDictionary, of column: TextColumn) -> [UInt8] {
        var distinct = TextColumn()
        for row in dictionary.firstRows { distinct.append(row: row, of: column) }
        let (encoding, values) = encodeShort(distinct) ?? (.plain, encodePlain(distinct))
        let width = distinct.count <= 0x100 ? 1 : distinct.count <= 0x10000 ? 2 : 4
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count + column.count * width + 16)
        Varint.append(UInt64(distinct.count), to: &bytes)
        bytes.append(encoding.rawValue)
        Varint.append(UInt64(values.count), to: &bytes)
        bytes += values
        bytes.append(UInt8(width))
        for index in dictionary.indices { bytes.appendLittleEndian(UInt64(index), width: width) }
        return bytes
    }

    /// Nil unless the values are all digits of one length.
    private static func encodeShort(_ column: TextColumn) -> (BlockFormat.Encoding, [UInt8])? {
        if let bytes = encodeUUIDs(column) { return (.uuid, bytes) }
        if let bytes = encodeHexadecimal(column) { return (.hexadecimal, bytes) }
        return nil
    }

    /// Lengths, then the texts end to end.
    static func encodePlain(_ column: TextColumn) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(column.bytes.count + column.count * 2)
        for row in 0..<column.count {
            Varint.append(column.isNull(row) ? 0 : UInt64(column.range(row).count) + 1, to: &bytes)
        }
        bytes += column.bytes
        return bytes
    }

    /// Nil unless all values are lower-case UUID text.
    private static func encodeUUIDs(_ column: TextColumn) -> [UInt8]? {
        var bytes = presence(column)
        bytes.reserveCapacity(bytes.count + column.count * 16)
        let span = column.bytes.span
        for row in 0..<column.count where !column.isNull(row) {
            let range = column.range(row)
            guard range.count == 36 else { return nil }
            var at = range.lowerBound
            while at < range.upperBound {
                let offset = at - range.lowerBound
                if offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                    guard span[at] == UInt8(ascii: "-") else { return nil }
                    at += 1
                }
                guard let byte = hexByte(span, at) else { return nil }
                bytes.append(byte)
                at += 2
            }
        }
        return bytes
    }

    /// Nil unless all values are lower-case hexadecimal of one even length of 2...64.
    private static func encodeHexadecimal(_ column: TextColumn) -> [UInt8]? {
        guard let first = (0..<column.count).first(where: { !column.isNull($0) }) else { return nil }
        let length = column.range(first).count
        guard length % 2 == 0, (2...64).contains(length) else { return nil }
        var bytes = [UInt8(length)] + presence(column)
        let span = column.bytes.span
        for row in 0..<column.count where !column.isNull(row) {
            let range = column.range(row)
            guard range.count == length else { return nil }
            for at in stride(from: range.lowerBound, to: range.upperBound, by: 2) {
                guard let byte = hexByte(span, at) else { return nil }
                bytes.append(byte)
            }
        }
        return bytes
    }

    /// One bit a row, the lowest first: whether it has a value.
    static func presence(_ column: TextColumn) -> [UInt8] {
        var bits = [UInt8](repeating: 0, count: (column.count + 7) / 8)
        for row in 0..<column.count where !column.isNull(row) { bits[row >> 3] |= 1 << UInt8(row & 7) }
        return bits
    }

    @inline(__always)
    private static func hexByte(_ span: Span<UInt8>, _ at: Int) -> UInt8? {
        guard let high = lowerHexDigit(span[at]), let low = lowerHexDigit(span[at + 1]) else { return nil }
        return high << 4 | low
    }

    @inline(__always)
    private static func lowerHexDigit(_ byte: UInt8) -> UInt8? {
        if byte &- 48 <= 9 { return byte &- 48 }
        if byte &- 97 <= 5 { return byte &- 87 }
        return nil
    }
}
