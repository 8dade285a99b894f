import ConnectorLogCore
import Testing

/// A search's time is linear in the text, whatever the expression: shown by counting its steps.
@Suite
struct PatternWorkTests {
    private static func work(_ expression: String, _ text: [UInt8]) throws -> Int {
        var scratch = PatternScratch()
        _ = PatternSet([try LinearPattern(expression)]).matches(in: text, using: &scratch)
        return scratch.work
    }

    /// Expressions over which those who go back spend exponential or quadratic time, each with the text for it.
    static let traps: [(expression: String, piece: String, end: String)] = [
        ("(?:a*)*b", "a", ""), ("(?:a*)*b", "a", "b"), ("(?:a|aa)+$", "a", "b"), ("(?:a|aa)+$", "a", ""),
        ("(?:x+x+)+y", "x", ""), ("(?:x+x+)+y", "x", "y"), ("(?:a|a)*c", "a", ""), ("(?:.*)*=.*=.*", "=", "\n"),
        ("[^x]*x", "a", ""), ("[^x]*x", "a", "x"), ("a.*b|a", "a", ""), ("a(?:.*b)?", "ab\n", ""), (".*.*.*=", "a", ""),
        ("(?:(?:a{0,20}){0,5})*b", "a", ""), ("(?:a?){30}a{30}", "a", ""), ("a[ab]{14}c|a", "aab", ""),
        (#"\b\w+\s*\(.*\)\s*;"#, "f(", ""), ("é(?:.*ü)?", "é", ""), ("[^ab]+c|.", "\u{FFFF}", ""),
    ]

    @Test(arguments: traps)
    func doublingTheTextDoublesTheWork(expression: String, piece: String, end: String) throws {
        func text(_ count: Int) -> [UInt8] { Array((String(repeating: piece, count: count) + end).utf8) }
        let once = try Self.work(expression, text(1_000))
        let twice = try Self.work(expression, text(2_000))
        #expect(twice <= 2 * once + 20_000, "\(once), then \(twice)")
    }

    @Test func tenMegabytesAreReadOnce() throws {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000_000)
        let work = try Self.work("(?:a*)*b", text)
        #expect(work < text.count + 1_000)
    }

    /// The bound that `LinearPattern` states, with what the automaton adds.
    @Test(arguments: traps)
    func staysBelowTheBound(expression: String, piece: String, end: String) throws {
        let text = Array((String(repeating: piece, count: 2_000) + end).utf8)
        // Instructions are at most twice the expression's bytes but for its counts, which here come to 300 at most.
        let work = try Self.work(expression, text)
        #expect(work <= 3 * PatternSet.maximumReadings * text.count * 300)
    }
}
