package import ConnectorLogCore

/// A chart over time as an SVG, and its numbers as a table: what the eye reads, and what a screen reader, a browser without
/// scripts and the script that shows the numbers under the pointer read.
///
/// Places are in per cent, so that it fills any width with letters of one size.
package struct TimeChart: Sendable {
    package enum Unit: Sendable {
        case count
        /// Values are microseconds.
        case duration

        func text(_ value: Double) -> String {
            switch self {
            case .count: DisplayNumber.grouped(Int(value.rounded()))
            case .duration: DisplayDuration.call(microseconds: Int64(value.rounded()))
            }
        }
    }

    package enum Look: Sendable {
        /// One upon the other.
        case bars
        /// A value that is missing parts a line.
        case lines
    }

    /// What a chart is made of.
    package struct Input: Sendable {
        package let name: String
        /// A class of the style sheet: `good`, `bad`, or `1` to `5`.
        package let tone: String
        /// One a bucket; nil where there is none.
        package let values: [Double?]
        /// Beside the name: a total, say.
        package let note: String?
        package let href: String?

        package init(_ name: String, tone: String, values: [Double?], note: String? = nil, href: String? = nil) {
            (self.name, self.tone, self.values, self.note, self.href) = (name, tone, values, note, href)
        }
    }

    package struct Series: Hashable, Sendable {
        package let name: String
        package let tone: String
        package let note: String?
        package let seriesHref: String?
        /// In a square of 1,000 by 1,000, from the top left.
        package let path: String
        /// Values of a line that have no neighbour to be joined with; nil without one.
        package let dots: String?
    }

    package struct Tick: Hashable, Sendable {
        /// "25%".
        package let place: String
        package let label: String
        /// `start`, `middle` or `end`.
        package let anchor: String
    }

    package struct Row: Sendable {
        package let label: String
        package let values: [String]
    }

    package let chartID: String
    package let title: String
    package let isLines: Bool
    package let series: [Series]
    package let hasLegend: Bool
    package let heights: [Tick]
    package let times: [Tick]
    package let rows: [Row]
    /// In one sentence.
    package let summary: String
    /// Whether any value is there and above zero.
    package let hasValues: Bool
    /// Where the first bucket begins, and seconds of each, for the script that chooses a range.
    package let firstSecond: Int64
    package let bucketSeconds: Int64
    /// Where a chosen range leads: without `from` and `to`. Nil when none can be chosen.
    package let rangeHref: String?

    private static let side = 1000.0

    package init(
        id: String, title: String, look: Look, unit: Unit = .count, buckets: TimeBuckets, series: [Input],
        rangeHref: String? = nil
    ) {
        chartID = id
        self.title = title
        isLines = look == .lines
        let starts = (0..<buckets.count).map { buckets.start(of: $0) }
        let highest =
            switch look {
            case .bars: starts.indices.map { at in series.reduce(0) { $0 + ($1.values[at] ?? 0) } }.max() ?? 0
            case .lines: series.flatMap { $0.values.compactMap(\.self) }.max() ?? 0
            }
        let steps = ChartScale.steps(upTo: highest, least: unit == .count ? 1 : 0)
        let top = steps.last ?? 1
        heights = steps.map { Tick(place: Self.percent(1 - $0 / top), label: unit.text($0), anchor: "start") }
        times = Self.times(buckets)
        var below = [Double](repeating: 0, count: buckets.count)
        self.series = series.map { input in
            let path: String
            var dots: String?
            switch look {
            case .bars: path = Self.bars(input.values, on: &below, top: top)
            case .lines: (path, dots) = Self.line(input.values, top: top)
            }
            return Series(
                name: input.name, tone: input.tone, note: input.note, seriesHref: input.href, path: path, dots: dots)
        }
        hasLegend = !series.isEmpty
        rows = starts.enumerated().map { at, start in
            Row(
                label: BucketLabel.text(start, width: buckets.width),
                values: series.map { $0.values[at].map(unit.text) ?? "" })
        }
        hasValues = highest > 0
        summary = Self.summary(title, series, unit, buckets)
        firstSecond = buckets.firstStart.microseconds / 1_000_000
        bucketSeconds = buckets.width / 1_000_000
        self.rangeHref = rangeHref
    }

    private static func summary(_ title: String, _ series: [Input], _ unit: Unit, _ buckets: TimeBuckets) -> String {
        let parts = series.map { input -> String in
            let values = input.values.compactMap(\.self)
            switch unit {
            case .count: return "\(input.name) \(unit.text(values.reduce(0, +)))"
            case .duration: return "\(input.name) up to \(unit.text(values.max() ?? 0))"
            }
        }
        return "\(title) from \(DisplayTime(buckets.from).text) to \(DisplayTime(buckets.to).text) UTC: "
            + (parts.isEmpty ? "nothing" : parts.joined(separator: ", "))
    }

    // MARK: - Geometry

    private static func bars(_ values: [Double?], on below: inout [Double], top: Double) -> String {
        let width = side / Double(max(values.count, 1))
        var path = ""
        for (at, value) in values.enumerated() {
            guard let value, value > 0 else { continue }
            let foot = below[at]
            // Whatever is there can be seen, of which a pixel is the ground between it and what stands on it; and nothing
            // leaves the chart.
            let height = min(max(value / top * side, 16), side - foot)
            below[at] += height
            path +=
                "M\(text(width * (Double(at) + 0.12))) \(text(side - foot))h\(text(width * 0.76))v-\(text(height))h-"
            path += "\(text(width * 0.76))z"
        }
        return path
    }

    private static func line(_ values: [Double?], top: Double) -> (path: String, dots: String?) {
        let width = side / Double(max(values.count, 1))
        var (path, dots) = ("", "")
        var isDown = false
        for (at, value) in values.enumerated() {
            guard let value else {
                isDown = false
                continue
            }
            let place = "\(text(width * (Double(at) + 0.5))) \(text(side - value / top * side))"
            if !isDown, at + 1 == values.count || values[at + 1] == nil {
                // A line of next to no length has round ends.
                dots += "M\(place)h0.1"
            } else {
                path += (isDown ? "L" : "M") + place
                isDown = true
            }
        }
        return (path, dots.isEmpty ? nil : dots)
    }

    private static func times(_ buckets: TimeBuckets) -> [Tick] {
        let count = buckets.count
        guard count > 0 else { return [] }
        let wanted = min(count, 5)
        return (0..<wanted).map { number in
            let at = wanted == 1 ? 0 : number * (count - 1) / (wanted - 1)
            let place = (Double(at) + 0.5) / Double(count)
            let anchor = number == 0 ? "start" : number == wanted - 1 ? "end" : "middle"
            return Tick(
                place: number == 0 ? "0%" : number == wanted - 1 ? "100%" : percent(place),
                label: BucketLabel.tick(buckets.start(of: at), width: buckets.width), anchor: anchor)
        }
    }

    private static func percent(_ part: Double) -> String { text(part * 100) + "%" }

    /// To a tenth: finer than any screen.
    private static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let (whole, rest) = (abs(tenths) / 10, abs(tenths) % 10)
        return (tenths < 0 ? "-" : "") + (rest == 0 ? "\(whole)" : "\(whole).\(rest)")
    }
}
