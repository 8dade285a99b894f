/// What redaction needs while it goes from text to text: the tally of the entry, and memory that is kept.
package struct RedactionWorkspace: ~Copyable {
    package var tally = RedactionTally()
    var findings: [Finding] = []
    var known = KnownSecrets.Scratch()
    var knownFound: [KnownSecrets.Found] = []
    var patterns = PatternScratch()
    /// A text with placeholders in the place of findings.
    var replaced = ByteScratch()
    private var placeholders = PlaceholderCache()

    /// Memory that one long text needed is not kept beyond this.
    static let keptBytes = 1 << 18

    package init() {}

    /// The value's placeholder: of the value behind its escapes, so that a token in a JSON string and in a header have one.
    mutating func placeholder(for value: UnsafeRawBufferPointer, of policy: RedactionPolicy) -> Placeholder {
        guard EscapeLayer.hasEscapes(value) else { return placeholders.placeholder(for: value, of: policy) }
        var layer = EscapeLayer()
        layer.undo(value)
        for _ in 1..<EscapeLayer.rounds where layer.isChanged { layer.undoAgain() }
        return layer.bytes.withUnsafeBytes { policy.placeholders.placeholder(for: $0) }
    }
}

/// The placeholders of values that came lately: a connector sends one token with a thousand calls.
private struct PlaceholderCache {
    private struct Slot {
        var team: Int64 = 0
        var value: [UInt8] = []
        var placeholder = Placeholder(bits: 0)
    }

    private static let slotCount = 256
    /// Longer values are not kept.
    private static let valueBytes = 512
    private var slots: [Slot] = []

    mutating func placeholder(for value: UnsafeRawBufferPointer, of policy: RedactionPolicy) -> Placeholder {
        guard value.count <= Self.valueBytes else { return policy.placeholders.placeholder(for: value) }
        if slots.isEmpty { slots = Array(repeating: Slot(), count: Self.slotCount) }
        let bytes = Span<UInt8>(_unsafeElements: value.assumingMemoryBound(to: UInt8.self))
        let slot = Int(ColumnHash.hash(bytes, seed: 0) % UInt64(Self.slotCount))
        let team = policy.placeholders.team
        if slots[slot].team == team, slots[slot].value.count == value.count, slots[slot].value.elementsEqual(value) {
            return slots[slot].placeholder
        }
        let placeholder = policy.placeholders.placeholder(for: value)
        slots[slot] = Slot(team: team, value: Array(value), placeholder: placeholder)
        return placeholder
    }
}
