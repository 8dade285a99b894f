import ConnectorLogCore
import Testing

/// Which values paths select, and which paths are refused; `JSONPathFuzzTests` holds them against a tree.
@Suite
struct JSONPathTests {
    /// A path, a text, and the values that it selects there; those of strings stand in quotes.
    struct Example: CustomTestStringConvertible, Sendable {
        var path: String
        var text: String
        var values: [String]

        init(_ path: String, _ text: String, _ values: String...) {
            (self.path, self.text, self.values) = (path, text, values)
        }

        var testDescription: String { "\(path) in \(text)" }
    }

    static let examples = [
        // Segments
        Example("$", #"{"a":1}"#, #"{"a":1}"#), Example("$", #" "x" "#, #""x""#),
        Example("$.a", #"{"a":"x","b":"y"}"#, #""x""#),
        Example("$.a.b", #"{"a":{"b":12,"c":3},"b":4}"#, "12"), Example("$.a", #"[{"a":1}]"#),
        Example("$['a b']", #"{"a b":1}"#, "1"), Example(#"$["a'\"\u00e9\\\/\t"]"#, #"{"a'\"é\\/\t":1}"#, "1"),
        Example(#"$['\'"\uD83D\uDE00']"#, #"{"'\"😀":1}"#, "1"), Example("$.é_1", #"{"é_1":1}"#, "1"),
        Example("$[1]", #"["a","b","c"]"#, #""b""#), Example("$[0][1]", "[[1,2],[3,4]]", "2"),
        Example("$[1]", #"{"1":2}"#),
        Example("$.*", #"{"a":1,"b":[2]}"#, "1", "[2]"), Example("$[*]", #"[1,{"b":2}]"#, "1", #"{"b":2}"#),
        Example("$.a[*].b", #"{"a":[{"b":1},{"c":2},{"b":3}]}"#, "1", "3"),
        Example("$..a", #"{"b":[{"a":1}],"a":2,"c":{"d":{"a":"x"}}}"#, "1", "2", #""x""#),
        Example("$..*", "[1,[2]]", "1", "[2]"),
        Example("$..['a']..[0]", #"{"a":{"a":[1]},"b":[2]}"#, "1"),
        Example("$.a..b", #"{"b":1,"a":{"c":{"b":2}}}"#, "2"),
        Example("$ .a [ 'b' ] ..c", #"{"a":{"b":{"c":1}}}"#, "1"), Example("$..a.b", #"{"a":{"a":{"b":1}}}"#, "1"),
        // Values
        Example(
            "$[*]", #"[-1.5e+3, "", [], {}, [ ], null, true, false, [null], "\"}"]"#, "-1.5e+3", "[null]", #""\"}""#),
        Example("$.a", "{ \"a\"\n:\t\"x\" , \"a\" : 2 }", #""x""#, "2"),
        Example("$.a", #"{"a":{"b":["]}"],"c":1}}"#, #"{"b":["]}"],"c":1}"#),
        Example("$..a", #"{"a":{"a":1}}"#, #"{"a":1}"#), Example("$.a", "\u{FEFF}{\"a\":1}", "1"),
        // Names
        Example("$.token", #"{"t\u006Fken":1}"#, "1"), Example(#"$["\ud83d\ude00/"]"#, #"{"\uD83D\uDE00\/":1}"#, "1"),
        Example("$.a", #"{"a\ud83d":1,"\u00":2,"a\u0061":3,"\u0061":4}"#, "4"), Example("$.A", #"{"a":1}"#),
        Example(#"$["\ud861\ude00"]"#, #"{"\u0061\ude00":1,"\ud861\ude00":2,"\ud861x":3}"#, "2"),
        // Cut, damaged or followed by something else
        Example("$.a", #"{"a":"hunte"#, #""hunte""#), Example("$.a", #"{"a":"x\"#, #""x\""#),
        Example("$.a", #"{"a":12"#, "12"),
        Example("$.a", #"{"a":{"b":[1,"#, #"{"b":[1,"#), Example("$.a", #"{"a":{"b":"x"#, #"{"b":"x"#),
        Example("$.a", #"{"a":"#),
        Example("$.a", #"{"a"#), Example("$.a", #"{"a":["#), Example("$.a", #"{"a":""#), Example("$.a", #"{"a":nul"#),
        Example("$.a", #"{"a":1} {"a":2}"#, "1"), Example("$..a", #"{"a":1,b:2,"a":3}"#, "1"),
        Example("$..a", "not JSON"),
        Example("$..a", ""), Example("$.a", #"{"a" 1}"#), Example("$.a", #"{"b":1 "a":2}"#), Example("$[1]", "[,1]"),
        Example("$.a", #"{"b":1,,"a":2}"#), Example("$..a", #"{"b":[1},"a":2}"#),
    ]

    @Test(arguments: examples)
    func selects(_ example: Example) throws {
        #expect(try SelectedValue.texts([example.path], example.text) == example.values)
    }

    @Test func reportsEachValueOnceWithTheFirstPathAndNoneWithin() throws {
        let text = Array(#"{"a":{"b":1},"c":2,"b":3}"#.utf8)
        #expect(
            try SelectedValue.all(["$..b", "$.a", "$.*"], text) == [
                SelectedValue(1, 5..<12, isString: false), SelectedValue(2, 17..<18, isString: false),
                SelectedValue(0, 23..<24, isString: false),
            ])
        #expect(try SelectedValue.all([], text).isEmpty)
    }

    @Test func reportsStringsWithoutTheirQuotes() throws {
        #expect(try SelectedValue.all(["$[0]"], Array(#"["xy"]"#.utf8)) == [SelectedValue(0, 2..<4, isString: true)])
    }

    /// What lies too deep to be read goes whole when a path may select something in it.
    @Test func reportsWholeWhatIsTooDeep() throws {
        func text(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + #"{"a":1}"# + String(repeating: "]", count: depth) + " "
        }
        let limit = JSONPathSet.maximumDepth
        #expect(try SelectedValue.texts(["$..a"], text(limit - 1)) == ["1"])
        #expect(try SelectedValue.texts(["$..a"], text(limit)) == [#"{"a":1}"#])
        #expect(try SelectedValue.texts(["$..a"], text(limit + 2)) == [#"[[{"a":1}]]"#])
        #expect(try SelectedValue.texts(["$.a"], text(limit)) == [])
        #expect(
            try SelectedValue.texts(["$..a"], String(repeating: "[", count: 1_000_000)).map(\.utf8.count) == [
                1_000_000 - limit
            ])
    }

    @Test func takesPathsUpToTheLimits() throws {
        let depth = JSONPath.maximumSegmentCount
        let text = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        #expect(try SelectedValue.texts(["$" + String(repeating: "[0]", count: depth)], text) == ["1"])
        #expect(try SelectedValue.texts(["$" + String(repeating: "..*", count: depth)], text) == ["1"])
        let name = String(repeating: "a", count: JSONPath.maximumLength - 2)
        #expect(try SelectedValue.texts(["$.\(name)"], "{\"\(name)\":1}") == ["1"])
    }

    @Test(arguments: [
        ("", 0, "starts with $"), ("a", 0, "starts with $"), ("$a", 1, "starts with . or ["), ("$.", 2, "name or *"),
        ("$..", 3, "name or *"), ("$.é-b", 4, "starts with . or ["), ("$.1a", 2, "digit"), ("$. a", 2, "name or *"),
        ("$.a ", 4, "starts with . or ["), ("$[", 2, "name in quotes"), ("$[]", 2, "name in quotes"),
        ("$[a]", 2, "name in quotes"),
        ("$[?@.a]", 2, "filters"), ("$[1:2]", 3, "slices"), ("$[:2]", 2, "slices"), ("$[1,2]", 3, "unions"),
        ("$['a','b']", 5, "unions"), ("$[-1]", 2, "from the start"), ("$[01]", 2, "leading zeros"),
        ("$[1", 3, "] is to come"),
        ("$[99999999999]", 2, "up to"), ("$['a]", 2, "not closed"), ("$['\\x']", 3, "not known"),
        ("$['\\\"']", 3, "not known"),
        ("$['\\ud800']", 3, "surrogate"), ("$['\\ude00']", 3, "surrogate"), ("$['\\u00']", 7, "hexadecimal"),
        ("$['\n']", 3, "control"),
        ("$" + String(repeating: ".a", count: 33), 65, "32 segments"),
        ("$." + String(repeating: "a", count: 499), 500, "500 bytes"),
    ])
    func refuses(_ path: String, offset: Int, message: String) throws {
        let error = #expect(throws: PatternError.self) { try JSONPath(path) }
        #expect(error?.offset == offset)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
}
