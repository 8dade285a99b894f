import ConnectorLogCore
import ConnectorLogTesting
import Testing

@Suite
struct StatusFilterTests {
    @Test(
        arguments: [
            ("none", .none), ("404", .exactly(404)), ("100", .exactly(100)), ("599", .exactly(599)),
            ("5xx", .hundred(5)),
            ("1XX", .hundred(1)), ("4Xx", .hundred(4)),
        ] as [(String, EntryQuery.StatusFilter)])
    func readsItsThreeForms(text: String, expected: EntryQuery.StatusFilter) {
        #expect(EntryQuery.StatusFilter(text) == expected)
    }

    @Test(arguments: [
        "", "None", "99", "600", "099", "0xx", "6xx", "xx", "4x", "4xxx", "+40", "-40", "40 ", "４04", "½xx", "²xx",
    ])
    func refusesOtherTexts(_ text: String) {
        #expect(EntryQuery.StatusFilter(text) == nil)
    }

    @Test func matches() {
        #expect(EntryQuery.StatusFilter.none.matches(nil))
        #expect(!EntryQuery.StatusFilter.none.matches(200))
        #expect(EntryQuery.StatusFilter.exactly(404).matches(404))
        #expect(!EntryQuery.StatusFilter.exactly(404).matches(nil))
        #expect(EntryQuery.StatusFilter.hundred(5).matches(500) && EntryQuery.StatusFilter.hundred(5).matches(599))
        #expect(!EntryQuery.StatusFilter.hundred(5).matches(499) && !EntryQuery.StatusFilter.hundred(5).matches(nil))
    }
}

@Suite
struct PagePositionTests {
    private func row(_ time: Int64, _ id: UInt64) -> PagePosition {
        PagePosition(time: Timestamp(microseconds: time), id: EntryID(high: 0, low: id))
    }

    @Test(arguments: [PageOrder.newestFirst, .oldestFirst])
    func pagesGoThroughRowsOfOneInstantWithoutSkipOrRepeat(order: PageOrder) {
        var generator = SeededRandom(seed: 8)
        let rows = (0..<200).map { row(Int64.random(in: 0..<5, using: &generator), UInt64($0)) }.shuffled(
            using: &generator)
        var seen: [PagePosition] = []
        while true {
            let behind = rows.filter { row in
                seen.last?.precedes(time: row.time, id: row.id, in: order) ?? true
            }
            let next = behind.min { $0.precedes(time: $1.time, id: $1.id, in: order) }
            guard let next else { break }
            seen.append(next)
        }
        #expect(seen.count == 200)
        #expect(Set(seen).count == 200)
        let times = seen.map(\.time)
        #expect(times == (order == .oldestFirst ? times.sorted() : times.sorted(by: >)))
    }

    @Test func aPlaceDoesNotPrecedeItself() {
        for order in [PageOrder.newestFirst, .oldestFirst] {
            #expect(!row(1, 1).precedes(time: row(1, 1).time, id: row(1, 1).id, in: order))
        }
    }
}
