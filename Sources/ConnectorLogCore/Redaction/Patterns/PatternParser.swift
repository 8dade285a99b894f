/// Reads the syntax that `LinearPattern` describes.
struct PatternParser {
    private static let maximumCount = 1_000

    private var reader: ExpressionReader
    private let ignoresCase: Bool
    private var hasGroup = false

    static func parse(_ expression: String) throws(PatternError) -> PatternNode {
        var parser = try PatternParser(expression)
        let node = try parser.choice()
        // Only `)` ends a choice before the text does.
        guard parser.reader.next == nil else { throw parser.reader.error("no group is open that ) could close") }
        return node
    }

    private init(_ expression: String) throws(PatternError) {
        reader = try ExpressionReader(expression, limit: LinearPattern.maximumLength)
        ignoresCase = reader.take("(?i)")
    }

    private mutating func choice() throws(PatternError) -> PatternNode {
        var branches = [try sequence()]
        while reader.take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let next = reader.next, next != "|", next != ")" { parts.append(try repeated()) }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func repeated() throws(PatternError) -> PatternNode {
        let atom = try atom()
        let start = reader.position
        guard var repetition = try repetition() else { return atom }
        if case .assertion = atom { throw reader.error("an anchor cannot be repeated", at: start) }
        if reader.take("?") { repetition.isGreedy = false }
        switch reader.next {
        case "+": throw reader.error("possessive repetition is not known")
        case "*", "?", "{": throw reader.error("a repetition is repeated only within (?:...)")
        default: return .repeated(atom, repetition)
        }
    }

    private mutating func repetition() throws(PatternError) -> PatternNode.Repetition? {
        if reader.take("*") { return PatternNode.Repetition(least: 0) }
        if reader.take("+") { return PatternNode.Repetition(least: 1) }
        if reader.take("?") { return PatternNode.Repetition(least: 0, most: 1) }
        let start = reader.position
        guard reader.take("{") else { return nil }
        guard let least = try reader.takeNumber(limit: Self.maximumCount) else { throw unreadableCount(at: start) }
        var most: Int? = least
        if reader.take(",") { most = try reader.takeNumber(limit: Self.maximumCount) }
        guard reader.take("}") else { throw unreadableCount(at: start) }
        if let most, most < least { throw reader.error("a count's end is less than its start", at: start) }
        return PatternNode.Repetition(least: least, most: most)
    }

    private func unreadableCount(at start: Int) -> PatternError {
        reader.error("counts are {n}, {n,} or {n,m}; the character { is written \\{", at: start)
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        let start = reader.position
        switch reader.take() {
        case "^": return .assertion(.textStart)
        case "$": return .assertion(.textEnd)
        case ".": return .units(UnitSet.newline.inverted)
        case "(": return try group(openedAt: start)
        case "[": return .units(try bracketClass(openedAt: start))
        case "\\":
            if reader.take("b") { return .assertion(.wordBoundary) }
            if reader.take("B") { return .assertion(.noWordBoundary) }
            return units(try escape())
        case "*", "+", "?": throw reader.error("there is nothing to repeat", at: start)
        case "{": throw unreadableCount(at: start)
        case let scalar?: return units(UnitSet(scalar))
        case nil: throw reader.error("the expression ends here")
        }
    }

    private func units(_ set: UnitSet) -> PatternNode {
        .units(ignoresCase ? set.ignoringCase : set)
    }

    // MARK: - Groups

    private mutating func group(openedAt start: Int) throws(PatternError) -> PatternNode {
        let isPlain = reader.take("?:")
        if !isPlain {
            if let refusal = refusedGroup { throw reader.error(refusal, at: start) }
            if hasGroup {
                throw reader.error("only one group says what is removed; write (?:...) for others", at: start)
            }
            hasGroup = true
        }
        let body = try choice()
        guard reader.take(")") else { throw reader.error("the group is not closed", at: start) }
        return isPlain ? body : .group(body)
    }

    /// Why what begins with `(` is no group that is known.
    private var refusedGroup: String? {
        if reader.next == "*" { return "verbs are not known" }
        guard reader.next == "?" else { return nil }
        switch reader.peek(1) {
        case "=", "!": return "look-around is not known"
        case "<" where reader.peek(2) == "=" || reader.peek(2) == "!": return "look-around is not known"
        case "<", "P", "'": return "groups have no names; write (...)"
        case ">": return "atomic groups are not known"
        case "R", "&", "+": return "recursion is not known"
        case let digit? where "0"..."9" ~= digit: return "recursion is not known"
        case "(": return "conditions are not known"
        case "#": return "comments are not known"
        default: return "the only flag is (?i), at the start of the expression"
        }
    }

    // MARK: - Classes and escapes

    private mutating func bracketClass(openedAt start: Int) throws(PatternError) -> UnitSet {
        let isInverted = reader.take("^")
        if reader.next == "]" { throw reader.error("a class has members; the character ] is written \\]") }
        var ranges: [ClosedRange<UInt32>] = []
        while !reader.take("]") {
            let place = reader.position
            let first = try classMember(of: start)
            guard reader.next == "-", let after = reader.peek(1), after != "]" else {
                ranges += first.ranges
                continue
            }
            reader.position += 1
            guard let least = first.single, let most = try classMember(of: start).single else {
                throw reader.error(
                    "a range goes from one character to another; the character - is written \\-", at: place)
            }
            guard least <= most else { throw reader.error("the range's end is before its start", at: place) }
            ranges.append(least...most)
        }
        let set = UnitSet(ranges)
        // Case first, so that `[^a]` with (?i) leaves out both.
        let members = ignoresCase ? set.ignoringCase : set
        let result = isInverted ? members.inverted : members
        guard !result.ranges.isEmpty else { throw reader.error("the class matches nothing", at: start) }
        return result
    }

    private mutating func classMember(of start: Int) throws(PatternError) -> UnitSet {
        if reader.starts(with: "[:") || reader.starts(with: "[.") || reader.starts(with: "[=") {
            throw reader.error("named classes are not known; the character [ is written \\[")
        }
        switch reader.take() {
        case "\\": return try escape()
        case let scalar?: return UnitSet(scalar)
        case nil: throw reader.error("the class is not closed", at: start)
        }
    }

    /// What stands behind a backslash, but for anchors.
    private mutating func escape() throws(PatternError) -> UnitSet {
        let start = reader.position - 1
        switch reader.take() {
        case "d": return .digits
        case "D": return UnitSet.digits.inverted
        case "w": return .words
        case "W": return UnitSet.words.inverted
        case "s": return .blanks
        case "S": return UnitSet.blanks.inverted
        case "n": return .newline
        case "t": return UnitSet("\t")
        case "r": return UnitSet("\r")
        case "f": return UnitSet("\u{C}")
        case "x": return try scalar(digits: 2, at: start)
        case "u": return try scalar(digits: 4, at: start)
        case "k", "g": throw reader.error("back-references are not known", at: start)
        case let digit? where "1"..."9" ~= digit: throw reader.error("back-references are not known", at: start)
        case "p", "P": throw reader.error("properties of Unicode are not known", at: start)
        case nil: throw reader.error("nothing stands behind \\", at: start)
        case let scalar?:
            guard scalar.isASCII, !TextUnit.isWord(scalar.value) else {
                throw reader.error("\\\(scalar) is not known", at: start)
            }
            return UnitSet(scalar)
        }
    }

    private mutating func scalar(digits: Int, at start: Int) throws(PatternError) -> UnitSet {
        guard let scalar = Unicode.Scalar(try reader.takeHexadecimal(digits: digits)) else {
            throw reader.error("half of a surrogate pair is no character", at: start)
        }
        return UnitSet(scalar)
    }
}

extension UnitSet {
    /// The only member, when there is but one.
    fileprivate var single: UInt32? {
        guard let range = ranges.first, ranges.count == 1, range.count == 1 else { return nil }
        return range.lowerBound
    }
}
