import ConnectorLogCore
import ConnectorLogServer
import Testing

@Suite struct PagesDisplayTests {
    private static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    // MARK: - Times

    @Test(arguments: [
        ("2021-03-05T10:40:40.123456Z", "Mar 5th 2021, 10:40:40", "Mar 5th 2021, 10:40:40.123"),
        ("2024-02-29T00:00:00.009Z", "Feb 29th 2024, 00:00:00", "Feb 29th 2024, 00:00:00.009"),
        ("1999-12-31T23:59:59.999999Z", "Dec 31st 1999, 23:59:59", "Dec 31st 1999, 23:59:59.999"),
        ("2025-01-01T07:08:09+02:00", "Jan 1st 2025, 05:08:09", "Jan 1st 2025, 05:08:09.000"),
        ("9999-12-31T23:59:59.999999Z", "Dec 31st 9999, 23:59:59", "Dec 31st 9999, 23:59:59.999"),
    ])
    func writesDatesAsReadersKnowThem(instant: String, seconds: String, milliseconds: String) throws {
        let time = try Self.time(instant)
        #expect(DisplayTime(time).text == seconds)
        #expect(DisplayTime(time, precision: .milliseconds).text == milliseconds)
        #expect(DisplayTime(time).machine == time.description)
    }

    @Test(arguments: [
        (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (10, "10th"), (11, "11th"), (12, "12th"), (13, "13th"),
        (20, "20th"), (21, "21st"), (22, "22nd"), (23, "23rd"), (24, "24th"), (30, "30th"), (31, "31st"),
    ])
    func writesOrdinalsOfDays(day: Int64, ordinal: String) {
        let time = Timestamp(microseconds: CivilDate(year: 2023, month: 1, day: day).daysSinceEpoch * 86_400_000_000)
        #expect(DisplayTime(time).text == "Jan \(ordinal) 2023, 00:00:00")
    }

    @Test(arguments: [
        (-5, "under 1 second"), (0, "under 1 second"), (0.999, "under 1 second"), (1, "1 second"), (59.9, "59 seconds"),
        (60, "1 minute"), (3599, "59 minutes"), (3600, "1 hour"), (86_399, "23 hours"), (86_400, "1 day"),
        (864_000, "10 days"), (2_591_999, "29 days"), (2_592_000, "1 month"), (31_535_999, "12 months"),
        (31_536_000, "1 year"), (63_072_000_000, "2,000 years"),
    ])
    func humanisesElapsedTime(seconds: Double, text: String) {
        #expect(DisplayDuration.elapsed(microseconds: Int64(seconds * 1_000_000)) == text)
    }

    @Test(arguments: [
        (-5, "0:00:00"), (42.9, "0:00:42"), (3725, "1:02:05"), (86_399, "23:59:59"), (86_400, "1 day 0:00:00"),
        (874_805, "10 days 3:00:05"),
    ])
    func saysElapsedTimeToTheSecond(seconds: Double, text: String) {
        #expect(DisplayDuration.exact(microseconds: Int64(seconds * 1_000_000)) == text)
    }

    @Test(arguments: [
        (0, "0 ms"), (40, "0 ms"), (400, "0.4 ms"), (1000, "1 ms"), (9999, "9.9 ms"), (10_000, "10 ms"),
        (182_400, "182 ms"), (999_999, "999 ms"), (1_000_000, "1 s"), (1_050_000, "1.05 s"), (1_243_000, "1.24 s"),
        (30_500_000, "30.5 s"), (59_999_999, "59.99 s"), (60_000_000, "1 min 0 s"), (3_725_000_000, "62 min 5 s"),
    ])
    func writesDurationsOfCalls(microseconds: Int64, text: String) {
        #expect(DisplayDuration.call(microseconds: microseconds) == text)
    }

    // MARK: - Numbers

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
    func groupsDigits(value: Int, text: String) {
        #expect(DisplayNumber.grouped(value) == text)
    }

    @Test(arguments: [
        (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (262_144, "256 KiB"),
        (1_048_575, "1,023.9 KiB"), (1_048_576, "1 MiB"), (20 << 20, "20 MiB"),
    ])
    func writesSizes(count: Int, text: String) {
        #expect(DisplayNumber.bytes(count) == text)
    }

    // MARK: - Badges

    @Test func saysWhatItColours() {
        #expect(Badge(Outcome.ok).label == "OK")
        #expect(Badge(Outcome.failed).label == "Failed")
        #expect(Badge(Outcome.ok).tone != Badge(Outcome.failed).tone)
        #expect(FlowState.Status.allCases.map { Badge($0).label } == ["In progress", "Done", "Failed", "Expired"])
        #expect(Badge(statusCode: nil).label == "No response")
        #expect(Badge(statusCode: 502).label == "502")
        #expect(Badge(statusCode: 399).tone != Badge(statusCode: 400).tone)
    }

    // MARK: - Texts

    @Test func cutsMessagesOverSixtyFiveCharacters() {
        let fits = String(repeating: "é", count: 65)
        #expect(CutText(fits).shown == fits)
        #expect(!CutText(fits).isCut)
        let long = CutText(fits + "x")
        #expect(long.isCut)
        #expect(long.shown == fits + "…")
        #expect(CutText("first\r\nsecond\tthird").shown == "first second third")
        #expect(
            CutText(String(repeating: "a", count: 60) + "      tail").shown == String(repeating: "a", count: 60) + "…")
    }

    @Test(arguments: [
        ("https://api.example/v1/a?b=c#d", "https://api.example", "/v1/a", "?b=c#d"),
        ("https://api.example", "https://api.example", "", ""),
        ("https://api.example?x", "https://api.example", "", "?x"),
        ("/only/path?q", "", "/only/path", "?q"), ("", "", "", ""), ("://", "://", "", ""),
    ])
    func splitsURIs(uri: String, origin: String, path: String, query: String) {
        let shown = DisplayURI(uri)
        #expect([shown.origin, shown.path, shown.query] == [origin, path, query])
    }

    @Test func marksRedactionsAndLosesNothing() {
        for text in [
            "", "[redacted]", "a[redacted]b[redacted][redacted]", "[redacte", "[[redacted]]", "Bearer [redacted]\n[",
            "é[redacted]\u{301}", "a[secret:k3f9c2]b[secret:k3f9c]", "[secret:k3f9c2",
        ] {
            let marked = MarkedText(text)
            #expect(Array(marked.text.utf8) == Array(text.utf8))
            #expect(marked.pieces.allSatisfy { $0.isRedaction == ["[redacted]", "[secret:k3f9c2]"].contains($0.text) })
        }
        #expect(MarkedText("a[redacted]b").pieces.map(\.isRedaction) == [false, true, false])
    }

    // MARK: - Bodies

    private func body(_ text: String, originalSize: Int? = nil, isTruncated: Bool = false) -> Body {
        Body(
            bytes: Array(text.utf8), isBinary: false, originalSize: originalSize ?? text.utf8.count,
            isTruncated: isTruncated)
    }

    @Test func laysOutJSONAndKeepsItsValues() throws {
        let json = #"{"b":1.50,"a":[],"n":{},"t":"\u00e9\"x","l":[true,null,-0.1e+9]}"#
        let shown = try #require(DisplayBody(body(json)))
        #expect(shown.isJSON)
        #expect(
            shown.content.text == """
                {
                  "b": 1.50,
                  "a": [],
                  "n": {},
                  "t": "\\u00e9\\"x",
                  "l": [
                    true,
                    null,
                    -0.1e+9
                  ]
                }
                """)
        #expect(shown.note == "JSON, \(json.utf8.count) bytes")
    }

    @Test(arguments: [
        "", "1", "\"text\"", "{", "{}x", "{\"a\":}", "{a:1}", "[1,]", "[01]", "[1.]", "[\"\\x\"]", "[\"\n\"]", "[tru]",
        "<html>", "{\"a\" 1}", String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
    ])
    func leavesWhatIsNoJSONDocumentAlone(text: String) {
        #expect(JSONIndenter.indented(text.utf8) == nil)
    }

    @Test func survivesDeepDocuments() {
        let depth = 200_000
        #expect(JSONIndenter.indented(Array(repeating: UInt8(ascii: "["), count: depth)) == nil)
    }

    @Test func saysWhenABodyWasCut() throws {
        let shown = try #require(DisplayBody(body("{\"a\":\"b", originalSize: 300_000, isTruncated: true)))
        #expect(shown.isTruncated)
        #expect(shown.content.text == "{\"a\":\"b")
        #expect(shown.note == "Text, 292.9 KiB, cut to 7 bytes")
    }

    @Test func showsBytesInHexadecimal() throws {
        let bytes = (0..<20).map { UInt8($0) }
        let shown = try #require(
            DisplayBody(Body(bytes: bytes, isBinary: true, originalSize: 20, isTruncated: false)))
        #expect(
            shown.content.text
                == "0000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n0010  10 11 12 13")
        #expect(DisplayBody(nil) == nil)
    }

    // MARK: - Escaping

    @Test func escapesWhateverEndsTextOrAttribute() {
        let escaping = PageEscaping()
        #expect(
            escaping.escapeText("<a href=\"x\" b='y'>&</a>")
                == "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;&lt;/a&gt;")
        #expect(escaping.escapeText("plain é") == "plain é")
    }

    /// A quote with a combining mark is one character to Swift, and still the end of an attribute to a browser.
    @Test func escapesMarkupUnderCombiningMarks() {
        for character in ["\"", "'", "<", ">", "&"] {
            let escaped = PageEscaping().escapeText(character + "\u{301} onfocus=x")
            #expect(escaped.utf8.first == UInt8(ascii: "&"))
            #expect(Array(escaped.utf8).suffix(12) == Array("\u{301} onfocus=x".utf8))
        }
    }
}
