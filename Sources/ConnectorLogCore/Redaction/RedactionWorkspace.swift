/// What redaction needs while it goes from text to text: the tally of the entry, and memory that is kept.
package struct RedactionWorkspace: ~Copyable {
    package var tally = RedactionTally()
    var findings: [Finding] = []
    var known = KnownSecrets.Scratch()
    var knownFound: [KnownSecrets.Found] = []
    var patterns = PatternScratch()
    /// A text with placeholders in the place of findings, and what it was before when it had some already.
    var replaced = ByteScratch()
    var replacedBefore = ByteScratch()
    /// A header's value without its findings, while its parts are looked at.
    private var held = ByteScratch()
    /// Where the texts of an entry lie.
    private var firstMemory = MarkedMemory()
    private var secondMemory = MarkedMemory()
    /// The marks of a text that lies elsewhere.
    private var marks = TextMarks()

    /// Memory that one long text needed is not kept beyond this.
    static let keptBytes = 1 << 18

    package init() {}

    /// Bytes that it holds, for limits.
    var byteCount: Int {
        replaced.capacity + replacedBefore.capacity + held.capacity + known.byteCount + marks.byteCount
            + firstMemory.byteCount + secondMemory.byteCount
    }

    /// The same text, good until the next one is held.
    mutating func hold(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        held.removeAll(keepingCapacity: Self.keptBytes)
        held.append(text)
        return held.bytes
    }

    /// Marks the memory of an entry's texts, which stays as it is until the next call.
    mutating func read(_ memory: (UnsafeRawBufferPointer, UnsafeRawBufferPointer), for policy: RedactionPolicy) {
        firstMemory.read(memory.0, known: policy.known)
        secondMemory.read(memory.1, known: policy.known)
    }

    /// There is no such memory: what comes next lies here and there.
    mutating func forgetMemory() {
        firstMemory.forget()
        secondMemory.forget()
    }

    /// The text with its marks: read with its entry's memory, or now; these are good until the next text is read.
    @inline(__always)
    mutating func marked(_ text: UnsafeRawBufferPointer, for policy: RedactionPolicy) -> MarkedText {
        if let marked = firstMemory.marked(text) { return marked }
        return markedElsewhere(text, policy)
    }

    @inline(never)
    private mutating func markedElsewhere(
        _ text: UnsafeRawBufferPointer, _ policy: RedactionPolicy
    ) -> MarkedText {
        if let marked = secondMemory.marked(text) { return marked }
        marks.read(text, known: policy.known)
        return marks.marked(text, from: 0, of: text.count)
    }

    /// The value's placeholder: of the value behind its escapes, so that a token in a JSON string and in a header have one.
    mutating func placeholder(for value: UnsafeRawBufferPointer, of policy: RedactionPolicy) -> Placeholder {
        guard EscapeLayer.hasEscapes(value) else { return policy.placeholder(for: value) }
        var layer = EscapeLayer()
        layer.undo(value)
        for _ in 1..<EscapeLayer.rounds where layer.isChanged { layer.undoAgain() }
        return layer.bytes.withUnsafeBytes { policy.placeholder(for: $0) }
    }
}
