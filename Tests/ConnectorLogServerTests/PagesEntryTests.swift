import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import Testing

/// The page of one call and its downloads, without a server.
@Suite struct PagesEntryTests {
    private let viewer = PageFrame.Viewer(keyName: "Key", team: nil, teams: [], csrfToken: "token")
    private let id = EntryID(high: 0x0192_0000_0000_7000, low: 0x8000_0000_0000_0001)

    private func entry(status: Int? = 200) -> LogEntry {
        var summary = EntrySummary(
            id: id, teamID: 1, logTime: PagesFixtures.now, connectorIdentifier: "c",
            outcome: Outcome(status: status, hasError: false))
        summary.status = status
        summary.method = "POST"
        summary.uri = "https://a.example/x?a=1&b=%3C&c"
        summary.durationMicroseconds = 1_243_500
        summary.stateID = "s/1"
        summary.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
        return LogEntry(summary: summary)
    }

    private func html(_ entry: LogEntry, traceLink: TraceLink? = nil) throws -> String {
        try PageTemplates().render(EntryPage(viewer: viewer, entry: entry, traceLink: traceLink))
    }

    @Test func tellsWhenACallEnded() {
        let page = EntryPage(viewer: viewer, entry: entry())
        #expect(page.ended?.machine == PagesFixtures.now.advanced(byMicroseconds: 1_243_500).description)
        #expect(page.duration == "1.24 s")
        #expect(page.exactDuration == "1,243,500 µs")
        var unknown = entry()
        unknown.summary.durationMicroseconds = nil
        #expect(EntryPage(viewer: viewer, entry: unknown).ended == nil)
    }

    @Test func linksTracesOnlyWhereToldTo() throws {
        #expect(try !html(entry()).contains("noopener"))
        let link = try #require(TraceLink(template: "https://jaeger.example/trace/{trace_id}"))
        #expect(
            try html(entry(), traceLink: link).contains(
                "<a href=\"https://jaeger.example/trace/4bf92f3577b34da6a3ce929d0e0e4736\" target=\"_blank\" "
                    + "rel=\"noopener noreferrer\" data-copy=\"Trace ID\">4bf92f3577b34da6a3ce929d0e0e4736</a>"))
    }

    @Test func namesItsNeighbours() {
        let others = (1...3).map { EntryID(high: 5, low: $0) }
        let page = EntryPage(
            viewer: viewer, entry: entry(),
            neighbours: .init(previous: others[0], next: others[1], firstFailed: others[2]))
        #expect(page.previousHref == "/teams/1/logs/\(others[0])")
        #expect(page.nextHref == "/teams/1/logs/\(others[1])")
        #expect(page.firstFailedHref == "/teams/1/logs/\(others[2])")
        let first = EntryPage(viewer: viewer, entry: entry(status: 500), neighbours: .init(firstFailed: id))
        #expect(first.firstFailedHref == nil && !first.hasNeighbours)
    }

    // MARK: - Hostile texts

    private static let hostile = "\"\u{301}'><script>alert(1)</script>{{frame.title}}[secret:abc123]&lt;\u{0}\u{202e}🚀"

    private func hostileEntry(_ type: String, _ body: String) -> LogEntry {
        let text = Self.hostile
        var summary = EntrySummary(
            id: id, teamID: 1, logTime: PagesFixtures.now, connectorIdentifier: text, outcome: .failed)
        (summary.event, summary.method, summary.uri, summary.requestID) = (text, text, "https://a/" + text, text)
        (summary.flowID, summary.flowName, summary.flowVersion, summary.stateID) = (text, text, text, text)
        (summary.traceID, summary.spanID, summary.errorName, summary.errorMessage) = (text, text, text, text)
        var entry = LogEntry(summary: summary)
        let fields = [HeaderField(name: text, value: text), HeaderField(name: "Content-Type", value: type)]
        entry.requestHeaders = fields
        entry.responseHeaders = fields
        let bytes = Array(body.utf8)
        entry.requestBody = Body(bytes: bytes, isBinary: false, originalSize: bytes.count + 1, isTruncated: true)
        entry.responseBody = Body(bytes: bytes, isBinary: false, originalSize: bytes.count, isTruncated: false)
        entry.attributesJSON = JSONText.object([(text, JSONText.string(text))])
        return entry
    }

    /// All markup has to be the templates' own.
    private func expectHarmless(_ html: String) {
        #expect(html.matches(of: /<script(?! src="\/assets\/)/).isEmpty)
        #expect(!html.contains("alert(1)</"))
        #expect(!html.contains("\u{0}"))
        #expect(!html.contains("{{"), "\(html.prefix { $0 != "{" }.count)")
        // No value ends its attribute, or begins another one.
        let tag = /<\/?[a-z0-9]+(?:\s+[a-zA-Z0-9-]+(?:="[^"<>]*")?)*\s*\/?>/.matchingSemantics(.unicodeScalar)
        let names = /\s(on[a-z]+|style)=/.matchingSemantics(.unicodeScalar)
        for match in html.matches(of: /<[a-z\/][^>]*>/.matchingSemantics(.unicodeScalar)) {
            #expect(match.output.wholeMatch(of: tag) != nil, "\(match.output)")
            #expect(
                match.output.replacing(/"[^"]*"/.matchingSemantics(.unicodeScalar), with: "").firstMatch(of: names)
                    == nil)
        }
    }

    @Test(arguments: [
        ("text/plain", hostile), ("application/x-www-form-urlencoded", "a=\(hostile)&\(hostile)=b"),
        (
            "application/json",
            JSONText.object([(hostile, JSONText.array([JSONText.string(hostile), "[]", "{\"a\":{}}"]))])
        ),
        ("text/xml", "<a b='\"'><c>&lt;</c><d><![CDATA[<script>alert(1)</script>]]></d></a>"),
    ])
    func showsWhatWasSentAsTextAlone(type: String, body: String) throws {
        let entry = hostileEntry(type, body)
        let neighbours = EntryPage.Neighbours(previous: id, next: id, firstFailed: nil)
        let templates = try PageTemplates()
        let link = TraceLink(template: "https://a.example/{trace_id}")
        let page = EntryPage(viewer: viewer, entry: entry, neighbours: neighbours, traceLink: link)
        for html in [
            templates.render(page), templates.render(FailuresPage(viewer: viewer, entry: entry, faults: [])),
        ] {
            // The mustaches of a value stay text, too.
            expectHarmless(html.replacing("{{frame.title}}", with: ""))
            #expect(html.contains("{{frame.title}}") || type == "text/xml")
        }
    }

    @Test func showsRowsAsTextAlone() throws {
        let entry = hostileEntry("text/plain", "")
        var fault = RootFault(id: id, teamID: 1, occurredAt: PagesFixtures.now, name: Self.hostile)
        (fault.uri, fault.message) = (Self.hostile, Self.hostile)
        var state = FlowState(
            teamID: 1, stateID: Self.hostile, status: .inProgress, createdAt: PagesFixtures.now,
            lastActionAt: PagesFixtures.now)
        (state.flowName, state.user, state.currentStep, state.joinURI) = (
            Self.hostile, Self.hostile, Self.hostile, "https://a.example/\(Self.hostile)"
        )
        let templates = try PageTemplates()
        let place = LivePlace(entries: id, faults: id)
        let page = ConnectorLogPage(
            viewer: viewer, state: state, entries: [entry.summary], faults: [fault], filter: .init(), cursor: nil,
            next: nil, now: PagesFixtures.now, place: place)
        expectHarmless(templates.render(page).replacing("{{frame.title}}", with: ""))
        let message = LiveMessage(
            .init(state: state, entries: [entry.summary], faults: [fault], isCut: false), place: place,
            now: PagesFixtures.now, renderEvent: { templates.render($0, part: .eventRow) },
            renderFault: { templates.render($0, part: .faultRow) })
        #expect(message.text.hasPrefix("event: news\nid: \(place)\ndata: {"))
        #expect(message.text.hasSuffix("}\n\n"))
        #expect(message.text.dropLast(2).count { $0.isNewline } == 2)
        let data = try #require(message.text.split(separator: "\n").last).dropFirst("data: ".count)
        let json = try #require(JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])
        for name in ["events", "faults"] {
            let rows = try #require(json[name] as? [[String: String]])
            #expect(rows.count == 1)
            let html = try #require(rows[0]["html"])
            expectHarmless(html.replacing("{{frame.title}}", with: ""))
            // The very row of the page.
            #expect(templates.render(page).contains(html))
        }
    }

    @Test func keepsTheTextOfADocumentToFold() throws {
        let json = #"{"a":{"b":[1,{"c":"<d>"}],"e":[]},"f":"g"}"#
        var entry = entry()
        entry.responseBody = Body(
            bytes: Array(json.utf8), isBinary: false, originalSize: json.utf8.count, isTruncated: false)
        let html = try html(entry)
        let start = try #require(html.firstRange(of: "data-fold tabindex"))
        let inner = html[start.upperBound...].drop { $0 != ">" }.dropFirst()
        let end = try #require(inner.firstRange(of: "<details class=\"fold stored\">"))
        let text = inner[..<end.lowerBound].replacing(/<[^>]*>/, with: "").replacing("&quot;", with: "\"")
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">")
        let indented = try #require(JSONIndenter.indented(json.utf8).map { String(decoding: $0, as: UTF8.self) })
        #expect(text.hasPrefix(indented + "\n"))
    }

    // MARK: - Archives

    private func archive(_ entries: [LogEntry]) throws -> [[String: Any]] {
        let bytes =
            HARDocument.head() + Array(entries.map(HARDocument.entry).joined(separator: HARDocument.separator))
            + HARDocument.tail
        let json = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let log = try #require(json["log"] as? [String: Any])
        #expect(Set(json.keys) == ["log"] && Set(log.keys) == ["version", "creator", "entries"])
        #expect(log["version"] as? String == "1.2")
        return try #require(log["entries"] as? [[String: Any]])
    }

    @Test func writesArchives() throws {
        var call = entry()
        call.requestHeaders = [
            HeaderField(name: "content-type", value: "text/plain"), HeaderField(name: "A", value: "1"),
        ]
        call.requestBody = Body(bytes: [0xFF, 0x00], isBinary: true, originalSize: 2, isTruncated: false)
        call.responseBody = Body(bytes: Array("ab".utf8), isBinary: false, originalSize: 9, isTruncated: true)
        call.receipt = [Redaction(rule: .header, field: "request_headers.authorization", count: 1)]
        let entries = try archive([call, entry(status: nil)])
        #expect(try archive([]).isEmpty)
        #expect(entries.count == 2)
        let one = entries[0]
        #expect(
            Set(one.keys) == [
                "startedDateTime", "time", "request", "response", "cache", "timings", "comment", "_connectorLog",
            ])
        #expect(one["startedDateTime"] as? String == PagesFixtures.now.description)
        #expect(one["time"] as? Double == 1243.5)
        let request = try #require(one["request"] as? [String: Any])
        #expect(
            Set(request.keys) == [
                "method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize",
                "postData",
            ])
        #expect(
            request["queryString"] as? [[String: String]] == [
                ["name": "a", "value": "1"], ["name": "b", "value": "<"], ["name": "c", "value": ""],
            ])
        #expect((request["headers"] as? [[String: String]])?.map(\.["name"]) == ["content-type", "A"])
        let sent = try #require(request["postData"] as? [String: Any])
        #expect(sent["text"] as? String == "/wA=" && sent["_encoding"] as? String == "base64")
        #expect(sent["mimeType"] as? String == "text/plain")
        let response = try #require(one["response"] as? [String: Any])
        #expect(response["status"] as? Int == 200)
        let content = try #require(response["content"] as? [String: Any])
        #expect(content["text"] as? String == "ab" && content["size"] as? Int == 9)
        #expect(content["comment"] as? String == "Cut: 2 of 9 bytes were kept.")
        let own = try #require(one["_connectorLog"] as? [String: Any])
        #expect(own["id"] as? String == id.description && own["state_id"] as? String == "s/1")
        let refused = try #require(entries[1]["response"] as? [String: Any])
        #expect(refused["status"] as? Int == 0 && refused["_error"] as? String == "no response")
        #expect(HARDocument.fileName("a/../\"ü") == "connector-log-a_______.har")
    }

    /// By which `Limits.exportedEntryBytes` holds for two bodies of the largest size.
    @Test(arguments: [false, true])
    func noByteOfABodyTakesMoreThanSixInAnArchive(isBinary: Bool) {
        func length(_ byte: UInt8, count: Int) -> Int {
            var call = entry()
            call.responseBody = Body(
                bytes: [UInt8](repeating: byte, count: count), isBinary: isBinary, originalSize: 300, isTruncated: true)
            return HARDocument.entry(call).count
        }
        let most = (UInt8.min...UInt8.max).map { length($0, count: 200) - length($0, count: 100) }.max() ?? 0
        #expect(most <= 6 * 100)
        #expect(2 * 6 * Limits.largestBodyBytes < Limits.exportedEntryBytes)
    }

    @Test func archivesHostileTexts() throws {
        for body in ["", Self.hostile, "\u{0}\u{1f}\u{2028}"] {
            let call = hostileEntry(Self.hostile, body)
            let one = try archive([call, call])[1]
            let request = try #require(one["request"] as? [String: Any])
            #expect(request["url"] as? String == "https://a/" + Self.hostile)
            #expect((request["postData"] as? [String: Any])?["text"] as? String == body)
        }
    }
}
