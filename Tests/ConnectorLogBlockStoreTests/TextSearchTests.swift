import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct TextSearchTests {
    let zstandard = Zstandard()

    /// Ids, words in either case, marks, and pieces that border on them.
    private func text(_ random: inout SeededRandom) -> String {
        let pieces = [
            "refund", "Refund", "deadbeef", "0123456789abcdef", "ABCDEF", "xyz", "-", "/", "\u{1}", "é", "7", "cab",
            "{\"id\":\"", "",
        ]
        return (0..<Int.random(in: 0...12, using: &random)).map { _ in
            Bool.random(using: &random)
                ? String(random.next(), radix: 16) : pieces.randomElement(using: &random) ?? ""
        }.joined()
    }

    private func lowercased(_ text: some Sequence<UInt8>) -> [UInt8] { text.map { $0 &- 65 < 26 ? $0 | 0x20 : $0 } }

    private func contains(_ text: [UInt8], _ needle: [UInt8]) -> Bool {
        text.count >= needle.count
            && (0...text.count - needle.count).contains { text[$0..<$0 + needle.count].elementsEqual(needle) }
    }

    @Test(arguments: 0..<8)
    func findsWhatALookAtEachTextFinds(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var column = TextColumn()
        var texts: [String?] = []
        for row in 0..<600 {
            texts.append(row % 9 == 4 ? nil : text(&random))
            column.append(texts[row])
        }
        let bytes = TextChunksEncoder.encode(column, zstandard: zstandard, level: 1)
        let stored = try TextColumnReader(
            .chunks, bytes[...], rows: column.count, zstandard: zstandard, place: "test")
        for _ in 0..<60 {
            // A part of some text, at times one that is nowhere.
            let from = Array((texts.compactMap(\.self).randomElement(using: &random) ?? "none").unicodeScalars)
            let start = Int.random(in: 0...from.count, using: &random)
            let part = from[start..<Int.random(in: start...min(from.count, start + 24), using: &random)]
            var needle = String(String.UnicodeScalarView(part))
            if Bool.random(using: &random) { needle = needle.uppercased() }
            if needle.isEmpty { continue }
            let search = TextSearch(needle)
            let wanted = lowercased(needle.utf8)
            let expected = texts.indices.filter { texts[$0].map { contains(lowercased($0.utf8), wanted) } ?? false }
            #expect(try stored.rows(with: search, among: Array(texts.indices)) == expected, "\(needle)")
            #expect(search.rows(of: column) == expected, "\(needle)")
            let some = expected.filter { $0 % 3 == 0 }
            #expect(try stored.rows(with: search, among: some) == some, "\(needle)")
        }
    }

    @Test(arguments: [
        ("qqzxv", "qqzxv"), ("refund", "refun"), ("deadbeef", nil), ("a-b", "-"), ("x12345678y", "x"),
        ("x1234567y", "x1234567y"), ("", nil), ("xy\u{1}z", "xy"),
    ])
    func theCoreOfATextStandsInEveryRest(_ text: String, _ core: String?) {
        #expect(HexadecimalRuns.longestRest(of: Array(text.utf8)) == core.map { Array($0.utf8) })
    }
}
