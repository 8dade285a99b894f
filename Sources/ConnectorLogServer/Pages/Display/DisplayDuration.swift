/// Spans of time as people say them.
package enum DisplayDuration {
    private static let units: [(seconds: Int64, name: String)] = [
        (31_536_000, "year"), (2_592_000, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"),
    ]

    /// The largest unit that fits, rounded down: "10 days", "1 hour", "42 seconds". A month counts 30 days, a year 365.
    /// Spans below a second, and negative ones (clocks differ), are "under 1 second".
    package static func elapsed(microseconds: Int64) -> String {
        let seconds = microseconds / 1_000_000
        guard let unit = units.first(where: { seconds >= $0.seconds }) else { return "under 1 second" }
        let count = seconds / unit.seconds
        return "\(DisplayNumber.grouped(Int(count))) \(unit.name)\(count == 1 ? "" : "s")"
    }

    /// The same to the second: "10 days 3:04:05", "0:00:42". Below 0 it is 0.
    package static func exact(microseconds: Int64) -> String {
        let seconds = max(0, microseconds / 1_000_000)
        let days = seconds / 86_400
        func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let time = "\(seconds / 3600 % 24):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
        return days == 0 ? time : "\(DisplayNumber.grouped(Int(days))) day\(days == 1 ? "" : "s") \(time)"
    }

    /// The duration of one call: "0.4 ms", "87 ms", "1.24 s", "2 min 5 s".
    package static func call(microseconds: Int64) -> String {
        switch microseconds {
        case ..<10_000: "\(tenths(microseconds, of: 1000)) ms"
        case ..<1_000_000: "\(microseconds / 1000) ms"
        case ..<60_000_000: "\(hundredths(microseconds, of: 1_000_000)) s"
        default: "\(microseconds / 60_000_000) min \(microseconds / 1_000_000 % 60) s"
        }
    }

    private static func tenths(_ value: Int64, of unit: Int64) -> String {
        let tenths = value * 10 / unit
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    private static func hundredths(_ value: Int64, of unit: Int64) -> String {
        let hundredths = value * 100 / unit
        let fraction = hundredths % 100
        guard fraction > 0 else { return "\(hundredths / 100)" }
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction % 10 == 0 ? fraction / 10 : fraction)"
    }
}
