import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Testing

@Suite
struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000001Z", 1), ("1970-01-01T00:00:00.1Z", 100_000),
        ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T23:00:00-01:00", 0), ("1970-01-01t00:00:01z", 1_000_000),
        ("1970-01-01 00:00:01Z", 1_000_000), ("1970-01-01T00:00:00.1234567899Z", 123_456),
        ("2024-02-29T12:00:00+05:30", 1_709_188_200_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("1969-12-31T23:59:59.999999Z", -1), ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ("1970-01-01T00:00:00-00:00", 0),
    ])
    func readsRFC3339(text: String, microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "1970", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z",
        "1970-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "1970-01-32T00:00:00Z", "1970-01-00T00:00:00Z", "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+01",
        "1970-01-01T00:00:00+0100", "1970-01-01T00:00:00Zx", " 1970-01-01T00:00:00Z", "+970-01-01T00:00:00Z",
        "1970-01-01T00:00Z", "1970-1-1T00:00:00Z", "19700101T000000Z", "1970-01-01T00:00:00,5Z", "1970-01-01X00:00:00Z",
    ])
    func refusesOtherTexts(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func readsNaiveTextsAsUTCWhenAsked() {
        #expect(Timestamp("1970-01-02", missingOffset: .utc)?.microseconds == 86_400_000_000)
        #expect(Timestamp("1970-01-01T00:00:01.5", missingOffset: .utc)?.microseconds == 1_500_000)
        #expect(Timestamp("1970-01-01T00:00", missingOffset: .utc) == nil)
    }

    @Test func printsAsFoundationDoes() {
        var generator = SeededRandom(seed: 1)
        let style = Date.ISO8601FormatStyle(timeZone: .gmt)
        for _ in 0..<5000 {
            let seconds = Int64.random(in: -62_135_596_800...253_402_300_799, using: &generator)
            let microseconds = Int64.random(in: 0..<1_000_000, using: &generator)
            let time = Timestamp(microseconds: seconds * 1_000_000 + microseconds)
            let text = time.description
            #expect(text.utf8.count == 27)
            // Before 1583 Foundation may count days by the Julian calendar.
            if seconds > -12_212_553_600 {
                let printed = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(style)
                #expect(text.prefix(19) == printed.prefix(19))
            }
            #expect(Timestamp(text) == time)
            var bytes: [UInt8] = []
            time.append(to: &bytes)
            #expect(bytes == Array(text.utf8))
        }
    }

    @Test func readsAnyOffsetAsFoundationDoes() throws {
        var generator = SeededRandom(seed: 2)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: 0...4_102_444_800, using: &generator)
            let offset = Int.random(in: -14 * 60...14 * 60, using: &generator) * 60
            let zone = try #require(TimeZone(secondsFromGMT: offset))
            let style = Date.ISO8601FormatStyle(timeZoneSeparator: .colon, timeZone: zone)
            let text = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(style)
            #expect(Timestamp(text)?.microseconds == seconds * 1_000_000, "\(text)")
        }
    }

    @Test func textOrderIsTimeOrder() {
        var generator = SeededRandom(seed: 3)
        let times = (0..<500).map { _ in
            Timestamp(microseconds: Int64.random(in: 0...Timestamp.latest.microseconds, using: &generator))
        }
        #expect(times.sorted().map(\.description) == times.map(\.description).sorted())
    }
}

@Suite
struct CivilDateTests {
    @Test func countsEveryDayOfFourCenturies() {
        var (year, month, day): (Int64, Int64, Int64) = (1800, 1, 1)
        let first = CivilDate(year: 1800, month: 1, day: 1).daysSinceEpoch
        for days in first..<first + 146_097 {
            let date = CivilDate(year: year, month: month, day: day)
            if date.daysSinceEpoch != days || CivilDate(daysSinceEpoch: days) != date {
                Issue.record("\(date) is not day \(days)")
                return
            }
            day += 1
            if day > CivilDate.daysInMonth(year: year, month: month) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect((year, month, day) == (2200, 1, 1))
    }

    @Test(arguments: [(2000, 29), (1900, 28), (2024, 29), (2023, 28), (2100, 28), (2400, 29)])
    func knowsLeapYears(year: Int64, days: Int64) {
        #expect(CivilDate.daysInMonth(year: year, month: 2) == days)
    }
}
