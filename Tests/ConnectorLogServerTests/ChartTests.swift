import ConnectorLogCore
import ConnectorLogServer
import Testing

@Suite struct ChartTests {
    private let noon = Timestamp("2026-11-28T12:34:56.789Z") ?? .epoch

    // MARK: - Scales

    @Test(
        arguments: [
            (86_400, 1800), (7 * 86_400, 10_800), (30 * 86_400, 43_200), (365 * 86_400, 604_800), (60, 1), (3600, 60),
            (61, 1), (64, 5), (20 * 365 * 86_400, 31_536_000),
        ] as [(Int64, Int64)])
    func takesBucketsThatPeopleCountIn(span: Int64, width: Int64) {
        let buckets = ChartScale.buckets(from: noon.advanced(bySeconds: -span), to: noon, atMost: 64)
        #expect(buckets.width == width * 1_000_000)
        #expect(buckets.count <= 64)
    }

    @Test func neverTakesMoreBucketsThanAskedFor() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let span = Int64.random(in: 1...253_000_000_000_000_000 >> Int64.random(in: 0...50), using: &random)
            let start = Timestamp(microseconds: .random(in: 0...1_000_000_000_000_000, using: &random))
            for most in [2, 64] {
                let buckets = ChartScale.buckets(
                    from: start, to: start.advanced(byMicroseconds: span), atMost: most)
                #expect((1...most).contains(buckets.count), "\(start) and \(span)")
            }
        }
    }

    @Test(
        arguments: [
            (0, [1]), (3, [1, 2, 3]), (4, [1, 2, 3, 4]), (7, [2, 4, 6, 8]), (13, [5, 10, 15]), (470, [200, 400, 600]),
            (1000, [500, 1000]), (1_000_000, [500_000, 1_000_000]), (0.5, [0.2, 0.4, 0.6]),
        ] as [(Double, [Double])])
    func takesRoundSteps(highest: Double, steps: [Double]) {
        let made = ChartScale.steps(upTo: highest)
        #expect(made.count == steps.count)
        for (one, other) in zip(made, steps) { #expect(abs(one - other) < 1e-9 * max(1, other)) }
    }

    @Test func countsInWholeNumbers() {
        for highest in 1...9 {
            let made = chart(.bars, [.init("Failed", tone: "bad", values: [Double(highest), 0, 0, 0])])
            let labels = made.heights.map(\.label)
            #expect(Set(labels).count == labels.count, "\(highest): \(labels)")
        }
    }

    // MARK: - Geometry

    private func chart(_ look: TimeChart.Look, _ series: [TimeChart.Input], count: Int64 = 4) -> TimeChart {
        let hour: Int64 = 3_600_000_000
        let end = Timestamp(microseconds: count * hour)
        return TimeChart(
            id: "c", title: "Calls", look: look, buckets: TimeBuckets(from: .epoch, to: end, width: hour),
            series: series)
    }

    @Test func standsBarsUponEachOther() {
        let made = chart(
            .bars,
            [.init("Failed", tone: "bad", values: [1, 0, 2, 4]), .init("OK", tone: "good", values: [3, 0, 2, 0])])
        // The highest stack is 4: each bar of 1 is a quarter of 1,000.
        #expect(made.heights.map(\.label) == ["1", "2", "3", "4"])
        #expect(made.heights.map(\.place) == ["75%", "50%", "25%", "0%"])
        #expect(made.series[0].path == "M30 1000h190v-250h-190zM530 1000h190v-500h-190zM780 1000h190v-1000h-190z")
        #expect(made.series[1].path == "M30 750h190v-750h-190zM530 500h190v-500h-190z")
        #expect(made.hasValues)
    }

    @Test func partsALineWhereAValueIsMissing() {
        let made = chart(.lines, [.init("p50", tone: "1", values: [1, nil, 2, 4])])
        #expect(made.series[0].path == "M625 500L875 0")
        #expect(made.series[0].dots == "M125 750h0.1")
    }

    @Test func saysItsNumbersInWordsToo() {
        let made = chart(
            .bars,
            [.init("Failed", tone: "bad", values: [1, 0, 2, 4]), .init("OK", tone: "good", values: [3, 0, 2, 0])])
        #expect(made.rows.map(\.values) == [["1", "3"], ["0", "0"], ["2", "2"], ["4", "0"]])
        #expect(made.rows.map(\.label).first == "Jan 1st 1970, 00:00")
        #expect(
            made.summary
                == "Calls from Jan 1st 1970, 00:00:00 to Jan 1st 1970, 04:00:00 UTC: Failed 7, OK 5")
        #expect(made.times.map(\.label) == ["00:00", "01:00", "02:00", "03:00"])
        #expect(made.times.map(\.anchor) == ["start", "middle", "middle", "end"])
    }

    @Test func hasNothingToShowWithoutValues() {
        #expect(!chart(.bars, [.init("Failed", tone: "bad", values: [0, 0, 0, 0])]).hasValues)
        #expect(!chart(.lines, [.init("p50", tone: "1", values: [nil, nil, nil, nil])]).hasValues)
        #expect(!chart(.lines, []).hasValues)
    }

    @Test func showsThatSomethingIsThereHoweverSmall() {
        let made = chart(.bars, [.init("Failed", tone: "bad", values: [1, 0, 0, 1_000_000])])
        #expect(made.series[0].path.hasPrefix("M30 1000h190v-16h-190z"))
        let full = chart(
            .bars,
            [
                .init("Failed", tone: "bad", values: [1, 0, 0, 0]),
                .init("OK", tone: "good", values: [999_999, 0, 0, 0]),
            ])
        // Nothing leaves the chart.
        #expect(full.series[1].path == "M30 984h190v-984h-190z")
    }

    @Test func namesBucketsByAllTheirDays() {
        let week: Int64 = 7 * 86_400_000_000
        let buckets = TimeBuckets(from: .epoch, to: Timestamp(microseconds: 2 * week), width: week)
        let made = TimeChart(
            id: "c", title: "Calls", look: .bars, buckets: buckets, series: [.init("A", tone: "1", values: [1, 2])])
        #expect(made.rows.map(\.label) == ["Jan 1st 1970 to Jan 7th 1970", "Jan 8th 1970 to Jan 14th 1970"])
    }

    // MARK: - Connectors that need a look

    private func group(_ name: String, ok: Int, failed: Int, milliseconds: Int64? = nil) -> CallStatistics.Group {
        var tally = CallStatistics.Tally()
        for number in 0..<ok + failed {
            tally.add(number < ok ? .ok : .failed, at: noon, microseconds: milliseconds.map { $0 * 1000 })
        }
        return CallStatistics.Group(name: name, tally: tally)
    }

    @Test func ranksByThePartThatFailedAndBySlowness() {
        let groups = [
            group("a", ok: 90, failed: 10, milliseconds: 20), group("b", ok: 1, failed: 1, milliseconds: 500),
            group("c", ok: 100, failed: 0, milliseconds: 90), group("d", ok: 3, failed: 3),
        ]
        let failing = ConnectorRank.failing(groups, team: 1, range: .week)
        // Of two that fail as often, the one with more failed calls.
        #expect(failing.map(\.connector) == ["d", "b", "a"])
        #expect(failing.map(\.rate) == ["50 %", "50 %", "10 %"])
        #expect(failing.first?.rankHref == "/teams/1/search?connector=d&outcome=failed&range=7d")
        let slow = ConnectorRank.slowest(groups, team: 1, range: .standard)
        #expect(slow.map(\.connector) == ["b", "c", "a"])
        #expect(slow.first?.connectorHref == "/teams/1/connectors/b")
        #expect(slow.map(\.width) == [100, 18, 4])
    }

    @Test(arguments: [
        (0, 10, "0 %"), (1, 100_000, "under 0.1 %"), (1, 8, "12.5 %"), (10, 10, "100 %"), (99_999, 100_000, "99.9 %"),
        (0, 0, "0 %"),
    ])
    func saysPartsOfAWhole(part: Int, whole: Int, text: String) {
        #expect(DisplayNumber.percent(part, of: whole) == text)
    }
}
