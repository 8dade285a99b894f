/// The states of a set's automaton that were met so far, and where each class of units leads from them.
///
/// A state is the instructions that wait behind a unit, what that unit was, and the patterns that matched right before
/// it. Entries of the table say where a state's row starts; their upper bits say what is to be done there.
struct PatternStates {
    /// What was before the place: nothing, a unit of `\w`, or another; the latter two are one when no pattern asks.
    enum Before: Int, CaseIterable { case nothing, other, word }

    struct State {
        var before: Before
        /// Places in `pool`.
        var instructions: Range<Int>
        var matches: Range<Int>
    }

    static let maximumCount = 4_096
    /// Of table and pool together: 2 MB, for which arrays that double their memory hold up to 4 MB.
    static let maximumWords = 1 << 19
    /// States are made in vain when, before they are all dropped, each was of use for fewer units than this.
    static let leastUse = 8

    static let unknown = UInt32.max
    static let matching: UInt32 = 1 << 31
    /// Nothing waits: no match begins before here and goes on.
    static let idle: UInt32 = 1 << 30
    static let row: UInt32 = idle - 1

    private(set) var table: [UInt32] = []
    private var states: [State] = []
    private(set) var pool: [Int32] = []
    /// Places of states by their hash, open addressing; -1 where none is.
    private var buckets: [Int32] = []
    private let width: Int
    /// Where in the text the states were last dropped; negative when that was in texts before.
    private var droppedAt = 0

    /// Of the state that is being made.
    private var instructions: [Int32] = []
    private var matches: [Int32] = []
    private var open: [Int32] = []
    private var marks = InstructionMarks()

    init() { width = 1 }

    init(of set: PatternSet) {
        // One column for each class and one for the text's end.
        width = set.classes.count + 1
        marks = InstructionMarks(count: set.program.instructions.count)
        dropAll()
    }

    /// The entry of the state in which nothing waits. These are always there.
    func idleEntry(_ before: Before) -> UInt32 { UInt32(before.rawValue * width) | Self.idle }

    func state(_ entry: UInt32) -> State { states[Int(entry & Self.row) / width] }

    private mutating func dropAll() {
        table.removeAll(keepingCapacity: true)
        states.removeAll(keepingCapacity: true)
        pool.removeAll(keepingCapacity: true)
        buckets.removeAll(keepingCapacity: true)
        for _ in 0..<2 * Self.maximumCount { buckets.append(-1) }
        instructions.removeAll(keepingCapacity: true)
        matches.removeAll(keepingCapacity: true)
        for before in Before.allCases { _ = number(before) }
    }

    /// To be called when a text is done.
    mutating func endText(_ count: Int) { droppedAt -= count }

    // MARK: - Making states

    /// Where `unit` (nil: the text's end) leads from a state; nil when making states is in vain.
    mutating func next(
        from entry: UInt32, column: UInt32, unit: UInt32?, at position: Int, of set: PatternSet, work: inout Int
    ) -> UInt32? {
        let known = table[Int(entry & Self.row) + Int(column)]
        if known != Self.unknown { return known }
        let isWord = unit.map(TextUnit.isWord) ?? false
        read(unit, isWord: isWord, from: state(entry), of: set, work: &work)
        let before: Before = isWord && set.program.readsWordBoundaries ? .word : .other
        if hasRoom {
            let number = number(before)
            let next = self.entry(of: number)
            table[Int(entry & Self.row) + Int(column)] = next
            return next
        }
        let isInVain = position - droppedAt < Self.leastUse * states.count
        droppedAt = position
        let kept = (instructions, matches)
        dropAll()
        (instructions, matches) = kept
        let number = number(before)
        return isInVain ? nil : self.entry(of: number)
    }

    /// For the state of `instructions` and `matches`.
    private var hasRoom: Bool {
        states.count < Self.maximumCount
            && table.count + pool.count + width + instructions.count + matches.count <= Self.maximumWords
    }

    /// Fills `instructions` and `matches`.
    private mutating func read(
        _ unit: UInt32?, isWord: Bool, from state: State, of set: PatternSet, work: inout Int
    ) {
        instructions.removeAll(keepingCapacity: true)
        matches.removeAll(keepingCapacity: true)
        marks.removeAll()
        for place in state.instructions {
            follow(pool[place], unit, isWord: isWord, behind: state.before, of: set.program, work: &work)
        }
        for start in set.starts {
            follow(start, unit, isWord: isWord, behind: state.before, of: set.program, work: &work)
        }
        // The order says nothing here; thus there are fewer states.
        instructions.sort()
        matches.sort()
    }

    private mutating func follow(
        _ start: Int32, _ unit: UInt32?, isWord: Bool, behind before: Before, of program: PatternProgram,
        work: inout Int
    ) {
        open.append(start)
        while let place = open.popLast() {
            work += 1
            guard marks.insert(place) else { continue }
            switch program.instructions[Int(place)] {
            case .read(let set):
                if let unit, program.contains(unit, in: set) { instructions.append(place + 1) }
            case .split(let one, let other):
                open.append(one)
                open.append(other)
            case .jump(let target): open.append(target)
            case .assert(let assertion):
                let holds =
                    switch assertion {
                    case .textStart: before == .nothing
                    case .textEnd: unit == nil
                    case .wordBoundary: (before == .word) != isWord
                    case .noWordBoundary: (before == .word) == isWord
                    }
                if holds { open.append(place + 1) }
            case .start, .end: open.append(place + 1)
            case .match(let pattern): matches.append(pattern)
            }
        }
    }

    private func entry(of number: Int) -> UInt32 {
        let state = states[number]
        return UInt32(number * width) | (state.instructions.isEmpty ? Self.idle : 0)
            | (state.matches.isEmpty ? 0 : Self.matching)
    }

    /// The number of the state of `instructions` and `matches`, which is added when it is new.
    private mutating func number(_ before: Before) -> Int {
        var hash = UInt64(before.rawValue)
        for word in instructions { hash = (hash ^ UInt64(UInt32(bitPattern: word))) &* 0x9E37_79B9_7F4A_7C15 }
        for word in matches { hash = (hash ^ ~UInt64(UInt32(bitPattern: word))) &* 0x9E37_79B9_7F4A_7C15 }
        var bucket = Int(hash >> 32) % buckets.count
        while buckets[bucket] >= 0 {
            let number = Int(buckets[bucket])
            let state = states[number]
            if state.before == before, pool[state.instructions].elementsEqual(instructions),
                pool[state.matches].elementsEqual(matches)
            {
                return number
            }
            bucket = (bucket + 1) % buckets.count
        }
        let number = states.count
        let (start, middle) = (pool.count, pool.count + instructions.count)
        pool += instructions
        pool += matches
        states.append(State(before: before, instructions: start..<middle, matches: middle..<pool.count))
        for _ in 0..<width { table.append(Self.unknown) }
        buckets[bucket] = Int32(number)
        return number
    }
}
