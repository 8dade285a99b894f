/// What a store takes. Only `RedactingBatchBuilder` makes one, so that nothing reaches a store past the redactor.
package struct RedactedBatch: Sendable {
    package private(set) var entries: EntryColumns
    /// Their ids are assigned at the commit.
    package let faults: [RootFault]
    package let states: [StateChange]

    init(entries: EntryColumns, faults: [RootFault], states: [StateChange]) {
        (self.entries, self.faults, self.states) = (entries, faults, states)
    }

    package var count: Int { entries.count + faults.count + states.count }
    package var isEmpty: Bool { count == 0 }

    /// The entries, of which the batch keeps none.
    package mutating func takeEntries() -> EntryColumns {
        defer { entries = EntryColumns() }
        return entries
    }
}
