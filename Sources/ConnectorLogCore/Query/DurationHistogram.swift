/// How often calls took how long, in classes of which each is at most an eighth wider than its lower bound: what it answers
/// is off by some six per cent, and takes the same memory however many calls it counts.
///
/// Below 8 microseconds each value is a class; from there on each power of two has eight.
package struct DurationHistogram: Hashable, Sendable {
    private static let classesAPower = 8
    /// Durations from here on (some twelve days) count as this long.
    package static let longestCounted: Int64 = 1 << 40

    /// By class; as long as the highest that was counted.
    private var counts: [UInt32] = []
    package private(set) var count = 0
    private var shortest = Int64.max
    private var longest: Int64 = 0

    package init() {}

    /// - Parameter microseconds: below 0 counts as 0.
    package mutating func add(microseconds: Int64) {
        let value = min(max(microseconds, 0), Self.longestCounted)
        shortest = min(shortest, value)
        longest = max(longest, value)
        let number = Self.class(of: value)
        if number >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: number + 1 - counts.count))
        }
        counts[number] += 1
        count += 1
    }

    /// Durations of one class, which somebody else told apart.
    package mutating func add(class number: Int, count more: Int, shortest: Int64, longest: Int64) {
        self.shortest = min(self.shortest, min(max(shortest, 0), Self.longestCounted))
        self.longest = max(self.longest, min(max(longest, 0), Self.longestCounted))
        if number >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: number + 1 - counts.count))
        }
        counts[number] += UInt32(clamping: more)
        count += more
    }

    package mutating func add(_ other: DurationHistogram) {
        if counts.count < other.counts.count {
            counts.append(contentsOf: repeatElement(0, count: other.counts.count - counts.count))
        }
        for (number, more) in other.counts.enumerated() { counts[number] += more }
        count += other.count
        shortest = min(shortest, other.shortest)
        longest = max(longest, other.longest)
    }

    /// The duration that so large a part of calls did not exceed, in microseconds: the middle of its class, within what was
    /// counted. Nil without calls.
    /// - Parameter part: 0...1.
    package func quantile(_ part: Double) -> Int64? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((part * Double(count)).rounded(.up)))
        var passed = 0
        for (number, calls) in counts.enumerated() {
            passed += Int(calls)
            if passed >= rank { return min(max(Self.middle(ofClass: number), shortest), longest) }
        }
        return nil
    }

    private static func `class`(of value: Int64) -> Int {
        if value < classesAPower { return Int(value) }
        let power = 63 - value.leadingZeroBitCount
        return (power - 2) * classesAPower + Int(value >> (power - 3)) - classesAPower
    }

    private static func middle(ofClass number: Int) -> Int64 {
        if number < classesAPower { return Int64(number) }
        let power = number / classesAPower + 2
        let width = Int64(1) << (power - 3)
        let lower = Int64(number % classesAPower + classesAPower) << (power - 3)
        return lower + width / 2
    }
}
