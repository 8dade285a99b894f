/// The date of HTTP's `Date` header: IMF-fixdate (RFC 9110, section 5.6.7), 29 characters, seconds.
package enum HTTPDate {
    package static let length = 29

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"].map { Array($0.utf8) }
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { Array($0.utf8) }

    /// Seconds since 1970 of a text that `append` would write in just the same way; nil for any other.
    package static func seconds(_ text: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        guard range.count == length else { return nil }
        func digits(_ offset: Int, _ count: Int) -> Int64? {
            var value: Int64 = 0
            for at in range.lowerBound + offset..<range.lowerBound + offset + count {
                guard text[at] &- 48 <= 9 else { return nil }
                value = value * 10 + Int64(text[at] &- 48)
            }
            return value
        }
        guard let day = digits(5, 2), let year = digits(12, 4), let hour = digits(17, 2), let minute = digits(20, 2),
            let second = digits(23, 2), day >= 1, hour < 24, minute < 60, second < 60, year >= 1970,
            let month = months.firstIndex(where: { name in
                (0..<3).allSatisfy { name[$0] == text[range.lowerBound + 8 + $0] }
            })
        else { return nil }
        let date = CivilDate(year: year, month: Int64(month + 1), day: day)
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second
        guard (0...latest).contains(seconds) else { return nil }
        // Says the same in other letters (another weekday, 31 February): not to be had again from its seconds.
        var again: [UInt8] = []
        append(seconds, to: &again)
        return (0..<length).allSatisfy { again[$0] == text[range.lowerBound + $0] } ? seconds : nil
    }

    /// - Precondition: `seconds` lies within the years 1970...9999.
    package static func append(_ seconds: Int64, to bytes: inout [UInt8]) {
        let day = seconds / 86_400
        let date = CivilDate(daysSinceEpoch: day)
        func digits(_ value: Int64, _ divisors: [Int64]) {
            for divisor in divisors { bytes.append(UInt8(truncatingIfNeeded: 48 + value / divisor % 10)) }
        }
        bytes += days[Int(day % 7)]
        bytes += [UInt8(ascii: ","), UInt8(ascii: " ")]
        digits(date.day, [10, 1])
        bytes.append(UInt8(ascii: " "))
        bytes += months[Int(date.month - 1)]
        bytes.append(UInt8(ascii: " "))
        digits(date.year, [1000, 100, 10, 1])
        bytes.append(UInt8(ascii: " "))
        digits(seconds / 3600 % 24, [10, 1])
        bytes.append(UInt8(ascii: ":"))
        digits(seconds / 60 % 60, [10, 1])
        bytes.append(UInt8(ascii: ":"))
        digits(seconds % 60, [10, 1])
        bytes += [UInt8(ascii: " "), UInt8(ascii: "G"), UInt8(ascii: "M"), UInt8(ascii: "T")]
    }

    /// The last second that the four digits of the year can say.
    package static let latest = Timestamp.latest.microseconds / 1_000_000
}
