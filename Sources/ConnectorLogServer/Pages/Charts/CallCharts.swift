package import ConnectorLogCore

/// Charts of calls that several pages have.
package enum CallCharts {
    package static func outcomes(
        _ tallies: [CallStatistics.Tally], _ buckets: TimeBuckets, id: String, rangeHref: String? = nil
    ) -> TimeChart {
        outcomes(
            ok: tallies.map(\.ok), failed: tallies.map(\.failed), buckets, id: id, title: "Calls by Outcome",
            rangeHref: rangeHref)
    }

    package static func outcomes(
        ok: [Int], failed: [Int], _ buckets: TimeBuckets, id: String, title: String, rangeHref: String? = nil
    ) -> TimeChart {
        func series(_ name: String, _ tone: String, _ counts: [Int]) -> TimeChart.Input {
            TimeChart.Input(
                name, tone: tone, values: counts.map(Double.init),
                note: DisplayNumber.grouped(counts.reduce(0, +)))
        }
        return TimeChart(
            id: id, title: title, look: .bars, buckets: buckets,
            // What failed stands at the foot, where heights compare.
            series: [series("Failed", "bad", failed), series("OK", "good", ok)], rangeHref: rangeHref)
    }

    /// How long half, nearly all, and all but one in a hundred of the calls took.
    package static func latency(
        _ tallies: [CallStatistics.Tally], _ buckets: TimeBuckets, id: String
    ) -> TimeChart {
        let whole = DurationHistogram(tallies.map(\.durations))
        return TimeChart(
            id: id, title: "Duration", look: .lines, unit: .duration, buckets: buckets,
            series: [("p50", 0.5, "1"), ("p95", 0.95, "2"), ("p99", 0.99, "3")].map { name, part, tone in
                TimeChart.Input(
                    name, tone: tone, values: tallies.map { $0.durations.quantile(part).map(Double.init) },
                    note: whole.quantile(part).map { DisplayDuration.call(microseconds: $0) })
            })
    }
}

extension DurationHistogram {
    init(_ parts: [DurationHistogram]) {
        self.init()
        for part in parts { add(part) }
    }
}
