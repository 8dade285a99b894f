import ConnectorLogCore

/// A batch as its own task made it ready for the committer, in parallel with others.
struct PreparedBatch: Sendable {
    /// A connector that has no row in the catalog yet.
    struct NewConnector: Hashable, Sendable {
        var key: LogTimeWindows.Key
        var teamID: Int64
        var identifier: String
    }

    enum Entries: Sendable {
        case none
        /// Enough for blocks of its own: only to be inserted.
        case blocks([CommitBlock])
        /// To be merged with other small batches of the same commit.
        case columns(EntryColumns)
    }

    var entries: Entries
    var states: FlowStateDeltas
    var faults: [RootFault]
    var changes: [StateChange]
    var pendingParts: [PendingPart]
    var releasedParts: [Int64]
    var newConnectors: [NewConnector]
    var idempotency: IdempotentAnswer?

    /// Whether its entries share a block with those of others.
    var isSmall: Bool {
        if case .blocks = entries { false } else { true }
    }

    /// What the batch holds while it waits, for the limit of the queue. The columns of finished blocks are counted with
    /// their request.
    var byteCount: Int {
        let entryBytes =
            switch entries {
            case .none: 0
            case .blocks(let blocks): blocks.reduce(0) { $0 + $1.encoded.byteCount }
            case .columns(let columns): columns.byteCount
            }
        return entryBytes + faults.reduce(512) { $0 + 1024 + ($1.responseBody?.bytes.count ?? 0) }
            + (changes.count + states.count) * 256 + (idempotency?.answer.count ?? 0)
            + pendingParts.reduce(0) { $0 + 256 + $1.entry.bytes.count } + releasedParts.count * 8
    }
}
