import ConnectorLogCore

/// Writes a text column as `TokenFormat` says.
struct TokenColumnEncoder {
    private typealias Format = TokenFormat

    let zstandard: Zstandard
    let level: Int32

    /// Nil when the texts are of no common form.
    /// - Parameter words: takes the keys of all words, if anything does: of what repeats in a context, once.
    func encode(_ column: TextColumn, rule: TokenFormat.Rule, words keys: inout FilterKeys?) -> [UInt8]? {
        guard let tokens = TokenSplitter(column, rule: rule) else { return nil }
        let text = column.bytes.span
        var streams = TokenStreams(capacity: column.count * 8)
        streams.head.append(rule.rawValue | (tokens.marks.isEmpty ? 0 : Format.wayFlag))
        Varint.append(UInt64(column.bytes.count), to: &streams.head)
        appendPresence(of: column, to: &streams.head)
        Varint.append(UInt64(tokens.gaps.count), to: &streams.head)
        for gap in tokens.gaps {
            streams.head.append(gap.flags)
            Varint.append(UInt64(gap.range.count), to: &streams.head)
            streams.head.append(text, gap.range)
            if gap.flags & Format.namedFlag != 0 { keys?.insert(wordsOf: text, gap.range) }
        }
        Varint.append(UInt64(tokens.contexts.count), to: &streams.head)
        let words = ByContext(tokens.words, counts: tokens.contexts.map { $0.count - $0.sameWords }) { Int($0.context) }
        let gaps = ByContext(tokens.otherGaps, counts: tokens.contexts.map { $0.count - $0.sameGaps }) { Int($0 >> 16) }
        var dictionary = WordCounts()
        for (number, context) in tokens.contexts.enumerated() {
            Varint.append(UInt64(context.count), to: &streams.head)
            if context.count == 0 { continue }
            append(words: words[number], of: context, text, &dictionary, to: &streams, &keys)
            append(gaps: gaps[number], of: context, to: &streams)
        }
        appendWay(of: tokens, to: &streams.way)
        return streams.packed(zstandard, level: level)
    }

    /// What a walk would learn on its way to a row, for those who begin in the middle; nothing for few rows.
    private func appendWay(of tokens: TokenSplitter, to bytes: inout [UInt8]) {
        if tokens.marks.isEmpty { return }
        for (kind, number) in tokens.numbers.origins {
            bytes.append(kind.rawValue)
            switch kind {
            case .gap, .context: Varint.append(UInt64(number), to: &bytes)
            case .word:
                let word = tokens.numbers.word(number)
                Varint.append(UInt64(word.count), to: &bytes)
                bytes += word
            }
        }
        Varint.append(UInt64(tokens.rowsBetweenMarks), to: &bytes)
        var before: [Int] = []
        for mark in tokens.marks {
            for context in tokens.contexts.indices {
                let count = context < mark.count ? mark[context] : 0
                Varint.append(UInt64(count - (context < before.count ? before[context] : 0)), to: &bytes)
            }
            before = mark
        }
    }

    /// A byte 1 when every row has a value; else 0 and a bit a row.
    private func appendPresence(of column: TextColumn, to bytes: inout [UInt8]) {
        let isFull = (0..<column.count).allSatisfy { !column.isNull($0) }
        bytes.append(isFull ? 1 : 0)
        if !isFull { bytes += TextColumnEncoder.presence(column) }
    }

    // MARK: - Words

    private func append(
        words: ArraySlice<TokenSplitter.Word>, of context: TokenSplitter.Context, _ text: Span<UInt8>,
        _ dictionary: inout WordCounts, to streams: inout TokenStreams, _ keys: inout FilterKeys?
    ) {
        keys?.insert(wordsOf: text, context.firstWord)
        if context.sameWords == context.count {
            streams.head.append(Format.Words.constant.rawValue)
            Varint.append(UInt64(context.firstWord.count), to: &streams.head)
            streams.head.append(text, context.firstWord)
            return
        }
        // Few words are not worth a look.
        if context.count >= 4 {
            let isFew = dictionary.count(words, of: context, text)
            let numbers = IntegerWords(words, of: context, text)
            let dictionaryBits = isFew ? dictionary.estimatedBits(text) : .max
            let integerBits = numbers.map { $0.width * context.count } ?? .max
            if isFew {
                for word in dictionary.words { keys?.insert(wordsOf: text, word) }
            } else {
                insert(words, text, into: &keys)
            }
            if integerBits < dictionaryBits, let numbers {
                numbers.append(words, of: context, text, to: &streams)
                return
            }
            if isFew {
                append(dictionaryOf: dictionary, text, to: &streams)
                return
            }
            if appendHexadecimal(words, of: context, text, to: &streams) { return }
        } else {
            insert(words, text, into: &keys)
        }
        streams.head.append(Format.Words.plain.rawValue)
        func take(_ word: Range<Int>) {
            Varint.append(UInt64(word.count), to: &streams.codes)
            streams.texts.append(text, word)
        }
        for _ in 0..<context.sameWords { take(context.firstWord) }
        for word in words { take(word.range) }
    }

    private func insert(
        _ words: ArraySlice<TokenSplitter.Word>, _ text: Span<UInt8>, into keys: inout FilterKeys?
    ) {
        if keys == nil { return }
        for word in words { keys?.insert(wordsOf: text, word.range) }
    }

    private func append(dictionaryOf dictionary: WordCounts, _ text: Span<UInt8>, to streams: inout TokenStreams) {
        let count = dictionary.words.count
        let isSkewed = dictionary.isSkewed
        streams.head.append((isSkewed ? Format.Words.frequencies : .dictionary).rawValue)
        Varint.append(UInt64(count), to: &streams.head)
        let order = isSkewed ? dictionary.byFrequency : Array(0..<count)
        for word in order {
            Varint.append(UInt64(dictionary.words[word].count), to: &streams.head)
            streams.head.append(text, dictionary.words[word])
        }
        if isSkewed {
            var code = [UInt8](repeating: 0, count: count)
            for (place, word) in order.enumerated() { code[word] = UInt8(place) }
            for number in dictionary.numbers { streams.codes.append(code[Int(number)]) }
        } else {
            let width = Format.bits(for: count)
            for number in dictionary.numbers { streams.bits.append(UInt64(number), width: width) }
        }
    }

    /// False, and nothing, unless all words are lower-case hexadecimal of one length.
    private func appendHexadecimal(
        _ words: ArraySlice<TokenSplitter.Word>, of context: TokenSplitter.Context, _ text: Span<UInt8>,
        to streams: inout TokenStreams
    ) -> Bool {
        let length = context.firstWord.count
        guard length > 0, length <= 0xFFFF, words.allSatisfy({ $0.length == UInt32(length) }) else { return false }
        let start = streams.digits.count
        var pending: UInt8?
        func take(_ word: Range<Int>) -> Bool {
            for at in word {
                guard let digit = Self.lowerHexDigit(text[at]) else { return false }
                if let high = pending {
                    streams.digits.append(high << 4 | digit)
                    pending = nil
                } else {
                    pending = digit
                }
            }
            return true
        }
        for _ in 0..<context.sameWords where !take(context.firstWord) {
            streams.digits.removeLast(streams.digits.count - start)
            return false
        }
        for word in words where !take(word.range) {
            streams.digits.removeLast(streams.digits.count - start)
            return false
        }
        if let high = pending { streams.digits.append(high << 4) }
        streams.head.append(Format.Words.hexadecimal.rawValue)
        Varint.append(UInt64(length), to: &streams.head)
        return true
    }

    @inline(__always)
    private static func lowerHexDigit(_ byte: UInt8) -> UInt8? {
        if byte &- 48 <= 9 { return byte &- 48 }
        if byte &- 97 <= 5 { return byte &- 87 }
        return nil
    }

    // MARK: - Gaps

    private func append(
        gaps: ArraySlice<UInt32>, of context: TokenSplitter.Context, to streams: inout TokenStreams
    ) {
        var distinct = [context.firstGap]
        var counts = [context.sameGaps]
        var numbers: [UInt8] = []
        numbers.reserveCapacity(gaps.count)
        for gap in gaps {
            let gap = Int(gap & 0xFFFF)
            var place = 0
            while place < distinct.count, distinct[place] != gap { place += 1 }
            if place == distinct.count {
                // A number of a gap is a byte: with more of them their own numbers take two.
                if place == 256 {
                    appendMany(gaps, of: context, to: &streams)
                    return
                }
                distinct.append(gap)
                counts.append(0)
            }
            counts[place] += 1
            numbers.append(UInt8(place))
        }
        Varint.append(UInt64(distinct.count), to: &streams.head)
        for gap in distinct { Varint.append(UInt64(gap), to: &streams.head) }
        if distinct.count == 1 { return }
        let width = Format.bits(for: distinct.count)
        let isSkewed = Entropy.isSkewed(counts, total: context.count, width: width)
        streams.head.append((isSkewed ? Format.Gaps.codes : .bits).rawValue)
        if isSkewed {
            streams.codes.append(contentsOf: repeatElement(0, count: context.sameGaps))
            streams.codes += numbers
        } else {
            for _ in 0..<context.sameGaps { streams.bits.append(0, width: width) }
            for number in numbers { streams.bits.append(UInt64(number), width: width) }
        }
    }

    /// More than 256 different gaps: no numbers of their own, but those of the column.
    private func appendMany(
        _ gaps: ArraySlice<UInt32>, of context: TokenSplitter.Context, to streams: inout TokenStreams
    ) {
        Varint.append(0, to: &streams.head)
        let width = Format.bits(for: Format.maximumGaps)
        for _ in 0..<context.sameGaps { streams.bits.append(UInt64(context.firstGap), width: width) }
        for gap in gaps { streams.bits.append(UInt64(gap & 0xFFFF), width: width) }
    }
}

/// What a column of tokens is written to, part by part.
struct TokenStreams {
    /// What the other parts hold, and all distinct words and gaps.
    var head: [UInt8] = []
    /// Numbers and lengths in bytes.
    var codes: [UInt8] = []
    var texts: [UInt8] = []
    var bits = BitWriter()
    /// Two digits a byte.
    var digits: [UInt8] = []
    /// How contexts were come upon, and marks on the way through the rows.
    var way: [UInt8] = []

    init(capacity: Int) {
        head.reserveCapacity(4096)
        texts.reserveCapacity(capacity)
    }

    /// Each part packed. Bits and digits are as good as random.
    func packed(_ zstandard: Zstandard, level: Int32) -> [UInt8] {
        var bits = bits
        var bytes: [UInt8] = []
        for part in [head, codes, texts] {
            PackedColumn.append(part, zstandard.compressed(part, level: level), to: &bytes)
        }
        for part in [bits.finish(), digits] { PackedColumn.append(part, nil, to: &bytes) }
        if !way.isEmpty { PackedColumn.append(way, zstandard.compressed(way, level: level), to: &bytes) }
        return bytes
    }
}

/// What each context has, in the order of the texts.
private struct ByContext<Value> {
    private let values: [Value]
    private let starts: [Int]

    /// - Parameter counts: of each context's values.
    init(_ values: [Value], counts: [Int], context: (Value) -> Int) {
        var next: [Int] = []
        var sum = 0
        for count in counts {
            next.append(sum)
            sum += count
        }
        starts = next + [sum]
        var sorted = values
        for value in values {
            sorted[next[context(value)]] = value
            next[context(value)] += 1
        }
        self.values = sorted
    }

    subscript(context: Int) -> ArraySlice<Value> { values[starts[context]..<starts[context + 1]] }
}

/// The distinct words of a context, if they are few. Its memory serves one context after the other.
struct WordCounts {
    private(set) var words: [Range<Int>] = []
    private(set) var counts: [Int] = []
    /// Of each word of the context.
    private(set) var numbers: [UInt16] = []
    private var hashes: [UInt32] = []
    /// A round in the upper half, the number of a word in the lower: slots of earlier rounds are free.
    private var slots = [UInt64](repeating: 0, count: 4096)
    private var round: UInt64 = 0

    /// False when there are too many for a dictionary to pay.
    mutating func count(
        _ others: ArraySlice<TokenSplitter.Word>, of context: TokenSplitter.Context, _ text: Span<UInt8>
    ) -> Bool {
        words.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
        round += 1
        for _ in 0..<context.sameWords { numbers.append(0) }
        _ = number(of: context.firstWord, text)
        counts[0] = context.sameWords
        var previous = 0
        for word in others {
            let range = word.range
            if !TokenBytes.isEqual(text, words[previous], text, range) {
                previous = number(of: range, text)
                // An early look saves most of the work on ids.
                if words.count * 2 > max(numbers.count, 96) || words.count > TokenFormat.maximumWords { return false }
            }
            counts[previous] += 1
            numbers.append(UInt16(truncatingIfNeeded: previous))
        }
        return words.count * 2 <= context.count
    }

    private mutating func number(of word: Range<Int>, _ text: Span<UInt8>) -> Int {
        let hash = WordTable.hash(text, word)
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot] >> 32 == round {
            let number = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF)
            if hashes[number] == hash, TokenBytes.isEqual(text, words[number], text, word) { return number }
            slot = (slot + 1) & mask
        }
        slots[slot] = round << 32 | UInt64(words.count)
        words.append(word)
        hashes.append(hash)
        counts.append(0)
        return words.count - 1
    }

    /// What words and numbers take, about: a codec takes two fifths off the words.
    func estimatedBits(_ text: Span<UInt8>) -> Int {
        words.reduce(0) { $0 + $1.count * 5 + 5 } + numbers.count * TokenFormat.bits(for: words.count)
    }

    /// Whether a codec gains on bits of one width.
    var isSkewed: Bool {
        words.count <= 256
            && Entropy.isSkewed(counts, total: numbers.count, width: TokenFormat.bits(for: words.count))
    }

    /// The numbers of the words, the most frequent first.
    var byFrequency: [Int] {
        words.indices.sorted { (counts[$0], $1) > (counts[$1], $0) }
    }
}

/// Words of a context that are decimal numbers without leading zeros.
private struct IntegerWords {
    let least: Int64
    let width: Int

    /// Nil when a word is none.
    init?(_ words: ArraySlice<TokenSplitter.Word>, of context: TokenSplitter.Context, _ text: Span<UInt8>) {
        guard let first = Self.value(text, context.firstWord) else { return nil }
        var (least, greatest) = (first, first)
        for word in words {
            guard let value = Self.value(text, word.range) else { return nil }
            least = min(least, value)
            greatest = max(greatest, value)
        }
        self.least = least
        width = Int64.bitWidth - (greatest - least).leadingZeroBitCount
    }

    func append(
        _ words: ArraySlice<TokenSplitter.Word>, of context: TokenSplitter.Context, _ text: Span<UInt8>,
        to streams: inout TokenStreams
    ) {
        streams.head.append(TokenFormat.Words.integers.rawValue)
        Varint.append(UInt64(least), to: &streams.head)
        streams.head.append(UInt8(width))
        func take(_ word: Range<Int>) {
            streams.bits.append(UInt64((Self.value(text, word) ?? least) - least), width: width)
        }
        for _ in 0..<context.sameWords { take(context.firstWord) }
        for word in words { take(word.range) }
    }

    @inline(__always)
    private static func value(_ text: Span<UInt8>, _ word: Range<Int>) -> Int64? {
        guard (1...TokenFormat.integerDigits).contains(word.count),
            text[word.lowerBound] != UInt8(ascii: "0") || word.count == 1
        else { return nil }
        var value: Int64 = 0
        for at in word {
            guard text[at] &- 48 <= 9 else { return nil }
            value = value * 10 + Int64(text[at] &- 48)
        }
        return value
    }
}

enum Entropy {
    /// Whether numbers that come so often take a good deal less in a codec than `width` bits each.
    static func isSkewed(_ counts: [Int], total: Int, width: Int) -> Bool {
        guard total >= 64, width > 0 else { return false }
        var bits = 0.0
        for count in counts where count > 0 {
            bits += Double(count) * (log2(of: total) - log2(of: count))
        }
        return bits < 0.85 * Double(total * width)
    }

    /// To some hundredths: no more is needed to choose.
    private static func log2(of value: Int) -> Double {
        let whole = Int.bitWidth - 1 - value.leadingZeroBitCount
        let rest = Double(value) / Double(1 << whole)
        // A parabola through the values at 1, 1.5 and 2.
        return Double(whole) + (rest - 1) * (1.3398 - 0.3398 * (rest - 1))
    }
}

extension [UInt8] {
    /// Appends some bytes of a text.
    @inline(__always)
    mutating func append(_ text: Span<UInt8>, _ range: Range<Int>) {
        unsafe text.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
