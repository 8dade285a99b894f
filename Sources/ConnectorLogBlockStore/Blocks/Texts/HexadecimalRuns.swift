import ConnectorLogCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Texts whose runs of lower-case hexadecimal digits are kept as the bytes that they stand for, apart from the rest: ids
/// of records, of requests, of tokens, which no codec makes shorter than half a byte a digit.
///
/// In the rest a run is a mark and the number of its bytes; a mark of the text itself is a mark and 0.
struct HexadecimalRuns {
    /// A byte that texts seldom have.
    private static let mark: UInt8 = 0x01
    /// Digits from which a run pays, and those that one mark stands for at most.
    private static let least = 8
    private static let most = 510

    let rest: TextColumn
    let digits: [UInt8]
    /// For each row the bytes of `digits` that rows before it use; empty when no row has a mark.
    private let starts: [UInt32]

    // MARK: - Splitting

    /// Takes the runs out of some rows of a column.
    init(of column: TextColumn, _ rows: Range<Int>) {
        var rest = TextColumn()
        var digits: [UInt8] = []
        let text = column.bytes.span
        let kinds = Self.kinds
        let isMarked =
            !rows.isEmpty
            && Self.firstMark(
                of: column.bytes,
                column.range(rows.lowerBound).lowerBound..<column.range(rows.upperBound - 1).upperBound) != nil
        for row in rows {
            if column.isNull(row) {
                rest.appendNull()
                continue
            }
            rest.append { rest in
                var left = column.range(row)
                // Marks of the text itself are rare: what lies between them is split as if there were none.
                while isMarked, let mark = Self.firstMark(of: column.bytes, left) {
                    Self.split(text, left.lowerBound..<mark, kinds, rest: &rest, digits: &digits)
                    rest.append(Self.mark)
                    rest.append(0)
                    left = mark + 1..<left.upperBound
                }
                Self.split(text, left, kinds, rest: &rest, digits: &digits)
            }
        }
        (self.rest, self.digits, starts) = (rest, digits, [])
    }

    @inline(__always)
    private static func split(
        _ text: Span<UInt8>, _ range: Range<Int>, _ kinds: [UInt8], rest: inout [UInt8], digits: inout [UInt8]
    ) {
        var copied = range.lowerBound
        // Behind the last byte that is known to be no digit, or to belong to a run that is done with.
        var begin = range.lowerBound
        while begin + least <= range.upperBound {
            // A run that begins here or within the next bytes has this byte in it: mostly one look is enough for eight bytes.
            var start = begin + least - 1
            guard kinds[Int(text[start])] != 0 else {
                begin += least
                continue
            }
            while start > begin, kinds[Int(text[start - 1])] != 0 { start -= 1 }
            var end = begin + least
            while end < range.upperBound, kinds[Int(text[end])] != 0 { end += 1 }
            begin = end + 1
            guard end - start >= least else { continue }
            var all: UInt8 = 0
            for at in start..<end { all |= kinds[Int(text[at])] }
            // Numbers in decimal share their first digits with their neighbours: the codec does well with them.
            guard all & letterKind != 0 else { continue }
            while end - start >= 2 {
                let part = min((end - start) & ~1, most)
                append(text, copied..<start, to: &rest)
                rest.append(mark)
                rest.append(UInt8(part / 2))
                for digit in stride(from: start, to: start + part, by: 2) {
                    digits.append(value(text[digit]) << 4 | value(text[digit + 1]))
                }
                start += part
                copied = start
            }
        }
        append(text, copied..<range.upperBound, to: &rest)
    }

    /// The longest part of a text in lower case that stands unsplit in the rest of every text that the whole stands in: no
    /// digit at its ends, which a run may take with digits beyond them, and no run within. Nil when there is none.
    static func longestRest(of text: [UInt8]) -> [UInt8]? {
        var best: Range<Int> = 0..<0
        var start: Int?
        var end = 0
        var digitsBefore = least
        for (at, byte) in text.enumerated() {
            if kinds[Int(byte)] != 0 {
                digitsBefore += 1
                continue
            }
            if digitsBefore >= least || byte == mark { start = nil }
            digitsBefore = 0
            if byte == mark { continue }
            if start == nil { start = at }
            end = at + 1
            if let start, end - start > best.count { best = start..<end }
        }
        return best.isEmpty ? nil : Array(text[best])
    }

    private static let digitKind: UInt8 = 1
    private static let letterKind: UInt8 = 2

    /// What each byte is to a run; 0 is no part of one.
    private static let kinds: [UInt8] = (0...255).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digitKind
        case UInt8(ascii: "a")...UInt8(ascii: "f"): letterKind
        default: 0
        }
    }

    @inline(__always)
    private static func value(_ digit: UInt8) -> UInt8 {
        digit < 0x3A ? digit &- 0x30 : digit &- 0x57
    }

    // MARK: - Joining

    /// Checks that the marks of the rest use up the digits: neither part is trusted.
    init(rest: TextColumn, digits: [UInt8], place: String) throws(BlockError) {
        var starts: [UInt32] = []
        var used = 0
        var at = 0
        while let mark = Self.firstMark(of: rest.bytes, at..<rest.bytes.count) {
            while rest.range(starts.count).upperBound <= mark { starts.append(UInt32(used)) }
            // The first row that ends behind the mark has it.
            guard mark + 1 < rest.range(starts.count).upperBound else { throw BlockError(.truncated, place) }
            // Other marks of the row follow the same start.
            let row = starts.count
            starts.append(UInt32(used))
            at = mark
            while let mark = Self.firstMark(of: rest.bytes, at..<rest.range(row).upperBound) {
                guard mark + 1 < rest.range(row).upperBound else { throw BlockError(.truncated, place) }
                used += Int(rest.bytes[mark + 1])
                at = mark + 2
            }
            guard used <= digits.count else { throw BlockError(.length, place) }
            at = rest.range(row).upperBound
        }
        guard used == digits.count else { throw BlockError(.length, place) }
        if !starts.isEmpty {
            while starts.count < rest.count { starts.append(UInt32(used)) }
        }
        (self.rest, self.digits, self.starts) = (rest, digits, starts)
    }

    private static func firstMark(of bytes: [UInt8], _ range: Range<Int>) -> Int? {
        unsafe bytes.withUnsafeBytes { bytes -> Int? in
            guard !range.isEmpty, let base = bytes.baseAddress,
                let found = unsafe memchr(base + range.lowerBound, Int32(mark), range.count)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    func isNull(_ row: Int) -> Bool { rest.isNull(row) }

    /// Appends the row's text; nothing for null.
    func append(_ row: Int, to bytes: inout [UInt8]) {
        guard !starts.isEmpty else {
            rest.append(row: row, to: &bytes)
            return
        }
        let range = rest.range(row)
        let text = rest.bytes.span
        var used = Int(starts[row])
        var copied = range.lowerBound
        while let mark = Self.firstMark(of: rest.bytes, copied..<range.upperBound) {
            let count = Int(text[mark + 1])
            Self.append(text, copied..<(count == 0 ? mark + 1 : mark), to: &bytes)
            for byte in digits[used..<used + count] {
                bytes.append(Self.digit(byte >> 4))
                bytes.append(Self.digit(byte & 0xF))
            }
            used += count
            copied = mark + 2
        }
        Self.append(text, copied..<range.upperBound, to: &bytes)
    }

    /// The texts as they were.
    func joined() -> TextColumn {
        if starts.isEmpty { return rest }
        var column = TextColumn()
        column.reserve(rows: rest.count, bytes: rest.bytes.count + digits.count * 2)
        for row in 0..<rest.count {
            if rest.isNull(row) { column.appendNull() } else { column.append { append(row, to: &$0) } }
        }
        return column
    }

    @inline(__always)
    private static func append(_ text: Span<UInt8>, _ range: Range<Int>, to bytes: inout [UInt8]) {
        unsafe text.extracting(range).withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    @inline(__always)
    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : 0x57 + nibble
    }
}
