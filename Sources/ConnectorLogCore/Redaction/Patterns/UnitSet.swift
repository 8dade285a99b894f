/// A set of text units, by their values.
struct UnitSet: Hashable, Sendable {
    /// In order, none empty, with a gap between each two.
    let ranges: [ClosedRange<UInt32>]

    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    init(_ scalar: Unicode.Scalar) {
        self.init([scalar.value...scalar.value])
    }

    static let digits = UnitSet([48...57])
    static let words = UnitSet([48...57, 65...90, 95...95, 97...122])
    static let blanks = UnitSet([9...13, 32...32])
    static let newline = UnitSet("\n")

    func union(_ other: UnitSet) -> UnitSet {
        UnitSet(ranges + other.ranges)
    }

    /// All other units, stray bytes among them.
    var inverted: UnitSet {
        var gaps: [ClosedRange<UInt32>] = []
        var start: UInt32 = 0
        for range in ranges {
            if range.lowerBound > start { gaps.append(start...range.lowerBound - 1) }
            start = range.upperBound + 1
        }
        if start <= TextUnit.stray { gaps.append(start...TextUnit.stray) }
        return UnitSet(gaps)
    }

    /// With the other case of each letter of ASCII.
    var ignoringCase: UnitSet {
        let small = ranges.compactMap { Self.overlap($0, 97...122) }.map { $0.lowerBound - 32...$0.upperBound - 32 }
        let large = ranges.compactMap { Self.overlap($0, 65...90) }.map { $0.lowerBound + 32...$0.upperBound + 32 }
        return UnitSet(ranges + small + large)
    }

    private static func overlap(_ a: ClosedRange<UInt32>, _ b: ClosedRange<UInt32>) -> ClosedRange<UInt32>? {
        a.overlaps(b) ? a.clamped(to: b) : nil
    }
}
