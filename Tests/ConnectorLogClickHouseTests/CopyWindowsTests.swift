import Testing

@testable import ConnectorLogClickHouse

@Suite struct CopyWindowsTests {
    private static let day = Dialect.day
    private let windows = CopyWindows(days: [
        .init(team: 1, number: 10, rows: 40), .init(team: 1, number: 12, rows: 50),
        .init(team: 1, number: 13, rows: 500),
        .init(team: 2, number: 10, rows: 5),
    ])

    @Test func smallDaysOfATeamGoTogether() {
        #expect(windows.index(behind: 0, .min) == 0)
        #expect(
            windows.window(0, behind: .min, rows: 100)
                == CopyWindow(team: 1, from: 10 * Self.day, to: 13 * Self.day))
        #expect(
            windows.window(0, behind: .min, rows: 50) == CopyWindow(team: 1, from: 10 * Self.day, to: 11 * Self.day))
        #expect(
            windows.window(3, behind: .min, rows: 100) == CopyWindow(team: 2, from: 10 * Self.day, to: 11 * Self.day))
    }

    @Test func whereAWindowEndedTheNextBegins() {
        #expect(windows.index(behind: 1, 11 * Self.day) == 1)
        #expect(windows.index(behind: 1, 13 * Self.day) == 2)
        #expect(windows.index(behind: 1, 13 * Self.day + 5) == 2)
        #expect(windows.index(behind: 1, 14 * Self.day) == 3)
        #expect(windows.index(behind: 2, 11 * Self.day) == nil)
        let half = windows.window(0, behind: 10 * Self.day + 7, rows: 100)
        #expect(half?.from == 10 * Self.day + 7)
    }

    @Test func largeDaysAreCutByTheirPieces() {
        #expect(windows.window(2, behind: .min, rows: 100) == nil)
        let start = 13 * Self.day
        let pieces = [
            CopyWindows.Bucket(from: start, to: start + 10, rows: 60),
            .init(from: start + 20, to: start + 30, rows: 40),
            .init(from: start + 30, to: start + 31, rows: 300), .init(from: start + 31, to: start + 40, rows: 100),
        ]
        func window(behind time: Int64) -> CopyWindow? {
            CopyWindows.window(pieces, of: windows.days[2], behind: time, rows: 100)
        }
        #expect(window(behind: .min) == CopyWindow(team: 1, from: start, to: start + 30))
        #expect(window(behind: start + 30) == CopyWindow(team: 1, from: start + 30, to: start + 31))
        #expect(window(behind: start + 25) == CopyWindow(team: 1, from: start + 25, to: start + 30))
        #expect(window(behind: start + 31) == CopyWindow(team: 1, from: start + 31, to: start + 40))
        #expect(window(behind: start + 40) == nil)
    }
}
