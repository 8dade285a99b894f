import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Testing

/// A registered value goes wherever it stands and however it is written. All values are made up.
@Suite
struct KnownSecretTests {
    private static let value = #"s3cr3t/Va+lue&"quote"=%é€🙂\end"#

    private func book(_ values: [String], ignoresCase: Bool = false, connector: String? = nil) -> RedactionBook {
        let book = Fixtures.redactionBook()
        let secrets = values.map { KnownSecret(value: Array($0.utf8), ignoresCase: ignoresCase) }
        book.setSecrets(secrets, team: 1, connector: connector)
        return book
    }

    private static func json(_ value: String) -> String {
        let data = (try? JSONEncoder().encode([value])) ?? Data()
        return String(String(decoding: data, as: UTF8.self).dropFirst(2).dropLast(2))
    }

    private static func unicodeEscapes(_ value: String, digits: String) -> String {
        value.utf16.map { unit in
            let hex = String(unit, radix: 16, uppercase: digits == "X")
            return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }.joined()
    }

    private static func percent(_ value: String, keeping: String, uppercase: Bool) -> String {
        value.utf8.map { byte in
            if keeping.utf8.contains(byte) { return String(UnicodeScalar(byte)) }
            let hex = String(byte, radix: 16, uppercase: uppercase)
            return "%" + (hex.count < 2 ? "0" : "") + hex
        }.joined()
    }

    private static func base64(_ value: String, before: String, url: Bool) -> String {
        let text = Data((before + value).utf8).base64EncodedString()
        return url ? text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "") : text
    }

    private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

    static let forms: [(name: String, text: String)] = [
        ("raw", value),
        ("percent-encoded, capitals", percent(value, keeping: letters, uppercase: true)),
        ("percent-encoded, small", percent(value, keeping: letters, uppercase: false)),
        ("percent-encoded, every byte", percent(value, keeping: "", uppercase: true)),
        ("percent-encoded, some left", percent(value, keeping: letters + "/&=+", uppercase: true)),
        (
            "percent-encoded twice",
            percent(percent(value, keeping: letters, uppercase: true), keeping: letters, uppercase: true)
        ),
        ("JSON", json(value)),
        ("JSON with escaped slashes", json(value).replacing("/", with: "\\/")),
        ("JSON, every character", unicodeEscapes(value, digits: "x")),
        ("JSON, every character, capitals", unicodeEscapes(value, digits: "X")),
        ("JSON in JSON", json(json(value))),
        ("JSON in JSON, every character", json(unicodeEscapes(value, digits: "x"))),
        ("JSON in JSON in JSON", json(json(json(value)))),
        ("percent-encoded JSON", percent(json(value), keeping: letters, uppercase: true)),
        ("HTML", value.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")),
        ("HTML by number", value.unicodeScalars.map { "&#\($0.value);" }.joined()),
        ("HTML by hexadecimal number", value.unicodeScalars.map { "&#x\(String($0.value, radix: 16));" }.joined()),
        ("hexadecimal", value.utf8.map { String(format: "%02x", $0) }.joined()),
        ("hexadecimal, capitals", value.utf8.map { String(format: "%02X", $0) }.joined()),
    ]

    @Test(arguments: forms)
    func goesInEveryForm(name: String, text: String) {
        let redacted = Redacted("before \(text) behind", book: book([Self.value]))
        #expect(redacted.text == "before [redacted] behind")
        #expect(redacted.redactions == [Redaction(rule: .knownSecret, field: "field", count: 1)])
    }

    @Test(arguments: ["", "u", "us", "user:", "user:x", "a longer text before: "], [false, true])
    func goesFromBase64AtEveryAlignment(before: String, url: Bool) {
        let text = Self.base64(Self.value, before: before, url: url)
        let redacted = Redacted("x \(text) y", book: book([Self.value]))
        #expect(redacted.redactions.count == 1)
        // What is left decodes to nothing of the value: two of its characters at most touch the edges.
        let left = redacted.text.replacing("[redacted]", with: "")
        #expect(left.utf8.count <= 5 + (before.utf8.count * 4 + 2) / 3 && !left.contains("="))
    }

    @Test func formEncodedBlanksAreBlanks() {
        let book = book(["correct horse battery&staple"])
        #expect(Redacted("q=correct+horse+battery%26staple&x=1", .uri, book: book).text == "q=[redacted]&x=1")
        #expect(Redacted("q=correct%20horse%20battery%26staple&x=1", .uri, book: book).text == "q=[redacted]&x=1")
    }

    @Test func oneValueHasOnePlaceholderInAllForms() {
        let book = book([Self.value])
        let placeholders = Set(Self.forms.map { Redacted($0.text, book: book).exact })
        #expect(placeholders.count == 1)
        // Also where its name gave it away before it was registered.
        let other = Fixtures.redactionBook()
        #expect(
            Redacted("{\"token\":\"\(Self.json(Self.value))\"}", book: other).exact.contains(placeholders.first ?? "-"))
    }

    @Test func everyCopyGoes() {
        let redacted = Redacted(
            "a=hunter2-hunter2 b hunter2hunter2hunter2", book: book(["hunter2-long", "hunter2h", "unter2-hunt"]))
        #expect(!redacted.text.contains("unter2-hunt") && !redacted.text.contains("hunter2h"))
        #expect(
            Redacted("xxhunter2-longyyhunter2-longhunter2-long", book: book(["hunter2-long"])).text
                == "xx[redacted]yy[redacted][redacted]")
    }

    @Test func overlappingSecretsGoTogether() {
        let redacted = Redacted("-abcdefghijkl-", book: book(["abcdefgh", "efghijkl"]))
        #expect(redacted.text == "-[redacted]-")
    }

    @Test func caseCountsUnlessTheSecretSaysElse() {
        #expect(Redacted("SECRETVALUE secretvalue", book: book(["secretValue"])).text == "SECRETVALUE secretvalue")
        #expect(
            Redacted("SECRETVALUE secretvalue", book: book(["secretValue"], ignoresCase: true)).text
                == "[redacted] [redacted]")
    }

    @Test func shortValuesGoAsWholeWords() {
        let book = book(["1234", "ab!d"])
        #expect(Redacted("pin 1234, 12345 and x1234", book: book).text == "pin [redacted], 12345 and x1234")
        #expect(Redacted("xab!d ab!d", book: book).text == "xab!d [redacted]")
    }

    @Test func numbersInJSONBecomeTexts() throws {
        let book = book(["8612945770123", "5551234"])
        for (text, expected) in [
            (#"{"a":8612945770123,"b":[1,8612945770123]}"#, #"{"a":"[redacted]","b":[1,"[redacted]"]}"#),
            (#"{"a":8612945770123.5}"#, #"{"a":"[redacted]"}"#),
            (#"[8612945770123]"#, #"["[redacted]"]"#),
            (#"{"a":"8612945770123","b":"x, 5551234, y"}"#, #"{"a":"[redacted]","b":"x, [redacted], y"}"#),
            (#"{"a":"{\"b\":8612945770123}"}"#, #"{"a":"{\"b\":\"[redacted]\"}"}"#),
        ] {
            let redacted = Redacted(text, book: book).text
            #expect(redacted == expected)
            _ = try JSONSerialization.jsonObject(with: Data(redacted.utf8))
        }
    }

    @Test func aCutTextEndsBeforeASecretsBeginning() {
        let book = book(["abcdefghijklmnopqrstuvwxyz"])
        #expect(Redacted("x abcdefghijkl", isCut: true, book: book).text == "x [redacted]")
        #expect(Redacted("x abcdefghijkl", book: book).text == "x abcdefghijkl")
        #expect(Redacted("x abcdefg", isCut: true, book: book).text == "x abcdefg")
        #expect(Redacted("x ABCDEFGHIJKL", isCut: true, book: book).text == "x ABCDEFGHIJKL")
    }

    @Test func longValuesGoWhole() {
        var random = SeededRandom(seed: 5)
        let value = String((0..<10_000).map { _ in random.pick(Array(Self.letters)) })
        #expect(Redacted("x \(value) y", book: book([value])).text == "x [redacted] y")
        #expect(Redacted("x \(value.dropLast(4000))", isCut: true, book: book([value])).text == "x [redacted]")
        #expect(Redacted("x \(value.prefix(100)) y", book: book([value])).text == "x \(value.prefix(100)) y")
    }

    @Test func holdsForItsConnectorAndItsTeamAlone() {
        let book = book(["only-of-crm-1"], connector: "crm")
        book.setSecrets([KnownSecret(value: Array("of-all-the-team".utf8))], team: 1, connector: nil)
        let text = "only-of-crm-1 of-all-the-team"
        #expect(Redacted(text, book: book, connector: "crm").text == "[redacted] [redacted]")
        #expect(Redacted(text, book: book, connector: "erp").text == "only-of-crm-1 [redacted]")
        book.setSecrets([], team: 1, connector: "crm")
        #expect(Redacted(text, book: book, connector: "crm").text == "only-of-crm-1 [redacted]")
        book.removeTeam(1)
        #expect(Redacted(text, book: book, connector: "crm").text == text)
    }

    /// Random values of a small alphabet, so that beginnings, ends and whole values overlap in every way, against a plain
    /// search for each.
    @Test func findsWhatAPlainSearchFinds() {
        for var round in FuzzRounds("known secrets", count: 400) {
            let alphabet = Array("abAB01")
            func word(_ range: ClosedRange<Int>, _ random: inout SeededRandom) -> String {
                String((0..<Int.random(in: range, using: &random)).map { _ in random.pick(alphabet) })
            }
            let values = (0..<Int.random(in: 1...12, using: &round.random)).map { _ in word(8...20, &round.random) }
            var text = word(0...60, &round.random)
            for _ in 0..<4 { text += round.random.pick(values) + word(0...10, &round.random) }
            let redacted = Redacted(text, book: book(values)).text
            for value in values { #expect(!redacted.contains(value), "\(values) in \(text)") }
            // And nothing goes that is in none.
            var covered = Set<Int>()
            let bytes = Array(text.utf8)
            for value in values.map({ Array($0.utf8) }) where bytes.count >= value.count {
                for at in 0...bytes.count - value.count where Array(bytes[at..<at + value.count]) == value {
                    covered.formUnion(at..<at + value.count)
                }
            }
            let kept = bytes.indices.filter { !covered.contains($0) }.map { bytes[$0] }
            #expect(Array(redacted.replacing("[redacted]", with: "").utf8) == kept, "\(values) in \(text)")
        }
    }

    /// What stood beside a secret stands free when that is gone.
    @Test(arguments: [
        "tok3n-value4111111111111111", "4111111111111111tok3n-value", "tok3n-valuetok3n-value4111 1111 1111 1111",
    ])
    func leavesNoCardBesideIt(text: String) {
        let redacted = book(["tok3n-value"]).policy(team: 1, connector: nil).redacted(text)
        #expect(!redacted.contains("1111"), "\(redacted)")
        #expect(redacted.contains("[secret:"))
    }

    /// The first 256 bytes are looked for, and what agrees beyond them decides whose it is.
    @Test(arguments: [false, true])
    func tellsLongValuesOfOneBeginningApart(isHexadecimal: Bool) {
        let beginning = String(repeating: "Common0Prefix", count: isHexadecimal ? 10 : 22)
        let values = ["-tail-of-the-first-AAAA", "-end-of-the-other-BBBB"].map { beginning + $0 }
        for value in values {
            let text = isHexadecimal ? value.utf8.map { String($0, radix: 16) }.joined() : value
            let redacted = book(values).policy(team: 1, connector: nil).redacted("before \(text) behind")
            #expect(redacted == "before \(Fixtures.placeholder(of: value, team: 1)) behind")
        }
    }
}
