import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// Random expressions on random texts give what a plain matcher finds that tries one way after another.
@Suite
struct LinearPatternFuzzTests {
    @Test func matchesAsAPlainMatcherDoes() throws {
        var accepted = 0
        var found = 0
        for var round in FuzzRounds("linear-pattern", count: 6_000) {
            var maker = PatternMaker()
            let node = maker.node(depth: 4, &round.random)
            let ignoresCase = round.random.chance(15)
            let expression = (ignoresCase ? "(?i)" : "") + node.expression
            // What may match the empty text is refused: `refuses` of `LinearPatternTests`.
            guard let pattern = try? LinearPattern(expression) else { continue }
            accepted += 1
            let set = PatternSet([pattern])
            var scratch = PatternScratch()
            for _ in 0..<4 {
                let text = PatternMaker.text(&round.random)
                let matches = set.matches(in: text, using: &scratch)
                found += matches.count
                let expected = PlainMatcher(node, text, ignoresCase: ignoresCase).matches()
                let place: Comment =
                    "round \(round.number): \(expression) in \(String(decoding: text, as: UTF8.self).debugDescription)"
                if !node.hasEmptyRounds {
                    #expect(matches.map(\.range) == expected, place)
                } else if !node.hasGroup {
                    // Which way is preferred may differ, but not where the first match starts.
                    #expect(matches.first?.range.lowerBound == expected.first?.lowerBound, place)
                }
            }
        }
        #expect(accepted > 1_000)
        #expect(found > 1_000)
    }

    @Test func aSetMatchesAsItsPatternsDo() throws {
        var found = 0
        for var round in FuzzRounds("pattern-set", count: 400) {
            var patterns: [LinearPattern] = []
            while patterns.count < 6 {
                var maker = PatternMaker()
                let expression = maker.node(depth: 3, &round.random).expression
                if let pattern = try? LinearPattern(expression) { patterns.append(pattern) }
            }
            let set = PatternSet(patterns)
            var scratch = PatternScratch()
            for _ in 0..<6 {
                let text = PatternMaker.text(&round.random)
                let expected = patterns.enumerated().flatMap { number, pattern in
                    var scratch = PatternScratch()
                    return PatternSet([pattern]).matches(in: text, using: &scratch)
                        .map { PatternMatch(number, $0.range) }
                }
                found += expected.count
                #expect(set.matches(in: text, using: &scratch) == expected, "round \(round.number)")
            }
        }
        #expect(found > 1_000)
    }
}

/// A regular expression of the tests.
private indirect enum PlainNode: Sendable {
    /// The unit's value, -1 for a stray byte, is one of the class; and how that is written.
    case unit(String, @Sendable (Int) -> Bool)
    case anchor(String)
    case sequence([PlainNode])
    case choice([PlainNode])
    case repeated(PlainNode, least: Int, most: Int, isGreedy: Bool, String)
    case group(PlainNode)

    var expression: String {
        switch self {
        case .unit(let text, _), .anchor(let text): text
        case .sequence(let parts): parts.map(\.expression).joined()
        case .choice(let branches): "(?:" + branches.map(\.expression).joined(separator: "|") + ")"
        case .repeated(let body, _, _, let isGreedy, let count):
            "(?:\(body.expression))\(count)" + (isGreedy ? "" : "?")
        case .group(let body): "(" + body.expression + ")"
        }
    }
}

extension PlainNode {
    private var parts: [PlainNode] {
        switch self {
        case .unit, .anchor: []
        case .sequence(let parts), .choice(let parts): parts
        case .repeated(let body, _, _, _, _), .group(let body): [body]
        }
    }

    var hasGroup: Bool {
        if case .group = self { true } else { parts.contains(where: \.hasGroup) }
    }

    /// Whether a repetition without end may go round and read nothing.
    var hasEmptyRounds: Bool {
        if case .repeated(let body, _, .max, _, _) = self, body.mayReadNothing { return true }
        return parts.contains(where: \.hasEmptyRounds)
    }

    private var mayReadNothing: Bool {
        switch self {
        case .unit: false
        case .anchor: true
        case .choice: parts.contains(where: \.mayReadNothing)
        case .repeated(let body, let least, _, _, _): least == 0 || body.mayReadNothing
        case .sequence, .group: parts.allSatisfy(\.mayReadNothing)
        }
    }
}

private struct PatternMaker {
    private var hasGroup = false

    static func isWord(_ value: Int) -> Bool { value == 95 || value != -1 && isAlphanumeric(value) }

    private static func isAlphanumeric(_ value: Int) -> Bool {
        48...57 ~= value || 65...90 ~= value || 97...122 ~= value
    }

    private static let units: [PlainNode] = [
        .unit("a") { $0 == 97 }, .unit("a") { $0 == 97 }, .unit("b") { $0 == 98 }, .unit("B") { $0 == 66 },
        .unit("é") { $0 == 0xE9 }, .unit(#"\u20ac"#) { $0 == 0x20AC }, .unit(".") { $0 != 10 },
        .unit("[ab]") { $0 == 97 || $0 == 98 }, .unit("[^b\\n]") { $0 != 98 && $0 != 10 },
        .unit("[é-€1]") { 0xE9...0x20AC ~= $0 || $0 == 49 }, .unit(#"\d"#) { 48...57 ~= $0 },
        .unit(#"\w"#, isWord), .unit(#"\W"#) { !isWord($0) }, .unit(#"\s"#) { 9...13 ~= $0 || $0 == 32 },
    ]

    mutating func node(depth: Int, _ random: inout SeededRandom) -> PlainNode {
        if depth == 0 || random.chance(15) {
            if random.chance(15) { return .anchor(random.pick(["^", "$", #"\b"#, #"\B"#])) }
            return random.pick(Self.units)
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            return .sequence((0..<Int.random(in: 0...3, using: &random)).map { _ in node(depth: depth - 1, &random) })
        case 4, 5:
            return .choice((0..<Int.random(in: 2...3, using: &random)).map { _ in node(depth: depth - 1, &random) })
        case 6 where !hasGroup:
            hasGroup = true
            return .group(node(depth: depth - 1, &random))
        default:
            let (least, most, text) = random.pick([
                (0, Int.max, "*"), (1, Int.max, "+"), (0, 1, "?"), (2, 2, "{2}"), (1, 2, "{1,2}"), (0, 3, "{0,3}"),
                (2, Int.max, "{2,}"), (0, 0, "{0}"),
            ])
            let isGreedy = random.chance(60)
            return .repeated(node(depth: depth - 1, &random), least: least, most: most, isGreedy: isGreedy, text)
        }
    }

    static func text(_ random: inout SeededRandom) -> [UInt8] {
        let pieces =
            ["a", "a", "b", "B", "ab", "é", "€", "1", " ", "\n", "_", "-"].map { Array($0.utf8) }
            + [[0xFF], [0xC3], [0xA9], [0xE2, 0x82]]
        return (0..<Int.random(in: 0...9, using: &random)).flatMap { _ in random.pick(pieces) }
    }
}

/// Tries one way after another, as Perl does.
private struct PlainMatcher {
    private struct State {
        var position: Int
        var group: Range<Int>?
    }

    private let node: PlainNode
    /// With the byte at which each starts; and the text's end.
    private var units: [Int] = []
    private var offsets: [Int] = []
    private let ignoresCase: Bool

    init(_ node: PlainNode, _ text: [UInt8], ignoresCase: Bool) {
        (self.node, self.ignoresCase) = (node, ignoresCase)
        var rest = text[...]
        while !rest.isEmpty {
            offsets.append(rest.startIndex)
            // The longest prefix that is one scalar.
            let length = (1...min(4, rest.count)).last {
                String(validating: rest.prefix($0), as: UTF8.self)?.unicodeScalars.count == 1
            }
            let scalar = length.flatMap { String(decoding: rest.prefix($0), as: UTF8.self).unicodeScalars.first }
            units.append(scalar.map { Int($0.value) } ?? -1)
            rest = rest.dropFirst(length ?? 1)
        }
        offsets.append(text.count)
    }

    func matches() -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start <= units.count {
            guard let end = first(node, State(position: start), { $0 }) else {
                start += 1
                continue
            }
            let range = node.hasGroup ? end.group : start..<end.position
            if let range, !range.isEmpty { ranges.append(offsets[range.lowerBound]..<offsets[range.upperBound]) }
            start = end.position
        }
        return ranges
    }

    /// What `next` gives for the first way to match that it takes.
    private func first(_ node: PlainNode, _ state: State, _ next: (State) -> State?) -> State? {
        switch node {
        case .unit(let text, let holds):
            guard state.position < units.count, matches(units[state.position], text, holds) else { return nil }
            return next(State(position: state.position + 1, group: state.group))
        case .anchor(let text): return self.holds(text, state.position) ? next(state) : nil
        case .sequence(let parts):
            guard let head = parts.first else { return next(state) }
            return first(head, state) { first(.sequence(Array(parts.dropFirst())), $0, next) }
        case .choice(let branches):
            for branch in branches { if let end = first(branch, state, next) { return end } }
            return nil
        case .repeated(let body, let least, let most, let isGreedy, let text):
            func again(_ state: State) -> State? {
                first(body, state) { after in
                    // A round that reads nothing is the last.
                    if after.position == state.position, least <= 1, most == .max { return next(after) }
                    let less = most == .max ? most : most - 1
                    return first(
                        .repeated(body, least: max(least - 1, 0), most: less, isGreedy: isGreedy, text), after, next)
                }
            }
            if most == 0 { return next(state) }
            if least > 0 { return again(state) }
            return isGreedy ? again(state) ?? next(state) : next(state) ?? again(state)
        case .group(let body):
            return first(body, state) { next(State(position: $0.position, group: state.position..<$0.position)) }
        }
    }

    private func matches(_ unit: Int, _ text: String, _ holds: (Int) -> Bool) -> Bool {
        guard ignoresCase, 0..<128 ~= unit, 65...90 ~= unit & ~32 else { return holds(unit) }
        return text.hasPrefix("[^") ? holds(unit) && holds(unit ^ 32) : holds(unit) || holds(unit ^ 32)
    }

    private func holds(_ anchor: String, _ position: Int) -> Bool {
        let before = position > 0 && PatternMaker.isWord(units[position - 1])
        let after = position < units.count && PatternMaker.isWord(units[position])
        return switch anchor {
        case "^": position == 0
        case "$": position == units.count
        case #"\b"#: before != after
        default: before == after
        }
    }
}
