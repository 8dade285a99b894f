import CTokens

/// The contexts of a column of tokens: numbered as a walk over its rows, from the first on, comes upon them. Whoever writes
/// and whoever reads takes the same steps, and so knows them by the same numbers.
struct TokenContexts {
    /// What a walk came upon a context behind.
    enum Origin: UInt8 {
        /// A gap with a name.
        case gap = 0
        /// A word of the context before.
        case context = 1
        /// A word of a path, wherever it stands.
        case word = 2
    }

    let rule: TokenFormat.Rule
    var count: Int { origins.count + 1 }

    /// Of each context but the first, and the number of its gap, its context or its word.
    private(set) var origins: [(kind: Origin, number: Int)] = []

    /// By context, the one behind a word when no name follows; 0 while unknown: no step leads to the first context.
    private var successors: [UInt32] = [0]
    /// By context, how many words came since the name.
    private var places: [UInt8] = [0]
    /// By gap, the context behind it when it has a name.
    private var heads: [UInt32] = []
    private var pathWords = WordTable()

    init(rule: TokenFormat.Rule) {
        self.rule = rule
    }

    /// The first context of every text.
    static let first = 0

    private mutating func make(place: UInt8, _ kind: Origin, _ number: Int) -> Int {
        origins.append((kind, number))
        successors.append(0)
        places.append(place)
        return origins.count
    }

    /// The context behind a gap that has a name.
    @inline(__always)
    mutating func head(ofGap gap: Int) -> Int {
        if gap < heads.count, heads[gap] != 0 { return Int(heads[gap]) }
        return makeHead(gap)
    }

    private mutating func makeHead(_ gap: Int) -> Int {
        while heads.count <= gap { heads.append(0) }
        let context = make(place: 0, .gap, gap)
        heads[gap] = UInt32(context)
        return context
    }

    /// The context of the next word by `Rule.place`, and by `Rule.path` behind an id.
    @inline(__always)
    mutating func successor(of context: Int) -> Int {
        let successor = Int(successors[context])
        return successor != 0 ? successor : makeSuccessor(of: context)
    }

    private mutating func makeSuccessor(of context: Int) -> Int {
        let place = places[context]
        // The last place follows itself.
        let next =
            rule == .place && place == UInt8(TokenFormat.places - 1)
            ? context : make(place: place &+ 1, .context, context)
        successors[context] = UInt32(next)
        return next
    }

    /// By `Rule.path`, the context behind a word that is a part of the path's form.
    mutating func successor(ofWord word: Range<Int>, in text: Span<UInt8>) -> Int {
        if let context = pathWords.value(of: text, word) { return Int(context) }
        let context = make(place: 0, .word, pathWords.count)
        pathWords.insert(text, word, UInt32(context))
        return context
    }

    /// The bytes of a word that is an origin.
    func word(_ number: Int) -> ArraySlice<UInt8> { pathWords[number] }
}

/// Numbers by words: open addressing, the words' bytes end to end.
struct WordTable {
    private var bytes: [UInt8] = []
    private var starts: [UInt32] = [0]
    private var values: [UInt32] = []
    private var hashes: [UInt32] = []
    /// The number of the word, and 1.
    private var slots: [UInt32] = Array(repeating: 0, count: 64)

    var count: Int { values.count }

    subscript(number: Int) -> ArraySlice<UInt8> { bytes[Int(starts[number])..<Int(starts[number + 1])] }

    private static let seed = UInt64.random(in: .min ... .max)

    @inline(__always)
    static func hash(_ text: Span<UInt8>, _ word: Range<Int>) -> UInt32 {
        unsafe TokenBytes.with(text, word, ifEmpty: 0) { unsafe word_hash($0, word.count, seed) }
    }

    /// The number of a word's entry, or of the free slot for it, negative.
    @inline(__always)
    private func find(_ text: Span<UInt8>, _ word: Range<Int>, _ hash: UInt32) -> Int {
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        let own = bytes.span
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            let range = Int(starts[number])..<Int(starts[number + 1])
            if hashes[number] == hash, TokenBytes.isEqual(own, range, text, word) { return number }
            slot = (slot + 1) & mask
        }
        return ~slot
    }

    func value(of text: Span<UInt8>, _ word: Range<Int>) -> UInt32? {
        let number = find(text, word, Self.hash(text, word))
        return number >= 0 ? values[number] : nil
    }

    /// - Precondition: the word has no number yet.
    mutating func insert(_ text: Span<UInt8>, _ word: Range<Int>, _ value: UInt32) {
        if (values.count + 1) * 2 > slots.count { grow() }
        let hash = Self.hash(text, word)
        slots[~find(text, word, hash)] = UInt32(values.count) + 1
        for at in word { bytes.append(text[at]) }
        starts.append(UInt32(bytes.count))
        values.append(value)
        hashes.append(hash)
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 4)
        for (number, hash) in hashes.enumerated() {
            var slot = Int(hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(number) + 1
        }
    }
}

enum TokenBytes {
    /// Whether two ranges hold the same bytes.
    @inline(__always)
    static func isEqual(_ a: Span<UInt8>, _ range: Range<Int>, _ b: Span<UInt8>, _ other: Range<Int>) -> Bool {
        guard range.count == other.count else { return false }
        return unsafe with(a, range, ifEmpty: true) { left in
            unsafe with(b, other, ifEmpty: true) { unsafe is_same_word(left, $0, range.count) }
        }
    }

    /// Gives the first of the range's bytes.
    @inline(__always)
    static func with<Value>(
        _ text: Span<UInt8>, _ range: Range<Int>, ifEmpty: Value, _ body: (UnsafePointer<UInt8>) -> Value
    ) -> Value {
        precondition(range.upperBound <= text.count)
        if range.isEmpty { return ifEmpty }
        return unsafe text.withUnsafeBufferPointer { text in
            unsafe text.baseAddress.map { unsafe body($0 + range.lowerBound) } ?? ifEmpty
        }
    }
}
