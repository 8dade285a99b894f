import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct BlockFormatTests {
    let zstandard = Zstandard()

    private func encoded(_ count: Int) -> (EntryColumns, EncodedBlock) {
        let columns = Fixtures.batch(Fixtures.entries(count, from: ManualClock().now)).entries
        return (columns, BlockEncoder(zstandard: zstandard).encode(columns, ids: .consecutive))
    }

    @Test func headerIsWhatTheDocumentSays() throws {
        let (_, block) = encoded(3)
        #expect(Array(block.summary[..<4]) == Array("CLOG".utf8))
        #expect(block.summary[4] == 2)
        #expect([block.summary[5], block.detail[5], block.filter[5]] == [1, 2, 3])
        #expect(Array(block.summary[8..<12]) == [3, 0, 0, 0])
    }

    /// The numbers are on disks: none may ever change its meaning.
    @Test func numbersOfColumnsAndEncodingsAreFixed() {
        #expect(
            BlockFormat.Column.allCases.map(\.rawValue) == Array(1...21) + Array(32...39))
        #expect(BlockFormat.Column.connector.rawValue == 3)
        #expect(BlockFormat.Column.idRandom.rawValue == 21)
        #expect(BlockFormat.Column.receipt.rawValue == 39)
        #expect([BlockFormat.Encoding.constant, .offsets, .deltas].map(\.rawValue) == [1, 2, 3])
        #expect(
            [BlockFormat.Encoding.plain, .dictionary, .uuid, .hexadecimal, .headers].map(\.rawValue)
                == [16, 17, 18, 19, 20])
        #expect([BlockFormat.Encoding.chunks, .tokens, .stateRuns].map(\.rawValue) == [21, 22, 23])
        #expect(
            [TokenFormat.Words.constant, .dictionary, .frequencies, .integers, .hexadecimal, .plain].map(\.rawValue)
                == Array(0...5))
        #expect([TokenFormat.Rule.place, .path].map(\.rawValue) == [0, 1])
        #expect([TokenFormat.Gaps.bits, .codes].map(\.rawValue) == [0, 1])
        #expect([TokenFormat.lastFlag, TokenFormat.namedFlag] == [1, 2])
        #expect(
            [HeaderColumnFormat.CellKind.texts, .requestID, .traceParent, .date].map(\.rawValue) == [0, 1, 2, 3])
        #expect(FilterKey.connector(team: 1, "a") == 9_395_844_719_992_272_246)
    }

    @Test func theSameEntriesGiveTheSameBytes() {
        #expect(encoded(40).1.summary == encoded(40).1.summary)
        #expect(Checksum.crc32(Array("123456789".utf8)[...]) == 0xCBF4_3926)
    }

    @Test func everyColumnComesBack() throws {
        let (columns, block) = encoded(500)
        let summary = try PartReader(MemoryPart(stored: block.summary), part: .summary, zstandard: zstandard)
        let detail = try PartReader(MemoryPart(stored: block.detail), part: .detail, zstandard: zstandard)
        #expect(try summary.integers(.logTime) == columns.logTimes)
        #expect(try summary.integers(.teamID) == columns.teamIDs)
        #expect(try detail.integers(.responseBodyAttributes) == columns.responseBodyAttributes)
        for field in EntryTextField.allCases {
            let part = field.column.part == .summary ? summary : detail
            let expected = (0..<500).map { columns[field][$0].map(Array.init) }
            if field.isHeaders {
                let reader = try detail.headers(field.column) { try references(summary) }
                #expect(try (0..<500).map(reader.bytes) == expected, "\(field)")
            } else {
                let reader = try part.texts(field.column) { try part.texts(.stateID) { [] }.groups() }
                #expect(try (0..<500).map(reader.bytes) == expected, "\(field)")
            }
        }
        let first = EntryID(milliseconds: 5, counter: 9, random: 3)
        #expect(try summary.ids(first: first)[499] == first.advanced(by: 499))
    }

    @Test func filterHoldsEveryKeyAndFewOthers() throws {
        let (columns, block) = encoded(500)
        let filter = try PartReader(MemoryPart(stored: block.filter), part: .filter, zstandard: zstandard).filter()
        for row in 0..<500 {
            let team = columns.teamIDs[row]
            #expect(filter.mayContain(FilterKey.connector(team: team, columns[.connector].string(row) ?? "")))
            #expect(filter.mayContain(FilterKey.state(team: team, columns[.stateID].string(row) ?? "")))
            #expect(filter.mayContain(FilterKey.requestID(columns[.requestID].string(row) ?? "")))
            #expect(filter.mayContain(FilterKey.requestID("vendor-\(row)")))
        }
        let strangers = (0..<10_000).count { filter.mayContain(FilterKey.requestID("stranger-\($0)")) }
        #expect(strangers < 300)
    }

    @Test func filterHoldsAKeyThatIsZero() throws {
        // Whose hash is 0, by the way in which products are folded.
        let id = "gpieF-HfY,Dyz~yh"
        #expect(FilterKey.requestID(id) == 0)
        var columns = encoded(49).0
        var entry = Fixtures.entries(1, from: ManualClock().now)[0]
        entry.requestID = id
        columns.append(contentsOf: Fixtures.batch([entry]).entries)
        let block = BlockEncoder(zstandard: zstandard).encode(columns, ids: .consecutive)
        let filter = try PartReader(MemoryPart(stored: block.filter), part: .filter, zstandard: zstandard).filter()
        #expect(filter.mayContain(FilterKey.requestID(id)))
    }

    /// Each bit of a stored block is under a checksum: whatever is changed is an error when it is read.
    @Test func anyChangedByteIsNoticed() throws {
        let (_, block) = encoded(60)
        for (part, stored) in [
            (BlockFormat.Part.summary, block.summary), (.detail, block.detail), (.filter, block.filter),
        ] {
            for position in stored.indices {
                var damaged = stored
                damaged[position] ^= 0x40
                #expect(throws: (any Error).self, "part \(part) byte \(position)") {
                    try readAll(damaged, part)
                }
            }
        }
    }

    @Test func anyCutIsNoticed() {
        let (_, block) = encoded(20)
        for count in 0..<block.detail.count {
            #expect(throws: (any Error).self) { try readAll(Array(block.detail[..<count]), .detail) }
        }
    }

    private func readAll(_ stored: [UInt8], _ part: BlockFormat.Part) throws {
        let reader = try PartReader(MemoryPart(stored: stored), part: part, zstandard: zstandard)
        if part == .filter {
            _ = try reader.filter()
            return
        }
        for column in BlockFormat.Column.allCases where reader.has(column) {
            if let field = EntryTextField.allCases.first(where: { $0.column == column }) {
                if field.isHeaders {
                    _ = try reader.headers(column) { noReferences(reader.rows) }
                } else {
                    _ = try reader.texts(field.column) { try reader.texts(.stateID) { [] }.groups() }
                }
            } else {
                _ = try reader.integers(column)
            }
        }
    }

    private func references(_ summary: PartReader) throws -> HeaderReferences {
        HeaderReferences(
            requestIDs: try summary.texts(.requestID) { [] },
            traceIDs: try summary.texts(.traceID) { try summary.texts(.stateID) { [] }.groups() },
            logTimes: try summary.integers(.logTime))
    }

    private func noReferences(_ rows: Int) -> HeaderReferences {
        let none = TextColumnReader(nullRows: rows)
        return HeaderReferences(requestIDs: none, traceIDs: none, logTimes: Array(repeating: 0, count: rows))
    }
}
