import ConnectorLogCore

/// Finds the distinct values of a text column and gives each row the number of its value.
struct TextDictionary {
    /// Of each distinct value, the first row that has it.
    private(set) var firstRows: [Int] = []
    private(set) var indices: [UInt32] = []

    init(_ states: StateGroups) {
        (firstRows, indices) = (states.firstRows, states.numbers)
    }

    /// Nil when a dictionary would not pay: more than half of the rows are distinct.
    init?(_ column: TextColumn) {
        let rows = column.count
        guard rows > 1 else { return nil }
        var capacity = 64
        var slots = [Int32](repeating: -1, count: capacity)
        var hashes: [UInt64] = []
        indices.reserveCapacity(rows)
        let span = column.bytes.span
        for row in 0..<rows {
            // An early look saves most of the work on columns of ids.
            if firstRows.count * 2 > max(row, 128) { return nil }
            let range = column.range(row)
            let isNull = column.isNull(row)
            let hash = isNull ? 0 : Self.hash(span, range)
            var slot = Int(truncatingIfNeeded: hash) & (capacity - 1)
            var found: Int32 = -1
            while slots[slot] >= 0 {
                let candidate = Int(slots[slot])
                if hashes[candidate] == hash, Self.isEqual(column, span, firstRows[candidate], range, isNull) {
                    found = slots[slot]
                    break
                }
                slot = (slot + 1) & (capacity - 1)
            }
            if found < 0 {
                found = Int32(firstRows.count)
                slots[slot] = found
                firstRows.append(row)
                hashes.append(hash)
                if firstRows.count * 2 > capacity {
                    capacity *= 4
                    slots = Self.rehash(hashes, capacity: capacity)
                }
            }
            indices.append(UInt32(found))
        }
        if firstRows.count * 2 > rows { return nil }
    }

    private static func rehash(_ hashes: [UInt64], capacity: Int) -> [Int32] {
        var slots = [Int32](repeating: -1, count: capacity)
        for (number, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (capacity - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (capacity - 1) }
            slots[slot] = Int32(number)
        }
        return slots
    }

    private static func isEqual(
        _ column: TextColumn, _ span: Span<UInt8>, _ row: Int, _ range: Range<Int>, _ isNull: Bool
    ) -> Bool {
        let other = column.range(row)
        guard column.isNull(row) == isNull, other.count == range.count else { return false }
        for offset in 0..<range.count where span[other.lowerBound + offset] != span[range.lowerBound + offset] {
            return false
        }
        return true
    }

    /// In memory only, so free to change.
    private static func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(range.count)
        var at = range.lowerBound
        let raw = unsafe bytes.bytes
        // Sound: the loop's condition keeps the eight bytes within the span.
        while at + 8 <= range.upperBound {
            let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
            hash = (hash ^ word) &* 0xBF58_476D_1CE4_E5B9
            hash ^= hash >> 29
            at += 8
        }
        while at < range.upperBound {
            hash = (hash ^ UInt64(bytes[at])) &* 0x100_0000_01B3
            at += 1
        }
        hash = hash &* 0x94D0_49BB_1331_11EB
        return hash ^ hash >> 32
    }
}
