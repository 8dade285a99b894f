import ConnectorLogTesting
import Testing

@testable import ConnectorLogCore

@Suite struct LogTimeWindowsTests {
    @Test func movesATieOnByAMicrosecond() {
        var windows = LogTimeWindows()
        windows.open(1, times: [], horizon: .min)
        #expect([10, 10, 10, 11, 9].map { windows.reserve($0, of: 1) } == [10, 11, 12, 13, 9])
        windows.open(2, times: [], horizon: .min)
        #expect(windows.reserve(10, of: 2) == 10)
    }

    @Test func forgetsEarlyTimesOnlyWhenTheirEntriesAreStored() throws {
        var windows = LogTimeWindows()
        windows.open(1, times: [], horizon: .min)
        let count = LogTimeWindows.keptTimes * 3
        let times = (0..<count).map { windows.reserve(Int64($0) * 1000, of: 1) }
        for time in times[1...] { windows.settle([time], of: 1, isStored: true) }
        #expect(windows.horizon(of: 1) == .min)
        #expect(windows.reserve(1000, of: 1) == 1001)
        for time in [times[0], 1001] { windows.settle([time], of: 1, isStored: true) }
        let horizon = try #require(windows.horizon(of: 1))
        #expect(horizon >= 0)
        #expect(horizon < times[count - LogTimeWindows.keptTimes])
    }

    @Test func passesOverWhatTheStoreHasBelowTheHorizon() {
        var windows = LogTimeWindows()
        windows.open(1, times: [100, 101], horizon: 99)
        let stored = TakenTimes([98, 99])
        #expect(windows.reserve(98, of: 1, stored: stored) == 102)
        #expect(windows.reserve(50, of: 1, stored: stored) == 50)
        #expect(windows.reserve(50, of: 1, stored: stored) == 51)
    }

    @Test func timesOfABatchThatWasNotStoredAreFreeAgain() {
        var windows = LogTimeWindows()
        windows.open(1, times: [], horizon: .min)
        let times = [10, 10].map { windows.reserve($0, of: 1) }
        #expect(windows.reserve(10, of: 1) == 12)
        for time in times { windows.settle([time], of: 1, isStored: false) }
        #expect(windows.reserve(10, of: 1) == 10)
    }

    @Test func neverForgetsAWindowWithPendingTimes() {
        var windows = LogTimeWindows(maximumTimes: 10)
        windows.open(1, times: Array(0..<100), horizon: -1)
        windows.open(2, times: Array(0..<100), horizon: -1)
        windows.open(3, times: Array(0..<100), horizon: -1)
        _ = windows.reserve(5, of: 2)
        windows.held = [3]
        windows.shrink()
        #expect(windows.horizon(of: 1) == nil)
        // Of times that are stored it keeps as few as any.
        #expect(windows.horizon(of: 2) == 100 - Int64(LogTimeWindows.leastTimes))
        #expect(windows.horizon(of: 3) == -1)
    }

    @Test func manyConnectorsKeepFewerTimesEachInsteadOfForgettingSome() {
        var windows = LogTimeWindows(maximumTimes: 100 * 100)
        let keys = LogTimeWindows.Key(1)...100
        for key in keys {
            windows.open(key, times: [], horizon: .min)
            for time in 0..<Int64(LogTimeWindows.keptTimes) {
                windows.settle([windows.reserve(time, of: key)], of: key, isStored: true)
            }
        }
        windows.shrink()
        let kept = 100 / 2 - LogTimeWindows.windowCost
        for key in keys { #expect(windows.horizon(of: key) == Int64(LogTimeWindows.keptTimes - kept) - 1) }
    }

    @Test func doesNotShrinkAgainBeforeThereAreMoreTimes() {
        var windows = LogTimeWindows(maximumTimes: 1000)
        windows.open(1, times: [], horizon: .min)
        let times = (0..<2000).map { windows.reserve(Int64($0), of: 1) }
        // Nothing can go while the entries are not stored.
        windows.shrink()
        for time in times { windows.settle([time], of: 1, isStored: true) }
        let horizon = windows.horizon(of: 1)
        windows.shrink()
        #expect(windows.horizon(of: 1) == horizon)
        for time in Int64(2000)..<2400 { windows.settle([windows.reserve(time, of: 1)], of: 1, isStored: true) }
        windows.shrink()
        #expect(windows.horizon(of: 1) != horizon)
    }

    @Test func agreesWithASetOnRandomTimes() {
        var random = SeededRandom(seed: 11)
        var windows = LogTimeWindows()
        windows.open(1, times: [], horizon: .min)
        var taken: Set<Int64> = []
        for _ in 0..<2000 {
            let time = Int64.random(in: 0..<1500, using: &random)
            var expected = time
            while taken.contains(expected) { expected += 1 }
            taken.insert(expected)
            #expect(windows.reserve(time, of: 1) == expected)
        }
    }
}

extension LogTimeWindows {
    fileprivate mutating func reserve(_ time: Int64, of key: Key, stored: TakenTimes = TakenTimes()) -> Int64 {
        var times = [time]
        reserve([0], of: &times, for: key, stored: stored)
        return times[0]
    }
}
