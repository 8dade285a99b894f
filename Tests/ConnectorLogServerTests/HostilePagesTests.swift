import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import HTTPTypes
import HummingbirdTesting
import Testing

/// Hostile text in every field that anybody can fill, and every page that shows it. What a page is made of is checked by
/// `HTMLCheck` at every answer: an element, an attribute or an escape that is not ours is a finding there.
@Suite struct HostilePagesTests {
    /// Ends attributes, elements, comments and templates; turns the direction of text; a quote under a combining mark.
    private static let text =
        "\"'\u{301}><script>alert(1)</script></textarea></pre></title></option><!-- {{keyName}} &lt;&\u{202E}\r\n😀\u{7}"

    private static func hostileState() -> StateChange {
        var change = Fixtures.change(
            team: 1, state: text, at: PagesFixtures.now.advanced(bySeconds: -50), status: .inProgress, flow: text)
        change.flowName = text
        change.flowVersion = text
        change.currentStep = text
        change.user = text
        change.joinURI = "https://example.com/" + text
        return change
    }

    private static func hostileCall(body: SampleEntry.SampleBody, type: String) -> SampleEntry {
        var call = SampleEntry(
            team: 1, at: PagesFixtures.now.advanced(bySeconds: -60), connector: "hostile", status: 500)
        call.event = text
        call.method = text
        call.uri = "https://example.com/" + text + "?" + text
        call.durationMicroseconds = 12_345
        call.requestID = text
        call.flowID = text
        call.flowName = text
        call.flowVersion = text
        call.stateID = text
        call.errorName = text
        call.errorMessage = text
        call.requestHeaders = [
            HeaderField(name: "Content-Type", value: type), HeaderField(name: text, value: text),
            HeaderField(name: "Authorization", value: "Bearer made-up-token-1234567890-abcdef"),
        ]
        call.responseHeaders = [
            HeaderField(name: "Content-Type", value: type), HeaderField(name: "X-Request-Id", value: text),
        ]
        call.requestBody = body
        call.responseBody = body
        call.attributesJSON = #"{"\#(json(text))":"\#(json(text))"}"#
        return call
    }

    private static func json(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\" + String(scalar)
            case let control where control.value < 0x20:
                "\\u00" + (control.value < 16 ? "0" : "") + String(control.value, radix: 16)
            default: String(scalar)
            }
        }.joined()
    }

    private static func hostileFault() -> RootFault {
        var fault = Fixtures.fault(
            team: 1, at: PagesFixtures.now.advanced(bySeconds: -40), name: text, state: text)
        fault.flowID = text
        fault.flowName = text
        fault.connectorIdentifier = "hostile"
        fault.entryRequestID = text
        fault.kind = text
        fault.uri = text
        fault.message = text + String(repeating: "x", count: 80) + text
        fault.statusCode = 502
        fault.responseHeaders = [HeaderField(name: text, value: text)]
        fault.responseBody = Body(
            bytes: Array(text.utf8), isBinary: false, originalSize: text.utf8.count, isTruncated: true)
        fault.invokeType = text
        fault.action = text
        return fault
    }

    private static func fill(_ store: InMemoryStore) async throws {
        let now = PagesFixtures.now
        let bodies: [(SampleEntry.SampleBody, String)] = [
            (.text(#"{"\#(json(text))":["\#(json(text))",{"a":"\#(json(text))"}]}"#), "application/json"),
            (.text("<r a=\"1\"><b>\(text)</b></r>"), "text/xml"), (.text("<r><![CDATA[\(text)]]></r>"), "text/xml"),
            (.text("a=\(text)&\(text)=b"), "application/x-www-form-urlencoded"), (.text(text), "text/plain"),
        ]
        _ = try await store.append(
            Fixtures.batch(
                bodies.map { hostileCall(body: $0, type: $1) }, faults: [hostileFault()], states: [hostileState()]),
            idempotency: nil)
        _ = try await store.renameTeam(id: 1, name: text)
        _ = try await store.updateConnector(
            team: 1, identifier: "hostile", name: text, description: text,
            configurationJSON: #"""
                {"\#(json(text))":"\#(json(text))","base_url":"\#(json(text))","invoker":{"concurrency":"\#(json(text))",
                "headers":{"\#(json(text))":"\#(json(text))"}}}
                """#, at: now)
        var key = Fixtures.key("hostile", team: 1, role: .viewer, at: now)
        key.name = text
        try await store.createKey(key, hash: Fixtures.digest(4711))
        try await store.note(
            AuditRecord(
                at: now, teamID: 1, keyID: "key_1", keyName: text, action: "revokeKey", target: text,
                requestID: "req_00000001"))
    }

    @Test func showsHostileTextAsTextOnEveryPage() async throws {
        try await PagesRouteTests().withReader { reader, store in
            try await Self.fill(store)
            _ = try await reader.signIn(PagesFixtures.ownerKey)
            var query = EntryQuery(teamID: 1)
            query.stateID = Self.text
            let entries = try await store.entries(query).rows
            try #require(entries.count == 5)
            var faultQuery = FaultQuery(teamID: 1)
            faultQuery.stateID = Self.text
            let fault = try #require(try await store.faults(faultQuery).rows.first)
            let search = PageAddress.address(
                PageAddress.search(1),
                query: SearchFilter.Field.allCases.filter { $0 != .connector && $0 != .outcome && $0 != .status }
                    .map { ($0.rawValue, Self.text) })
            let addresses =
                [
                    "/", PageAddress.address("/", query: [("search", Self.text)]), PageAddress.flow(1, Self.text),
                    PageAddress.log(1, state: Self.text), PageAddress.fault(1, fault.id),
                    PageAddress.connectors(1), PageAddress.connector(1, "hostile"),
                    PageAddress.invoker(1, "hostile"),
                    PageAddress.address(PageAddress.connector(1, "hostile"), query: [("event", Self.text)]),
                    search, PageAddress.address(PageAddress.search(1), query: [("q", "alert(1)")]),
                    PageAddress.settings(1), PageAddress.keys(1), PageAddress.audit(1), PageAddress.retention(1),
                    PageAddress.redaction(1),
                ]
                + PageAddress.FaultPart.allCases.map { PageAddress.fault(1, fault.id, part: $0) }
                + entries.flatMap { [PageAddress.entry(1, $0.id), PageAddress.failures(1, entry: $0.id)] }
            for address in addresses {
                let answer = try await reader.get(address)
                #expect(answer.status == .ok, "\(address)")
                // The page's own script alone, and the text, seen.
                #expect(answer.html.matches(of: /<script/.ignoresCase()).count == 1, "\(address)")
                #expect(answer.html.contains("&lt;script&gt;alert(1)"), "\(address)")
                #expect(answer.html.matches(of: #/href="(?!/|#|https://example\.com/)/#).isEmpty, "\(address)")
                // Nothing of the template library's language is read in it.
                #expect(answer.html.contains("{{keyName}}"), "\(address)")
            }
        }
    }

    @Test func findsWhatIsNoneOfOurs() {
        for broken in [
            "<p>", "<p><div></div></p>", "<p blink=\"1\"></p>", "<p class=1></p>", "<blink></blink>", "<p>&copy;</p>",
            "</p>",
            "<p id=\"a\"></p><p id=\"a\"></p>", "<label for=\"b\"></label>", "<a><a></a></a>",
            "<p class=\"a\" class=\"b\"></p>",
            "<p><b></p></b>", "<p", "<p onclick=\"x\"></p>",
        ] {
            #expect(!HTMLCheck.problems(in: "<!doctype html>" + broken).isEmpty, "\(broken)")
        }
        #expect(HTMLCheck.problems(in: "<!doctype html><p class=\"a\">a &lt; b<br></p>").isEmpty)
        #expect(!HTMLCheck.problems(in: "<p></p>").isEmpty)
    }
}
