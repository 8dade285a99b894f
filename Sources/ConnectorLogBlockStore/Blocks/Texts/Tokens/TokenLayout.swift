import ConnectorLogCore

/// What `TokenColumnEncoder` wrote, checked as far as its parts tell: they are not trusted.
struct TokenLayout {
    typealias Format = TokenFormat

    struct Gap {
        var text: Range<Int>
        var isLast: Bool
        var isNamed: Bool
    }

    struct Context {
        /// Words, and with each of them a gap.
        var count = 0
        var words = Format.Words.constant
        /// Of a constant, in the head.
        var constant = 0..<0
        /// Of a dictionary, its first word's number in `dictionaryWords`; of plain words, the first one's in `textEnds`.
        var firstWord = 0
        /// Where its numbers begin: a bit, a byte of the codes, or a half byte of the digits.
        var numbers = 0
        /// Bits of a number, or digits of a word.
        var width = 0
        var least: Int64 = 0
        /// Words of a dictionary.
        var distinct = 0
        /// Its different gaps, in `gapNumbers`.
        var gaps = 0..<0
        /// How their numbers are kept: bits or codes, from `gapStart` on, of `gapWidth` bits.
        var gapKind = Format.Gaps.bits
        var gapStart = 0
        var gapWidth = 0
        /// Whether a gap's number is the column's own.
        var hasManyGaps = false

        var hasOneGap: Bool { !hasManyGaps && gaps.count == 1 }
    }

    let rows: Int
    let place: String
    /// Bytes of all texts together.
    let rawBytes: Int
    /// Nil when every row has a value.
    let presence: [UInt8]?
    let rule: TokenFormat.Rule
    let head: [UInt8]
    let codes: [UInt8]
    let texts: [UInt8]
    let bits: [UInt8]
    let digits: [UInt8]
    /// Digits of the longest number.
    let integerDigits: Int
    let gaps: [Gap]
    let contexts: [Context]
    let gapNumbers: [UInt16]
    /// Distinct words of all dictionaries, in the head.
    let dictionaryWords: [Range<Int>]
    /// Where plain words end in `texts`; before the first of a context stands where it begins.
    let textEnds: [UInt32]
    /// Nil when there are few rows, or an earlier version wrote them.
    let way: TokenWay?

    init(_ bytes: ArraySlice<UInt8>, rows: Int, zstandard: Zstandard, place: String) throws(BlockError) {
        var reader = PackedReader(bytes, zstandard: zstandard, place: place)
        let head = try reader.column().bytes()
        let codes = try reader.column().bytes()
        texts = try reader.column().bytes()
        bits = try reader.column().bytes()
        digits = try reader.column().bytes()
        self.rows = rows
        self.place = place
        self.head = head
        self.codes = codes

        var parser = ByteReader(head[...], place: place)
        let kind = try parser.byte()
        guard let rule = Format.Rule(rawValue: kind & ~Format.wayFlag) else { throw BlockError(.value, place) }
        let way = kind & Format.wayFlag == 0 ? nil : try reader.column().bytes()
        guard reader.isAtEnd else { throw BlockError(.length, place) }
        self.rule = rule
        rawBytes = try parser.length(atMost: BlockFormat.maximumColumnBytes)
        presence = try parser.byte() == 1 ? nil : Array(try parser.take((rows + 7) / 8))
        var gaps: [Gap] = []
        for _ in 0..<(try parser.length(atMost: Format.maximumGaps)) {
            let flags = try parser.byte()
            let gap = Gap(
                text: try Self.range(&parser), isLast: flags & Format.lastFlag != 0,
                isNamed: flags & Format.namedFlag != 0)
            // So that every step of a walk gives a byte, and none goes on for ever.
            guard gap.isLast || !gap.text.isEmpty else { throw BlockError(.value, place) }
            gaps.append(gap)
        }
        // Every step of a walk gives a byte, but for the last one of a row.
        var stepsLeft = rawBytes + rows
        var contexts: [Context] = []
        var gapNumbers: [UInt16] = []
        var dictionaryWords: [Range<Int>] = []
        var textEnds: [UInt32] = []
        var parts = Parts()
        var greatest: Int64 = 0
        for _ in 0..<(try parser.length(atMost: Format.maximumContexts)) {
            var context = Context(count: try parser.length(atMost: stepsLeft))
            stepsLeft -= context.count
            if context.count > 0 {
                try Self.readWords(&context, &parser, &parts, codes, &dictionaryWords, &textEnds, place)
                if context.words == .integers { greatest = max(greatest, context.least + 1 << context.width) }
                try Self.readGaps(&context, &parser, &parts, gaps.count, &gapNumbers)
            }
            contexts.append(context)
        }
        guard parser.remaining == 0, !contexts.isEmpty, (parts.bits + 7) / 8 == bits.count, parts.codes == codes.count,
            parts.texts == texts.count, parts.digits == digits.count
        else { throw BlockError(.length, place) }
        integerDigits = greatest == 0 ? 0 : String(greatest).utf8.count
        (self.gaps, self.contexts, self.gapNumbers) = (gaps, contexts, gapNumbers)
        (self.dictionaryWords, self.textEnds) = (dictionaryWords, textEnds)
        self.way =
            if let way {
                try TokenWay(
                    way, rule: rule, rows: rows, gaps: gaps.count, counts: contexts.map(\.count), place: place)
            } else {
                nil
            }
    }

    // MARK: - The head

    /// How far the parts are given to contexts: bits, and bytes of the others.
    private struct Parts {
        var bits = 0
        var codes = 0
        var texts = 0
        var digits = 0
    }

    private static func range(_ parser: inout ByteReader) throws(BlockError) -> Range<Int> {
        let length = try parser.length(atMost: parser.remaining)
        let start = parser.position
        _ = try parser.take(length)
        return start..<start + length
    }

    private static func readWords(
        _ context: inout Context, _ parser: inout ByteReader, _ parts: inout Parts, _ codes: [UInt8],
        _ dictionaryWords: inout [Range<Int>], _ textEnds: inout [UInt32], _ place: String
    ) throws(BlockError) {
        guard let words = Format.Words(rawValue: try parser.byte()) else { throw BlockError(.value, place) }
        context.words = words
        switch words {
        case .constant: context.constant = try range(&parser)
        case .dictionary, .frequencies:
            let count = try parser.length(atMost: min(context.count, Format.maximumWords))
            guard count > 0, words == .dictionary || count <= 256 else { throw BlockError(.value, place) }
            context.firstWord = dictionaryWords.count
            for _ in 0..<count { dictionaryWords.append(try range(&parser)) }
            if words == .dictionary {
                context.width = Format.bits(for: count)
                context.numbers = parts.bits
                parts.bits += context.width * context.count
            } else {
                context.numbers = parts.codes
                parts.codes += context.count
            }
            context.distinct = count
        case .integers:
            context.least = Int64(try parser.length(atMost: 999_999_999_999_999))
            context.width = Int(try parser.byte())
            guard context.width <= 50 else { throw BlockError(.value, place) }
            context.numbers = parts.bits
            parts.bits += context.width * context.count
        case .hexadecimal:
            context.width = try parser.length(atMost: 0xFFFF)
            guard context.width > 0 else { throw BlockError(.value, place) }
            context.numbers = parts.digits * 2
            parts.digits += (context.width * context.count + 1) / 2
        case .plain:
            var reader = ByteReader(codes.dropFirst(parts.codes), place: place)
            context.firstWord = textEnds.count
            textEnds.append(UInt32(parts.texts))
            for _ in 0..<context.count {
                parts.texts += try reader.length(atMost: BlockFormat.maximumColumnBytes)
                guard parts.texts <= BlockFormat.maximumColumnBytes else { throw BlockError(.length, place) }
                textEnds.append(UInt32(parts.texts))
            }
            parts.codes = reader.position
        }
    }

    private static func readGaps(
        _ context: inout Context, _ parser: inout ByteReader, _ parts: inout Parts, _ count: Int,
        _ gapNumbers: inout [UInt16]
    ) throws(BlockError) {
        let distinct = try parser.length(atMost: count)
        guard distinct > 0 else {
            context.hasManyGaps = true
            context.gapWidth = Format.bits(for: Format.maximumGaps)
            context.gapStart = parts.bits
            parts.bits += context.gapWidth * context.count
            return
        }
        let first = gapNumbers.count
        for _ in 0..<distinct {
            let gap = try parser.length(atMost: count)
            guard gap < count else { throw BlockError(.value, "a gap") }
            gapNumbers.append(UInt16(gap))
        }
        context.gaps = first..<gapNumbers.count
        if distinct == 1 { return }
        guard let kind = Format.Gaps(rawValue: try parser.byte()) else { throw BlockError(.value, "a gap") }
        context.gapKind = kind
        switch kind {
        case .bits:
            context.gapWidth = Format.bits(for: distinct)
            context.gapStart = parts.bits
            parts.bits += context.gapWidth * context.count
        case .codes:
            context.gapStart = parts.codes
            parts.codes += context.count
        }
    }

    func isNull(_ row: Int) -> Bool {
        guard let presence else { return false }
        return presence[row >> 3] >> UInt8(row & 7) & 1 == 0
    }

    func hasDigit(_ start: Int, _ count: Int) -> Bool {
        (start..<start + count).contains { digits[$0 >> 1] >> ($0 & 1 == 0 ? 4 : 0) & 0xF < 10 }
    }

    /// The number of the gap behind a word of a context, of which `taken` came before.
    @inline(__always)
    func gap(_ taken: Int, of number: Int) throws(BlockError) -> Int {
        let (width, start) = (contexts[number].gapWidth, contexts[number].gapStart)
        if contexts[number].hasManyGaps {
            let gap = Int(Bits.read(bits.span, at: start + taken * width, width: width))
            guard gap < gaps.count else { throw BlockError(.value, place) }
            return gap
        }
        let distinct = contexts[number].gaps
        if distinct.count == 1 { return Int(gapNumbers[distinct.lowerBound]) }
        let place =
            contexts[number].gapKind == .bits
            ? Int(Bits.read(bits.span, at: start + taken * width, width: width)) : Int(codes[start + taken])
        guard place < distinct.count else { throw BlockError(.value, self.place) }
        return Int(gapNumbers[distinct.lowerBound + place])
    }
}
