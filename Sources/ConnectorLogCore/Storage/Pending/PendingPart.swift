/// One side of a call that was told by itself, its request or an answer to it, and waits for the other.
///
/// It is a part of a batch like entries are: `RedactingBatchBuilder` alone makes one, so that it comes without its secrets.
package struct PendingPart: Hashable, Sendable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        case request = 1
        case response = 2
        /// What came in the place of a response.
        case failure = 3

        package var isAnswer: Bool { self != .request }
    }

    /// What names a part. Names that senders give are not stored: they may be anything, a secret too.
    package struct Key: Hashable, Sendable {
        package static let byteCount = 16

        package var teamID: Int64
        /// Equal in all parts of one call: `byteCount` bytes that tell nothing.
        package var call: [UInt8]
        /// Equal when one part is told again: `byteCount` bytes that tell nothing, not even of equal parts of two teams.
        package var event: [UInt8]
        package var kind: Kind

        package init(teamID: Int64, call: [UInt8], event: [UInt8], kind: Kind) {
            (self.teamID, self.call, self.event, self.kind) = (teamID, call, event, kind)
        }
    }

    package var key: Key
    package var arrivedAt: Timestamp
    /// The part as an entry.
    package var entry: PackedEntry

    package init(key: Key, arrivedAt: Timestamp, entry: PackedEntry) {
        (self.key, self.arrivedAt, self.entry) = (key, arrivedAt, entry)
    }
}

/// A part as a store holds it.
package struct StoredPendingPart: Hashable, Sendable {
    /// Rises in the order of commits, and is not given twice.
    package var number: Int64
    package var teamID: Int64
    /// As in `PendingPart.Key`.
    package var call: [UInt8]
    package var kind: PendingPart.Kind
    package var arrivedAt: Timestamp
    /// Nil when the stored bytes are damaged: the part can only be given up.
    package var entry: PackedEntry?

    package init(
        number: Int64, teamID: Int64, call: [UInt8], kind: PendingPart.Kind, arrivedAt: Timestamp, entry: PackedEntry?
    ) {
        self.number = number
        self.teamID = teamID
        self.call = call
        self.kind = kind
        self.arrivedAt = arrivedAt
        self.entry = entry
    }

    package init(number: Int64, _ part: PendingPart) {
        self.init(
            number: number, teamID: part.key.teamID, call: part.key.call, kind: part.key.kind,
            arrivedAt: part.arrivedAt, entry: part.entry)
    }
}

/// How much waits.
package struct PendingCounts: Hashable, Sendable {
    package var parts: Int
    /// Of `PackedEntry.bytes`.
    package var bytes: Int

    package init(parts: Int, bytes: Int) {
        (self.parts, self.bytes) = (parts, bytes)
    }
}

/// Parts of calls that a `LogWriter` of the same store took and that wait.
///
/// - `RedactedBatch.pendingParts` are stored with their batch, in its transaction. A part whose `event` was stored within the
///   last 24 hours is passed over, also when that one has been released. Of very many (five million or more) a store may
///   forget the earliest before.
/// - `RedactedBatch.releasedParts` are forgotten with the batch that stores what became of them, in its transaction: a call
///   is stored once, whatever is cut short between.
/// - Parts of a team that was deleted may be passed over, and may be answered.
package protocol PendingCalls: Sendable {
    /// Of one team, or of all.
    func pendingCounts(team: Int64?) async throws(StoreError) -> PendingCounts
    /// The parts of calls that need not wait any longer: those with a request and an answer, and those of which a part
    /// arrived before `time`. Call by call in the order of their first parts, the parts of each by number.
    /// - Parameters:
    ///   - limit: calls at most.
    ///   - bytes: of entries; the call that passes it is the last.
    func pendingCalls(
        arrivedBefore time: Timestamp, limit: Int, bytes: Int
    ) async throws(StoreError) -> [[StoredPendingPart]]
}
