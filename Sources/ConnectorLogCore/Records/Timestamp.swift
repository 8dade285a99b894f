/// An instant in UTC, to the microsecond: the precision at which the log orders, pages and shows time.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package var microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static func < (a: Timestamp, b: Timestamp) -> Bool {
        a.microseconds < b.microseconds
    }

    package func advanced(byMicroseconds delta: Int64) -> Timestamp {
        Timestamp(microseconds: microseconds + delta)
    }

    package func advanced(bySeconds delta: Int64) -> Timestamp {
        advanced(byMicroseconds: delta * 1_000_000)
    }

    /// 9999-12-31T23:59:59.999999Z, the last instant that RFC 3339 can write.
    package static let latest = Timestamp(microseconds: 253_402_300_799_999_999)
    /// 1970-01-01T00:00:00Z. Earlier instants are refused: no vendor's API was called then.
    package static let epoch = Timestamp(microseconds: 0)
}

// MARK: - Text (RFC 3339)

extension Timestamp: CustomStringConvertible {
    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`: always 27 characters, so that text order is time order.
    package var description: String {
        String(unsafeUninitializedCapacity: 27) { write(to: $0) }
    }

    /// The first 27 bytes of `out` become the RFC 3339 text; returns 27.
    private func write(to out: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var days = microseconds / 86_400_000_000
        var rest = microseconds % 86_400_000_000
        if rest < 0 {
            rest += 86_400_000_000
            days -= 1
        }
        let date = CivilDate(daysSinceEpoch: days)
        func digits(_ value: Int64, _ count: Int, at offset: Int) {
            var value = value
            for i in stride(from: offset + count - 1, through: offset, by: -1) {
                out[i] = UInt8(48 + value % 10)
                value /= 10
            }
        }
        digits(date.year, 4, at: 0)
        out[4] = UInt8(ascii: "-")
        digits(date.month, 2, at: 5)
        out[7] = UInt8(ascii: "-")
        digits(date.day, 2, at: 8)
        out[10] = UInt8(ascii: "T")
        let seconds = rest / 1_000_000
        digits(seconds / 3600, 2, at: 11)
        out[13] = UInt8(ascii: ":")
        digits(seconds / 60 % 60, 2, at: 14)
        out[16] = UInt8(ascii: ":")
        digits(seconds % 60, 2, at: 17)
        out[19] = UInt8(ascii: ".")
        digits(rest % 1_000_000, 6, at: 20)
        out[26] = UInt8(ascii: "Z")
        return 27
    }

    /// Appends the 27 bytes of the RFC 3339 text.
    package func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 27) { out in
            _ = write(to: out)
            bytes.append(contentsOf: out)
        }
    }

    /// How a text without an offset is read.
    package enum MissingOffset: Sendable {
        /// It is no RFC 3339 date-time, so nil.
        case refused
        /// UTC, and a bare date is its midnight: what naive clients of the compatible API send.
        case utc
    }

    package init?(_ text: String, missingOffset: MissingOffset = .refused) {
        var text = text
        let parsed = text.withUTF8 { Timestamp(rfc3339: UnsafeRawBufferPointer($0), missingOffset: missingOffset) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Reads an RFC 3339 date-time (section 5.6) with any offset; digits beyond the microsecond are cut. A leap second
    /// (`:60`) is read as the first instant of the next minute. Nil when the text is no such date-time.
    package init?(rfc3339 text: UnsafeRawBufferPointer, missingOffset: MissingOffset = .refused) {
        var reader = DigitReader(text: text)
        guard let year = reader.digits(4), reader.skip(UInt8(ascii: "-")),
            let month = reader.digits(2), reader.skip(UInt8(ascii: "-")),
            let day = reader.digits(2), (1...12).contains(month), day >= 1,
            day <= CivilDate.daysInMonth(year: year, month: month)
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        if reader.atEnd, missingOffset == .utc {
            self.init(microseconds: days * 86_400_000_000)
            return
        }
        guard let separator = reader.next(), separator | 0x20 == UInt8(ascii: "t") || separator == UInt8(ascii: " "),
            let hour = reader.digits(2), reader.skip(UInt8(ascii: ":")),
            let minute = reader.digits(2), reader.skip(UInt8(ascii: ":")),
            let second = reader.digits(2), hour <= 23, minute <= 59, second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if reader.skip(UInt8(ascii: ".")) {
            guard let value = reader.fraction() else { return nil }
            fraction = value
        }
        var offset: Int64 = 0
        switch reader.next() {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            break
        case let sign? where sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"):
            guard let hours = reader.digits(2), reader.skip(UInt8(ascii: ":")), let minutes = reader.digits(2),
                hours <= 23, minutes <= 59
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
        case nil where missingOffset == .utc:
            break
        default:
            return nil
        }
        guard reader.atEnd else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }
}

private struct DigitReader {
    let text: UnsafeRawBufferPointer
    var position = 0

    var atEnd: Bool { position == text.count }

    mutating func next() -> UInt8? {
        guard position < text.count else { return nil }
        position += 1
        return text[position - 1]
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard position < text.count, text[position] == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    mutating func digits(_ count: Int) -> Int64? {
        guard position + count <= text.count else { return nil }
        var value: Int64 = 0
        for i in position..<position + count {
            let digit = text[i] &- 48
            guard digit <= 9 else { return nil }
            value = value * 10 + Int64(digit)
        }
        position += count
        return value
    }

    /// At least one digit; the first six count.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var seen = 0
        while position < text.count, text[position] &- 48 <= 9 {
            if seen < 6 { value = value * 10 + Int64(text[position] &- 48) }
            seen += 1
            position += 1
        }
        guard seen > 0 else { return nil }
        for _ in seen..<max(seen, 6) { value *= 10 }
        return value
    }
}

/// A date of the proleptic Gregorian calendar and its count of days, by the "days from civil" method (Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms").
package struct CivilDate: Hashable, Sendable {
    package var year: Int64
    package var month: Int64
    package var day: Int64

    package init(year: Int64, month: Int64, day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    package init(daysSinceEpoch: Int64) {
        let z = daysSinceEpoch + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSinceEpoch: Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    package static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
