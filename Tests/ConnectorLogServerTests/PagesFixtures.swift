import ConnectorLogCore
import ConnectorLogTesting

/// A log with two teams and a handful of runs, such as an operator meets them: made-up names and values throughout.
enum PagesFixtures {
    static let now = Timestamp(microseconds: 1_748_779_240_000_000)
    static let ordersFlow = "7f1c2d58-53a0-4c0e-9a3b-2f9f4f1a6c11"
    static let failedState = "b0a4c0de-6a51-4f0a-8d5e-0c5a7e51f001"
    /// Holds every character that an address gives a meaning to.
    static let awkwardFlow = "nightly/sync?x=1&y=%2F#part ü"
    static let awkwardState = "run/7?#%20 <b>\"'"
    /// Keys are made up; a key's SHA-256 is what the store knows.
    static let ownerKey = "clk_example-owner-key-0000000000000000000"
    static let viewerKey = "clk_example-viewer-key-000000000000000000"
    static let recorderKey = "clk_example-recorder-key-0000000000000000"
    static let expiredKey = "clk_example-expired-key-00000000000000000"

    static func makeStore() async throws -> InMemoryStore {
        let store = InMemoryStore(now: { now })
        _ = try await store.createTeam(name: "Default", id: 1, at: now.advanced(bySeconds: -40 * 86_400))
        _ = try await store.createTeam(name: "Marketing data", id: 2, at: now.advanced(bySeconds: -20 * 86_400))
        var states = runs()
        states.append(contentsOf: otherStates())
        _ = try await store.append(
            Fixtures.batch(calls(), faults: faults(), states: states), idempotency: nil)
        return store
    }

    private static func at(_ secondsAgo: Int64, micros: Int64 = 0) -> Timestamp {
        now.advanced(bySeconds: -secondsAgo).advanced(byMicroseconds: micros)
    }

    // MARK: - Flow states

    private static func runs() -> [StateChange] {
        var failed = Fixtures.change(
            team: 1, state: failedState, at: at(3000), status: .failed, flow: ordersFlow)
        failed.flowName = "Sync orders to the warehouse"
        failed.flowVersion = "12"
        failed.currentStep = "Save contacts"
        failed.user = "maria.lindqvist@example.com"
        failed.joinURI = "https://flows.example.com/join/b0a4c0de"
        failed.createdAt = at(3700)
        var running = Fixtures.change(
            team: 1, state: "c3d9f2aa-1b7d-45c1-a7bb-9a1e64a2b002", at: at(40), status: .inProgress, flow: ordersFlow)
        running.flowName = failed.flowName
        running.currentStep = "Load orders"
        running.joinURI = "javascript:alert(1)"
        running.createdAt = at(310)
        var done = Fixtures.change(
            team: 1, state: "d41d8cd9-8f00-4204-a980-0998ecf8b003", at: at(86_000), status: .done, flow: ordersFlow)
        done.flowName = failed.flowName
        done.currentStep = "Finish"
        done.user = "sven.karlsson@example.com"
        done.createdAt = at(86_420)
        var expired = Fixtures.change(
            team: 1, state: "e5f6a7b8-2c3d-4e5f-8a9b-1c2d3e4f5004", at: at(9 * 86_400), status: .expired,
            flow: ordersFlow)
        expired.flowName = failed.flowName
        expired.currentStep = "Wait for approval"
        expired.createdAt = at(19 * 86_400)
        return [failed, running, done, expired]
    }

    private static func otherStates() -> [StateChange] {
        var changes: [StateChange] = []
        for number in 0..<58 {
            var change = Fixtures.change(
                team: 1, state: "invoice-\(number)", at: at(Int64(number) * 3600 + 900),
                status: number % 9 == 4 ? .failed : .done, flow: "invoices")
            change.flowName = "Send invoices"
            change.createdAt = change.updatedAt.advanced(bySeconds: -75)
            changes.append(change)
        }
        var awkward = Fixtures.change(team: 1, state: awkwardState, at: at(7200), status: .done, flow: awkwardFlow)
        awkward.flowName = "<script>alert('flow')</script>"
        awkward.currentStep = "<img src=x onerror=alert(1)>"
        awkward.user = "\"\u{301} onmouseover=alert(1) x=\""
        awkward.joinURI = "https://example.com/?a=\"><script>alert(2)</script>"
        changes.append(awkward)
        var other = Fixtures.change(team: 2, state: "secret-run", at: at(60), status: .done, flow: "campaigns")
        other.flowName = "Campaign costs"
        changes.append(other)
        return changes
    }

    // MARK: - Calls and faults

    private static func call(
        _ secondsAgo: Int64, micros: Int64, _ method: String, _ uri: String, status: Int?, duration: Int64,
        state: String = failedState
    ) -> SampleEntry {
        var entry = SampleEntry(team: 1, at: at(secondsAgo, micros: micros), connector: "hubspot", status: status)
        entry.event = method == "GET" ? "data.load" : "data.save"
        entry.method = method
        entry.uri = uri
        entry.durationMicroseconds = duration
        entry.requestID = "5f0c1d2e-0000-4000-8000-0000000\(10_000 + Int(secondsAgo))"
        entry.flowID = ordersFlow
        entry.flowName = "Sync orders to the warehouse"
        entry.flowVersion = "12"
        entry.stateID = state
        entry.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
        entry.spanID = "00f067aa0ba902b7"
        entry.requestHeaders = [
            HeaderField(name: "Accept", value: "application/json"),
            HeaderField(name: "Authorization", value: "Bearer made-up-token-1234567890-abcdef"),
            HeaderField(name: "User-Agent", value: "orders-connector/2.4"),
        ]
        entry.responseHeaders = [
            HeaderField(name: "Content-Type", value: "application/json;charset=utf-8"),
            HeaderField(name: "X-HubSpot-Correlation-Id", value: "0c8a2d0e-5d11-4a9f-b1d5-2c64a30f7d20"),
            HeaderField(name: "CF-RAY", value: "8f1e2d3c4b5a-ARN"),
        ]
        return entry
    }

    private static func calls() -> [SampleEntry] {
        let api = "https://api.hubapi.example/crm/v3/objects"
        var calls: [SampleEntry] = []
        var token = call(
            3690, micros: 412_000, "POST", "https://api.hubapi.example/oauth/v1/token", status: 200,
            duration: 182_400)
        token.event = "auth.token.refresh"
        token.requestBody = .text("grant_type=refresh_token&client_id=orders&client_secret=made-up-secret-1")
        token.responseBody = .text(
            #"{"access_token":"made-up-access-token-22","expires_in":1800,"token_type":"bearer"}"#)
        calls.append(token)
        for page in 1...6 {
            var load = call(
                3690 - Int64(page) * 20, micros: Int64(page) * 131_071, "GET",
                "\(api)/orders?limit=100&after=\(page * 100)&properties=hs_order_name,hs_total_price&archived=false",
                status: 200, duration: 87_000 + Int64(page) * 13_377)
            load.responseBody = .text(
                #"{"results":[{"id":"\#(page)01","properties":{"hs_order_name":"Order \#(page)01","hs_total_price":1234.50,"paid":true}}],"paging":{"next":{"after":"\#(page)00"}}}"#
            )
            calls.append(load)
        }
        var limited = call(
            3300, micros: 777_000, "POST", "\(api)/contacts/batch/create", status: 429, duration: 1_243_000)
        limited.responseBody = .text(
            #"{"status":"error","errorType":"RATE_LIMIT","message":"You have reached your secondly limit."}"#)
        calls.append(limited)
        var invalid = call(
            3100, micros: 40_320, "POST", "\(api)/contacts/batch/create", status: 422, duration: 96_512)
        invalid.errorName = "ValidationError"
        invalid.errorMessage =
            "Property values were not valid: \"email\" has to be an address, was empty in 3 of 100 rows"
        invalid.requestBody = .text(
            #"{"inputs":[{"properties":{"email":"","firstname":"Åsa","api_key":"made-up-key-333"}}]}"#)
        invalid.responseBody = .text(
            #"{"status":"error","message":"Property values were not valid","correlationId":"0c8a2d0e-5d11-4a9f-b1d5-2c64a30f7d20","category":"VALIDATION_ERROR","errors":[{"in":"email","message":"<script>alert('body')</script>","code":"INVALID_EMAIL"}]}"#
        )
        invalid.attributesJSON = #"{"region":"eu-north","retries":2}"#
        calls.append(invalid)
        var refused = call(3010, micros: 5_000, "POST", "\(api)/contacts", status: nil, duration: 30_000_000)
        refused.errorName = "ConnectTimeout"
        refused.errorMessage = "No connection to api.hubapi.example within 30 s"
        refused.responseHeaders = []
        calls.append(refused)
        var awkward = call(
            7190, micros: 0, "GET", "https://example.com/\"><script>alert('uri')</script>", status: 500, duration: 400,
            state: awkwardState)
        awkward.flowID = awkwardFlow
        awkward.flowName = "<script>alert('flow')</script>"
        awkward.requestHeaders = [HeaderField(name: "X-<b>", value: "\"><script>alert('header')</script>")]
        awkward.responseBody = .text("</pre><script>alert('text')</script>")
        awkward.errorName = "<i>Error</i>"
        awkward.errorMessage = "<script>alert('message')</script>"
        calls.append(awkward)
        for number in 0..<120 {
            calls.append(
                call(
                    9000 - Int64(number), micros: Int64(number), "GET",
                    "https://billing.example/api/invoices/\(number)", status: 200, duration: 12_000,
                    state: "invoice-0"))
        }
        return calls
    }

    private static func faults() -> [RootFault] {
        var save = Fixtures.fault(team: 1, at: at(3099), name: "Data Save Fault", state: failedState)
        save.flowID = ordersFlow
        save.flowName = "Sync orders to the warehouse"
        save.connectorIdentifier = "hubspot"
        save.entryRequestID = "5f0c1d2e-0000-4000-8000-0000000\(10_000 + 3100)"
        save.kind = "service"
        save.uri = "https://api.hubapi.example/crm/v3/objects/contacts/batch/create"
        save.message =
            "Saving 100 contacts failed: property values were not valid for 3 rows.\nThe first of them is row 17, \"email\"."
        save.statusCode = 422
        save.responseHeaders = [
            HeaderField(name: "Content-Type", value: "application/json;charset=utf-8"),
            HeaderField(name: "Set-Cookie", value: "session=made-up-cookie"),
        ]
        let body = Array(
            #"{"status":"error","category":"VALIDATION_ERROR","errors":[{"in":"email","code":"INVALID_EMAIL"}]}"#.utf8)
        save.responseBody = Body(bytes: body, isBinary: false, originalSize: body.count, isTruncated: false)
        save.invokeType = "FORWARD"
        save.action = "save"
        var gateway = Fixtures.fault(team: 1, at: at(3005), name: "Bad Gateway", state: failedState)
        gateway.flowID = ordersFlow
        gateway.message = "The service gave no valid response"
        gateway.uri = "https://api.hubapi.example/crm/v3/objects/contacts"
        gateway.statusCode = 502
        var awkward = Fixtures.fault(team: 1, at: at(7100), name: "<b>Fault</b>", state: awkwardState)
        awkward.flowID = awkwardFlow
        awkward.uri = "\"\u{301}><script>alert('fault')</script>"
        awkward.message = "<script>alert('long')</script>" + String(repeating: "x", count: 80)
        awkward.responseHeaders = [HeaderField(name: "<u>", value: "<script>alert('fh')</script>")]
        let text = Array("<script>alert('fb')</script>".utf8)
        awkward.responseBody = Body(bytes: text, isBinary: false, originalSize: text.count + 99, isTruncated: true)
        return [save, gateway, awkward]
    }
}
