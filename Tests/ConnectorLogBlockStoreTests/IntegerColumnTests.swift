import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct IntegerColumnTests {
    static let columns: [[Int64]] = [
        [], [0], [5, 5, 5], [0, 1], [.min, .max], [.max, .min, 0, -1],
        [1_700_000_000_000_000, 1_700_000_000_001_000, 1_700_000_000_003_000],
        [1000, 2000, 1_000_000], [-1, 250_000, -1, 3000], Array(0..<300), (0..<300).map { $0 * $0 * $0 },
    ]

    @Test(arguments: columns)
    func readsBackWhatItWrote(_ values: [Int64]) throws {
        let (encoding, bytes) = IntegerColumn.encode(values)
        #expect(try IntegerColumn.decode(encoding, bytes[...], rows: values.count, place: "test") == values)
    }

    @Test func readsBackRandomColumns() throws {
        var random = SeededRandom(seed: 3)
        for _ in 0..<300 {
            let spread = Int64(1) << Int64.random(in: 0..<62, using: &random)
            let scale: Int64 = [1, 1000, 1_000_000].randomElement(using: &random) ?? 1
            let values = (0..<Int.random(in: 1...200, using: &random)).map { _ in
                Int64.random(in: -spread...spread, using: &random) / scale * scale
            }
            let (encoding, bytes) = IntegerColumn.encode(values)
            #expect(try IntegerColumn.decode(encoding, bytes[...], rows: values.count, place: "test") == values)
        }
    }

    @Test func timesAMillisecondApartTakeOneByteARow() {
        let (encoding, bytes) = IntegerColumn.encode(
            (0..<1000).map { 1_700_000_000_000_000 + Int64($0 * $0 % 200) * 1000 })
        #expect(encoding == .offsets)
        #expect(bytes.count < 1020)
    }

    @Test func risingTimesWithAJumpNowAndThenTakeOneByteARow() {
        let times = (0..<1000).map { (row: Int) -> Int64 in Int64(row % 250 * 40) - Int64(row / 250) * 70_000 }
        let (encoding, bytes) = IntegerColumn.encode(times)
        #expect(encoding == .signedDeltas)
        #expect(bytes.count < 1020)
    }

    @Test func cutBytesAreAnErrorNotATrap() {
        let (encoding, bytes) = IntegerColumn.encode([1, 70_000, -5])
        for count in 0..<bytes.count {
            #expect(throws: BlockError.self) {
                try IntegerColumn.decode(encoding, bytes[..<count], rows: 3, place: "test")
            }
        }
    }
}
