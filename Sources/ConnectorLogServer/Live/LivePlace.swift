package import ConnectorLogCore

/// Up to where a reader of a flow state knows what came in. Calls and faults are not read at the same moment, so each kind
/// has a place of its own: a call that is stored between the two reads has a lower id than a fault that came with it.
package struct LivePlace: Hashable, Sendable, LosslessStringConvertible {
    package var entries: EntryID
    package var faults: EntryID

    /// Before everything.
    package static let start = LivePlace(entries: EntryID(high: 0, low: 0), faults: EntryID(high: 0, low: 0))

    package init(entries: EntryID, faults: EntryID) {
        (self.entries, self.faults) = (entries, faults)
    }

    package init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 2, let entries = EntryID(String(parts[0])), let faults = EntryID(String(parts[1])) else {
            return nil
        }
        self.init(entries: entries, faults: faults)
    }

    /// The two ids with a point between them, of which an address encodes nothing.
    package var description: String { "\(entries).\(faults)" }
}
