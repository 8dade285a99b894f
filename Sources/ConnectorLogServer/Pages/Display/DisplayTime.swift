package import ConnectorLogCore

/// An instant as pages show it: "Mar 5th 2021, 10:40:40", always UTC, and its RFC 3339 text for machines.
package struct DisplayTime: Hashable, Sendable {
    package enum Precision: Sendable {
        case seconds, milliseconds
    }

    package let text: String
    /// The `datetime` attribute of the `time` element.
    package let machine: String

    package init(_ time: Timestamp, precision: Precision = .seconds) {
        let day = time.microseconds.flooringDivision(by: 86_400_000_000)
        let date = CivilDate(daysSinceEpoch: day.quotient)
        let seconds = day.remainder / 1_000_000
        var text = "\(Self.months[Int(date.month) - 1]) \(Self.ordinal(date.day)) \(date.year), "
        text += [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        if precision == .milliseconds { text += "." + Self.padded(day.remainder / 1000 % 1000, 3) }
        (self.text, machine) = (text, time.description)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// 1st, 2nd, 3rd, 4th ... 11th, 12th, 13th ... 21st.
    static func ordinal(_ day: Int64) -> String {
        let suffix =
            switch (day % 10, day / 10 % 10) {
            case (_, 1): "th"
            case (1, _): "st"
            case (2, _): "nd"
            case (3, _): "rd"
            default: "th"
            }
        return "\(day)\(suffix)"
    }

    private static func padded(_ value: Int64, _ count: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}

extension Int64 {
    /// Quotient rounded down and a remainder that is never negative.
    fileprivate func flooringDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
