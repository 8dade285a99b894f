/// Hands over all that a store holds, while nobody changes it. The same for the store that is copied and for the copy, when it
/// is read back.
package protocol CopySource: Sendable {
    /// The next rows of a kind in an order of the store's own, which stays the same while the store does; nil behind the last.
    /// A chunk may be empty. It is bounded by rows and bytes, so that some chunks fit into memory.
    /// - Parameter place: of the chunk before; nil for the first.
    func chunk(_ kind: CopyKind, after place: CopyPlace?) async throws(StoreError) -> CopyChunk?
    /// What is another when states, faults, entries, answers or events were stored, changed or removed, or lie in another
    /// order: found without reading them all.
    func logPosition() async throws(StoreError) -> [UInt8]
    /// States, faults and entries, about: for who wants to know how far a copy has come.
    func rowCount() async throws(StoreError) -> Int
    /// What the store holds twice and not alike, in words for people.
    func contradictions() async throws(StoreError) -> [String]
    func close() async
}

/// Where a chunk ended: opaque to all but the source that it is of.
package struct CopyPlace: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
}

package struct CopyChunk: Sendable {
    package var rows: CopiedRows
    package var place: CopyPlace

    package init(_ rows: CopiedRows, place: CopyPlace) { (self.rows, self.place) = (rows, place) }
}

/// How far a copy has come. The target keeps it with what it speaks of; while it is there and not finished, no server opens
/// the target.
package struct CopyProgress: Hashable, Sendable {
    /// Tells the source as it was when the copy began.
    package var source: [UInt8]
    package var startedAt: Timestamp
    /// The kind that is being copied; nil when all are.
    package var kind: CopyKind?
    /// Behind what has been copied of this kind; nil when nothing has.
    package var place: CopyPlace?
    /// Rows that have been copied.
    package var rows = 0
    /// When all had been compared.
    package var finishedAt: Timestamp?

    package init(source: [UInt8], startedAt: Timestamp, kind: CopyKind?) {
        (self.source, self.startedAt, self.kind) = (source, startedAt, kind)
    }
}

/// All of a store but its entries and faults, which are in a store of their own under this ledger.
package protocol CopyLedgerSource: CopySource {
    /// What was committed when the source was opened.
    var snapshot: CommitSnapshot { get }
    /// Those that are not deleted.
    var teams: [Int64] { get }
}

/// Takes all that another store held. One process has it at a time: others are refused with `overloaded`.
package protocol CopyTarget: Sendable {
    /// Of the copy that was begun; nil where none was.
    func progress() async throws(StoreError) -> CopyProgress?
    /// Notes the beginning. Throws `conflict` when the store holds anything.
    func begin(_ progress: CopyProgress) async throws(StoreError)
    /// Stores rows and the place behind them: both are durable when it returns, or neither will be.
    func write(_ rows: CopiedRows?, _ progress: CopyProgress) async throws(StoreError)
    func close() async
}

/// What a store of entries without transactions needs of the ledger for a copy (docs/adr/0014, 0015).
package protocol CopyLedger: CopyTarget {
    /// The number of a new commit, which is open, for all to see.
    func open() async throws(StoreError) -> UInt64
    /// Ends a commit, with the place behind its rows. New ids are above `lastID` from then on, new times apart from `times`.
    func finish(
        _ commit: UInt64, times: [ConnectorKey: GivenTimes], lastID: EntryID, _ progress: CopyProgress
    ) async throws(StoreError)
    /// Gives a commit up: its rows count for nothing.
    func abandon(_ commit: UInt64) async throws(StoreError)
}

extension CopyPlace {
    /// Some numbers, and a text.
    package init(_ numbers: [Int64], _ text: [UInt8] = []) {
        bytes = [UInt8(numbers.count)]
        for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        bytes += text
    }

    /// What it was made of, when there are so many numbers. Throws `damaged`.
    package func parts(numbers count: Int) throws(StoreError) -> (numbers: [Int64], text: [UInt8]) {
        guard bytes.first.map(Int.init) == count, bytes.count > count * 8 else {
            throw StoreError(.damaged, "the place of the copy is damaged")
        }
        var numbers: [Int64] = []
        for number in 0..<count {
            var value: Int64 = 0
            for byte in 0..<8 { value |= Int64(bytes[1 + number * 8 + byte]) << Int64(byte * 8) }
            numbers.append(value)
        }
        return (numbers, Array(bytes[(1 + count * 8)...]))
    }
}
