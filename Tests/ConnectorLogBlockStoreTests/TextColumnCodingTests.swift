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

    let zstandard = Zstandard()
    var encoder: TextColumnEncoder { TextColumnEncoder(zstandard: zstandard, level: 1) }

    /// 700 texts: ids in hexadecimal, marks, nulls, and what looks like either.
    static let long: [String?] = (0..<700).map { row in
        let id = String(UInt64(row + 3) &* 0x9E37_79B9_7F4A_7C15, radix: 16)
        return switch row % 8 {
        case 0: nil
        case 1: "{\"id\":\"\(id)\",\"name\":\"order \(row)\"}"
        case 2: id
        case 3: "odd \(id.dropLast()) and short abc123 \(row * 1_000_003) 0123456789"
        case 4: "\u{1}\(id)\u{1}\u{1}x\(row)"
        case 5: ""
        case 6: String(repeating: "0123456789abcdef", count: 70) + "\(row)"
        default: "ABCDEF\(row) deadbeef"
        }
    }

    /// The same, behind punctuation of which no two are alike.
    static let formless: [String?] = long.flatMap { [$0, $0] }.enumerated().map { row, text in
        text.map { text in
            let marks = Array("!#$%&'()*+,-./:;<?@[]^`{|}~ ")
            return String((0..<5).map { marks[(row >> $0 + row * $0 * 5) % 28] })
                + String(repeating: "+", count: row % 40) + text
        }
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
        Case(name: "long texts", values: long, encoding: .tokens),
        Case(name: "long texts without a common form", values: formless, encoding: .chunks),
        // As a dictionary of its own kind begins (RFC 8878, section 5): lengths of 54, 4643 and more.
        Case(
            name: "a first chunk that looks like a dictionary",
            values: [54, 4643, 107].map {
                String(repeating: "xyz \($0) ", count: 1000).prefix($0 == 4643 ? 6179 : $0).description
            }
                + (0..<600).map { "xyz 54 text \($0)" }, encoding: .tokens),
        Case(name: "odd hexadecimal", values: ["abc", "def", "012"], encoding: .plain),
    ]

    @Test(arguments: cases)
    func readsBackWhatItWrote(_ example: Case) throws {
        var column = TextColumn()
        for value in example.values { column.append(value) }
        let (encoding, bytes) = encoder.encode(column, mayRepeat: true)
        #expect(encoding == example.encoding)
        let reader = try TextColumnReader(encoding, bytes[...], rows: column.count, zstandard: zstandard, place: "test")
        #expect(try (0..<column.count).map(reader.string) == example.values)
        #expect(try (0..<column.count).map(reader.byteCount) == example.values.map { $0?.utf8.count ?? 0 })
        #expect(try (0..<column.count).map(reader.isNull) == example.values.map { $0 == nil })
        #expect(try (0..<column.count).map(reader.decoded().string) == example.values)
        var copy = TextColumn()
        try reader.append(Array(0..<column.count), to: &copy)
        #expect(copy == column)
        for wanted in Set(example.values.prefix(40).compactMap(\.self)) {
            var rows = Array(0..<column.count)
            try reader.filter(&rows, equalTo: wanted)
            #expect(rows == example.values.indices.filter { example.values[$0] == wanted })
        }
    }

    @Test(arguments: cases)
    func cutBytesAreAnErrorNotATrap(_ example: Case) {
        var column = TextColumn()
        for value in example.values { column.append(value) }
        let (encoding, bytes) = encoder.encode(column, mayRepeat: true)
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 500)) {
            #expect(throws: BlockError.self) {
                try TextColumnReader(encoding, bytes[..<count], rows: column.count, zstandard: zstandard, place: "test")
            }
        }
    }

    @Test func marksThatAskForMoreDigitsThanThereAreAreAnError() {
        var rest = TextColumn()
        for text in ["a\u{1}\u{2}b", "c"] { rest.append(text) }
        #expect(throws: Never.self) { try HexadecimalRuns(rest: rest, digits: [0xAB, 0xCD], place: "test") }
        for count in [0, 1, 3] {
            #expect(throws: BlockError.self) {
                try HexadecimalRuns(rest: rest, digits: Array(repeating: 0, count: count), place: "test")
            }
        }
        var cut = TextColumn()
        for text in ["a\u{1}", "\u{1}"] { cut.append(text) }
        #expect(throws: BlockError.self) { try HexadecimalRuns(rest: cut, digits: [0xAB], place: "test") }
    }

    @Test func digitsTakeHalfAByteEach() {
        var column = TextColumn()
        var random = SeededRandom(seed: 3)
        for _ in 0..<1000 {
            column.append(
                "/orders/" + String(random.next() | 1 << 63, radix: 16) + String(random.next() | 1 << 63, radix: 16))
        }
        #expect(encoder.encode(column, mayRepeat: true).1.count < 1000 * 17)
        #expect(TextChunksEncoder.encode(column, zstandard: zstandard, level: 1).count < 1000 * 17)
    }

    @Test func manyDistinctValuesAreFoundBackAfterTheTableGrew() throws {
        var column = TextColumn()
        for number in 0..<6000 { column.append("value \(number / 4)") }
        let dictionary = try #require(TextDictionary(column))
        #expect(dictionary.firstRows.count == 1500)
        #expect(dictionary.indices.enumerated().allSatisfy { Int($1) == $0 / 4 })
    }
}
