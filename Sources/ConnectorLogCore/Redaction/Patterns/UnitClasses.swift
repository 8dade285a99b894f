/// The units of text, put together in classes that a program never tells apart, so that a table over them is small.
struct UnitClasses: Sendable {
    /// Of each unit of ASCII.
    let ascii: [UInt32]
    /// Where spans of units of one class begin, in order.
    private let starts: [UInt32]
    private let classes: [UInt32]
    /// One unit of each class.
    let representatives: [UInt32]

    /// - Parameter sets: what the program tells apart.
    init(of sets: [UnitSet]) {
        // A class is known by the sum of random keys of the sets that hold it. Two are taken for one by chance once in
        // 2^64; keys are drawn anew each time, so that no expression can be made to that end.
        var changes: [UInt32: UInt64] = [0: 0, 128: 0]
        for set in sets {
            let key = UInt64.random(in: .min ... .max)
            for range in set.ranges {
                changes[range.lowerBound, default: 0] ^= key
                changes[range.upperBound + 1, default: 0] ^= key
            }
        }
        var numbers: [UInt64: UInt32] = [:]
        var ascii = [UInt32](repeating: 0, count: 128)
        var (starts, classes, representatives): ([UInt32], [UInt32], [UInt32]) = ([], [], [])
        var sum: UInt64 = 0
        for (start, change) in changes.sorted(by: { $0.key < $1.key }) where start <= TextUnit.stray {
            sum ^= change
            let number = numbers[sum] ?? UInt32(representatives.count)
            if numbers.updateValue(number, forKey: sum) == nil { representatives.append(start) }
            for unit in start..<max(start, 128) { ascii[Int(unit)] = number }
            starts.append(start)
            classes.append(number)
        }
        (self.ascii, self.starts, self.classes, self.representatives) = (ascii, starts, classes, representatives)
    }

    var count: Int { representatives.count }

    @inline(__always)
    func number(of unit: UInt32) -> UInt32 {
        unit < 128 ? ascii[Int(unit)] : numberBeyondASCII(unit)
    }

    private func numberBeyondASCII(_ unit: UInt32) -> UInt32 {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= unit { low = middle } else { high = middle }
        }
        return classes[low]
    }
}
