import ConnectorLogCore

/// Looks for a text in columns; letters of ASCII match in either case.
struct TextSearch {
    /// Folded.
    private let needle: [UInt8]
    private let isWord: Bool
    /// 0x20 where the first or last byte is a letter, which it turns into lower case.
    private let firstFold: UInt8
    private let lastFold: UInt8

    /// - Parameter isWord: whether no word may go on beyond either side (`WordBytes`).
    init(_ text: String, isWord: Bool = false) {
        needle = text.utf8.map(Self.folded)
        self.isWord = isWord
        firstFold = needle.first.map(Self.fold) ?? 0
        lastFold = needle.last.map(Self.fold) ?? 0
    }

    var isEmpty: Bool { needle.isEmpty }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte &- 65 < 26 ? byte | 0x20 : byte
    }

    private static func fold(_ byte: UInt8) -> UInt8 { byte &- 97 < 26 ? 0x20 : 0 }

    // MARK: - Blocks and columns

    /// Those of `rows`, which rise, that have it in one of the searched fields.
    func rows(of block: StoredBlock, among rows: [Int]) throws -> [Int] {
        var found: [Int] = []
        var left = rows
        for field in EntryTextField.searched where !left.isEmpty {
            var hits = try block.texts(field.column).rows(with: self, among: left)
            if let attributes = field.bodyAttributes, !hits.isEmpty {
                let values = try block.integers(attributes)
                hits.removeAll { BodyAttributes(packed: values[$0]).isBinary }
            }
            if hits.isEmpty { continue }
            found += hits
            let taken = Set(hits)
            left.removeAll(where: taken.contains)
        }
        return found.sorted()
    }

    /// Rows of a column that have it, rising. Looks at all texts as one: most of the time there is nothing to be found.
    func rows(of column: TextColumn) -> [Int] {
        let bytes = column.bytes.span
        var rows: [Int] = []
        var row = 0
        var at = 0
        while let place = first(in: bytes, at..<bytes.count, isWhole: { _ in true }) {
            while column.range(row).upperBound <= place { row += 1 }
            let range = column.range(row)
            // Across the border of two texts, or within a longer word: the text itself tells.
            if isFound(in: bytes, max(place, range.lowerBound)..<range.upperBound, of: range) { rows.append(row) }
            at = range.upperBound
        }
        return rows
    }

    func isFound(in text: [UInt8]) -> Bool {
        isFound(in: text.span, 0..<text.count, of: 0..<text.count)
    }

    /// - Parameters:
    ///   - part: where to look.
    ///   - text: the whole of the text around it.
    private func isFound(in bytes: Span<UInt8>, _ part: Range<Int>, of text: Range<Int>) -> Bool {
        first(in: bytes, part) { start in
            guard isWord else { return true }
            let end = start + needle.count
            func isPart(_ place: Int) -> Bool { text.contains(place) && WordBytes.isPart(bytes[place]) }
            return !(isPart(start - 1) && isPart(start)) && !(isPart(end - 1) && isPart(end))
        } != nil
    }

    // MARK: - Bytes

    /// The first place within `range` where all of it stands and `isWhole` agrees. Sixteen places are looked at together: only
    /// where the first and the last byte stand is the rest compared.
    @inline(__always)
    private func first(in bytes: Span<UInt8>, _ range: Range<Int>, isWhole: (Int) -> Bool) -> Int? {
        let count = needle.count
        guard let head = needle.first, let tail = needle.last, range.count >= count else { return nil }
        let raw = unsafe bytes.bytes
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
                for place in at..<at + 16 where other[place - at] == 0 && isEqual(bytes, place) && isWhole(place) {
                    return place
                }
            }
            at += 16
        }
        while at <= last {
            if isEqual(bytes, at), isWhole(at) { return at }
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
    private func isEqual(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
        for offset in needle.indices where Self.folded(bytes[start + offset]) != needle[offset] { return false }
        return true
    }
}

extension EntryTextField {
    /// The column that says of a body whether it is text; nil for what always is.
    fileprivate var bodyAttributes: BlockFormat.Column? {
        switch self {
        case .requestBody: .requestBodyAttributes
        case .responseBody: .responseBodyAttributes
        default: nil
        }
    }
}
