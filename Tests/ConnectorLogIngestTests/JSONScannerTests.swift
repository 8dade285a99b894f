import ConnectorLogCore
import Foundation
import Testing

@testable import ConnectorLogIngest

/// The scanner against RFC 8259 and against Foundation's parser.
@Suite
struct JSONScannerTests {
    private func scan(_ text: String) -> Result<Void, JSONScanError> {
        Array(text.utf8).withUnsafeBytes { bytes in
            do throws(JSONScanError) {
                var scanner = JSONScanner(bytes)
                _ = try scanner.value(depth: 0)
                try scanner.end()
                return .success(())
            } catch {
                return .failure(error)
            }
        }
    }

    @Test(arguments: [
        "0", "-0", "1", "-1", "10", "0.5", "-0.0e-0", "1E+5", "1e400", "123456789012345678901234567890", "true",
        "false", "null", "\"\"",
        "[]", "{}", "[ ]", "{ }", " \t\r\n[ 1 , 2 ]\n", #"{"a":{"b":[{}]},"":0}"#, #"{"a":1,"a":2}"#,
        "\"\u{7F}\u{80}\u{2028}\u{10FFFF}\"",
        #""\"\\\/\b\f\n\r\t\u0000\uFFFF\ud83d\ude42\uD7FF\uE000""#, #"[[[[[[]]]]]]"#, "\"12345678\"", "\"1234567\\n\"",
        "\"123456789012345\"",
    ])
    func accepts(_ text: String) throws {
        try scan(text).get()
        // Where it stands must not matter, as eight bytes are read at once.
        for pad in 1..<10 {
            try scan(String(repeating: " ", count: pad) + text + String(repeating: "\n", count: 10 - pad)).get()
        }
    }

    @Test(
        arguments: [
            ("", .endsEarly, 0), (" ", .endsEarly, 1), ("[", .endsEarly, 1), ("[1", .endsEarly, 2),
            ("[1,", .endsEarly, 3), ("{", .endsEarly, 1),
            (#"{"a""#, .endsEarly, 4), (#"{"a":"#, .endsEarly, 5), (#"{"a":1"#, .endsEarly, 6), ("\"", .endsEarly, 1),
            ("\"abcdefghijkl", .endsEarly, 13),
            ("\"\\", .endsEarly, 2), ("\"\\u12", .endsEarly, 5), ("-", .endsEarly, 1), ("1.", .endsEarly, 2),
            ("1e", .endsEarly, 2), ("1e+", .endsEarly, 3),
            ("tru", .endsEarly, 3), ("nul", .endsEarly, 3),
            ("01", .badNumber, 0), ("-01", .badNumber, 1), ("00", .badNumber, 0), ("1.x", .badNumber, 2),
            ("-x", .badNumber, 1), ("1ex", .badNumber, 2), ("- 1", .badNumber, 1),
            ("+1", .expectedValue, 0), (".5", .expectedValue, 0), ("NaN", .expectedValue, 0),
            ("nULL", .expectedValue, 1), ("truE", .expectedValue, 3), ("Infinity", .expectedValue, 0),
            ("'a'", .expectedValue, 0), ("[,]", .expectedValue, 1), ("[1,]", .expectedValue, 3),
            ("]", .expectedValue, 0), (":", .expectedValue, 0), ("\u{FEFF}1", .expectedValue, 0),
            ("\u{A0}1", .expectedValue, 0), ("\u{B}1", .expectedValue, 0),
            ("{,}", .expectedName, 1), (#"{"a":1,}"#, .expectedName, 7), ("{a:1}", .expectedName, 1),
            ("{1:1}", .expectedName, 1), ("[{]", .expectedName, 2),
            (#"{"a" 1}"#, .expectedColon, 5), (#"{"a","b"}"#, .expectedColon, 4),
            ("[1 2]", .expectedCommaOrBracket, 3), (#"{"a":1 "b":2}"#, .expectedCommaOrBracket, 7),
            ("[1}", .expectedCommaOrBracket, 2), (#"{"a":1]"#, .expectedCommaOrBracket, 6),
            ("[1:2]", .expectedCommaOrBracket, 2), ("[1.5.5]", .expectedCommaOrBracket, 4),
            ("[0x1]", .expectedCommaOrBracket, 2),
            ("1 2", .expectedEnd, 2), ("{}{}", .expectedEnd, 2), ("[]]", .expectedEnd, 2), ("nullx", .expectedEnd, 4),
            ("{} //x", .expectedEnd, 3), ("1\u{0}", .expectedEnd, 1),
            ("\"a\nb\"", .controlCharacter, 2), ("\"\u{0}\"", .controlCharacter, 1),
            ("\"abcdefgh\u{1F}\"", .controlCharacter, 9), ("\"\t\"", .controlCharacter, 1),
            (#""\x""#, .badEscape, 1), (#""\'""#, .badEscape, 1), (#""\U0041""#, .badEscape, 1),
            (#""\u00g0""#, .badEscape, 1), (#""\u 123""#, .badEscape, 1), (#""\u+123""#, .badEscape, 1),
            ("\"\\\n\"", .badEscape, 1),
            (#""\ud800""#, .loneSurrogate, 1), (#""ab\udc00""#, .loneSurrogate, 3), (#""\ud83dx""#, .loneSurrogate, 1),
            (#""\ud83d\n""#, .loneSurrogate, 1), (#""\ud83d\ud83d\ude42""#, .loneSurrogate, 1),
            (#""\ude42\ud83d""#, .loneSurrogate, 1),
        ] as [(String, JSONScanError.Problem, Int)])
    func refusesAndSaysWhere(text: String, problem: JSONScanError.Problem, offset: Int) {
        guard case .failure(let error) = scan(text) else {
            Issue.record("\(text) was taken")
            return
        }
        #expect(error == JSONScanError(problem, offset))
    }

    @Test func takes64LevelsAndNoMore() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}"), (#"[{"a":"#, "}]")] {
            let levels = open.utf8.filter { $0 == 0x5B || $0 == 0x7B }.count
            let fits = Limits.depth / levels
            let inner = levels == 1 && open == "[" ? "" : "1"
            func nested(_ count: Int) -> String {
                String(repeating: open, count: count) + inner + String(repeating: close, count: count)
            }
            try scan(nested(fits)).get()
            guard case .failure(let error) = scan(nested(fits + 1)) else {
                Issue.record("too deep, but taken")
                return
            }
            #expect(error.problem == .tooDeep)
        }
        // Wide is not deep.
        try scan("[" + String(repeating: "[[]],", count: 1000) + "{}]").get()
    }

    @Test func depth10000FailsAtTheLimitWithoutRecursion() {
        let text = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        guard case .failure(let error) = scan(text) else {
            Issue.record("too deep, but taken")
            return
        }
        #expect(error == JSONScanError(.tooDeep, 64))
    }

    // MARK: - Against Foundation

    /// Foundation's parser is laxer and stricter in these, so documents that have them are judged by RFC 8259 alone:
    /// a byte order mark, numbers that `Double` cannot hold (`1e400`), NUL bytes near the beginning (taken for UTF-16),
    /// and nesting beyond 64, which is our own limit.
    private func isComparable(_ bytes: [UInt8]) -> Bool {
        !bytes.prefix(4).contains(0) && !bytes.starts(with: [0xEF, 0xBB]) && !bytes.starts(with: [0xFE, 0xFF])
            && !bytes.starts(with: [0xFF, 0xFE])
    }

    private func compare(_ bytes: [UInt8]) -> Bool {
        let ours = try? JSONTree.scanned(bytes)
        let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)).map(
            JSONTree.init)
        if theirs == nil, ours?.isInfinite == true { return true }
        if ours != theirs {
            Issue.record(
                "\(String(decoding: bytes, as: UTF8.self)) (\(bytes)): ours \(String(describing: ours)), Foundation \(String(describing: theirs))"
            )
        }
        return ours != nil
    }

    @Test func agreesWithFoundationOnGeneratedDocuments() {
        var documents = JSONDocuments(seed: 11)
        for _ in 0..<1500 { #expect(compare(documents.next())) }
    }

    @Test func agreesWithFoundationOnMutatedDocuments() {
        var documents = JSONDocuments(seed: 12)
        var taken = 0
        for _ in 0..<4000 {
            let bytes = documents.nextMutated()
            if isComparable(bytes), compare(bytes) { taken += 1 }
        }
        // Both sorts have to come up, or the test compares nothing.
        #expect((200...3800).contains(taken))
    }

    @Test func whereFoundationDiffersFromTheRFC() throws {
        func foundation(_ text: String) -> Bool {
            (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) != nil
        }
        #expect(!foundation("1e400"))
        #expect((try? scan("1e400").get()) != nil)
        #expect(foundation("\u{FEFF}1"))
        #expect((try? scan("\u{FEFF}1").get()) == nil)
    }
}
