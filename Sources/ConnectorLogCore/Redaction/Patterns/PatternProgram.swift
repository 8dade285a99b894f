/// What regular expressions are compiled to: instructions of a virtual machine that follows all ways at once.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        /// Reads one unit of a set, by its number.
        case read(Int32)
        /// Goes on in two places, the preferred one first.
        case split(Int32, Int32)
        case jump(Int32)
        case assert(PatternNode.Assertion)
        /// Notes where the result starts.
        case start
        case end
        /// The pattern of this number matches.
        case match(Int32)
    }

    /// A set as it is asked: a bit for each of ASCII, and the place in `ranges` of what is beyond.
    private struct Test {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var ranges: Range<Int32>
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [UnitSet] = []
    private var tests: [Test] = []
    private var ranges: [ClosedRange<UInt32>] = []
    private var numbers: [UnitSet: Int32] = [:]
    private(set) var readsWordBoundaries = false

    init() {}

    @inline(__always)
    func contains(_ unit: UInt32, in set: Int32) -> Bool {
        let test = tests[Int(set)]
        if unit < 64 { return test.low >> UInt64(unit) & 1 != 0 }
        if unit < 128 { return test.high >> UInt64(unit & 63) & 1 != 0 }
        for place in test.ranges where unit <= ranges[Int(place)].upperBound {
            return unit >= ranges[Int(place)].lowerBound
        }
        return false
    }

    /// Appends the instructions of pattern `number`; returns where they start.
    mutating func append(_ node: PatternNode, number: Int) -> Int32 {
        let start = here
        emit(node.hasGroup ? node : .group(node))
        instructions.append(.match(Int32(number)))
        return start
    }

    private var here: Int32 { Int32(instructions.count) }

    /// Room for an instruction whose targets are not known yet.
    private mutating func reserve() -> Int {
        instructions.append(.jump(0))
        return instructions.count - 1
    }

    private mutating func emit(_ node: PatternNode) {
        switch node {
        case .units(let set):
            instructions.append(.read(number(of: set)))
        case .assertion(let assertion):
            if assertion == .wordBoundary || assertion == .noWordBoundary { readsWordBoundaries = true }
            instructions.append(.assert(assertion))
        case .sequence(let parts):
            for part in parts { emit(part) }
        case .choice(let branches):
            var jumps: [Int] = []
            for branch in branches.dropLast() {
                let split = reserve()
                emit(branch)
                jumps.append(reserve())
                instructions[split] = .split(Int32(split + 1), here)
            }
            if let last = branches.last { emit(last) }
            for jump in jumps { instructions[jump] = .jump(here) }
        case .repeated(let body, let repetition):
            emit(body, repetition)
        case .group(let body):
            instructions.append(.start)
            emit(body)
            instructions.append(.end)
        }
    }

    /// `x*` is written as `(?:x+)?`: thus a round that reads nothing ends the repetition, as it does in Perl, rather
    /// than the way that it took.
    private mutating func emit(_ body: PatternNode, _ repetition: PatternNode.Repetition) {
        func split(_ inside: Int32, _ outside: Int32) -> Instruction {
            repetition.isGreedy ? .split(inside, outside) : .split(outside, inside)
        }
        guard let most = repetition.most else {
            let skip = repetition.least == 0 ? reserve() : nil
            for _ in 0..<max(repetition.least - 1, 0) { emit(body) }
            let loop = here
            emit(body)
            instructions.append(split(loop, here + 1))
            if let skip { instructions[skip] = split(loop, here) }
            return
        }
        for _ in 0..<repetition.least { emit(body) }
        var skips: [Int] = []
        for _ in repetition.least..<most {
            skips.append(reserve())
            emit(body)
        }
        for skip in skips { instructions[skip] = split(Int32(skip + 1), here) }
    }

    private mutating func number(of set: UnitSet) -> Int32 {
        if let known = numbers[set] { return known }
        let number = Int32(sets.count)
        var test = Test(ranges: Int32(ranges.count)..<Int32(ranges.count))
        for range in set.ranges {
            for unit in range.clamped(to: 0...127) where range.contains(unit) {
                if unit < 64 { test.low |= 1 << UInt64(unit) } else { test.high |= 1 << UInt64(unit & 63) }
            }
            if range.upperBound > 127 { ranges.append(range) }
        }
        test.ranges = test.ranges.lowerBound..<Int32(ranges.count)
        sets.append(set)
        tests.append(test)
        numbers[set] = number
        return number
    }
}
