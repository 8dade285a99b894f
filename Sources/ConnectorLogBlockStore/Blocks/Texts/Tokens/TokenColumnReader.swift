import ConnectorLogCore

/// A text column of tokens: gives single rows, all of them, and those that have a text.
final class TokenColumnReader: LazyTextColumn {
    private let layout: TokenLayout
    private var walk: TokenWalk
    private var decoded: TextColumn?

    init(_ bytes: ArraySlice<UInt8>, rows: Int, zstandard: Zstandard, place: String) throws(BlockError) {
        layout = try TokenLayout(bytes, rows: rows, zstandard: zstandard, place: place)
        walk = TokenWalk(layout)
    }

    func isNull(_ row: Int) throws(BlockError) -> Bool { layout.isNull(row) }

    func append(_ row: Int, to bytes: inout [UInt8]) throws(BlockError) {
        if let decoded {
            decoded.append(row: row, to: &bytes)
            return
        }
        var output = ByteScratch()
        try walk.append(row, of: layout, to: &output)
        bytes += output.copy()
    }

    func whole() throws(BlockError) -> TextColumn {
        if let decoded { return decoded }
        let column = try walk.whole(layout)
        decoded = column
        return column
    }

    /// Puts the texts together only where a part of the wanted one is among the words.
    func rows(with search: TextSearch, among rows: [Int]) throws(BlockError) -> [Int] {
        if let word = search.longestWord, decoded == nil, !layout.mayHold(word) { return [] }
        let wanted = Set(rows)
        return search.rows(of: try whole()).filter(wanted.contains)
    }
}

/// A text column of which rows are put together when they are asked for.
protocol LazyTextColumn: AnyObject {
    func isNull(_ row: Int) throws(BlockError) -> Bool
    /// Appends the row's text; nothing for null.
    func append(_ row: Int, to bytes: inout [UInt8]) throws(BlockError)
    /// All of it in one column.
    func whole() throws(BlockError) -> TextColumn
    /// Those of `rows`, which rise, in which `search` finds its text.
    func rows(with search: TextSearch, among rows: [Int]) throws(BlockError) -> [Int]
}
