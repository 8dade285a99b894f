import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

/// What becomes of a line of a proxy's access log.
@Suite struct AccessLogTests {
    private func run(
        _ lines: String, _ media: IngestFormat.Media, defaults: RecordDefaults = RecordDefaults()
    ) async throws -> IngestRun {
        try await IngestRun(Array(lines.utf8), media: media, defaults: defaults)
    }

    private func batch(
        _ line: String, _ media: IngestFormat.Media, defaults: RecordDefaults = RecordDefaults()
    ) async throws -> RedactedBatch {
        let run = try await run(line, media, defaults: defaults)
        try #require(run.rejected.isEmpty, "\(run.rejected)")
        return try #require(run.batch)
    }

    // MARK: - nginx

    private static let nginx =
        #"{"msec":"1793534400.750","request_time":"0.250","request_method":"POST","scheme":"https","host":"gateway.internal","request_uri":"/v3/contacts?limit=2","status":"502","upstream_addr":"192.0.2.7:443, 192.0.2.8:443","upstream_status":"504, 502","upstream_response_time":"0.100, 0.140","request_id":"5f2b8d9a0c3e4f11a7b6c5d4e3f20918","http_traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","http_user_agent":"sync/1.2","http_x_empty":"","sent_http_content_type":"application/json","content_type":"application/json","content_length":"120","body_bytes_sent":"157","server_protocol":"HTTP/1.1","remote_addr":"192.0.2.1","remote_user":"-"}"#

    @Test func everyVariableOfNginxFindsItsField() async throws {
        let batch = try await batch(Self.nginx, .nginxLog)
        // The line is written at the end of the call.
        #expect(batch.entries.logTimes[0] == Timestamp("2026-11-01T12:00:00.5Z")?.microseconds)
        #expect(batch.entries.durations[0] == 250_000)
        #expect(batch.text(.connector) == "gateway-internal")
        #expect(batch.text(.method) == "POST")
        #expect(batch.text(.uri) == "https://gateway.internal/v3/contacts?limit=2")
        #expect(batch.entries.statuses[0] == 502)
        #expect(batch.entries.outcomes[0] == Outcome.failed.rawValue)
        #expect(batch.text(.requestID) == "5f2b8d9a0c3e4f11a7b6c5d4e3f20918")
        #expect(batch.text(.traceID) == "0af7651916cd43dd8448eb211c80319c")
        #expect(batch.text(.spanID) == "b7ad6b7169203331")
        #expect(
            batch.headers(.requestHeaders)?.filter { $0.name != "traceparent" } == [
                HeaderField(name: "content-type", value: "application/json"),
                HeaderField(name: "user-agent", value: "sync/1.2"),
            ])
        #expect(batch.headers(.responseHeaders) == [HeaderField(name: "content-type", value: "application/json")])
        #expect(batch.body(.requestBody) == BodyAttributes(originalSize: 120, isBinary: false, isTruncated: true))
        #expect(batch.body(.responseBody) == BodyAttributes(originalSize: 157, isBinary: false, isTruncated: true))
        #expect(
            batch.text(.attributes)
                == #"{"upstream_addr":"192.0.2.7:443, 192.0.2.8:443","upstream_status":"504, 502","server_protocol":"HTTP/1.1","remote_addr":"192.0.2.1"}"#
        )
    }

    @Test func theHostThatTheClientNamedKeepsItsPort() async throws {
        let others = #""host":"gateway.internal","scheme":"https","request_uri":"/a"}"#
        let line = #"{"http_host":"gateway.internal:8443","# + others
        let batch = try await batch(line, .nginxLog)
        #expect(batch.text(.uri) == "https://gateway.internal:8443/a")
        #expect(batch.text(.connector) == "gateway-internal")
        #expect(batch.headers(.requestHeaders) == [HeaderField(name: "host", value: "gateway.internal:8443")])
        let old = #"{"http_host":"","# + others
        #expect(try await self.batch(old, .nginxLog).text(.uri) == "https://gateway.internal/a")
    }

    @Test func nginxNamesTheConnectorBySettingProxiedServerOrHost() async throws {
        func line(_ members: String) -> String {
            #"{\#(members)"host":"gateway.internal","request_uri":"/","status":"200"}"#
        }
        func connector(_ members: String, _ defaults: RecordDefaults = RecordDefaults()) async throws -> String? {
            try await batch(line(members), .nginxLog, defaults: defaults).text(.connector)
        }
        var defaults = RecordDefaults()
        defaults.connector = "billing"
        #expect(try await connector("") == "gateway-internal")
        #expect(try await connector(#""proxy_host":"api.example.com:443","#) == "api-example-com")
        #expect(try await connector(#""proxy_host":"api.example.com","#, defaults) == "billing")
        #expect(try await connector(#""connector":"crm","proxy_host":"api.example.com","#, defaults) == "crm")
        #expect(try await connector(#""connector":"","proxy_host":"-","#) == "gateway-internal")
        #expect(try await batch(#"{"request_uri":"/","status":"200"}"#, .nginxLog).text(.connector) == "nginx")
    }

    @Test func variablesOfHeadersAndCookiesAreHeaders() async throws {
        let batch = try await batch(
            #"{"status":"200","http_x_a":"1","upstream_http_x_b":"2","cookie_theme":"dark","upstream_cookie_lang":"de","http_x_none":"-"}"#,
            .nginxLog)
        #expect(batch.headers(.requestHeaders)?.map(\.name) == ["x-a", "cookie"])
        #expect(batch.headers(.requestHeaders)?.last?.value.hasPrefix("theme=") == true)
        #expect(batch.headers(.responseHeaders)?.map(\.name) == ["x-b", "set-cookie"])
        #expect(batch.headers(.responseHeaders)?.last?.value.hasPrefix("lang=") == true)
        #expect(batch.text(.attributes) == nil)
    }

    @Test(
        arguments: [
            (#""request_time":"1.5","upstream_response_time":"0.2""#, 1_500_000),
            (#""upstream_response_time":"0.100, 0.200 : 0.005""#, 305_000),
            (#""upstream_response_time":"-, 0.200""#, 200_000),
            (#""request_time":0.012"#, 12_000), (#""request_time":"","upstream_response_time":"-""#, -1),
            (#""request_time":"soon""#, -1),
        ] as [(String, Int64)])
    func theDurationIsTheRequestsElseTheUpstreams(members: String, microseconds: Int64) async throws {
        let batch = try await batch(#"{"status":"200",\#(members)}"#, .nginxLog)
        #expect(batch.entries.durations[0] == microseconds)
    }

    @Test(arguments: ["000", "-", "", "0"])
    func aRequestThatWasNotAnsweredHasNoStatus(status: String) async throws {
        let batch = try await batch(#"{"request_uri":"/","status":"\#(status)"}"#, .nginxLog)
        #expect(batch.entries.statuses[0] == 0)
        #expect(batch.entries.outcomes[0] == Outcome.failed.rawValue)
    }

    @Test func withoutMillisecondsTheISOTimeCountsAndWithoutAnyTheArrival() async throws {
        let iso = try await batch(#"{"status":"200","time_iso8601":"2026-11-01T14:00:00+02:00"}"#, .nginxLog)
        #expect(iso.entries.logTimes[0] == Timestamp("2026-11-01T12:00:00Z")?.microseconds)
        let none = try await batch(#"{"status":"200","msec":"-","request_time":"3.000"}"#, .nginxLog)
        #expect(none.entries.logTimes[0] == IngestRun.now.microseconds)
    }

    @Test(arguments: [
        ("https", "h", "/a", "https://h/a"), ("", "h", "/a", "//h/a"), ("https", "", "/a", "/a"),
        ("http", "proxy", "http://vendor.example/a", "http://vendor.example/a"), ("http", "h", "*", "http://h*"),
    ])
    func theURIIsPutTogether(scheme: String, host: String, target: String, uri: String) async throws {
        let batch = try await batch(
            #"{"scheme":"\#(scheme)","host":"\#(host)","request_uri":"\#(target)","status":"200"}"#, .nginxLog)
        #expect(batch.text(.uri) == uri)
    }

    @Test func timesBeyondAllReasonRefuseTheLineAlone() async throws {
        let most = "9223372036854.775807"
        let run = try await run(
            [
                #"{"status":"200","msec":"\#(most)","upstream_response_time":"\#(most), \#(most)"}"#,
                #"{"status":"200","msec":"\#(most)","request_time":"1.000"}"#,
                #"{"status":"200","msec":"5.000","request_time":"60.000"}"#,
                #"{"status":"200","msec":"99\#(most)","request_time":"99\#(most)"}"#,
            ].joined(separator: "\n"), .nginxLog)
        #expect(run.rejected.map(\.line) == [1, 2])
        #expect(run.rejected.map(\.error.code) == [.outOfRange, .outOfRange])
        #expect(run.batch?.entries.logTimes == [0, IngestRun.now.microseconds])
    }

    @Test func moreMembersThanAnEntryHasAreLeftOutAndToldOnce() async throws {
        let members = (0..<200_000).map { #""a\#($0)":1"# }.joined(separator: ",")
        let repeated = String(repeating: #""status":"200","#, count: 100_000)
        let batch = try await batch("{\(repeated)\(members)}", .nginxLog)
        #expect(batch.text(.attributes)?.hasSuffix(#","a62":1,"connectorlog.left_out":"attributes"}"#) == true)
        #expect(batch.entries.statuses[0] == 200)
    }

    @Test func bytesThatAreNoTextCostNothingElse() async throws {
        let line =
            Array(#"{"request_uri":"/a","status":"400","http_user_agent":"x"#.utf8) + [0xFF, 0xE4] + Array(#""}"#.utf8)
        let run = try await IngestRun(line, media: .nginxLog)
        #expect(run.rejected.isEmpty)
        #expect(run.batch?.headers(.requestHeaders) == [HeaderField(name: "user-agent", value: "x\u{FFFD}\u{FFFD}")])
    }

    @Test func linesThatAreNoLogLinesAreToldOneByOne() async throws {
        let lines = [
            Self.nginx, "192.0.2.1 - - [10/Oct/2026:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5", #"{"message":"x"}"#,
            "[]", "",
            Self.nginx,
        ]
        let run = try await run(lines.joined(separator: "\n"), .nginxLog)
        #expect(run.outcome.accepted == 2)
        #expect(run.rejected.map(\.line) == [2, 3, 4])
        #expect(run.rejected.map(\.error.code) == [.invalidJSON, .missingField, .notAnObject])
        #expect(run.rejected.map(\.error.field) == [nil, "request_uri", nil])
        let envoy = try await self.run(#"{"message":"x"}"#, .envoyLog)
        #expect(envoy.rejected.map(\.error.field) == ["path"])
    }

    @Test(arguments: [IngestFormat.Media.nginxLog, .envoyLog])
    func configurationsNameTheRun(media: IngestFormat.Media) async throws {
        let members = #""event":"data.load","flow_id":"f-1","flow_name":"Nightly","state_id":"run-17""#
        let batch = try await batch(#"{"status":"200","path":"/",\#(members)}"#, media)
        #expect(batch.text(.event) == "data.load")
        #expect(batch.text(.flowID) == "f-1")
        #expect(batch.text(.flowName) == "Nightly")
        #expect(batch.text(.stateID) == "run-17")
    }

    // MARK: - Envoy

    private static let envoy =
        #"{"start_time":"2026-11-01T12:00:00.123Z","duration":41,"method":"GET","scheme":"https","authority":"api.example.com:443","path":"/v1/leads?page=2","protocol":"HTTP/2","response_code":200,"response_flags":"-","response_code_details":"via_upstream","upstream_transport_failure_reason":null,"request_id":"4e1f2a3b-0000-4000-8000-000000000001","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","user_agent":"sync/1.2","x_forwarded_for":null,"bytes_received":0,"bytes_sent":512,"upstream_host":"192.0.2.7:443","request_headers":{"accept":"application/json","x-none":null},"response_headers":{"content-type":"application/json"}}"#

    @Test func everyOperatorOfEnvoyFindsItsField() async throws {
        let batch = try await batch(Self.envoy, .envoyLog)
        #expect(batch.entries.logTimes[0] == Timestamp("2026-11-01T12:00:00.123Z")?.microseconds)
        #expect(batch.entries.durations[0] == 41_000)
        #expect(batch.text(.connector) == "api-example-com")
        #expect(batch.text(.method) == "GET")
        #expect(batch.text(.uri) == "https://api.example.com:443/v1/leads?page=2")
        #expect(batch.entries.statuses[0] == 200)
        #expect(batch.entries.outcomes[0] == Outcome.ok.rawValue)
        #expect(batch.text(.errorName) == nil)
        #expect(batch.text(.requestID) == "4e1f2a3b-0000-4000-8000-000000000001")
        #expect(batch.text(.traceID) == "0af7651916cd43dd8448eb211c80319c")
        #expect(batch.headers(.requestHeaders)?.map(\.name) == ["user-agent", "traceparent", "accept"])
        #expect(batch.headers(.responseHeaders) == [HeaderField(name: "content-type", value: "application/json")])
        #expect(batch.text(.requestBody) == nil)
        #expect(batch.body(.responseBody).originalSize == 512)
        #expect(batch.text(.attributes) == #"{"protocol":"HTTP/2","upstream_host":"192.0.2.7:443"}"#)
    }

    @Test(
        arguments: [
            (
                #""response_code":0,"response_flags":"UF,URX","upstream_transport_failure_reason":"connection refused","response_code_details":"x""#,
                "UF,URX", "connection refused", Outcome.failed
            ),
            (
                #""response_code":503,"response_flags":"UH","response_flags_long":"NoHealthyUpstream","response_code_details":"no_healthy_upstream""#,
                "NoHealthyUpstream", "no_healthy_upstream", .failed
            ),
            // The answer broke off behind its headers.
            (
                #""response_code":200,"response_flags":"UC","response_code_details":"via_upstream""#, "UC",
                "via_upstream", .failed
            ),
            (#""response_code":200,"response_flags":"DI,RFCF""#, nil, nil, .ok),
            (#""response_code":"200","response_flags":"""#, nil, nil, .ok),
            (#""response_code":404,"response_flags":null"#, nil, nil, .failed),
        ] as [(String, String?, String?, Outcome)])
    func flagsSayWhatWentWrong(members: String, name: String?, message: String?, outcome: Outcome) async throws {
        let batch = try await batch(#"{"path":"/",\#(members)}"#, .envoyLog)
        #expect(batch.text(.errorName) == name)
        #expect(batch.text(.errorMessage) == message)
        #expect(batch.entries.outcomes[0] == outcome.rawValue)
    }

    // MARK: - Both

    @Test(arguments: [
        (
            IngestFormat.Media.nginxLog,
            #""http_authorization":"Bearer SECRET","http_cookie":"session=SECRET","sent_http_set_cookie":"session=SECRET","request_body":"password=SECRET","cookie_session":"SECRET","upstream_cookie_session":"SECRET","upstream_http_x_api_key":"SECRET","arg_api_key":"SECRET""#
        ),
        (
            .envoyLog,
            #""request_headers":{"authorization":"Bearer SECRET","cookie":"session=SECRET"},"cookie":"session=SECRET","set_cookie":"session=SECRET","x_api_key":"SECRET""#
        ),
    ])
    func credentialsAreRemoved(media: IngestFormat.Media, members: String) async throws {
        let secret = "made-up-Xk29vQ77"
        let line =
            #"{"request_uri":"/a?api_key=SECRET","path":"/a?api_key=SECRET","status":"200","password":"SECRET",\#(members)}"#
        let batch = try await batch(line.replacing("SECRET", with: secret), media)
        for field in EntryTextField.allCases {
            #expect(!(batch.text(field) ?? "").contains(secret), "\(field)")
        }
    }
}
