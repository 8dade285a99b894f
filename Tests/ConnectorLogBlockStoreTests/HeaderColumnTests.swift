import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct HeaderColumnTests {
    private let zstandard = Zstandard()

    /// Rows of entries that differ in what headers may refer to; nil headers are null.
    private func entries(_ headers: [[HeaderField]?]) -> EntryColumns {
        var random = SeededRandom(seed: 9)
        var columns = EntryColumns()
        for (row, fields) in headers.enumerated() {
            columns.teamIDs.append(1)
            columns.logTimes.append(1_790_000_000_123_456 + Int64(row) * 777_777)
            columns[.requestID].append(Self.requestID(row))
            columns[.traceID].append(row % 3 == 2 ? nil : Self.traceID(row))
            _ = random.next()
            guard let fields else {
                columns[.requestHeaders].appendNull()
                continue
            }
            columns[.requestHeaders].append { bytes in
                for field in fields {
                    Array(field.name.utf8).withUnsafeBytes { HeaderList.append($0, to: &bytes) }
                    Array(field.value.utf8).withUnsafeBytes { HeaderList.append($0, to: &bytes) }
                }
            }
        }
        return columns
    }

    private static func requestID(_ row: Int) -> String {
        EntryID(high: UInt64(row + 1) &* 0x9E37_79B9_7F4A_7C15, low: UInt64(row)).description
    }

    private static func traceID(_ row: Int) -> String {
        String(Self.requestID(row).filter { $0 != "-" })
    }

    private static func traceParent(_ row: Int) -> String {
        "00-\(traceID(row))-\(traceID(row + 1).prefix(16))-01"
    }

    private static func date(_ row: Int, later seconds: Int64 = 0) -> String {
        var bytes: [UInt8] = []
        HTTPDate.append((1_790_000_000_123_456 + Int64(row) * 777_777) / 1_000_000 + seconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func encoded(_ columns: EntryColumns) -> [UInt8]? {
        SplitHeaders(columns[.requestHeaders]).map {
            HeaderColumnEncoder(zstandard: zstandard, level: 1, entries: columns)
                .encode($0, columns[.requestHeaders])
        }
    }

    private func reader(_ bytes: ArraySlice<UInt8>, _ columns: EntryColumns) throws -> HeaderColumnReader {
        func texts(_ field: EntryTextField) throws -> TextColumnReader {
            let (encoding, bytes) = TextColumnEncoder(zstandard: zstandard, level: 1).encode(
                columns[field], mayRepeat: true)
            return try TextColumnReader(encoding, bytes[...], rows: columns.count, zstandard: zstandard, place: "test")
        }
        return try HeaderColumnReader(
            bytes, rows: columns.count,
            references: HeaderReferences(
                requestIDs: try texts(.requestID), traceIDs: try texts(.traceID), logTimes: columns.logTimes),
            zstandard: zstandard, place: "test")
    }

    private func expectReadsBack(_ headers: [[HeaderField]?]) throws {
        let columns = entries(headers)
        let reader = try reader(try #require(encoded(columns))[...], columns)
        for row in headers.indices {
            #expect(reader.isNull(row) == (headers[row] == nil))
            var bytes: [UInt8] = []
            try reader.append(row, to: &bytes)
            #expect(HeaderList.decode(bytes[...]) == headers[row] ?? [])
        }
    }

    @Test func readsBackNamesInTheirOrderWithRepeatsAndNulls() throws {
        try expectReadsBack(
            (0..<200).map { row in
                if row % 5 == 4 { return nil }
                var fields = [
                    HeaderField(name: "Host", value: "api\(row % 3).example.com"), HeaderField(name: "Via", value: "a"),
                    HeaderField(name: "Via", value: row % 2 == 0 ? "" : "b, é\u{0}"),
                ]
                if row % 7 == 0 { fields.reverse() }
                if row % 11 == 0 { fields.append(HeaderField(name: "X-Rare-\(row % 4)", value: String(row))) }
                return fields
            })
    }

    @Test func readsBackValuesThatOtherColumnsGive() throws {
        try expectReadsBack(
            (0..<300).map { row in
                [
                    HeaderField(name: "X-Request-Id", value: row % 10 == 3 ? "other" : Self.requestID(row)),
                    HeaderField(name: "X-Correlation-ID", value: Self.requestID(row)),
                    HeaderField(name: "traceparent", value: row % 8 == 5 ? "00-zz-zz-01" : Self.traceParent(row)),
                    HeaderField(
                        name: "Date", value: row % 9 == 1 ? "yesterday" : Self.date(row, later: Int64(row % 4) - 1)),
                ]
            })
    }

    @Test func whatOtherColumnsGiveTakesNoRoom() throws {
        func size(_ value: (Int) -> String, name: String) throws -> Int {
            try #require(encoded(entries((0..<1000).map { [HeaderField(name: name, value: value($0))] }))).count
        }
        #expect(try size(Self.requestID, name: "X-Request-Id") < 100)
        #expect(try size({ Self.date($0) }, name: "Date") < 100)
        // The span id is all that is new; where an entry has no trace id, all of it is.
        #expect(try size(Self.traceParent, name: "traceparent") < 667 * 10 + 333 * 34)
    }

    @Test func headersWithoutACommonShapeAreLeftToAnotherEncoding() {
        #expect(encoded(entries((0..<100).map { [HeaderField(name: "N\($0)", value: "v")] })) == nil)
        #expect(encoded(entries([nil, nil])) == nil)
    }

    /// 4 * 10^9 steps, were names compared without end.
    @Test func longNamesThatDifferAtTheirEndAreGivenUp() {
        let name = String(repeating: "n", count: 8000)
        let rows = (0..<128).map { row in
            (0..<8).map { HeaderField(name: name + String(row * 8 + $0 + 1000), value: "") }
        }
        #expect(encoded(entries(rows)) == nil)
    }

    @Test func agreesOnRandomHeaders() throws {
        var random = SeededRandom(seed: 4)
        for _ in 0..<30 {
            let names =
                (0..<Int.random(in: 1...12, using: &random)).map { "Name-\($0)" } + ["Date", "traceparent", "ETag"]
            let shapes = (0..<4).map { _ in
                (0..<Int.random(in: 0...9, using: &random)).map { _ in names.randomElement(using: &random) ?? "" }
            }
            let headers = (0..<120).map { row -> [HeaderField]? in
                if Int.random(in: 0..<9, using: &random) == 0 { return nil }
                return (shapes.randomElement(using: &random) ?? []).map { name in
                    let value =
                        switch Int.random(in: 0..<5, using: &random) {
                        case 0: Self.requestID(row)
                        case 1: Self.date(row, later: Int64.random(in: -5...5, using: &random))
                        case 2: Self.traceParent(row)
                        case 3: String(Int.random(in: 0..<40, using: &random))
                        default: ""
                        }
                    return HeaderField(name: name, value: value)
                }
            }
            guard encoded(entries(headers)) != nil else { continue }
            try expectReadsBack(headers)
        }
    }

    @Test func cutOrChangedBytesAreAnErrorOrOtherHeadersButNeverATrap() throws {
        let columns = entries(
            (0..<60).map { row in
                [
                    HeaderField(name: "Host", value: "h\(row % 5)"), HeaderField(name: "Date", value: Self.date(row)),
                    HeaderField(name: "X-Request-Id", value: Self.requestID(row)),
                    HeaderField(name: "traceparent", value: Self.traceParent(row)),
                ]
            })
        let bytes = try #require(encoded(columns))
        for count in 0..<bytes.count {
            #expect(throws: BlockError.self) { try reader(bytes[..<count], columns) }
        }
        var random = SeededRandom(seed: 12)
        for at in bytes.indices {
            var changed = bytes
            changed[at] = UInt8.random(in: 0...255, using: &random)
            guard let reader = try? reader(changed[...], columns) else { continue }
            for row in 0..<columns.count {
                var header: [UInt8] = []
                try? reader.append(row, to: &header)
            }
        }
    }
}

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Fri, 31 Dec 9999 23:59:59 GMT", HTTPDate.latest),
        ] as [(String, Int64)])
    func readsAndWrites(text: String, seconds: Int64) {
        let bytes = Array(text.utf8)
        #expect(HTTPDate.seconds(bytes.span, 0..<bytes.count) == seconds)
        var written: [UInt8] = []
        HTTPDate.append(seconds, to: &written)
        #expect(written == bytes)
    }

    @Test(arguments: [
        "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Fri, 30 Feb 2024 00:00:00 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Wed, 31 Dec 1969 23:59:59 GMT", "Thu, 00 Jan 1970 00:00:00 GMT", "Fri, 99 Dec 9999 23:59:59 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "",
    ])
    func whatIsWrittenOtherwiseIsNoDate(text: String) {
        let bytes = Array(text.utf8)
        #expect(HTTPDate.seconds(bytes.span, 0..<bytes.count) == nil)
    }
}
