import ConnectorLogCore

/// Bytes that are looked for; letters of ASCII match in either case.
struct BytePattern {
    /// Letters in lower case.
    let bytes: [UInt8]
    /// 0x20 where the first or last byte is a letter, which it turns into lower case.
    private let firstFold: UInt8
    private let lastFold: UInt8

    init(_ text: [UInt8]) {
        bytes = text.map(Self.folded)
        firstFold = bytes.first.map(Self.fold) ?? 0
        lastFold = bytes.last.map(Self.fold) ?? 0
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte &- 65 < 26 ? byte | 0x20 : byte
    }

    private static func fold(_ byte: UInt8) -> UInt8 { byte &- 97 < 26 ? 0x20 : 0 }

    /// Rows of a column that have it and with which `isFound` agrees, rising. Looks at all texts as one: most of the time there
    /// is nothing to be found.
    /// - Parameter isFound: told the rest of the text from the first place on, and where the whole text lies: the place may
    ///   be the last of this text, and the pattern go on in the next.
    func rows(of column: TextColumn, where isFound: (Range<Int>, Range<Int>) -> Bool) -> [Int] {
        let span = column.bytes.span
        var rows: [Int] = []
        var row = 0
        var at = 0
        while let place = first(in: span, at..<span.count, where: { _ in true }) {
            while column.range(row).upperBound <= place { row += 1 }
            let range = column.range(row)
            if isFound(place..<range.upperBound, range) { rows.append(row) }
            at = range.upperBound
        }
        return rows
    }

    /// The first place within `range` where all of it stands and `isWhole` agrees. Sixteen places are looked at together: only
    /// where the first and the last byte stand is the rest compared.
    @inline(__always)
    func first(in text: Span<UInt8>, _ range: Range<Int>, where isWhole: (Int) -> Bool) -> Int? {
        let count = bytes.count
        guard let head = bytes.first, let tail = bytes.last, range.count >= count else { return nil }
        let raw = unsafe text.bytes
        let (heads, tails) = (SIMD16(repeating: head), SIMD16(repeating: tail))
        let (headFolds, tailFolds) = (SIMD16(repeating: firstFold), SIMD16(repeating: lastFold))
        var at = range.lowerBound
        let last = range.upperBound - count
        while at + 15 <= last {
            // Sound: the places at..<at + 16, and their ends, lie within the range.
            let starts = unsafe raw.unsafeLoadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
            let ends = unsafe raw.unsafeLoadUnaligned(fromByteOffset: at + count - 1, as: SIMD16<UInt8>.self)
            // 0 where both bytes are those that are looked for.
            let other = ((starts | headFolds) ^ heads) | ((ends | tailFolds) ^ tails)
            if Self.hasZero(other) {
                for place in at..<at + 16 where other[place - at] == 0 && isEqual(text, place) && isWhole(place) {
                    return place
                }
            }
            at += 16
        }
        while at <= last {
            if isEqual(text, at), isWhole(at) { return at }
            at += 1
        }
        return nil
    }

    /// Whether one of the bytes is 0 (H. S. Warren, "Hacker's Delight", 6-1); now and then true for a 1 above a 0.
    @inline(__always)
    private static func hasZero(_ bytes: SIMD16<UInt8>) -> Bool {
        let words = unsafe unsafeBitCast(bytes, to: SIMD2<UInt64>.self)
        let zeros = (words &- 0x0101_0101_0101_0101) & ~words & 0x8080_8080_8080_8080
        return zeros[0] | zeros[1] != 0
    }

    @inline(__always)
    private func isEqual(_ text: Span<UInt8>, _ start: Int) -> Bool {
        for offset in bytes.indices where Self.folded(text[start + offset]) != bytes[offset] { return false }
        return true
    }
}
