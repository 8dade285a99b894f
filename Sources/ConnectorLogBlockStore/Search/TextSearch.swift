import ConnectorLogCore

/// Looks for a text in columns; letters of ASCII match in either case.
struct TextSearch {
    private let pattern: BytePattern
    private let isWord: Bool
    /// A part of it that no run of hexadecimal digits can hold: it stands in the rest that `HexadecimalRuns` leaves wherever
    /// the whole stands in the text. Nil when there is none.
    let core: BytePattern?
    /// Its longest part of bytes of words (`TokenSplitter`): it stands within one word wherever the whole stands in a text.
    let longestWord: BytePattern?

    /// - Parameter isWord: whether no word may go on beyond either side (`WordBytes`).
    init(_ text: String, isWord: Bool = false) {
        pattern = BytePattern(Array(text.utf8))
        self.isWord = isWord
        longestWord = pattern.bytes.split(whereSeparator: { !TokenSplitter.isWordByte($0) }).max { $0.count < $1.count }
            .map { BytePattern(Array($0)) }
        core = HexadecimalRuns.longestRest(of: pattern.bytes).map(BytePattern.init)
    }

    var isEmpty: Bool { pattern.bytes.isEmpty }

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

    /// Rows of a column that have it, rising.
    func rows(of column: TextColumn) -> [Int] {
        pattern.rows(of: column) { isFound(in: column.bytes.span, $0, of: $1) }
    }

    /// Those of `rows`, which rise, of a column that have it. A block of one commit holds rows of many teams: most of its
    /// bytes then are none of the asking one's.
    func rows(of column: TextColumn, among rows: [Int]) -> [Int] {
        if rows.count == column.count { return self.rows(of: column) }
        let bytes = column.bytes.span
        return rows.filter { row in
            let range = column.range(row)
            return isFound(in: bytes, range, of: range)
        }
    }

    func isFound(in text: [UInt8]) -> Bool {
        isFound(in: text.span, 0..<text.count, of: 0..<text.count)
    }

    /// - Parameters:
    ///   - part: where to look.
    ///   - text: the whole of the text around it.
    private func isFound(in bytes: Span<UInt8>, _ part: Range<Int>, of text: Range<Int>) -> Bool {
        pattern.first(in: bytes, part) { start in
            guard isWord else { return true }
            let end = start + pattern.bytes.count
            func isPart(_ place: Int) -> Bool { text.contains(place) && WordBytes.isPart(bytes[place]) }
            return !(isPart(start - 1) && isPart(start)) && !(isPart(end - 1) && isPart(end))
        } != nil
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
