import ConnectorLogCore
import ConnectorLogTesting
import Testing

@Suite
struct PatternSetTests {
    private static func set(_ expressions: [String]) throws -> PatternSet {
        PatternSet(try expressions.map { expression throws(PatternError) in try LinearPattern(expression) })
    }

    @Test func reportsPatternByPatternAndEachInOrder() throws {
        var scratch = PatternScratch()
        let matches = try Self.set([#"\d+"#, "never", "[a-c]+", "b"]).matches(
            in: Array("ab 1 abc 22".utf8), using: &scratch)
        #expect(
            matches == [
                PatternMatch(0, 3..<4), PatternMatch(0, 9..<11), PatternMatch(2, 0..<2), PatternMatch(2, 5..<8),
                PatternMatch(3, 1..<2), PatternMatch(3, 6..<7),
            ])
    }

    @Test func findsNothingWithoutPatternsOrText() throws {
        var scratch = PatternScratch()
        #expect(try Self.set([]).matches(in: Array("abc".utf8), using: &scratch).isEmpty)
        #expect(try Self.set(["a"]).matches(in: [], using: &scratch).isEmpty)
        #expect(scratch.work == 0)
    }

    @Test func aScratchServesOneSetAfterAnother() throws {
        var scratch = PatternScratch()
        let sets = try [Self.set(["a"]), Self.set(["b", "c+", #"\bd"#]), Self.set(["a"])]
        for _ in 0..<3 {
            #expect(sets[0].matches(in: Array("abcc".utf8), using: &scratch) == [PatternMatch(0, 0..<1)])
            #expect(
                sets[1].matches(in: Array("abcc d".utf8), using: &scratch)
                    == [PatternMatch(0, 1..<2), PatternMatch(1, 2..<4), PatternMatch(2, 5..<6)])
            #expect(sets[2].matches(in: Array("xxa".utf8), using: &scratch) == [PatternMatch(0, 2..<3)])
        }
    }

    /// States are made once: the second search of a text looks at no instruction when nothing matches.
    @Test func aWarmScratchReadsEachByteOnce() throws {
        let set = try Self.set([#"\b\d{4}-\d{4}\b"#, "(?i)bearer ([a-z]+)", "é+x"])
        let text = Array(String(repeating: "a 1234-567 bearer: éé\n", count: 20).utf8)
        var scratch = PatternScratch()
        #expect(set.matches(in: text, using: &scratch).isEmpty)
        let cold = scratch.work
        #expect(set.matches(in: text, using: &scratch).isEmpty)
        #expect(cold > text.count)
        #expect(scratch.work - cold == text.count)
    }

    /// The pattern needs a state for each subset of fourteen places, more than are kept. Without dashes new states come
    /// at each unit, so that making them is given up; with dashes seldom, so that they begin anew in the midst of a text.
    @Test(arguments: [0, 300])
    func dropsStatesWhenTheyAreTooMany(dashes: Int) throws {
        let set = try Self.set(["a[ab]{14}c", "b[ab]{3}d"])
        var random = SeededRandom(seed: 7)
        var scratch = PatternScratch()
        for _ in 0..<1_000 {
            var text = (0..<15).map { _ in random.pick(Array("ab".utf8)) }
            text += [UInt8(ascii: "a")] + (0..<14).map { _ in random.pick(Array("ab".utf8)) } + [UInt8(ascii: "c")]
            text += [UInt8](repeating: UInt8(ascii: "-"), count: dashes) + "bbabd".utf8
            #expect(
                set.matches(in: text, using: &scratch)
                    == [PatternMatch(0, 15..<31), PatternMatch(1, text.count - 5..<text.count)])
        }
    }

    /// Each `a` matches, but only at the end is it known that no `b` follows: the search ends when it has read sixteen
    /// times the text, and the rest goes as one match.
    @Test func reportsTheRestWhenItWouldReadTooMuch() throws {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000)
        let ranges = try PatternMatches("a(?:.*b)?", text + Array("\nb".utf8)).ranges
        #expect(ranges.count == PatternSet.maximumReadings + 1)
        #expect(ranges.dropLast() == ArraySlice((0..<PatternSet.maximumReadings).map { $0..<$0 + 1 }))
        #expect(ranges.last == PatternSet.maximumReadings..<10_002)
    }

    /// The rest starts no earlier than where a match still may.
    @Test func reportsTheRestFromWhereItMayMatch() throws {
        let text = String(repeating: "-", count: 100) + "\n" + String(repeating: "a", count: 1_000)
        #expect(try PatternMatches("a(?:.*b)?", text).ranges.first == 101..<102)
        let ranges = try PatternMatches("(?:^-|a(?:.*b)?)", text).ranges
        #expect(ranges.first == 0..<1)
        #expect(ranges.dropFirst().first == 101..<102)
        let rest = try PatternMatches("a(?:.*b)?", String(repeating: "a---", count: 1_000)).ranges.last
        #expect(rest?.upperBound == 4_000)
        #expect(rest.map { $0.lowerBound % 4 } == 0)
    }
}
