import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct TokenColumnTests {
    let zstandard = Zstandard()

    struct Case: CustomTestStringConvertible {
        var name: String
        var rule: TokenFormat.Rule = .place
        var texts: [String?]
        var testDescription: String { name }
    }

    private static let words = ["order", "refund", "Zürich", "x", "日本", "a_b", "retry"]

    private static func hexadecimal(_ number: Int, _ digits: Int) -> String {
        let text = String(UInt64(number + 7) &* 0x9E37_79B9_7F4A_7C15, radix: 16)
        return String((String(repeating: "0", count: 16) + text).suffix(digits))
    }

    static let cases = [
        Case(name: "nothing", texts: []),
        Case(name: "nulls and empty texts", texts: (0..<130).map { [nil, "", "a", " "][$0 % 4] }),
        Case(name: "a constant", texts: Array(repeating: "{\"a\":\"b c\"}", count: 70)),
        Case(
            name: "records of JSON",
            texts: (0..<300).map { row in
                let records = (0...row % 5).map { record -> String in
                    let number = row * 7 + record
                    return "{\"id\":\"\(hexadecimal(number, 16))\",\"amount\":\(number % 997).\(10 + number % 90),"
                        + "\"note\":\"\(words[number % 7]) \(words[number % 3])\",\"state\":\(number % 31 == 0 ? "null" : "\"ok\"")}"
                }
                return row % 9 == 3 ? nil : "{\"records\":[\(records.joined(separator: ","))]}"
            }),
        Case(
            name: "JSON in a JSON string, with white space, and cut",
            texts: (0..<200).map { row in
                String(
                    "{ \"body\" : \"{\\\"token\\\":\\\"\(hexadecimal(row, 9))\\\",\\\"n\\\":\(row)}\" }".prefix(
                        20 + row % 40))
            }),
        Case(
            name: "forms and elements",
            texts: (0..<200).map { row in
                row % 2 == 0
                    ? "grant_type=refresh&scope=a%20b&n=\(row)&empty=&code=QUJD=="
                    : "<order id=\"\(row)\"><name>\(words[row % 7])</name><total>\(row * 3)</total></order>"
            }),
        Case(
            name: "numbers: with zeros in front, long, of one digit",
            texts: (0..<300).map { row in
                ["007", "\(row)", "0", "\(row * 1_000_003)", "1234567890123456\(row % 10)", "00"][row % 6]
                    + " \(row % 2)"
            }),
        Case(
            name: "few words, one of them nearly always",
            texts: (0..<700).map { "status: \($0 % 40 == 0 ? "failed" : $0 % 41 == 0 ? "late" : "done"), \($0)" }),
        Case(
            name: "hexadecimal of odd lengths",
            texts: (0..<99).map { "id-\(hexadecimal($0, 7))/\(hexadecimal($0 * 3, 15))" }),
        Case(
            name: "paths", rule: .path,
            texts: (0..<400).map { row in
                let base = "https://api\(row % 3).example.com"
                return switch row % 6 {
                case 0: base + "/v1/orders/\(hexadecimal(row, 18))"
                case 1: base + "/v1/orders/\(hexadecimal(row, 18))/items/\(row)?expand=\(words[row % 7])"
                case 2: base + "/odata/v4/Accounts(\(row))/deadbeef/cafe"
                case 3: base + "/v1/orders?limit=\(row % 100)&cursor=\(hexadecimal(row, 12))"
                case 4: base + "/metadata/describe"
                default: "/\(row)/\(row + 1)/\(row + 2)"
                }
            }),
        Case(
            name: "a context with more than 256 gaps",
            texts: (0..<4000).map { row in
                let row = row % 1000
                let marks = Array("!#$%&'()*+,-./:;<?@[]^`{|}~")
                return "a\(marks[row % 27])\(marks[row / 27 % 27])\(row % 2 == 0 ? "b" : "c")"
            }),
    ]

    private func column(_ texts: [String?]) -> TextColumn {
        var column = TextColumn()
        for text in texts { column.append(text) }
        return column
    }

    private func encoded(_ example: Case) throws -> [UInt8] {
        var none: FilterKeys?
        return try #require(
            TokenColumnEncoder(zstandard: zstandard, level: 1).encode(
                column(example.texts), rule: example.rule, words: &none))
    }

    private func reader(_ bytes: some Collection<UInt8>, _ rows: Int) throws -> TextColumnReader {
        try TextColumnReader(.tokens, Array(bytes)[...], rows: rows, zstandard: zstandard, place: "test")
    }

    @Test(arguments: cases)
    func everyRowComesBackInWhateverOrder(_ example: Case) throws {
        let bytes = try encoded(example)
        let rows = example.texts.count
        #expect(try (0..<rows).map(reader(bytes, rows).string) == example.texts)
        #expect(try (0..<rows).map(reader(bytes, rows).isNull) == example.texts.map { $0 == nil })
        var whole = TextColumn()
        try reader(bytes, rows).decoded().append(Array(0..<rows), to: &whole)
        #expect(whole == column(example.texts))
        var random = SeededRandom(seed: 11)
        let one = try reader(bytes, rows)
        for _ in 0..<300 where rows > 0 {
            let row = Int.random(in: 0..<rows, using: &random)
            #expect(try one.string(row) == example.texts[row])
        }
    }

    @Test(arguments: cases)
    func cutBytesAreAnErrorNotATrap(_ example: Case) throws {
        let bytes = try encoded(example)
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 300)) {
            #expect(throws: BlockError.self) { try reader(bytes[..<count], example.texts.count) }
        }
    }

    /// What the first version of the encoding wrote: rows are found by way of all before them.
    @Test(arguments: cases)
    func aColumnThatDoesNotSayItsWayIsReadAsWell(_ example: Case) throws {
        var packed = PackedReader(try encoded(example)[...], zstandard: zstandard, place: "test")
        var bytes: [UInt8] = []
        for part in 0..<5 {
            var part = (part, try packed.column().bytes())
            if part.0 == 0 { part.1[0] &= ~TokenFormat.wayFlag }
            PackedColumn.append(part.1, nil, to: &bytes)
        }
        let rows = example.texts.count
        #expect(packed.isAtEnd == (rows <= TokenFormat.rowsBetweenMarks(example.rule)))
        let reader = try reader(bytes, rows)
        for row in stride(from: rows - 1, through: 0, by: -41) { #expect(try reader.string(row) == example.texts[row]) }
    }

    @Test func aMarkThatIsWrongIsFoundByWhoeverReadsAll() throws {
        let example = Case(name: "", texts: (0..<600).map { "{\"n\":\($0),\"m\":\"\(Self.words[$0 % 7])\"}" })
        var packed = PackedReader(try encoded(example)[...], zstandard: zstandard, place: "test")
        var parts: [[UInt8]] = []
        while !packed.isAtEnd { parts.append(try packed.column().bytes()) }
        // The words of the last context before the last mark: 256, in two bytes.
        #expect(parts[5].suffix(2) == [0x80, 2])
        parts[5][parts[5].count - 2] = 0xFF
        parts[5][parts[5].count - 1] = 1
        var changed: [UInt8] = []
        for part in parts { PackedColumn.append(part, nil, to: &changed) }
        #expect(throws: BlockError.self) { try reader(changed, 600).decoded() }
    }

    /// Parts that are unpacked, changed and packed again: their checksums would be right.
    @Test(arguments: cases)
    func changedPartsAreAnErrorOrOtherTexts(_ example: Case) throws {
        let bytes = try encoded(example)
        let rows = example.texts.count
        for round in FuzzRounds("token-parts-\(example.name.prefix(8))", count: 150) {
            var random = round.random
            var packed = PackedReader(bytes[...], zstandard: zstandard, place: "test")
            var parts: [[UInt8]] = []
            while !packed.isAtEnd { parts.append(try packed.column().bytes()) }
            for _ in 0...random.next() % 3 {
                let part = Int(random.next() % UInt64(parts.count))
                if parts[part].isEmpty { continue }
                let place = Int(random.next() % UInt64(parts[part].count))
                switch random.next() % 4 {
                case 0: parts[part].remove(at: place)
                case 1: parts[part].insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                default: parts[part][place] ^= UInt8(truncatingIfNeeded: random.next() | 1)
                }
            }
            var changed: [UInt8] = []
            for part in parts { PackedColumn.append(part, nil, to: &changed) }
            do {
                let reader = try reader(changed, rows)
                for row in stride(from: 0, to: rows, by: 17) { _ = try reader.string(row) }
                _ = try reader.decoded()
            } catch is BlockError {
                continue
            }
        }
    }

    @Test(arguments: cases)
    func searchesFindWhatALookAtEachTextFinds(_ example: Case) throws {
        let bytes = try encoded(example)
        let rows = example.texts.count
        var random = SeededRandom(seed: 5)
        for _ in 0..<120 {
            let from = Array((example.texts.compactMap(\.self).randomElement(using: &random) ?? "none").unicodeScalars)
            let start = Int.random(in: 0...from.count, using: &random)
            let part = from[start..<Int.random(in: start...min(from.count, start + 14), using: &random)]
            let text = String(String.UnicodeScalarView(part))
            for needle in [text, text.uppercased(), text + "q"] where !needle.isEmpty && needle.utf8.count <= 60 {
                let search = TextSearch(needle)
                let expected = search.rows(of: column(example.texts))
                #expect(try reader(bytes, rows).rows(with: search, among: Array(0..<rows)) == expected, "\(needle)")
            }
        }
    }

    /// The filter of words must not miss what a block holds.
    @Test(arguments: cases)
    func theKeysOfAllWordsAreGiven(_ example: Case) throws {
        let column = column(example.texts)
        var keys: FilterKeys? = FilterKeys(capacity: 64)
        _ = try #require(
            TokenColumnEncoder(zstandard: zstandard, level: 1).encode(column, rule: example.rule, words: &keys))
        var expected = FilterKeys(capacity: 64)
        for row in 0..<column.count { expected.insert(wordsOf: column.bytes.span, column.range(row)) }
        #expect(Set(try #require(keys).hashes) == Set(expected.hashes))
    }

    @Test func textsWithoutACommonFormAreNone() {
        var random = SeededRandom(seed: 3)
        let marks = Array("!#$%&'()*+,-./:;<?@[]^`{|}~ ")
        let texts = (0..<3000).map { _ -> String? in
            "a" + String((0..<6).map { _ in marks[Int(random.next() % 28)] }) + "b"
        }
        var none: FilterKeys?
        #expect(
            TokenColumnEncoder(zstandard: zstandard, level: 1).encode(column(texts), rule: .place, words: &none) == nil)
    }

    @Test func randomBytesAreNoTexts() {
        var random = SeededRandom(seed: 4)
        var column = TextColumn()
        for _ in 0..<10 { column.append((0..<1024).map { _ in UInt8(truncatingIfNeeded: random.next() >> 20) }) }
        var none: FilterKeys?
        #expect(TokenColumnEncoder(zstandard: zstandard, level: 1).encode(column, rule: .place, words: &none) == nil)
    }

    @Test func whatRepeatsCostsNothingAndDigitsHalfAByte() throws {
        let texts = (0..<2000).map { row -> String? in
            "{\"id\":\"\(Self.hexadecimal(row, 16))\",\"state\":\"\(["open", "done", "late", "lost"][row * 7 % 4])\","
                + "\"amount\":\(row * 7919 % 1000)}"
        }
        let bytes = try encoded(Case(name: "", texts: texts))
        // 8 bytes, 2 bits and 10 bits.
        #expect(bytes.count < 2000 * 76 / 8 + 300)
    }

    @Test func aTextThatGoesOnForEverIsRefused() throws {
        // One word and one gap that is never the last: the head of such a column by hand.
        var head: [UInt8] = [0, 100, 1, 1, 0, 1, 0x20, 1]
        // The only context: a hundred words, all `a`, and the one gap.
        head += [100, TokenFormat.Words.constant.rawValue, 1, 0x61, 1, 0]
        var bytes: [UInt8] = []
        for part in [head, [], [], [], []] { PackedColumn.append(part, nil, to: &bytes) }
        let column = try reader(bytes, 1)
        #expect(throws: BlockError.self) { try column.string(0) }
        #expect(throws: BlockError.self) { try column.decoded() }
    }
}
