import ConnectorLogCore

/// The distinct keys of a filter. They are hashes already, so that their low bits are good as places in a table.
struct FilterKeys {
    private(set) var hashes: [UInt64] = []
    /// 0 is a free place: the hash that is 0 is noted apart.
    private var table: [UInt64]
    private var holdsZero = false

    init(capacity: Int) {
        var size = 64
        while size < capacity * 2 { size *= 2 }
        table = Array(repeating: 0, count: size)
        hashes.reserveCapacity(capacity)
    }

    @inline(__always)
    mutating func insert(_ column: TextColumn, _ row: Int, key: (Span<UInt8>) -> UInt64) {
        if column.isNull(row) { return }
        insert(key(column.bytes.span.extracting(column.range(row))))
    }

    /// The words of a text.
    mutating func insert(wordsOf text: Span<UInt8>, _ range: Range<Int>) {
        WordKeys.forEach(in: text, range) { insert($0) }
    }

    mutating func insert(_ hash: UInt64) {
        if hash == 0 {
            if !holdsZero { hashes.append(0) }
            holdsZero = true
            return
        }
        if (hashes.count + 1) * 4 > table.count * 3 { grow() }
        if place(hash) { hashes.append(hash) }
    }

    private mutating func grow() {
        table = Array(repeating: 0, count: table.count * 2)
        for hash in hashes where hash != 0 { _ = place(hash) }
    }

    /// False when it is there already.
    private mutating func place(_ hash: UInt64) -> Bool {
        var at = Int(truncatingIfNeeded: hash) & (table.count - 1)
        while table[at] != 0 {
            if table[at] == hash { return false }
            at = (at + 1) & (table.count - 1)
        }
        table[at] = hash
        return true
    }
}
