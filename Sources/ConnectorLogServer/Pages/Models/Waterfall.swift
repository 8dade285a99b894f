package import ConnectorLogCore

/// The calls of one page over time, a bar a call: a look at what waited for what. Places are in percent of the whole span.
package struct Waterfall: Sendable {
    package struct Bar: Hashable, Sendable {
        package let href: String
        /// "GET /v1/things".
        package let label: String
        /// The whole in words: "GET /v1/things, Failed 500, 87 ms, 1.2 s after the start".
        package let summary: String
        package let tone: String
        package let start: String
        package let width: String
        /// Without a response, or with an unknown duration: a mark instead of a bar.
        package let isMark: Bool
        package let isFailed: Bool
        package let duration: String
    }

    package struct Tick: Hashable, Sendable {
        package let place: String
        package let label: String
    }

    /// Of the axis; without those at its ends there are at most so many.
    private static let mostTicks: Int64 = 5
    private static let steps: [Int64] = {
        var steps: [Int64] = []
        for unit in [1, 10, 100, 1000, 10_000, 100_000] as [Int64] { steps += [unit, 2 * unit, 5 * unit] }
        let second: Int64 = 1_000_000
        return steps
            + [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200].map {
                $0 * second
            }
    }()

    package let bars: [Bar]
    package let ticks: [Tick]
    /// "100 calls in 1.24 s".
    package let span: String

    /// Nil without a call.
    package init?(_ entries: [EntrySummary]) {
        guard let first = entries.map(\.logTime.microseconds).min(),
            let last = entries.map({ $0.logTime.microseconds + max(0, $0.durationMicroseconds ?? 0) }).max()
        else { return nil }
        let length = max(last - first, 1)
        bars = entries.map { Self.bar($0, start: first, length: length) }
        let step = Self.step(length)
        ticks = (0...length / step).map { number in
            Tick(
                place: Self.percent(number * step, of: length),
                label: number == 0 ? "0" : Self.label(number * step))
        }
        span =
            "\(DisplayNumber.grouped(entries.count)) \(entries.count == 1 ? "call" : "calls") in \(Self.label(last - first))"
    }

    private static func bar(_ entry: EntrySummary, start: Int64, length: Int64) -> Bar {
        let offset = entry.logTime.microseconds - start
        let method = entry.method ?? "Call"
        let path = entry.uri.map { DisplayURI($0).path } ?? ""
        let label = path.isEmpty ? method : "\(method) \(path)"
        let duration = entry.durationMicroseconds.map(DisplayDuration.call)
        let status = entry.status.map { " \($0)" } ?? (entry.outcome == .failed ? ", no response" : "")
        return Bar(
            href: "#" + PageAddress.callAnchor(entry.id), label: label,
            summary:
                "\(label), \(Badge(entry.outcome).label)\(status), \(duration ?? "duration unknown"), \(Self.label(offset)) after the start",
            tone: Badge(entry.outcome).tone, start: percent(offset, of: length),
            width: percent(max(0, entry.durationMicroseconds ?? 0), of: length),
            isMark: entry.status == nil || entry.durationMicroseconds == nil, isFailed: entry.outcome == .failed,
            duration: duration ?? "–")
    }

    private static func step(_ length: Int64) -> Int64 {
        let day: Int64 = 86_400_000_000
        return steps.first { length / $0 <= mostTicks } ?? (length / day / mostTicks + 1) * day
    }

    private static func label(_ microseconds: Int64) -> String {
        switch microseconds {
        case 60_000_000..<3_600_000_000 where microseconds % 60_000_000 < 1_000_000: "\(microseconds / 60_000_000) min"
        case ..<3_600_000_000: DisplayDuration.call(microseconds: microseconds)
        case ..<86_400_000_000:
            "\(microseconds / 3_600_000_000) h"
                + (microseconds / 60_000_000 % 60 == 0 ? "" : " \(microseconds / 60_000_000 % 60) min")
        default: DisplayDuration.elapsed(microseconds: microseconds)
        }
    }

    /// To a hundredth, as attributes of SVG take it.
    private static func percent(_ part: Int64, of whole: Int64) -> String {
        let hundredths = Int64((Double(part) / Double(whole) * 10_000).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)%"
    }
}
