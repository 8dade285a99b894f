extension PatternSet {
    /// Where the automaton is in the text.
    private struct Reading {
        var position = 0
        /// The last place where nothing waited.
        var idle = 0
        var entry: UInt32
    }

    /// Reads the text once and fills the scratch's areas. False when nothing matches.
    func findAreas(in text: UnsafeRawBufferPointer, _ scratch: inout PatternScratch) -> Bool {
        var isMatched = false
        var reading = Reading(entry: scratch.states.idleEntry(.nothing))
        scratch.work += text.count
        defer { scratch.states.endText(text.count) }
        while true {
            readOn(&reading, in: text, scratch.states)
            let unit = reading.position < text.count ? TextUnit(at: reading.position, in: text) : nil
            let column = unit.map { classes.number(of: $0.value) } ?? UInt32(classes.count)
            let next = scratch.states.next(
                from: reading.entry, column: column, unit: unit?.value, at: reading.position, of: self,
                work: &scratch.work)
            guard let next else {
                giveUp(text, &scratch)
                return true
            }
            if next & PatternStates.matching != 0 {
                isMatched = true
                for place in scratch.states.state(next).matches {
                    let pattern = Int(scratch.states.pool[place])
                    scratch.areas[pattern].start = scratch.areas[pattern].start ?? reading.idle
                    scratch.areas[pattern].end = reading.position
                }
            }
            guard let unit else { return isMatched }
            reading.entry = next
            reading.position += unit.length
        }
    }

    /// Goes as far as states are known and nothing matches.
    private func readOn(_ reading: inout Reading, in text: UnsafeRawBufferPointer, _ states: borrowing PatternStates) {
        let table = states.table.span
        let (firstBytes, columns) = (anyFirstBytes, classes.ascii)
        var (position, entry) = (reading.position, reading.entry)
        while true {
            if entry & PatternStates.idle != 0 {
                let start = position
                while position < text.count, !firstBytes[Int(text[position])] { position += 1 }
                if position > start { entry = states.idleEntry(before(position, in: text)) }
                reading.idle = position
            }
            guard position < text.count else { break }
            let byte = text[position]
            let (column, length): (UInt32, Int)
            if byte < 0x80 {
                (column, length) = (columns[Int(byte)], 1)
            } else {
                let unit = TextUnit(at: position, in: text)
                (column, length) = (classes.number(of: unit.value), unit.length)
            }
            let next = table[Int(entry & PatternStates.row &+ column)]
            if next >= PatternStates.matching { break }
            entry = next
            position += length
        }
        (reading.position, reading.entry) = (position, entry)
    }

    private func before(_ position: Int, in text: UnsafeRawBufferPointer) -> PatternStates.Before {
        program.readsWordBoundaries && TextUnit.isWord(at: position - 1, in: text) ? .word : .other
    }

    /// Any pattern may match from where it was seen to, or from anywhere.
    private func giveUp(_ text: UnsafeRawBufferPointer, _ scratch: inout PatternScratch) {
        for pattern in starts.indices {
            scratch.areas[pattern].start = scratch.areas[pattern].start ?? 0
            scratch.areas[pattern].end = text.count
        }
    }
}
