import Synchronization

/// Searches a text for many patterns at once.
///
/// First one automaton of all patterns reads the text once and tells which match and where about; nearly always none
/// does, and that was all. Its states are made when they are first met and kept in the scratch. Where one matches, a
/// machine that follows its ways in their order (Pike's) finds the exact places.
package final class PatternSet: Sendable {
    /// How often a search for one pattern may read as much as the text; see `forEachMatch`.
    package static let maximumReadings = 16

    private static let lastNumber = Atomic<UInt64>(0)

    /// Never that of another set.
    let number: UInt64
    let program: PatternProgram
    let classes: UnitClasses
    /// For each pattern its first instruction.
    let starts: [Int32]
    /// For each pattern which bytes a match can begin with.
    let firstBytes: [[Bool]]
    /// The same for all patterns together.
    let anyFirstBytes: [Bool]

    package init(_ patterns: [LinearPattern]) {
        number = Self.lastNumber.add(1, ordering: .relaxed).newValue
        var program = PatternProgram()
        starts = patterns.enumerated().map { program.append($1.node, number: $0) }
        self.program = program
        classes = UnitClasses(of: program.sets + (program.readsWordBoundaries ? [.words] : []))
        firstBytes = starts.map { [program] in program.firstBytes(from: $0) }
        anyFirstBytes = firstBytes.reduce([Bool](repeating: false, count: 256)) { zip($0, $1).map { $0 || $1 } }
    }

    /// Calls `body` with the pattern's place in the list and the bytes that it matches: its group's, or all. The
    /// matches of one pattern come in order and do not overlap; those of different patterns come pattern by pattern and
    /// may overlap. A match whose group is empty or took no part is left out.
    ///
    /// To find one match may take reading far beyond it (`a.*b|a` reads the line to its end for each `a`). A search
    /// that has so read `maximumReadings` times the text for one pattern ends: all of the rest is then reported as one
    /// match, so that no match is missed.
    package func forEachMatch(
        in text: UnsafeRawBufferPointer, using scratch: inout PatternScratch,
        _ body: (_ pattern: Int, _ range: Range<Int>) -> Void
    ) {
        guard !starts.isEmpty, !text.isEmpty else { return }
        if scratch.owner != number {
            scratch.states = PatternStates(of: self)
            scratch.threads = PatternThreads(of: self)
            scratch.owner = number
        }
        scratch.areas.removeAll(keepingCapacity: true)
        for _ in starts { scratch.areas.append(PatternScratch.Area()) }
        guard findAreas(in: text, &scratch) else { return }
        for pattern in starts.indices { findMatches(of: pattern, in: text, &scratch, body) }
    }
}

extension PatternProgram {
    /// Anchors are taken to hold, and all bytes beyond ASCII to be alike.
    fileprivate func firstBytes(from start: Int32) -> [Bool] {
        var bytes = [Bool](repeating: false, count: 256)
        var marks = InstructionMarks(count: instructions.count)
        marks.removeAll()
        var open = [start]
        while let place = open.popLast() {
            guard marks.insert(place) else { continue }
            switch instructions[Int(place)] {
            case .read(let set):
                for byte in 0..<128 where contains(UInt32(byte), in: set) { bytes[byte] = true }
                if sets[Int(set)].ranges.contains(where: { $0.upperBound > 127 }) {
                    for byte in 128..<256 { bytes[byte] = true }
                }
            case .split(let one, let other): open += [one, other]
            case .jump(let target): open.append(target)
            case .assert, .start, .end: open.append(place + 1)
            case .match: break
            }
        }
        return bytes
    }
}
