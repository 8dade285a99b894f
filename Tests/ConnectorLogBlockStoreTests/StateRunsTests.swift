import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogBlockStore

@Suite struct StateRunsTests {
    let zstandard = Zstandard()
    var encoder: TextColumnEncoder { TextColumnEncoder(zstandard: zstandard, level: 1) }

    private func column(_ texts: [String?]) -> TextColumn {
        var column = TextColumn()
        for text in texts { column.append(text) }
        return column
    }

    /// States that interleave, rows of none among them, and values that change now and then.
    private func example(_ rows: Int) -> (states: TextColumn, values: [String?]) {
        var states: [String?] = []
        var values: [String?] = []
        for row in 0..<rows {
            let state = row * 31 % 17
            states.append(state == 4 ? nil : "state \(state)")
            values.append(state == 5 ? nil : state == 4 ? "none" : "flow \(state % 3) of \(row / 200)")
        }
        return (column(states), values)
    }

    @Test func valuesComeBack() throws {
        let (states, values) = example(900)
        let groups = StateGroups(states)
        let runs = try #require(StateRuns(column(values), groups))
        #expect(runs.rows.count < 120)
        let bytes = runs.encode(column(values), encoder)
        let (numbers, listed) = try StateRuns.decode(
            bytes[...], states: groups.numbers, zstandard: zstandard, place: "test")
        let reader = TextColumnReader(listed, numbers: numbers)
        #expect(try (0..<900).map(reader.string) == values)
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: BlockError.self) {
                try StateRuns.decode(bytes[..<count], states: groups.numbers, zstandard: zstandard, place: "test")
            }
        }
    }

    @Test func groupsAreTheSameHoweverTheStatesAreStored() throws {
        let (states, values) = example(300)
        let (encoding, bytes) = encoder.encode(states, mayRepeat: true)
        let reader = try TextColumnReader(encoding, bytes[...], rows: 300, zstandard: zstandard, place: "test")
        let groups = StateGroups(states)
        let stored = try reader.groups()
        #expect(Set(zip(groups.numbers, stored).map { "\($0) \($1)" }).count == Set(groups.numbers).count)
        let runs = try #require(StateRuns(column(values), groups))
        let (numbers, listed) = try StateRuns.decode(
            runs.encode(column(values), encoder)[...], states: stored, zstandard: zstandard, place: "test")
        #expect(try (0..<300).map(TextColumnReader(listed, numbers: numbers).string) == values)
    }

    @Test func aRowWithoutOneBeforeItMustBeListed() throws {
        let (states, values) = example(300)
        let groups = StateGroups(states)
        let bytes = try #require(StateRuns(column(values), groups)).encode(column(values), encoder)
        // Other states than those by which it was written.
        #expect(throws: BlockError.self) {
            try StateRuns.decode(
                bytes[...], states: (0..<300).map { UInt32($0) }, zstandard: zstandard, place: "test")
        }
    }

    @Test func valuesThatChangeAllTheTimeAreNoRuns() {
        let (states, _) = example(300)
        #expect(StateRuns(column((0..<300).map { "trace \($0)" }), StateGroups(states)) == nil)
    }
}
