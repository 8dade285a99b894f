#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Date {
    /// UTC with microseconds, as `2026-11-01T12:00:00.000000Z`. Foundation's own format has milliseconds.
    var rfc3339: String {
        let microseconds = Int64((timeIntervalSince1970 * 1_000_000).rounded())
        let (seconds, fraction) = microseconds.quotientAndFlooredRemainder(dividingBy: 1_000_000)
        let (days, second) = seconds.quotientAndFlooredRemainder(dividingBy: 86_400)
        let (year, month, day) = Self.civil(days: days)
        return """
            \(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\
            \(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2)).\(padded(fraction, 6))Z
            """
    }

    /// Days since 1970 as a date of the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
    /// `civil_from_days`): years begin in March, so that the leap day is their last.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).quotientAndFlooredRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

private func padded(_ number: Int64, _ digits: Int) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}

extension Int64 {
    fileprivate func quotientAndFlooredRemainder(dividingBy divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
