import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct CommitEncoderTests {
    private let zstandard = Zstandard()

    private func columns(_ texts: [String?], in field: EntryTextField) -> EntryColumns {
        var columns = Fixtures.batch(Fixtures.entries(texts.count, from: ManualClock().now, teams: 1)).entries
        columns[field] = TextColumn()
        for text in texts { columns[field].append(text) }
        return columns
    }

    /// The encoding byte of a column and its texts, as they are read back.
    private func stored(
        _ texts: [String?], in field: EntryTextField = .requestID
    ) throws -> (encoding: UInt8?, texts: [String?]) {
        let block = CommitEncoder(zstandard: zstandard).encode(columns(texts, in: field))
        let part = field.column.part == .summary ? block.summary : block.detail
        let entries = stride(
            from: BlockFormat.headerSize, to: BlockFormat.headerSize + Int(part[6]) * BlockFormat.directoryEntrySize,
            by: BlockFormat.directoryEntrySize)
        let encoding = entries.first { part[$0] == field.column.rawValue }.map { part[$0 + 1] }
        let reader = try PartReader(MemoryPart(stored: part), part: field.column.part, zstandard: zstandard)
        let column = try reader.texts(field.column) { [] }
        return (encoding, try texts.indices.map { try column.string($0) })
    }

    private func uuids(_ count: Int) -> [String] {
        var random = SeededRandom(seed: 8)
        return (0..<count).map { _ in
            let digits = (0..<32).map { _ in String("0123456789abcdef".randomElement(using: &random) ?? "0") }
            return [digits[..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20...]]
                .map { $0.joined() }.joined(separator: "-")
        }
    }

    @Test func packsDigitsAndReadsThemBack() throws {
        var texts: [String?] = uuids(50)
        for row in [0, 7, 8, 31, 49] { texts[row] = nil }
        for length in [36, 32, 16] {
            let column = texts.map { text in
                length == 36 ? text : text.map { String($0.filter { $0 != "-" }.prefix(length)) }
            }
            let (encoding, read) = try stored(column)
            #expect(encoding == (length == 36 ? BlockFormat.Encoding.uuid : .hexadecimal).rawValue)
            #expect(read == column)
        }
    }

    /// Each character beside the digits, at each place of a text.
    @Test func whatIsNotQuiteDigitsStaysAsItIs() throws {
        for text in uuids(1) + [String(repeating: "0a9f", count: 8), String(repeating: "0a9f", count: 4)] {
            for other in "/:`ghkoAF-\u{0}\u{7F}p@P \u{10}".map({ String($0) }) {
                for place in text.indices where String(text[place]) != other {
                    let changed = String(text[..<place]) + other + text[text.index(after: place)...]
                    let (encoding, read) = try stored([text, changed])
                    #expect(encoding == BlockFormat.Encoding.plain.rawValue)
                    #expect(read == [text, changed])
                }
            }
        }
    }

    @Test func textsOfAnyLengthStayAsTheyAre() throws {
        for texts in [
            ["", nil, "x"], [String(repeating: "long ", count: 5000), "", "é"], ["ab", "cd", "ef"],
            [String(repeating: "a", count: 36), nil, String(repeating: "b", count: 35)],
        ] {
            #expect(try stored(texts).texts == texts)
            #expect(try stored(texts, in: .requestBody).texts == texts)
        }
        let (encoding, read) = try stored([nil, nil, nil])
        #expect(encoding == nil)
        #expect(read == [nil, nil, nil])
    }
}
