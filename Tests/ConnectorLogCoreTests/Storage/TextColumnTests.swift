import ConnectorLogCore
import ConnectorLogTesting
import Testing

@Suite struct TextColumnTests {
    private static let texts: [String?] = ["one", nil, "", "two of them", nil, "Zürich", ""]

    private func column(_ texts: [String?]) -> TextColumn {
        var column = TextColumn()
        for text in texts { column.append(text) }
        return column
    }

    @Test(arguments: [[], [0], [1], [6, 5, 4, 3, 2, 1, 0], [3, 3, 3], [1, 4, 1], [2, 0, 5, 0]])
    func rowsOfAnotherColumnAreTakenInAnyOrder(_ rows: [Int]) {
        let source = column(Self.texts)
        #expect(source.byteCount(of: rows) == rows.reduce(0) { $0 + (Self.texts[$1]?.utf8.count ?? 0) })
        for before in [[], ["first", nil]] {
            var taken = column(before)
            taken.append(rows, of: source)
            #expect(taken == column(before + rows.map { Self.texts[$0] }))
            var oneByOne = column(before)
            for row in rows { oneByOne.append(row: row, of: source) }
            #expect(oneByOne == taken)
        }
    }

    @Test func manyAppendsGiveWhatOneGives() {
        var random = SeededRandom(seed: 9)
        let source = column((0..<500).map { $0 % 7 == 0 ? nil : String(repeating: "x", count: $0 % 40) + "\($0)" })
        let rows = (0..<3000).map { _ in Int.random(in: 0..<500, using: &random) }
        var whole = TextColumn()
        whole.append(rows, of: source)
        var pieces = TextColumn()
        var start = 0
        while start < rows.count {
            let end = min(rows.count, start + Int.random(in: 0...90, using: &random))
            pieces.append(Array(rows[start..<end]), of: source)
            start = end
        }
        #expect(pieces == whole)
        #expect((0..<rows.count).map(whole.string) == rows.map(source.string))
    }
}
