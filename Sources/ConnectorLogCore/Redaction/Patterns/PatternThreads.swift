/// The ways to match that Pike's machine follows at once, the preferred one first.
struct PatternThreads {
    struct Thread {
        var instruction: Int32
        /// The result so far; -1 while unknown.
        var start = -1
        var end = -1
    }

    /// At the place that is read, and behind it.
    var current: [Thread] = []
    var following: [Thread] = []
    private var open: [Thread] = []
    private var marks = InstructionMarks()

    init() {}

    init(of set: PatternSet) {
        marks = InstructionMarks(count: set.program.instructions.count)
    }

    mutating func removeAll() {
        current.removeAll(keepingCapacity: true)
        following.removeAll(keepingCapacity: true)
        marks.removeAll()
    }

    /// Goes to what follows the unit that was read.
    mutating func advance() {
        swap(&current, &following)
        following.removeAll(keepingCapacity: true)
    }

    /// To be called before threads are added at another place.
    mutating func beginPlace() { marks.removeAll() }

    /// Follows the thread to where it reads a unit or matches; of threads that come to one instruction the first
    /// remains.
    /// - Parameter isAhead: whether `position` is behind the unit that is being read.
    mutating func add(
        _ thread: Thread, at position: Int, in text: UnsafeRawBufferPointer, isAhead: Bool, of program: PatternProgram,
        work: inout Int
    ) {
        open.append(thread)
        while var thread = open.popLast() {
            work += 1
            guard marks.insert(thread.instruction) else { continue }
            switch program.instructions[Int(thread.instruction)] {
            case .read, .match:
                if isAhead { following.append(thread) } else { current.append(thread) }
                continue
            case .split(let preferred, let other):
                thread.instruction = other
                open.append(thread)
                thread.instruction = preferred
            case .jump(let target): thread.instruction = target
            case .assert(let assertion):
                guard Self.holds(assertion, at: position, in: text) else { continue }
                thread.instruction += 1
            case .start:
                thread.start = position
                thread.instruction += 1
            case .end:
                thread.end = position
                thread.instruction += 1
            }
            open.append(thread)
        }
    }

    private static func holds(
        _ assertion: PatternNode.Assertion, at position: Int, in text: UnsafeRawBufferPointer
    ) -> Bool {
        switch assertion {
        case .textStart: return position == 0
        case .textEnd: return position == text.count
        case .wordBoundary, .noWordBoundary:
            let isBoundary = TextUnit.isWord(at: position - 1, in: text) != TextUnit.isWord(at: position, in: text)
            return isBoundary == (assertion == .wordBoundary)
        }
    }
}

extension PatternSet {
    /// Reports the matches within the pattern's area.
    func findMatches(
        of pattern: Int, in text: UnsafeRawBufferPointer, _ scratch: inout PatternScratch,
        _ body: (_ pattern: Int, _ range: Range<Int>) -> Void
    ) {
        guard var position = scratch.areas[pattern].start else { return }
        let end = scratch.areas[pattern].end
        var readable = Self.maximumReadings * text.count
        while position < end {
            switch firstMatch(of: pattern, in: text, from: position, to: end, readable: &readable, &scratch) {
            case .none: return
            case .found(let result, let matchEnd):
                if !result.isEmpty { body(pattern, result) }
                position = matchEnd
            case .gaveUp(let start):
                body(pattern, start..<text.count)
                return
            }
        }
    }

    private enum Outcome {
        case none
        /// What is reported, empty when nothing is; and where the search goes on.
        case found(Range<Int>, end: Int)
        /// Too much was read. No match starts before the place.
        case gaveUp(Int)
    }

    private func firstMatch(
        of pattern: Int, in text: UnsafeRawBufferPointer, from start: Int, to end: Int, readable: inout Int,
        _ scratch: inout PatternScratch
    ) -> Outcome {
        let firstBytes = firstBytes[pattern]
        var position = start
        var idle = start
        var match: Outcome?
        scratch.threads.removeAll()
        while true {
            if scratch.threads.current.isEmpty {
                if let match { return match }
                while position < end, !firstBytes[Int(text[position])] { position += 1 }
                idle = position
                scratch.threads.beginPlace()
            }
            if match == nil, position < end {
                scratch.threads.add(
                    PatternThreads.Thread(instruction: starts[pattern]), at: position, in: text, isAhead: false,
                    of: program, work: &scratch.work)
            }
            guard readable > 0 else { return .gaveUp(idle) }
            readable -= 1
            // At the area's end threads may match, but none reads on.
            let unit = position < end ? TextUnit(at: position, in: text) : nil
            let next = position + (unit?.length ?? 0)
            scratch.threads.beginPlace()
            var index = 0
            threads: while index < scratch.threads.current.count {
                let thread = scratch.threads.current[index]
                index += 1
                scratch.work += 1
                switch program.instructions[Int(thread.instruction)] {
                case .read(let set):
                    guard let unit, program.contains(unit.value, in: set) else { continue }
                    var thread = thread
                    thread.instruction += 1
                    scratch.threads.add(
                        thread, at: next, in: text, isAhead: true, of: program, work: &scratch.work)
                case .match:
                    match = .found(thread.start < 0 ? 0..<0 : thread.start..<thread.end, end: position)
                    // What is less preferred than a match is not followed.
                    break threads
                default: preconditionFailure("threads wait only where they read or match")
                }
            }
            guard unit != nil else { return match ?? .none }
            scratch.threads.advance()
            position = next
        }
    }
}
