import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct TextColumnCodingTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var values: [String?]
        var encoding: BlockFormat.Encoding
        var testDescription: String { name }
    }

    static let uuids = (1...20).map { EntryID(high: UInt64($0) &* 0x9E37_79B9_7F4A_7C15, low: UInt64($0)).description }

    static let cases = [
        Case(name: "plain", values: ["a", "", nil, "ä€😀", "\u{0}"], encoding: .plain),
        Case(name: "dictionary", values: (0..<100).map { ["GET", "POST", nil][$0 % 3] }, encoding: .dictionary),
        Case(name: "uuid", values: uuids + [nil], encoding: .uuid),
        Case(name: "dictionary of uuids", values: (0..<100).map { uuids[$0 % 3] }, encoding: .dictionary),
        Case(name: "upper-case uuid", values: uuids.map { $0.uppercased() }, encoding: .plain),
        Case(name: "hexadecimal", values: (0..<20).map { "00ff\(10 + $0)aa" } + [nil], encoding: .hexadecimal),
        Case(name: "hexadecimal of two lengths", values: ["00ff", "00ffaa", "ab"], encoding: .plain),
        Case(name: "odd hexadecimal", values: ["abc", "def", "012"], encoding: .plain),
    ]

    @Test(arguments: cases)
    func readsBackWhatItWrote(_ example: Case) throws {
        var column = TextColumn()
        for value in example.values { column.append(value) }
        let (encoding, bytes) = TextColumnEncoder.encode(column, mayRepeat: true)
        #expect(encoding == example.encoding)
        let reader = try TextColumnReader(encoding, bytes[...], rows: column.count, place: "test")
        #expect((0..<column.count).map(reader.string) == example.values)
        var copy = TextColumn()
        reader.append(Array(0..<column.count), to: &copy)
        #expect(copy == column)
        for wanted in Set(example.values.compactMap(\.self)) {
            var rows = Array(0..<column.count)
            reader.filter(&rows, equalTo: wanted)
            #expect(rows == example.values.indices.filter { example.values[$0] == wanted })
        }
    }

    @Test(arguments: cases)
    func cutBytesAreAnErrorNotATrap(_ example: Case) {
        var column = TextColumn()
        for value in example.values { column.append(value) }
        let (encoding, bytes) = TextColumnEncoder.encode(column, mayRepeat: true)
        for count in 0..<bytes.count {
            #expect(throws: BlockError.self) {
                try TextColumnReader(encoding, bytes[..<count], rows: column.count, place: "test")
            }
        }
    }

    @Test func manyDistinctValuesAreFoundBackAfterTheTableGrew() throws {
        var column = TextColumn()
        for number in 0..<6000 { column.append("value \(number / 4)") }
        let dictionary = try #require(TextDictionary(column))
        #expect(dictionary.firstRows.count == 1500)
        #expect(dictionary.indices.enumerated().allSatisfy { Int($1) == $0 / 4 })
    }
}
