import CTokens
import ConnectorLogCore

/// Takes the texts of a column apart: which words and gaps each context had, in the order of the rows.
struct TokenSplitter {
    private typealias Format = TokenFormat

    /// A word that is not like the first of its context.
    struct Word {
        var context: UInt32
        var start: UInt32
        var length: UInt32

        @inline(__always)
        var range: Range<Int> { Int(start)..<Int(start) + Int(length) }
    }

    struct Context {
        /// Words, and with each of them a gap.
        var count = 0
        var firstWord = 0..<0
        /// Words before the first that is another.
        var sameWords = 0
        var firstGap = 0
        /// Gaps before the first that is another.
        var sameGaps = 0
        /// What was found last, which mostly comes again.
        fileprivate var lastGap = 0
    }

    struct Gap {
        var range: Range<Int>
        var flags: UInt8
    }

    private(set) var contexts: [Context] = [Context()]
    private(set) var gaps: [Gap] = []
    /// Of all contexts, in the order of the texts: words from `Context.sameWords` on.
    private(set) var words: [Word] = []
    /// The like for gaps: a context in the upper half, a gap in the lower.
    private(set) var otherGaps: [UInt32] = []
    /// Each `rowsBetweenMarks` rows, by context, the words that came before.
    private(set) var marks: [[Int]] = []
    private(set) var numbers: TokenContexts

    /// Rows from one mark to the next.
    let rowsBetweenMarks: Int

    private let rule: TokenFormat.Rule
    private var gapTable = WordTable()
    private var lastGapTable = WordTable()

    /// Nil when the texts are of no common form.
    init?(_ column: TextColumn, rule: TokenFormat.Rule) {
        self.rule = rule
        rowsBetweenMarks = Format.rowsBetweenMarks(rule)
        numbers = TokenContexts(rule: rule)
        words.reserveCapacity(column.count * 4)
        let text = column.bytes.span
        let wordBytes = Self.wordBytes(of: column.bytes)
        for row in 0..<column.count {
            if row > 0, row % rowsBetweenMarks == 0 { marks.append(contexts.map(\.count)) }
            guard column.isNull(row) || take(text, column.range(row), wordBytes.span) else { return nil }
        }
        // Random bytes have few gaps twice.
        let count = contexts.reduce(0) { $0 + $1.count }
        guard gaps.count <= Format.fewGaps || gaps.count * Format.usesOfGap <= count else { return nil }
    }

    /// False when there are too many gaps or contexts.
    private mutating func take(_ text: Span<UInt8>, _ range: Range<Int>, _ marks: Span<UInt64>) -> Bool {
        var context = TokenContexts.first
        var at = range.lowerBound
        var wordEnd = Self.first(false, marks, at, range.upperBound)
        if rule == .path, let end = Self.endOfAuthority(text, range, wordEnd) {
            wordEnd = end
        } else if Self.isName(text, at..<wordEnd, range) {
            // A name at the very beginning belongs to the gap behind an empty word.
            wordEnd = at
        }
        while true {
            let word = at..<wordEnd
            var isNamed = false
            at = Self.first(true, marks, wordEnd, range.upperBound)
            while at < range.upperBound {
                wordEnd = Self.first(false, marks, at, range.upperBound)
                guard Self.isName(text, at..<wordEnd, range) else { break }
                isNamed = true
                at = Self.first(true, marks, wordEnd, range.upperBound)
            }
            let isLast = at == range.upperBound
            let flags = (isLast ? Format.lastFlag : 0) | (isNamed ? Format.namedFlag : 0)
            guard let gap = add(word, gap: word.upperBound..<at, flags, to: context, text) else { return false }
            if isLast { return true }
            context = next(context, word, gap, isNamed: isNamed, text)
            if context == contexts.count {
                guard context < Format.maximumContexts else { return false }
                contexts.append(Context())
            }
        }
    }

    @inline(__always)
    private mutating func next(
        _ context: Int, _ word: Range<Int>, _ gap: Int, isNamed: Bool, _ text: Span<UInt8>
    ) -> Int {
        if isNamed { return numbers.head(ofGap: gap) }
        if rule == .path, Format.isPathWord(text, word) { return numbers.successor(ofWord: word, in: text) }
        return numbers.successor(of: context)
    }

    /// The number of the gap; nil when there are too many.
    @inline(__always)
    private mutating func add(
        _ word: Range<Int>, gap: Range<Int>, _ flags: UInt8, to number: Int, _ text: Span<UInt8>
    ) -> Int? {
        let context = contexts[number]
        if context.count == 0 {
            guard let gap = find(gap, flags, text) else { return nil }
            contexts[number] = Context(
                count: 1, firstWord: word, sameWords: 1, firstGap: gap, sameGaps: 1, lastGap: gap)
            return gap
        }
        if context.sameWords == context.count, TokenBytes.isEqual(text, context.firstWord, text, word) {
            contexts[number].sameWords += 1
        } else {
            words.append(
                Word(
                    context: UInt32(number), start: UInt32(truncatingIfNeeded: word.lowerBound),
                    length: UInt32(truncatingIfNeeded: word.count)))
        }
        contexts[number].count += 1
        var found = context.lastGap
        if gaps[found].flags != flags || !TokenBytes.isEqual(text, gaps[found].range, text, gap) {
            guard let other = find(gap, flags, text) else { return nil }
            found = other
            contexts[number].lastGap = found
        }
        if context.sameGaps == context.count, found == context.firstGap {
            contexts[number].sameGaps += 1
        } else {
            otherGaps.append(UInt32(number) << 16 | UInt32(found))
        }
        return found
    }

    private mutating func find(_ gap: Range<Int>, _ flags: UInt8, _ text: Span<UInt8>) -> Int? {
        let isLast = flags & Format.lastFlag != 0
        if let known = isLast ? lastGapTable.value(of: text, gap) : gapTable.value(of: text, gap) { return Int(known) }
        guard gaps.count < Format.maximumGaps else { return nil }
        if isLast {
            lastGapTable.insert(text, gap, UInt32(gaps.count))
        } else {
            gapTable.insert(text, gap, UInt32(gaps.count))
        }
        gaps.append(Gap(range: gap, flags: flags))
        return gaps.count - 1
    }

    // MARK: - Bytes

    /// Letters and digits of ASCII, `_`, and every byte of other characters.
    @inline(__always)
    static func isWordByte(_ byte: UInt8) -> Bool { is_word_byte(byte) }

    /// A bit a byte of the text: whether it is one of a word.
    private static func wordBytes(of text: [UInt8]) -> [UInt64] {
        unsafe [UInt64](unsafeUninitializedCapacity: (text.count + 63) / 64) { bits, count in
            unsafe text.withUnsafeBufferPointer { text in
                guard let first = text.baseAddress, let bits = bits.baseAddress else { return }
                unsafe mark_words(first, text.count, bits)
            }
            count = (text.count + 63) / 64
        }
    }

    /// The first byte from `start` on that is one of a word, or is none.
    @inline(__always)
    private static func first(_ isWord: Bool, _ marks: Span<UInt64>, _ start: Int, _ end: Int) -> Int {
        guard start < end else { return end }
        let flip: UInt64 = isWord ? 0 : .max
        var at = start >> 6
        var bits = (marks[at] ^ flip) & (.max << UInt64(start & 63))
        while bits == 0 {
            at += 1
            guard at * 64 < end else { return end }
            bits = marks[at] ^ flip
        }
        return min(end, at * 64 + bits.trailingZeroBitCount)
    }

    /// Where the scheme and the authority of a URI end (RFC 3986, section 3): few hosts make one word better than five.
    private static func endOfAuthority(_ text: Span<UInt8>, _ range: Range<Int>, _ scheme: Int) -> Int? {
        guard scheme + 3 < range.upperBound, text[scheme] == UInt8(ascii: ":"), text[scheme + 1] == UInt8(ascii: "/"),
            text[scheme + 2] == UInt8(ascii: "/")
        else { return nil }
        var at = scheme + 3
        while at < range.upperBound {
            switch text[at] {
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): return at
            default: at += 1
            }
        }
        return at
    }

    /// Whether a word names what comes behind it: a member of JSON (also in a JSON string), a parameter, an element of XML.
    @inline(__always)
    private static func isName(_ text: Span<UInt8>, _ word: Range<Int>, _ range: Range<Int>) -> Bool {
        let end = word.upperBound
        guard end + 1 < range.upperBound, !word.isEmpty else { return false }
        switch text[end] {
        case UInt8(ascii: "\""): return text[end + 1] == UInt8(ascii: ":")
        case UInt8(ascii: "\\"):
            return end + 2 < range.upperBound && text[end + 1] == UInt8(ascii: "\"")
                && text[end + 2] == UInt8(ascii: ":")
        case UInt8(ascii: "="): return isWordByte(text[end + 1]) || text[end + 1] == UInt8(ascii: "%")
        case UInt8(ascii: ">"), UInt8(ascii: " "), UInt8(ascii: "/"):
            let start = word.lowerBound
            guard start > range.lowerBound else { return false }
            return text[start - 1] == UInt8(ascii: "<")
                || start > range.lowerBound + 1 && text[start - 1] == UInt8(ascii: "/")
                    && text[start - 2] == UInt8(ascii: "<")
        default: return false
        }
    }
}
