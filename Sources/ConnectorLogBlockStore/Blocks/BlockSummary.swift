import ConnectorLogCore

/// What the directory knows of a stored block without reading it.
struct BlockSummary: Sendable, Hashable {
    var id: Int64
    /// 0 as committed; above that, the compactions that it went through.
    var level: Int
    /// Nil when entries of several teams share the block.
    var teamID: Int64?
    var rows: Int
    /// Least and greatest `log_time`, both inclusive.
    var firstTime: Int64
    var lastTime: Int64
    var firstID: EntryID
    var lastID: EntryID
    var ok: Int
    var failed: Int
    var rawBytes: Int
    var storedBytes: Int
    /// When retention removed headers, bodies, attributes and receipts of all rows, in microseconds; nil while they are
    /// kept. No block has rows of both kinds.
    var detailsRemovedAt: Int64?

    /// False when the row was damaged: the block may hold any id then.
    var hasKnownIDs: Bool { lastID != Self.unknownLastID }

    /// Greater than every id that is given.
    static let unknownLastID = EntryID(high: .max, low: .max)

    func mayHold(team: Int64) -> Bool { teamID == nil || teamID == team }

    func mayHold(id: EntryID) -> Bool { firstID <= id && id <= lastID }

    /// Whether some instant of `from..<to` lies between the block's first and last.
    func overlaps(from: Timestamp?, to: Timestamp?) -> Bool {
        (from.map { lastTime >= $0.microseconds } ?? true) && (to.map { firstTime < $0.microseconds } ?? true)
    }
}
