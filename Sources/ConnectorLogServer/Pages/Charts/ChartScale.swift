package import ConnectorLogCore

/// Round steps for the two ways of a chart.
package enum ChartScale {
    private static let second: Int64 = 1_000_000
    /// Widths of buckets that people count in: microseconds.
    private static let widths: [Int64] =
        [1, 5, 15, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000, 31_536_000]
        .map { $0 * second }

    /// The narrowest buckets of which the span has at most so many.
    package static func buckets(from: Timestamp, to: Timestamp, atMost count: Int) -> TimeBuckets {
        let span = to.microseconds - from.microseconds
        // One more than fit: neither end has to be at a whole width.
        let width = widths.first { span / $0 < Int64(count - 1) } ?? max(1, span / Int64(count - 1) + 1)
        return TimeBuckets(from: from, to: to, width: width)
    }

    /// Up to four steps of 1, 2 or 5 times a power of ten that end at `highest` or above: 0 is none of them.
    /// - Parameter least: no step is shorter; counts have no halves.
    package static func steps(upTo highest: Double, least: Double = 0) -> [Double] {
        guard highest > 0 else { return [1] }
        var power = 1.0
        while power * 10 <= highest / 3 { power *= 10 }
        while power > highest / 3 { power /= 10 }
        let step = [1, 2, 5, 10].map { $0 * power }.first { highest / $0 <= 4 } ?? 10 * power
        let width = max(step, least)
        return (1...max(1, Int((highest / width).rounded(.up)))).map { Double($0) * width }
    }
}
