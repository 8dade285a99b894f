import ConnectorLogCore

/// How a bucket of a chart is called, as exactly as its width asks for: "Nov 19th", "Nov 19th, 10:00".
enum BucketLabel {
    private static let day: Int64 = 86_400_000_000

    /// In a table and under the pointer.
    static func text(_ start: Timestamp, width: Int64) -> String {
        // "Mar 5th 2021, 10:40:40"
        let whole = DisplayTime(start).text
        if width > day {
            let last = DisplayTime(start.advanced(byMicroseconds: width - day)).text
            return "\(whole.prefix { $0 != "," }) to \(last.prefix { $0 != "," })"
        }
        if width == day { return String(whole.prefix { $0 != "," }) }
        return width >= 60_000_000 ? String(whole.dropLast(3)) : whole
    }

    /// Under the axis, where there is little room: without the year where the width is less than a month.
    static func tick(_ start: Timestamp, width: Int64) -> String {
        let words = DisplayTime(start).text.split(separator: " ")
        let date = "\(words[0]) \(words[1].prefix { $0.isNumber })"
        let time = words[3]
        switch width {
        case (30 * day)...: return "\(words[0]) \(words[2].dropLast())"
        case (10_800_000_000)...: return date
        case 60_000_000...: return String(time.dropLast(3))
        default: return String(time)
        }
    }
}
