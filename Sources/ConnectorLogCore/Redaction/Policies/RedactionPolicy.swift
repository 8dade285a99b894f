/// All rules that hold for one connector's entries. Immutable: a change of the rules makes a new one.
package final class RedactionPolicy: Sendable {
    let names: CredentialNames
    let placeholders: Placeholders
    private let latePlaceholders: PlaceholderCache
    /// The team's own, and the connector's; none without secrets.
    let known: [KnownSecrets]
    /// The same, for the second look.
    private let registered: [RegisteredValues]
    private let samples: [RegisteredValues.Samples]
    let secondLook: SecondLook
    /// Nil when the team has none.
    let patterns: TeamPatterns?
    package let keepsBodies: Bool
    let looks: Looks

    init(
        names: CredentialNames = .standard, placeholders: Placeholders,
        latePlaceholders: PlaceholderCache = PlaceholderCache(), known: [KnownSecrets] = [],
        registered: [RegisteredValues] = [], secondLook: SecondLook = SecondLook(),
        patterns: TeamPatterns? = nil, keepsBodies: Bool = true, looks: Looks = Looks()
    ) {
        self.names = names
        self.placeholders = placeholders
        self.latePlaceholders = latePlaceholders
        self.known = known
        self.registered = registered
        samples = registered.flatMap(\.samples)
        self.secondLook = secondLook
        self.patterns = patterns
        self.keepsBodies = keepsBodies
        self.looks = looks
    }

    func placeholder(for value: UnsafeRawBufferPointer) -> Placeholder {
        latePlaceholders.placeholder(for: value, of: placeholders)
    }

    /// Whether redaction left in a text what nobody should see.
    @inline(__always)
    func hasLeft(in text: UnsafeRawBufferPointer) -> Bool {
        // The samples are those of `registered`, which lives as long as this.
        withExtendedLifetime(self) { looks.second && SecondLook.finds(samples, in: text) }
    }

    /// The same, of a list of headers as it is stored.
    func hasLeft(inHeaders list: UnsafeRawBufferPointer) -> Bool {
        withExtendedLifetime(self) { looks.second && SecondLook.finds(samples, inHeaders: list) }
    }

    @inline(__always)
    func mayFindKnown(in text: MarkedText, isCut: Bool) -> Bool {
        guard looks.first else { return false }
        for known in known where known.mayFind(in: text, isCut: isCut) { return true }
        return false
    }
}
