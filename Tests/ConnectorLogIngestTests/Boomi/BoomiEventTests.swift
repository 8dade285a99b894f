import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogIngest

@Suite("Boomi Flow: events of a service invoker become calls")
struct BoomiEventTests {
    // MARK: - What maps to what

    @Test func requestAndResponseAreOneCall() async throws {
        let run = try await BoomiRun()
        let outcome = try await run.report(BoomiSample.asked, BoomiSample.answered)
        #expect(outcome.taken == 2)
        #expect(try await run.entries() == [])
        #expect(try await run.join().joined == 1)
        let entries = try await run.entries()
        let entry = try #require(entries.first)
        #expect(entries.count == 1)
        #expect(entry.summary.connectorIdentifier == "crm-service")
        #expect(entry.summary.logTime == Timestamp("2026-11-01T10:00:00.123456Z"))
        #expect(entry.summary.event == "data/load")
        #expect(entry.summary.method == "POST")
        #expect(entry.summary.uri == "https://crm.example.com/api/data/load")
        #expect(entry.summary.status == 200)
        #expect(entry.summary.outcome == .ok)
        #expect(entry.summary.durationMicroseconds == 81_000)
        #expect(entry.summary.requestID == BoomiSample.request)
        #expect(entry.summary.flowID == "flow-1")
        #expect(entry.summary.flowVersion == "version-1")
        #expect(entry.summary.stateID == "state-1")
        #expect(entry.summary.errorName == nil && entry.summary.errorMessage == nil)
        #expect(entry.requestHeaders.map(\.name) == ["Authorization", "Via", "Via"])
        #expect(entry.responseHeaders == [HeaderField(name: "X-Request-Id", value: "vendor-1")])
        #expect(entry.requestBody?.text == #"{"n":1}"#)
        #expect(entry.responseBody?.text == #"{"ok":true}"#)
        #expect(entry.attributesJSON == #"{"boomi.tenant":"tenant-1","boomi.user":"user-1"}"#)
    }

    @Test func aFailureTellsItsProblem() async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked, BoomiSample.failed)
        try await run.join()
        let entry = try #require(try await run.entries().first)
        #expect(entry.summary.outcome == .failed)
        #expect(entry.summary.status == 502)
        #expect(entry.summary.errorName == "service")
        #expect(entry.summary.errorMessage == "Bad Gateway")
        #expect(entry.summary.method == "POST")
        #expect(entry.summary.durationMicroseconds == 12_000)
        #expect(entry.responseBody?.text == "{}")
        #expect(entry.responseHeaders == [HeaderField(name: "Via", value: "x")])
        #expect(entry.attributesJSON?.contains(#""boomi.invoke_type":"FORWARD","boomi.action":"load""#) == true)
    }

    /// No document says what is in `data`.
    @Test(
        arguments: [
            ("response", #"{"statusCode":404}"#, 404, Outcome.failed, nil),
            ("response", #"{"status":"201","response":{"body":"inner"}}"#, 201, .ok, "inner"),
            ("response", #"{"response":{"statusCode":200,"content":[1,2]}}"#, 200, .ok, "[1,2]"),
            ("response", #""{\"statusCode\":200,\"content\":\"of a text\"}""#, 200, .ok, "of a text"),
            ("response", "null", nil, .ok, nil),
            ("response", #"{"statusCode":0}"#, nil, .ok, nil),
            ("response", #""plain""#, nil, .ok, nil),
            ("response", "[]", nil, .ok, nil),
            ("failure", #"{"problem":{"statusCode":500,"message":"m","responseBody":"b"}}"#, 500, .failed, "b"),
            ("failure", #"{"statusCode":503,"message":"m","content":"c"}"#, 503, .failed, "c"),
            ("failure", "null", nil, .failed, nil),
        ] as [(String, String, Int?, Outcome, String?)])
    func readsDataInManyShapes(
        _ type: String, _ data: String, _ status: Int?, _ outcome: Outcome, _ body: String?
    ) async throws {
        let run = try await BoomiRun()
        try await run.report(BoomiSample.asked, BoomiSample.event(type, data: data))
        try await run.join()
        let entry = try #require(try await run.entries().first)
        #expect(entry.summary.status == status)
        #expect(entry.summary.outcome == outcome)
        #expect(entry.responseBody?.text == body)
    }

    @Test(arguments: [
        ("request", BoomiEventKind.request), ("Response", .response), ("requestFailed", .failure),
        ("failure", .failure),
        ("response.received", .response), ("error", .failure),
    ])
    func readsTheKindOffTheType(_ type: String, _ kind: BoomiEventKind) async throws {
        let outcome = try await BoomiRun().report(BoomiSample.event(type))
        #expect(outcome.counts[kind]?.taken == 1)
    }

    @Test(arguments: [
        (#"{"problem":{}}"#, BoomiEventKind.failure), (#"{"statusCode":200}"#, .response),
        (#"{"method":"GET"}"#, .request),
    ])
    func readsTheKindOffTheDataWhereTheTypeDoesNotSayIt(_ data: String, _ kind: BoomiEventKind) async throws {
        let outcome = try await BoomiRun().report(BoomiSample.event("invoked", data: data))
        #expect(outcome.counts[kind]?.taken == 1)
        let unknown = try await BoomiRun().report(BoomiSample.event("invoked"))
        #expect(unknown.counts[.unknown]?.skipped == 1)
    }

    @Test(arguments: [
        (#""service":"CRM Service","serviceUri":"https://h.example.com/x""#, "CRM-Service"),
        (#""service":{"id":"1","developerName":"Orders"},"serviceUri":"https://h.example.com/x""#, "Orders"),
        (#""serviceUri":"https://user:password@h.example.com:8443/x""#, "h-example-com-8443"),
        (#""service":null,"uri":"https://h.example.com/x""#, "h-example-com"),
    ])
    func namesTheConnectorByServiceOrHost(_ members: String, _ connector: String) async throws {
        let run = try await BoomiRun()
        try await run.report(#"{"type":"serviceinvoker.response","request":"r",\#(members)}"#)
        run.clock.advance(bySeconds: 61)
        try await run.join()
        #expect(try await run.entries().first?.summary.connectorIdentifier == connector)
    }

    @Test func aBodyOfWhichOnlyTheSizeIsKnownSaysSo() async throws {
        let run = try await BoomiRun()
        try await run.report(
            BoomiSample.event("request", id: "a", more: #","size":300"#),
            BoomiSample.event("response", id: "b", data: #"{"statusCode":200}"#, more: #","size":70"#))
        try await run.join()
        let entry = try #require(try await run.entries().first)
        #expect(entry.requestBody == Body(bytes: [], isBinary: false, originalSize: 300, isTruncated: true))
        #expect(entry.responseBody == Body(bytes: [], isBinary: false, originalSize: 70, isTruncated: true))
    }

    @Test func whatDoesNotFitIsLeftOutAndNamed() async throws {
        let run = try await BoomiRun()
        let long = String(repeating: "x", count: 300)
        try await run.report(
            BoomiSample.event("request", id: "a", data: #"{"method":"NO METHOD"}"#),
            BoomiSample.event("response", id: "b", data: #"{"statusCode":999}"#, more: #","duration":-5"#)
                .replacing("flow-1", with: long))
        try await run.join()
        let entry = try #require(try await run.entries().first)
        #expect(entry.summary.method == nil && entry.summary.status == nil && entry.summary.durationMicroseconds == nil)
        #expect(entry.summary.flowID == "flow-1")
        let attributes = try #require(entry.attributesJSON)
        for field in ["method", "status", "duration_ms", "flow_id"] { #expect(attributes.contains(field)) }
        #expect(!attributes.contains(long))
    }

    // MARK: - What is no call, and what is wrong

    @Test(arguments: [
        ("api.request", BoomiEventKind.api), ("flow.published", .flow), ("state.created", .stateEvent),
        ("tenant.updated", .tenant), ("user.signedin", .user), ("somethingelse", .unknown), ("", .unknown),
    ])
    func otherEventsAreCounted(_ type: String, _ kind: BoomiEventKind) async throws {
        let run = try await BoomiRun()
        let outcome = try await run.report(#"{"type":"\#(type.isEmpty ? "." : type)","id":"1","uri":"/api"}"#)
        #expect(outcome.counts[kind]?.skipped == 1)
        #expect(outcome.rejected == 0)
        run.clock.advance(bySeconds: 61)
        try await run.join()
        #expect(try await run.entries() == [])
    }

    @Test(arguments: [
        (BoomiSample.event("request", request: nil), "request"),
        (#"{"type":"serviceinvoker.request","request":"r"}"#, "service"),
        (BoomiSample.event("request").replacing("2026-11-01T12:00", with: "2036-11-01T12:00"), "log_time"),
        (#"{"id":"neither"}"#, "neither an event nor a state"), ("1", "no JSON object"), (#"{"a":}"#, "no JSON object"),
        (BoomiSample.state(id: String(repeating: "i", count: 300)), "id"),
    ])
    func whatIsWrongLosesOnlyItself(_ event: String, _ why: String) async throws {
        let run = try await BoomiRun()
        let outcome = try await run.report(BoomiSample.asked, event, BoomiSample.answered)
        #expect(outcome.rejected == 1)
        #expect(outcome.taken == 2)
        #expect(outcome.firstRejection?.hasPrefix("event 2: ") == true)
        #expect(outcome.firstRejection?.contains(why) == true)
        #expect(try await run.join().joined == 1)
    }

    @Test(arguments: ["", "x", "[", #"[{"type":"a"}"#, #"[{"type":"a"},"#, "[1 2]", #"{"type":"a"} x"#, #"{"type""#])
    func whatIsNoJSONIsRefusedWhole(_ body: String) async throws {
        let run = try await BoomiRun()
        let body = body.hasPrefix("[{") ? "[" + BoomiSample.asked + "," + body.dropFirst() : body
        await #expect(throws: IngestError.self) { try await run.report(Array(body.utf8)) }
        run.clock.advance(bySeconds: 61)
        #expect(try await run.join() == CallJoiner.Outcome())
    }

    @Test func anEmptyArrayIsNothing() async throws {
        #expect(try await BoomiRun().report(Array("[]".utf8)) == BoomiOutcome())
    }

    @Test(arguments: [IngestFormat.Encoding.gzip, .deflate, .zstd])
    func takesReportsCompressedAndInPieces(_ encoding: IngestFormat.Encoding) async throws {
        let run = try await BoomiRun()
        let body = Array("[\(BoomiSample.asked),\(BoomiSample.answered)]".utf8)
        let bytes = CompressionTests.compressed(encoding, body)
        let outcome = try await run.report(bytes, encoding: encoding, cuts: Array(1..<bytes.count))
        #expect(outcome.taken == 2)
        #expect(try await run.join().joined == 1)
    }

    // MARK: - Limits

    @Test func aReportHasItsLimits() async throws {
        let run = try await BoomiRun()
        let most = Array(repeating: #"{"type":"flow.a"}"#, count: BoomiLimits.events).joined(separator: ",")
        #expect(try await run.report(Array("[\(most)]".utf8)).skipped == BoomiLimits.events)
        await #expect(throws: IngestError.self) { try await run.report(Array(#"[\#(most),{"type":"flow.a"}]"#.utf8)) }
        var limits = IngestLimits()
        limits.requestBytes = 100
        let small = try await BoomiRun(limits: limits)
        let exact = Array((#"{"type":"flow.a"}"# + String(repeating: " ", count: 83)).utf8)
        #expect(exact.count == 100)
        #expect(try await small.report(exact).skipped == 1)
        await #expect(throws: IngestError.self) { try await small.report(exact + [0x20]) }
    }

    @Test func anEventThatIsTooLongIsRejectedAlone() async throws {
        var limits = IngestLimits()
        limits.lineBytes = 2000
        let run = try await BoomiRun(limits: limits)
        let outcome = try await run.report(
            BoomiSample.asked, BoomiSample.event("response", data: #""\#(String(repeating: "x", count: 2000))""#))
        #expect(outcome.taken == 1 && outcome.rejected == 1)
    }

    @Test func whatReportsHoldIsChargedAndGivenBack() async throws {
        var limits = IngestLimits()
        limits.bytesInFlight = 1_000_000
        let run = try await BoomiRun(limits: limits)
        let large = BoomiSample.event("request", data: #"{"content":"\#(String(repeating: "x", count: 500_000))"}"#)
        await #expect(throws: IngestError.self) { try await run.report(large) }
        #expect(run.intake.pipeline.bytesInFlight == 0)
        try await run.report(BoomiSample.asked)
        #expect(run.intake.pipeline.bytesInFlight == 0)
    }
}
