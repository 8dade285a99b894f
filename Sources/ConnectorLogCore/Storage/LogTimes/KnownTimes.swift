/// What the store said of a connector's times.
package struct KnownTimes: Sendable {
    package var times: TakenTimes
    /// The window's horizon when the store was asked: above it the window knows.
    package var horizon: Int64
    /// What was asked for; rising.
    package var ranges: [ClosedRange<Int64>]

    package init(times: TakenTimes, horizon: Int64, ranges: [ClosedRange<Int64>]) {
        (self.times, self.horizon, self.ranges) = (times, horizon, ranges)
    }

    /// The times up to the horizon, each with `slack` behind it, as few ranges: a batch of one old entry and one new must
    /// not read all that lies between.
    package static func ranges(of times: [Int64], upTo horizon: Int64, slack: Int64) -> [ClosedRange<Int64>] {
        var ranges: [ClosedRange<Int64>] = []
        for time in times.filter({ $0 <= horizon }).sorted() {
            if let last = ranges.last, time <= last.upperBound + 1 {
                ranges[ranges.count - 1] = last.lowerBound...time + slack
            } else {
                ranges.append(time...time + slack)
            }
        }
        return ranges
    }

    /// Whether all times from that of a row to the one that it was given are known.
    package func covers(from time: Int64, to given: Int64) -> Bool {
        if time > horizon { return true }
        let next = ranges.firstIndex(rising: { $0.upperBound >= time })
        guard next < ranges.count, ranges[next].lowerBound <= time else { return false }
        return given <= ranges[next].upperBound || ranges[next].upperBound >= horizon
    }
}
