/// What a store takes. Only `RedactingBatchBuilder` makes one, so that nothing reaches a store past the redactor.
package struct RedactedBatch: Sendable {
    package private(set) var entries: EntryColumns
    /// Their ids are assigned at the commit.
    package let faults: [RootFault]
    package let states: [StateChange]
    /// Parts of calls that wait for their other part, as `PendingCalls` says.
    package let pendingParts: [PendingPart]
    /// Numbers of parts that wait no longer: what became of them is in this batch.
    package let releasedParts: [Int64]
    /// Of the secrets and rules by which it is redacted, of each team the oldest; without teams whose catalog has none.
    package let secretVersions: [Int64: Int64]

    init(
        entries: EntryColumns, faults: [RootFault], states: [StateChange], pendingParts: [PendingPart],
        releasedParts: [Int64], secretVersions: [Int64: Int64]
    ) {
        (self.entries, self.faults, self.states) = (entries, faults, states)
        (self.pendingParts, self.releasedParts) = (pendingParts, releasedParts)
        self.secretVersions = secretVersions
    }

    package var count: Int { entries.count + faults.count + states.count + pendingParts.count }
    /// Whether it changes nothing.
    package var isEmpty: Bool { count == 0 && releasedParts.isEmpty }

    /// The entries, of which the batch keeps none.
    package mutating func takeEntries() -> EntryColumns {
        defer { entries = EntryColumns() }
        return entries
    }
}
