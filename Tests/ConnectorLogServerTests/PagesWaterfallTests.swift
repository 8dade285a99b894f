import ConnectorLogCore
import ConnectorLogServer
import Testing

@Suite struct PagesWaterfallTests {
    private let start = Timestamp(microseconds: 1_748_779_240_000_000)

    private func call(
        _ number: UInt64, after microseconds: Int64, for duration: Int64?, status: Int? = 200
    ) -> EntrySummary {
        var entry = EntrySummary(
            id: EntryID(high: 1, low: number), teamID: 1, logTime: start.advanced(byMicroseconds: microseconds),
            connectorIdentifier: "c", outcome: Outcome(status: status, hasError: false))
        (entry.method, entry.uri, entry.status) = ("GET", "https://a.example/v1/x?y=1", status)
        entry.durationMicroseconds = duration
        return entry
    }

    @Test func placesCallsByTheirTimes() throws {
        let waterfall = try #require(
            Waterfall([
                call(1, after: 0, for: 250_000), call(2, after: 500_000, for: 500_000, status: 500),
                call(3, after: 250_000, for: nil), call(4, after: 100_000, for: 1000, status: nil),
            ]))
        #expect(waterfall.span == "4 calls in 1 s")
        #expect(waterfall.bars.map(\.start) == ["0.00%", "50.00%", "25.00%", "10.00%"])
        #expect(waterfall.bars.map(\.width) == ["25.00%", "50.00%", "0.00%", "0.10%"])
        #expect(waterfall.bars.map(\.isMark) == [false, false, true, true])
        #expect(waterfall.bars.map(\.isFailed) == [false, true, false, true])
        #expect(waterfall.bars[0].href == "#call-\(EntryID(high: 1, low: 1))")
        #expect(waterfall.bars[1].summary == "GET /v1/x, Failed 500, 500 ms, 500 ms after the start")
        #expect(waterfall.bars[2].summary == "GET /v1/x, OK 200, duration unknown, 250 ms after the start")
        #expect(waterfall.bars[3].summary == "GET /v1/x, Failed, no response, 1 ms, 100 ms after the start")
        #expect(waterfall.ticks.map(\.label) == ["0", "200 ms", "400 ms", "600 ms", "800 ms", "1 s"])
        #expect(waterfall.ticks.map(\.place) == ["0.00%", "20.00%", "40.00%", "60.00%", "80.00%", "100.00%"])
    }

    @Test func showsNothingWithoutCalls() {
        #expect(Waterfall([]) == nil)
    }

    @Test(
        arguments: [
            0, 1, 7, 999, 1000, 123_456, 59_999_999, 61_000_000, 5_000_000_000, 86_400_000_000, 9_000_000_000_000_000,
        ] as [Int64])
    func staysWithinItsBounds(length: Int64) throws {
        let waterfall = try #require(Waterfall([call(1, after: 0, for: nil), call(2, after: length, for: 0)]))
        #expect((1...6).contains(waterfall.ticks.count))
        #expect(Set(waterfall.ticks.map(\.label)).count == waterfall.ticks.count || length < 1000)
        for text in waterfall.bars.flatMap({ [$0.start, $0.width] }) + waterfall.ticks.map(\.place) {
            #expect(text.wholeMatch(of: /\d{1,3}\.\d\d%/) != nil, "\(text)")
            #expect(try #require(Double(text.dropLast())) <= 100)
        }
    }
}
