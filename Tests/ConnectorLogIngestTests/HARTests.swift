import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

/// What becomes of one entry of an archive.
@Suite struct HARTests {
    /// One entry's archive.
    static func archive(_ entries: String...) -> String {
        #"{"log":{"version":"1.2","creator":{"name":"test","version":"1"},"entries":["#
            + entries.joined(separator: ",") + "]}}"
    }

    private func batch(_ entry: String, defaults: RecordDefaults = RecordDefaults()) async throws -> RedactedBatch {
        let run = try await IngestRun(Array(Self.archive(entry).utf8), media: .har, defaults: defaults)
        try #require(run.rejected.isEmpty, "\(run.rejected)")
        return try #require(run.batch)
    }

    private func rejection(_ entry: String) async throws -> LineError? {
        try await IngestRun(Self.archive(entry), media: .har).rejected.first?.error
    }

    /// A request and what else is in the entry.
    private func entry(_ members: String = "", request: String = "", response: String = #""response":{"status":200},"#)
        -> String
    {
        #"{\#(response)\#(members.isEmpty ? "" : members + ",")"request":{"method":"GET","url":"https://api.example.com/v1/a"\#(request.isEmpty ? "" : "," + request)}}"#
    }

    private func attributes(_ batch: RedactedBatch) -> String { batch.text(.attributes) ?? "" }

    @Test func everyMemberFindsItsField() async throws {
        let batch = try await batch(
            #"""
            {"startedDateTime":"2026-11-01T12:00:00.123+02:00","time":81.25,"pageref":"page_1","serverIPAddress":"192.0.2.7",
             "connection":"443","comment":"slow","cache":{},
             "request":{"method":"POST","url":"https://api.hubspot.com/v3/contacts?limit=2","httpVersion":"HTTP/1.1",
              "headers":[{"name":"Accept","value":"application/json"},{"name":"Via","value":"a"},{"name":"Via","value":"b"},
               {"name":"X-Request-Id","value":"r-17"},
               {"name":"traceparent","value":"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}],
              "queryString":[{"name":"limit","value":"2"}],"cookies":[],"headersSize":120,"bodySize":11,
              "postData":{"mimeType":"application/json","text":"{\"a\":\"\u00fc\"}"}},
             "response":{"status":422,"statusText":"Unprocessable","httpVersion":"HTTP/1.1",
              "headers":[{"name":"Content-Type","value":"application/json"}],"cookies":[],"redirectURL":"",
              "headersSize":-1,"bodySize":17,"content":{"size":17,"mimeType":"application/json","text":"{\"error\":\"amount\"}"}},
             "timings":{"send":1,"wait":80,"receive":0.25}}
            """#)
        #expect(batch.entries.count == 1)
        #expect(batch.entries.teamIDs[0] == 7)
        #expect(batch.entries.logTimes[0] == Timestamp("2026-11-01T10:00:00.123Z")?.microseconds)
        #expect(batch.entries.durations[0] == 81_250)
        #expect(batch.text(.connector) == "api-hubspot-com")
        #expect(batch.text(.method) == "POST")
        #expect(batch.text(.uri) == "https://api.hubspot.com/v3/contacts?limit=2")
        #expect(batch.entries.statuses[0] == 422)
        #expect(batch.entries.outcomes[0] == Outcome.failed.rawValue)
        #expect(batch.text(.requestID) == "r-17")
        #expect(batch.text(.traceID) == "0af7651916cd43dd8448eb211c80319c")
        #expect(batch.text(.spanID) == "b7ad6b7169203331")
        #expect(
            batch.headers(.requestHeaders)?.prefix(3) == [
                HeaderField(name: "Accept", value: "application/json"), HeaderField(name: "Via", value: "a"),
                HeaderField(name: "Via", value: "b"),
            ])
        #expect(batch.headers(.responseHeaders) == [HeaderField(name: "Content-Type", value: "application/json")])
        #expect(batch.text(.requestBody) == #"{"a":"ü"}"#)
        #expect(batch.text(.responseBody) == #"{"error":"amount"}"#)
        #expect(batch.body(.responseBody).isTruncated == false)
        #expect(
            attributes(batch) == #"{"http_version":"HTTP/1.1","server_ip_address":"192.0.2.7","comment":"slow"}"#)
    }

    // MARK: - The connector and the run

    @Test(arguments: [
        ("https://user:made-up@API.Example.com:8443/v1?x=1", "api-example-com"),
        ("http://[2001:db8::1]/", "2001-db8-1"),
        ("http://localhost", "localhost"), ("data:text/plain,x", "data"), ("/relative", "har"),
    ])
    func theConnectorIsTheHost(url: String, connector: String) async throws {
        let batch = try await batch(#"{"request":{"method":"GET","url":"\#(url)"}}"#)
        #expect(batch.text(.connector) == connector)
    }

    @Test func theRequestMayNameConnectorAndRun() async throws {
        var defaults = RecordDefaults()
        defaults.connector = "hubspot"
        defaults.event = "data.load"
        (defaults.flowID, defaults.flowName, defaults.flowVersion) = ("f-1", "Nightly", "3")
        defaults.stateID = "run-17"
        let batch = try await batch(entry(), defaults: defaults)
        #expect(batch.text(.connector) == "hubspot")
        #expect(batch.text(.event) == "data.load")
        #expect(batch.text(.flowID) == "f-1")
        #expect(batch.text(.flowName) == "Nightly")
        #expect(batch.text(.flowVersion) == "3")
        #expect(batch.text(.stateID) == "run-17")
    }

    @Test func aKeyOfNoTeamHasToNameOne() async throws {
        let caller = IngestCaller(defaultTeam: nil, identity: "owner") { _ in nil }
        let run = try await IngestRun(Self.archive(entry()), media: .har, caller: caller)
        #expect(run.rejected.first?.error.code == .missingField)
        #expect(run.rejected.first?.error.field == "team_id")
        let unknown = IngestCaller(defaultTeam: 9, identity: "owner") { _ in .teamNotFound }
        let refused = try await IngestRun(Self.archive(entry()), media: .har, caller: unknown)
        #expect(refused.rejected.first?.error.code == .teamNotFound)
    }

    // MARK: - What makes an entry meaningless, and what does not

    @Test(
        arguments: [
            (#"{"response":{}}"#, LineError.Code.missingField, "request"),
            (#"{"request":null}"#, .missingField, "request"),
            (#"{"request":"GET /"}"#, .wrongType, "request"),
            (#"{"request":{"method":"GET"}}"#, .missingField, "request.url"),
            (#"{"request":{"method":"GET","url":""}}"#, .missingField, "request.url"),
            (#"{"request":{"method":"GET","url":17}}"#, .missingField, "request.url"),
            (#"17"#, .notAnObject, nil), (#"{"request":{]}"#, .invalidJSON, nil),
            (#"{"startedDateTime":"1969-12-31T00:00:00Z","request":{"url":"https://a/"}}"#, .outOfRange, "log_time"),
            (#"{"startedDateTime":"2999-12-31T00:00:00Z","request":{"url":"https://a/"}}"#, .outOfRange, "log_time"),
        ] as [(String, LineError.Code, String?)])
    func anEntryIsRefusedForThese(entry: String, code: LineError.Code, field: String?) async throws {
        let error = try await rejection(entry)
        #expect(error?.code == code)
        #expect(error?.field == field)
    }

    @Test(arguments: ["null", "17", #""x""#, "[]", "{}", "true", "[17,null,{}]"])
    func anyOtherMemberMayBeAnything(value: String) async throws {
        let members = [
            "startedDateTime", "time", "response", "timings", "serverIPAddress", "comment", "cache", "_error",
            "pageref",
            "_connectorLog",
        ]
        var entries = members.map { #"{"\#($0)":\#(value),"request":{"url":"https://a/"}}"# }
        for member in ["method", "httpVersion", "headers", "cookies", "queryString", "postData", "bodySize"] {
            entries.append(#"{"request":{"url":"https://a/","\#(member)":\#(value)}}"#)
        }
        for member in ["status", "headers", "cookies", "content", "_error"] {
            entries.append(#"{"request":{"url":"https://a/"},"response":{"\#(member)":\#(value)}}"#)
        }
        for member in ["size", "text", "encoding"] {
            entries.append(#"{"request":{"url":"https://a/"},"response":{"content":{"\#(member)":\#(value)}}}"#)
        }
        for member in ["text", "params", "encoding", "_encoding"] {
            entries.append(#"{"request":{"url":"https://a/","postData":{"\#(member)":\#(value)}}}"#)
        }
        let archive = #"{"log":{"entries":[\#(entries.joined(separator: ","))]}}"#
        let run = try await IngestRun(archive, media: .har)
        #expect(run.rejected.isEmpty, "\(run.rejected)")
        #expect(run.outcome.accepted == entries.count)
    }

    private func receipt(_ receipt: String, _ book: RedactionBook = Fixtures.redactionBook()) async throws
        -> [Redaction]
    {
        let own = #"{"connector_identifier":"crm","receipt":\#(receipt)}"#
        let archive = Self.archive(entry(#""_connectorLog":\#(own)"#))
        let run = try await IngestRun(Array(archive.utf8), media: .har, book: book)
        try #require(run.rejected.isEmpty, "\(run.rejected)")
        return run.batch?.entries[.receipt][0].flatMap(Receipt.decode) ?? []
    }

    @Test func theReceiptOfAnArchiveOfOursIsTakenOver() async throws {
        let given = #"""
            [{"rule":"header","field":"request_headers.Authorization","count":1},
             {"rule":"json\u005fkey","field":"response_body.to\u006ben","count":3,"more":[]}]
            """#
        #expect(
            try await receipt(given) == [
                Redaction(rule: .header, field: "request_headers.Authorization", count: 1),
                Redaction(rule: .jsonKey, field: "response_body.token", count: 3),
            ])
    }

    @Test func whatIsNoRedactionOfOursIsPassedOver() async throws {
        let others = [
            "null", "17", "[]", "{}", #""x""#, #"{"rule":"header"}"#, #"{"rule":"none","field":"uri","count":1}"#,
            #"{"rule":"header","field":"made-up","count":1}"#, #"{"rule":"header","field":"uri","count":0}"#,
            #"{"rule":"header","field":"uri","count":-1}"#, #"{"rule":"header","field":"uri","count":1e99}"#,
            #"{"rule":7,"field":"uri","count":1}"#, #"{"rule":"header","field":"uri.\u0000","count":1}"#,
            #"{"rule":"header","field":"uri.\#(String(repeating: "x", count: 9000))","count":1}"#,
        ]
        #expect(try await receipt("[\(others.joined(separator: ","))]") == [])
        for other in others.prefix(5) { #expect(try await receipt(other) == []) }
        let many = Array(repeating: #"{"rule":"header","field":"uri","count":1}"#, count: 1000)
        #expect(try await receipt("[\(many.joined(separator: ","))]").count == 2 * RedactionTally.mostItems)
    }

    @Test func aReceiptIsNoWayToBringASecretIn() async throws {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array("tok3n-of-crm-1".utf8))], team: 7, connector: "crm")
        let given = #"[{"rule":"header","field":"request_headers.tok3n-of-crm-1","count":1}]"#
        #expect(try await receipt(given, book) == [Redaction(rule: .header, field: "request_headers", count: 1)])
    }

    @Test func aTimeThatIsNoneIsTheArrivalAndSaysSo() async throws {
        let batch = try await batch(entry(#""startedDateTime":"yesterday""#))
        #expect(batch.entries.logTimes[0] == IngestRun.now.microseconds)
        #expect(attributes(batch) == #"{"connectorlog.left_out":"log_time"}"#)
        #expect(attributes(try await self.batch(entry())) == "")
    }

    @Test func whatIsTooLongIsLeftOutWhole() async throws {
        let url = "https://api.example.com/" + String(repeating: "x", count: Limits.uri)
        let batch = try await batch(
            #"{"request":{"method":"\#(String(repeating: "M", count: 33))","url":"\#(url)"},"response":{"status":999}}"#
        )
        #expect(batch.text(.uri) == nil)
        #expect(batch.text(.method) == nil)
        #expect(batch.text(.connector) == "api-example-com")
        #expect(attributes(batch) == #"{"connectorlog.left_out":"uri, method, status"}"#)
    }

    // MARK: - Bodies

    @Test func aBodyInBase64IsBytes() async throws {
        let batch = try await batch(
            entry(
                response:
                    #""response":{"status":200,"content":{"size":3,"mimeType":"image/png","text":"AAEC","encoding":"base64"}},"#
            ))
        #expect(batch.entries[.responseBody][0].map(Array.init) == [0, 1, 2])
        #expect(batch.body(.responseBody).isBinary)
        #expect(!batch.body(.responseBody).isTruncated)
    }

    @Test func brokenBase64IsLeftOutAndItsSizeTold() async throws {
        let batch = try await batch(
            entry(response: #""response":{"status":200,"content":{"size":9,"text":"AA C","encoding":"base64"}},"#))
        #expect(batch.text(.responseBody) == "")
        #expect(batch.body(.responseBody).originalSize == 9)
        #expect(batch.body(.responseBody).isTruncated)
        #expect(attributes(batch) == #"{"connectorlog.left_out":"response_body"}"#)
    }

    @Test func aShorterTextThanTheSizeIsABodyThatWasCut() async throws {
        let batch = try await batch(
            entry(response: #""response":{"status":200,"content":{"size":100,"text":"abc"}},"#))
        #expect(batch.text(.responseBody) == "abc")
        #expect(batch.body(.responseBody).originalSize == 100)
        #expect(batch.body(.responseBody).isTruncated)
    }

    @Test func aBodyLongerThanCanBeRedactedIsToldBySizeAlone() async throws {
        let long = String(repeating: "x", count: Limits.largestBodyBytes)
        let entries = [long, long + "x"].map { text in
            entry(response: #""response":{"status":200,"content":{"text":"\#(text)"}},"#)
        }
        var limits = IngestLimits()
        limits.bodyBytes = Limits.largestBodyBytes
        let run = try await IngestRun(Self.archive(entries[0], entries[1]), media: .har, limits: limits)
        let batch = try #require(run.batch)
        #expect(batch.entries[.responseBody][0]?.count == Limits.largestBodyBytes)
        #expect(batch.text(.responseBody, 1) == "")
        #expect(batch.body(.responseBody, 1).originalSize == long.utf8.count + 1)
        #expect(batch.text(.attributes, 1) == #"{"connectorlog.left_out":"response_body"}"#)
    }
}

extension RedactedBatch {
    func body(_ field: EntryTextField, _ row: Int = 0) -> BodyAttributes {
        BodyAttributes(
            packed: field == .requestBody ? entries.requestBodyAttributes[row] : entries.responseBodyAttributes[row])
    }
}
