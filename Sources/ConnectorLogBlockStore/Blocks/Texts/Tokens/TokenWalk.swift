import ConnectorLogCore

/// A walk over the rows of a column of tokens: a row is found by way of those before it, which are only counted, from the
/// last mark on: one that the column has, or where it has none, one that an earlier walk left.
struct TokenWalk {
    private typealias Format = TokenFormat

    /// Where a walk stands.
    private struct Place {
        var row = 0
        /// By context, the words that were taken.
        var used: [UInt32]
    }

    private var numbers: TokenContexts
    /// By word of a dictionary, the context behind it; 0 while unknown.
    private var dictionarySuccessors: [UInt32]
    private var constantSuccessors: [UInt32]
    /// By context, what always comes behind it: a context and 1, `Self.end`, or 0 while unknown or not always the same.
    private var hops: [UInt32]
    private var current: Place
    /// Every `rowsBetweenMarks` rows, as far as a walk came. A column that says its way needs none.
    private var marks: [Place] = []

    private static let rowsBetweenMarks = 64
    private static let end = UInt32.max

    init(_ layout: TokenLayout) {
        numbers = layout.way?.contexts ?? TokenContexts(rule: layout.rule)
        let isPath = layout.rule == .path
        dictionarySuccessors = isPath ? Array(repeating: 0, count: layout.dictionaryWords.count) : []
        constantSuccessors = isPath ? Array(repeating: 0, count: layout.contexts.count) : []
        hops = Array(repeating: 0, count: layout.contexts.count)
        current = Place(used: Array(repeating: 0, count: layout.contexts.count))
    }

    /// Takes the words and gaps of one row, and gives their bytes to `output`.
    /// - Parameter writes: false to go on without them.
    @inline(__always)
    private mutating func step(
        _ layout: TokenLayout, writes: Bool, _ output: inout ByteScratch
    ) throws(BlockError) {
        defer { current.row += 1 }
        if layout.isNull(current.row) { return }
        var number = TokenContexts.first
        let start = output.count
        while true {
            let taken = Int(current.used[number])
            guard taken < layout.contexts[number].count else { throw BlockError(.value, layout.place) }
            current.used[number] = UInt32(truncatingIfNeeded: taken + 1)
            if !writes, hops[number] != 0 {
                if hops[number] == Self.end { return }
                number = Int(hops[number]) - 1
                continue
            }
            let gap = try layout.gap(taken, of: number)
            let isNamed = layout.gaps[gap].isNamed
            let isLast = layout.gaps[gap].isLast
            let isPath = layout.rule == .path && !isNamed && !isLast
            let next = try word(taken, of: number, layout, writes: writes, isPath: isPath, &output)
            if writes {
                output.append(layout.head.span, layout.gaps[gap].text)
                guard output.count - start <= layout.rawBytes else { throw BlockError(.length, layout.place) }
            }
            let isAlways = layout.contexts[number].hasOneGap && (!isPath || layout.contexts[number].words == .constant)
            if isLast {
                if isAlways { hops[number] = Self.end }
                return
            }
            let before = number
            number = isNamed ? numbers.head(ofGap: gap) : isPath ? next : numbers.successor(of: number)
            guard number < layout.contexts.count else { throw BlockError(.value, layout.place) }
            if isAlways { hops[before] = UInt32(number) + 1 }
        }
    }

    /// - Parameter isPath: whether the next context depends on the word.
    /// - Returns: the next context, if it does.
    @inline(__always)
    private mutating func word(
        _ taken: Int, of number: Int, _ layout: TokenLayout, writes: Bool, isPath: Bool, _ output: inout ByteScratch
    ) throws(BlockError) -> Int {
        switch layout.contexts[number].words {
        case .constant:
            let range = layout.contexts[number].constant
            if writes { output.append(layout.head.span, range) }
            guard isPath else { return 0 }
            if constantSuccessors[number] == 0 { constantSuccessors[number] = successor(of: number, range, layout) }
            return Int(constantSuccessors[number])
        case .dictionary, .frequencies:
            let start = layout.contexts[number].numbers
            let width = layout.contexts[number].width
            let place =
                layout.contexts[number].words == .dictionary
                ? Int(Bits.read(layout.bits.span, at: start + taken * width, width: width))
                : Int(layout.codes[start + taken])
            guard place < layout.contexts[number].distinct else { throw BlockError(.value, layout.place) }
            let word = layout.contexts[number].firstWord + place
            if writes { output.append(layout.head.span, layout.dictionaryWords[word]) }
            guard isPath else { return 0 }
            if dictionarySuccessors[word] == 0 {
                dictionarySuccessors[word] = successor(of: number, layout.dictionaryWords[word], layout)
            }
            return Int(dictionarySuccessors[word])
        case .integers:
            if writes {
                let width = layout.contexts[number].width
                let distance = Bits.read(
                    layout.bits.span, at: layout.contexts[number].numbers + taken * width, width: width)
                output.append(decimal: UInt64(layout.contexts[number].least) + distance)
            }
            // A number has a digit, so that it is an id.
            return isPath ? numbers.successor(of: number) : 0
        case .hexadecimal:
            let length = layout.contexts[number].width
            let start = layout.contexts[number].numbers + taken * length
            if writes { output.append(digits: layout.digits.span, start, count: length) }
            guard isPath else { return 0 }
            guard length <= Format.longestPathWord, !layout.hasDigit(start, length) else {
                return numbers.successor(of: number)
            }
            var word = ByteScratch()
            word.append(digits: layout.digits.span, start, count: length)
            return numbers.successor(ofWord: 0..<length, in: word.copy().span)
        case .plain:
            let first = layout.contexts[number].firstWord + taken
            let range = Int(layout.textEnds[first])..<Int(layout.textEnds[first + 1])
            if writes { output.append(layout.texts.span, range) }
            guard isPath else { return 0 }
            return Format.isPathWord(layout.texts.span, range)
                ? numbers.successor(ofWord: range, in: layout.texts.span) : numbers.successor(of: number)
        }
    }

    /// The context behind a word of the head.
    private mutating func successor(of number: Int, _ word: Range<Int>, _ layout: TokenLayout) -> UInt32 {
        UInt32(
            Format.isPathWord(layout.head.span, word)
                ? numbers.successor(ofWord: word, in: layout.head.span) : numbers.successor(of: number))
    }

    /// Walks to a row.
    private mutating func go(to row: Int, of layout: TokenLayout) throws(BlockError) {
        if let way = layout.way {
            if let mark = way.mark(before: row), row < current.row || mark.row > current.row {
                current = Place(row: mark.row, used: Array(mark.used))
            } else if row < current.row {
                current = Place(used: Array(repeating: 0, count: layout.contexts.count))
            }
        } else if row < current.row {
            let mark = min(row / Self.rowsBetweenMarks, marks.count - 1)
            current = marks[mark]
        }
        var nothing = ByteScratch()
        while current.row < row {
            mark(layout)
            try step(layout, writes: false, &nothing)
        }
        mark(layout)
    }

    private mutating func mark(_ layout: TokenLayout) {
        if layout.way == nil, current.row == marks.count * Self.rowsBetweenMarks { marks.append(current) }
    }

    // MARK: - Rows

    mutating func append(_ row: Int, of layout: TokenLayout, to output: inout ByteScratch) throws(BlockError) {
        try go(to: row, of: layout)
        try step(layout, writes: true, &output)
    }

    /// All of it in one column.
    mutating func whole(_ layout: TokenLayout) throws(BlockError) -> TextColumn {
        try go(to: 0, of: layout)
        var output = ByteScratch()
        output.reserve(layout.rawBytes)
        var ends: [UInt32] = []
        ends.reserveCapacity(layout.rows)
        for row in 0..<layout.rows {
            // Whoever reads single rows takes the marks at their word.
            if let mark = layout.way?.mark(before: row), mark.row == row, !mark.used.elementsEqual(current.used) {
                throw BlockError(.value, layout.place)
            }
            try step(layout, writes: true, &output)
            guard output.count <= layout.rawBytes else { throw BlockError(.length, layout.place) }
            ends.append(UInt32(output.count) | (layout.isNull(row) ? TextColumn.nullMark : 0))
        }
        // Left over words have no row.
        guard output.count == layout.rawBytes else { throw BlockError(.length, layout.place) }
        return TextColumn(bytes: output.copy(), ends: ends)
    }
}
