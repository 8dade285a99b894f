import ConnectorLogCore

/// A batch that waits for its commit.
struct AppendedBatch: Sendable {
    private(set) var entries: EntryColumns
    private(set) var encoded: EncodedEntries
    var faults: [RootFault]
    var changes: [StateChange]
    var pendingParts: [PendingPart]
    var releasedParts: [Int64]
    var idempotency: IdempotentAnswer?
    let secretVersions: [Int64: Int64]
    /// What its commit holds until its end.
    let connectors: Set<ConnectorKey>
    /// Of connectors, flow states and idempotency tokens, as `GroupQueue` wants them.
    let keys: Set<UInt64>

    init(_ batch: consuming RedactedBatch, _ idempotency: IdempotentAnswer?) {
        entries = batch.takeEntries()
        encoded = EncodedEntries(entries)
        (faults, changes) = (batch.faults, batch.states)
        (pendingParts, releasedParts) = (batch.pendingParts, batch.releasedParts)
        self.idempotency = idempotency
        secretVersions = batch.secretVersions
        let connectors = BatchConnectors(entries)
        self.connectors = Set((0..<connectors.count).map { connectors.name($0) })
        // Two of one hash would wait for each other without need, which does no harm.
        let token = idempotency.map { UInt64(truncatingIfNeeded: $0.token.hashValue) }
        keys = Set(connectors.keys).union(token.map { [$0] } ?? []).union(Self.stateKeys(entries))
    }

    private static func stateKeys(_ entries: EntryColumns) -> Set<UInt64> {
        let states = entries[.stateID]
        let bytes = states.bytes.span
        var keys: Set<UInt64> = []
        for row in 0..<entries.count where !states.isNull(row) {
            keys.insert(LogTimeWindows.key(team: entries.teamIDs[row], bytes.extracting(states.range(row))))
        }
        return keys
    }

    /// About what it takes in memory, for the limit of the queue.
    var byteCount: Int {
        entries.byteCount + encoded.byteCount + faults.reduce(512) { $0 + 1024 + ($1.responseBody?.bytes.count ?? 0) }
            + changes.count * 256 + (idempotency?.answer.count ?? 0)
            + pendingParts.reduce(0) { $0 + 256 + $1.entry.bytes.count } + releasedParts.count * 8
    }

    var teams: Set<Int64> {
        Set(entries.teamIDs).union(faults.map(\.teamID)).union(changes.map(\.teamID))
            .union(pendingParts.map(\.key.teamID))
    }

    /// Without the rows of teams that there are no more.
    func limited(to teams: Set<Int64>) -> AppendedBatch {
        var left = self
        if !entries.teamIDs.allSatisfy(teams.contains) {
            var kept = EntryColumns()
            for row in 0..<entries.count where teams.contains(entries.teamIDs[row]) {
                kept.append(contentsOf: entries[row..<row + 1])
            }
            left.entries = kept
            left.encoded = EncodedEntries(kept)
        }
        left.faults = faults.filter { teams.contains($0.teamID) }
        left.changes = changes.filter { teams.contains($0.teamID) }
        left.pendingParts = pendingParts.filter { teams.contains($0.key.teamID) }
        return left
    }
}
