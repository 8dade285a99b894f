import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Testing

/// Bodies laid out for reading: XML, forms, JSON to fold, bytes.
@Suite struct PagesBodyTests {
    private func body(_ text: String, isBinary: Bool = false) -> Body {
        let bytes = Array(text.utf8)
        return Body(bytes: bytes, isBinary: isBinary, originalSize: bytes.count, isTruncated: false)
    }

    private func indentedXML(_ text: String) -> String? {
        XMLIndenter.indented(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: - XML

    @Test func indentsElements() {
        let text = #"""
            <?xml version="1.0"?><!-- x > y --><s:a xmlns:s="u" t='>'><b>1 &amp; 2</b><c/><d><e> </e><f a="/"></f></d><g>x<h>y</h> z</g></s:a>
            """#
        #expect(
            indentedXML(text) == #"""
                <?xml version="1.0"?>
                <!-- x > y -->
                <s:a xmlns:s="u" t='>'>
                  <b>1 &amp; 2</b>
                  <c/>
                  <d>
                    <e> </e>
                    <f a="/"></f>
                  </d>
                  <g>x<h>y</h> z</g>
                </s:a>
                """#)
        #expect(indentedXML("<a>\n <b><![CDATA[</b>]]></b>\n</a>") == "<a>\n  <b><![CDATA[</b>]]></b>\n</a>")
        #expect(indentedXML("<a/>") == "<a/>")
    }

    @Test(arguments: [
        "", "a", "<", "<a", "<a>", "</a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a></a>x", "x<a/>", "<a b='></a>",
        "<!doctype html><html></html>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a><!-- </a>", "<a><![CDATA[</a>",
        "<?xml", "<a <b/></a>", "< a/>", "<1/>", "<a><br></a>", "{\"a\":1}", "<!---->", "<a/ >",
    ])
    func leavesWhatIsNotWellFormed(text: String) {
        // `<a/ >` opens an element to this reader, which nothing closes.
        #expect(indentedXML(text) == nil)
    }

    @Test func readsLongXMLInLinearTime() {
        // A reader that goes back over its text would take minutes for these.
        for text in [
            "<a>" + String(repeating: "<b></b>", count: 60_000) + "</a>", String(repeating: "<", count: 400_000),
            "<a>" + String(repeating: "<!--", count: 100_000), "<a " + String(repeating: "'", count: 400_000),
            String(repeating: "<a>", count: 200_000), "<a>" + String(repeating: "]]", count: 200_000) + "</a>",
            "<!--" + String(repeating: "-", count: 400_000),
        ] {
            _ = XMLIndenter.indented(Array(text.utf8))
        }
        #expect(indentedXML(String(repeating: "<a>", count: 64) + String(repeating: "</a>", count: 64)) != nil)
        #expect(indentedXML(String(repeating: "<a>", count: 65) + String(repeating: "</a>", count: 65)) == nil)
    }

    @Test func keepsTheTextOfAnyXML() {
        var random = SeededRandom(seed: 3)
        let pieces = [
            "<a>", "</a>", "<b c='>'>", "</b>", "<d/>", " ", "\n", "x", "<!-- -->", "<![CDATA[<]]>", "<", ">", "'",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            guard let indented = indentedXML(text) else { continue }
            #expect(indented.filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
            #expect(indentedXML(indented) == indented)
        }
    }

    // MARK: - Forms

    @Test func readsForms() throws {
        let text = "grant_type=refresh+token&client_secret=[secret:abc123]&a=%3Cb%3E&flag&=x"
        let shown = try #require(
            DisplayBody(body(text), contentType: "Application/X-WWW-Form-Urlencoded; charset=utf-8"))
        #expect(shown.note == "Form, 72 bytes")
        #expect(shown.fields.map(\.headerName) == ["grant_type", "client_secret", "a", "flag", ""])
        #expect(shown.fields.map(\.headerValue.text) == ["refresh token", "[secret:abc123]", "<b>", "", "x"])
        #expect(shown.fields[1].headerValue.pieces.map(\.isRedaction) == [true])
        #expect(shown.stored?.text == text)
        #expect(DisplayBody(body(text), contentType: "text/plain")?.hasFields == false)
        #expect(DisplayBody(body("a=%zz"), contentType: "application/x-www-form-urlencoded")?.isPlain == true)
        let many = Array(repeating: "a=1", count: 501).joined(separator: "&")
        #expect(DisplayBody(body(many), contentType: "application/x-www-form-urlencoded")?.isPlain == true)
    }

    // MARK: - Bytes

    @Test func tellsWhatBytesAreKept() throws {
        let shown = try #require(DisplayBody(body("abc", isBinary: true)))
        #expect(shown.digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(shown.keptSize == "3 bytes")
        #expect(!shown.isPlain && shown.stored == nil)
    }

    // MARK: - JSON to fold

    @Test func foldsWithoutChangingTheText() throws {
        let json = #"{"a":{"b":[],"c":[1,{"d":"}"}],"e\"[":"{"},"f":[],"g":[[]],"h":"[secret:abc123]"}"#
        let shown = try #require(DisplayBody(body(json)))
        let tree = try #require(shown.tree)
        let text = tree.lines.map { $0.indent + ($0.name?.text ?? "") + $0.value.text }.joined(separator: "\n")
        #expect(text == shown.content.text)
        #expect(shown.stored?.text == json)
        #expect(tree.lines.filter(\.opens).count == tree.lines.filter(\.closes).count)
        #expect(tree.lines.compactMap(\.count) == ["4 members", "3 members", "2 elements", "1 member", "1 element"])
        #expect(tree.lines.compactMap(\.name?.text).contains(#""e\"[": "#))
        #expect(tree.lines.filter { $0.value.pieces.contains(where: \.isRedaction) }.count == 1)
    }

    @Test func showsLargeDocumentsFoldedOrPlain() throws {
        func document(_ count: Int) throws -> DisplayBody {
            let element = #"{"a":{"b":{"c":1}}}"#
            return try #require(
                DisplayBody(body("[" + Array(repeating: element, count: count).joined(separator: ",") + "]")))
        }
        #expect(try #require(document(10).tree).lines.allSatisfy(\.isExpanded))
        let folded = try #require(document(100).tree).lines.filter(\.opens)
        #expect(folded.prefix(4).map(\.isExpanded) == [true, true, true, false])
        #expect(try document(1000).tree == nil)
        #expect(try document(1000).isPlain)
        #expect(DisplayBody(body("[]"))?.tree == nil)
    }

    @Test func opensAndClosesInAnyDocument() {
        var random = SeededRandom(seed: 5)
        func value(_ depth: Int) -> String {
            switch Int.random(in: 0..<(depth > 5 ? 3 : 6), using: &random) {
            case 0: return ["1", "null", "true", "-0.5e3"].randomElement(using: &random) ?? ""
            case 1, 2:
                return ["\"\"", "\"{\"", "\"[\"", "\"a\\\\\"", "\"\\\": [\"", "\"},\""].randomElement(using: &random)
                    ?? ""
            case 3:
                return "["
                    + (0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth + 1) }.joined(separator: ",")
                    + "]"
            default:
                return "{"
                    + (0..<Int.random(in: 0...3, using: &random)).map { _ in
                        (["\"a\"", "\"]\"", "\"\\\\\"", "\"b: {\"", "\"\""].randomElement(using: &random) ?? "") + ":"
                            + value(depth + 1)
                    }.joined(separator: ",") + "}"
            }
        }
        for _ in 0..<3000 {
            guard let indented = JSONIndenter.indented(value(0).utf8), let tree = JSONTree(indented: indented) else {
                continue
            }
            let text = tree.lines.map { $0.indent + ($0.name?.text ?? "") + $0.value.text }.joined(separator: "\n")
            #expect(Array(text.utf8) == indented)
            var depth = 0
            for (index, line) in tree.lines.enumerated() {
                if line.opens { depth += 1 }
                if line.closes { depth -= 1 }
                #expect(depth > 0 || index == tree.lines.count - 1 && depth == 0)
            }
        }
    }

    // MARK: - Documents that grow

    /// A value a line, as deep as may be: 65 times the bytes, if somebody laid them out.
    @Test(arguments: [
        (String(repeating: "[", count: 63), "0,", "0" + String(repeating: "]", count: 63)),
        (String(repeating: "{\"a\":", count: 62) + "[", "[[]],", "0]" + String(repeating: "}", count: 62)),
        (String(repeating: "<a>", count: 63), "<b/>", String(repeating: "</a>", count: 63)),
    ])
    func showsWhatWouldGrowTooMuchAsItIs(begin: String, value: String, end: String) throws {
        func document(_ count: Int) -> String { begin + String(repeating: value, count: count) + end }
        func indented(_ text: String) -> [UInt8]? {
            JSONIndenter.indented(text.utf8) ?? XMLIndenter.indented(Array(text.utf8))
        }
        // Small ones are laid out, however deep.
        #expect(indented(document(10)) != nil)
        let isBounded = (10..<400).allSatisfy { count in
            let text = document(count)
            return (indented(text)?.count ?? 0) <= JSONIndenter.mostBytes(of: text.utf8.count)
        }
        #expect(isBounded)
        let text = document(100_000)
        let shown = try #require(DisplayBody(body(text)))
        // Values apart: nobody reads a failure of half a megabyte.
        let (isLeftAlone, isAsItIs) = (indented(text) == nil, shown.content.text == text)
        #expect(isLeftAlone && isAsItIs)
        #expect(shown.isPlain && shown.stored == nil)
    }

    @Test func laysOutLargeDocumentsOfTheOrdinaryKind() {
        let json = "{\"data\":{\"items\":[" + String(repeating: "{\"id\":1,\"on\":true},", count: 20_000) + "{}]}}"
        #expect(JSONIndenter.indented(json.utf8) != nil)
        let xml = "<a><b><c>" + String(repeating: "<d><e>1</e><f/></d>", count: 20_000) + "</c></b></a>"
        #expect(indentedXML(xml) != nil)
    }

    // MARK: - Traces

    @Test func linksTraces() throws {
        let link = try #require(TraceLink(template: "https://jaeger.example:16686/trace/{trace_id}?ui=1"))
        #expect(link.address(ofTrace: "4bf9/\"2") == "https://jaeger.example:16686/trace/4bf9%2F%222?ui=1")
    }

    @Test(arguments: ["/", "?x=", "#", "/?", "?/", "#?/"])
    func linksTracesByWhateverEndsAHost(mark: String) throws {
        let link = try #require(TraceLink(template: "https://a.example:1\(mark){trace_id}&y"))
        #expect(link.address(ofTrace: "1") == "https://a.example:1\(mark)1&y")
    }

    @Test(arguments: [
        "https://?{trace_id}", "https://#{trace_id}", "https://a.example?x={trace_id}&y={trace_id}",
        "https://a.example/{trace_id}{trace_id}", "https://a@b.example?{trace_id}", "https://a.example\\{trace_id}/",
        "https://{trace_id}?{trace_id}", "https://a.example\\b?{trace_id}",
        "", "https://a.example/", "{trace_id}", "javascript:alert({trace_id})", "https://{trace_id}.example/",
        "https://a.example{trace_id}", "ftp://a.example/{trace_id}", "https:///{trace_id}", "https://a b/{trace_id}",
        "//a.example/{trace_id}", "https://a@b.example/{trace_id}",
    ])
    func refusesTemplatesThatLeadAnywhere(template: String) {
        #expect(TraceLink(template: template) == nil)
    }
}
