import ConnectorLogCore
import Testing

/// What patterns match and which are refused; `LinearPatternFuzzTests` holds them against a plain matcher.
@Suite
struct LinearPatternTests {
    /// An expression, a text, and all that it matches there.
    struct Example: CustomTestStringConvertible, Sendable {
        var expression: String
        var text: String
        var matches: [String]

        init(_ expression: String, _ text: String, _ matches: String...) {
            (self.expression, self.text, self.matches) = (expression, text, matches)
        }

        var testDescription: String { "\(expression) in \(text)" }
    }

    static let examples = [
        // Characters
        Example("ab", "abab", "ab", "ab"), Example("b", "aaa"), Example("é", "cafés", "é"),
        Example(#"\x41\u00e9\u20AC"#, "Aé€", "Aé€"), Example(#"\n\t\r\f"#, "\n\t\r\u{C}", "\n\t\r\u{C}"),
        Example(#"\.\\\/\"\-\["#, #".\/"-["#, #".\/"-["#), Example("]}-", "]}-", "]}-"),
        Example(".", "a\né\u{1F600}", "a", "é", "\u{1F600}"),
        Example("x.y", "x\ny xéy x\u{FFFF}y", "xéy", "x\u{FFFF}y"),
        // Classes
        Example("[a-c]+", "abcdcba", "abc", "cba"), Example("[^a-c]+", "abcdé\nba", "dé\n"),
        Example("[é-ü€]+", "eéüý€", "éü", "€"), Example("[-a]+", "a-b", "a-"), Example("[a-]+", "a-b", "a-"),
        Example(#"[\]\\^]+"#, #"a]\^"#, #"]\^"#), Example(#"[\d.]+"#, "v1.25b", "1.25"),
        Example("[^\\D]+", "a12é", "12"),
        Example("[\\x00-\\x1f]", "a\u{1}b", "\u{1}"), Example("[a^]+", "^a", "^a"), Example("[[a]+", "[a]", "[a"),
        Example(#"\d+"#, "a12 ٣", "12"), Example(#"\D+"#, "12a3", "a"), Example(#"\w+"#, "a_1-é", "a_1"),
        Example(#"\W+"#, "a-éb", "-é"), Example(#"\s+"#, "a \t\r\n\u{B}\u{C}b\u{A0}", " \t\r\n\u{B}\u{C}"),
        Example(#"\S+"#, " aé ", "aé"),
        // Repetition
        Example("ab*", "abbab", "abb", "ab"), Example("ab+", "aab", "ab"), Example("ab?", "abba", "ab", "a"),
        Example("ab*?", "abb", "a"), Example("ab+?", "abb", "ab"), Example("ab??", "ab", "a"),
        Example("a.*c", "abcbc", "abcbc"), Example("a.*?c", "abcbc", "abc"), Example("a{2}", "aaaaa", "aa", "aa"),
        Example("a{2,}", "aaaaa", "aaaaa"), Example("a{2,3}", "aaaaa", "aaa", "aa"),
        Example("a{2,3}?", "aaaa", "aa", "aa"),
        Example("xa{0}y", "xy", "xy"), Example("(?:ab){2}", "ababab", "abab"),
        // Alternation: the first branch that matches, not the longest
        Example("a|ab", "ab", "a"), Example("ab|a", "ab", "ab"), Example("(?:a|ab)(?:c|bcd)", "abcd", "abcd"),
        Example("a(?:|b)c", "ac abc", "ac", "abc"), Example("x(?:|a)+y?", "xaay", "x"),
        Example("x(?:a|b*)*y", "xabbay", "xabbay"),
        // Anchors
        Example("^a", "aa", "a"), Example("a$", "aa", "a"), Example("^a$", "a", "a"), Example("^a$", "a\n"),
        Example("^b", "a\nb"), Example(#"\bab\b"#, "ab cab abc ab", "ab", "ab"), Example(#"\Bb\B"#, "abc b ab", "b"),
        Example(#"\bé"#, "é aé", "é"), Example(#"(?:^|,)x"#, "x,x x", "x", ",x"),
        Example(#"x(?:$|;)"#, "x;x", "x;", "x"),
        // Groups
        Example(#"k="([^"]*)""#, #"k="v" k="" k="w""#, "v", "w"), Example("(?:x|y)(z)", "xzyz", "z", "z"),
        Example("a(b)?c", "ac abc", "b"), Example("(a)|b", "ba", "a"), Example("(?:(a)|b)+", "ab", "a"),
        Example("(a)+", "aa", "a"),
        // Case
        Example("(?i)pass", "PaSS passé", "PaSS", "pass"), Example("(?i)[a-c]+", "aBCd", "aBC"),
        Example("(?i)[^a]+", "aAb", "b"),
        Example("(?i)É", "éÉ", "É"), Example("(?i)\\x41", "a", "a"), Example("pass", "PASS"),
    ]

    @Test(arguments: examples)
    func matchesWhatItSays(_ example: Example) throws {
        #expect(try PatternMatches(example.expression, example.text).texts == example.matches)
    }

    @Test func readsWhatIsNoUTF8ByteByByte() throws {
        let text: [UInt8] = [0x61, 0xFF, 0xC3, 0xE2, 0x82, 0x62, 0xC3, 0xA9, 0xED, 0xA0, 0x80, 0xC0, 0xAF]
        #expect(try PatternMatches(".", text).ranges.map(\.count) == [1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1])
        #expect(try PatternMatches("a[^x]{4}b", text).ranges == [0..<6])
        #expect(try PatternMatches("[\\u0080-\\uFFFF]", text).ranges == [6..<8])
        #expect(try PatternMatches("\\xFF", text).ranges == [])
        #expect(try PatternMatches("\\W+$", text).ranges == [6..<13])
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        var expression: String
        var offset: Int
        var message: String

        init(_ expression: String, _ offset: Int, _ message: String) {
            (self.expression, self.offset, self.message) = (expression, offset, message)
        }

        var testDescription: String { expression }
    }

    @Test(arguments: [
        Refusal("", 0, "empty text"), Refusal("a*", 0, "empty text"), Refusal("^$", 0, "empty text"),
        Refusal("a|", 0, "empty text"), Refusal("(?:a?|b){3}", 0, "empty text"), Refusal(#"\b"#, 0, "empty text"),
        Refusal("(?i)", 0, "empty text"), Refusal("a{0}", 0, "empty text"),
        Refusal(#"(a)\1"#, 3, "back-reference"), Refusal(#"a\k<n>"#, 1, "back-reference"),
        Refusal("é(?=a)", 2, "look-around"), Refusal("(?!a)b", 0, "look-around"), Refusal("(?<=a)b", 0, "look-around"),
        Refusal("(?<!a)b", 0, "look-around"), Refusal("a++", 2, "possessive"), Refusal("a{2}+", 4, "possessive"),
        Refusal("(?>a)", 0, "atomic"), Refusal("a(?R)", 1, "recursion"), Refusal("(?1)", 0, "recursion"),
        Refusal("(a)(b)", 3, "(?:...)"), Refusal("((a))", 1, "(?:...)"), Refusal("(?<n>a)", 0, "no names"),
        Refusal("(?P<n>a)", 0, "no names"), Refusal("a(?i)b", 1, "at the start"), Refusal("(?s)a", 0, "(?i)"),
        Refusal("(a", 0, "not closed"), Refusal("a)", 1, "no group"), Refusal("*a", 0, "nothing to repeat"),
        Refusal("a|+", 2, "nothing to repeat"), Refusal("a**", 2, "(?:...)"), Refusal("^*a", 1, "anchor"),
        Refusal("a{1,2}{", 6, "(?:...)"), Refusal("a{x", 1, "\\{"), Refusal("{a", 0, "\\{"),
        Refusal("a{3,2}", 1, "count's end"),
        Refusal("a{1001}", 2, "1000"),
        Refusal("[a", 0, "not closed"), Refusal("[]a]", 1, "\\]"), Refusal("a[z-a]", 2, "before its start"),
        Refusal(#"[\d-z]"#, 1, "range"), Refusal(#"[a-\w]"#, 1, "range"), Refusal("[[:alpha:]]", 1, "named classes"),
        Refusal(#"[^\d\D]"#, 0, "nothing"), Refusal(#"\q"#, 0, "not known"), Refusal(#"[\b]"#, 1, "not known"),
        Refusal(#"\p{L}"#, 0, "properties"), Refusal("a\\", 1, "nothing stands"), Refusal(#"\x4"#, 3, "2 hexadecimal"),
        Refusal(#"\uD800"#, 0, "surrogate"), Refusal("(?:a{1000}){3}", 0, "too large"),
        Refusal("(?:(?:(?:a{1000}){1000}){1000}){1000}", 0, "too large"),
        Refusal(String(repeating: "a", count: 1_001), 1_000, "1000 bytes"),
    ])
    func refuses(_ refusal: Refusal) throws {
        let error = #expect(throws: PatternError.self) { try LinearPattern(refusal.expression) }
        #expect(error?.offset == refusal.offset)
        #expect(error?.message.contains(refusal.message) == true, "\(error?.message ?? "")")
    }

    @Test func takesExpressionsUpToTheLimits() throws {
        #expect(
            try PatternMatches(String(repeating: "é", count: 500), String(repeating: "é", count: 501)).ranges == [
                0..<1000
            ])
        #expect(try PatternMatches("(?:a{499}){4}", String(repeating: "a", count: 2_000)).ranges == [0..<1996])
        _ = try LinearPattern(String(repeating: "(?:", count: 249) + "a" + String(repeating: ")", count: 249))
    }
}
