import ConnectorLogAPI
import ConnectorLogSecrets
import ConnectorLogTesting
import CoreMetrics
import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import ConnectorLogCore
@testable import ConnectorLogServer

@Suite("The service itself")
struct ServiceRouteTests {
    @Test func tellsWhetherItRunsAndIsReady() async throws {
        let server = try await TestServer()
        try await server.run { caller async throws in
            #expect(try await caller.get("/healthz", key: nil).text == #"{"status":"ok"}"#)
            #expect(try await caller.get("/readyz", key: nil).text == #"{"status":"ok"}"#)
            server.readiness.isOn = false
            let unready = try await caller.get("/readyz", key: nil)
            #expect(unready.status == 503)
            #expect(unready.errorCode == "SERVICE_UNAVAILABLE")
            #expect(unready.header("Retry-After") == "1")
            #expect(try await caller.get("/healthz", key: nil).status == 200)
        }
    }

    @Test func givesTheDocument() async throws {
        let answer = try await TestServer().run { try await $0.get("/openapi.yaml", key: nil) }
        #expect(answer.status == 200)
        #expect(answer.header("Content-Type") == "application/yaml")
        #expect(answer.text.hasPrefix("openapi: 3.1"))
        #expect(answer.bytes == OpenAPIDocument.bytes)
    }

    @Test func countsRequestsByTemplateAlone() async throws {
        try await TestServer().run { caller async throws in
            for path in ["/v1/teams/1/states/a", "/v1/teams/1/states/b", "/v1/secret-path", "/v1/teams/1/logs"] {
                _ = try await caller.get(path)
            }
            _ = try await caller.get("/v1/teams", key: nil)
            _ = try await caller.send(HTTPRequest.Method("BREW") ?? .get, "/v1/teams")
            _ = try await caller.ingest(#"{"connector_identifier":"a"}"#, "{")
            let answer = try await caller.get("/metrics", key: TestServer.owner)
            #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            let lines = answer.text.split(separator: "\n").map(String.init)
            let requests = #"connectorlog_http_requests_total{method="GET",route="#
            #expect(lines.contains(requests + #""/v1/teams/{team_id}/states/{state_id}",status="404"} 2"#))
            #expect(lines.contains(requests + #""none",status="404"} 1"#))
            #expect(lines.contains(#"connectorlog_http_requests_total{method="other",route="none",status="405"} 1"#))
            #expect(lines.contains(#"connectorlog_ingest_lines_total{result="accepted"} 1"#))
            #expect(lines.contains(#"connectorlog_ingest_lines_total{result="rejected"} 1"#))
            #expect(lines.contains("connectorlog_failed_authentications_total 1"))
            #expect(lines.contains("# TYPE connectorlog_http_request_duration_seconds histogram"))
            #expect(lines.contains("connectorlog_metrics_dropped_series 0"))
            #expect(!answer.text.contains("secret-path"))
        }
    }

    /// Had redaction a defect, the field would not be stored, and an operator would know.
    @Test func countsAndLogsWhatTheSecondLookDrops() async throws {
        let secret = "value-that-redaction-left"
        let lines = Mutex<[String]>([])
        let recorder = LineRecorder { line in lines.withLock { $0.append(line) } }
        let server = try await TestServer(logger: Logger(label: "test", factory: { _ in recorder }))
        let book = server.vault.book
        try await server.run { caller async throws in
            let created = try await caller.sendJSON(
                .post, "/v1/teams/1/secrets", key: TestServer.key(.admin),
                #"{"secret_name":"n","secret_value":"\#(secret)"}"#)
            #expect(created.status == 201)
            book.take(Looks(first: false))
            let line = #"{"connector_identifier":"a","event":"e","error_message":"\#(secret)"}"#
            for seconds in [0, 59, 1] as [Int64] {
                server.clock.advance(bySeconds: seconds)
                _ = try await caller.ingest(line)
            }
            let entries = try await caller.get("/v1/teams/1/logs")
            #expect(!entries.text.contains(secret))
            #expect(
                try await caller.get("/metrics", key: TestServer.owner).text
                    .contains("\nconnectorlog_redaction_second_look_total 3\n"))
        }
        let logged = lines.withLock { $0 }
        let told = logged.filter { $0.hasPrefix("error redaction left a secret") && $0.contains("field=error_message") }
        // The second came within a minute of the first.
        #expect(told.count == 2)
        #expect(!logged.joined().contains(secret))
    }

    /// A program that reads no answers loses its records in silence otherwise.
    @Test func logsOnceAMinuteThatRecordsOfAKeyWereRejected() async throws {
        let lines = Mutex<[String]>([])
        let recorder = LineRecorder { line in lines.withLock { $0.append(line) } }
        let server = try await TestServer(logger: Logger(label: "test", factory: { _ in recorder }))
        let spans = #"""
            {"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":3,"attributes":[
             {"key":"url.full","value":{"stringValue":"https://h/confidential"}},
             {"key":"connectorlog.team_id","value":{"intValue":"0"}}]}]}]}]}
            """#
        try await server.run { caller async throws in
            for seconds in [0, 59, 1] as [Int64] {
                server.clock.advance(bySeconds: seconds)
                _ = try await caller.sendJSON(
                    .post, "/v1/ingest", key: TestServer.key(.recorder),
                    #"{"connector_identifier":"a"}"# + "\n" + #"{"uri":"confidential"}"# + "\n" + "confidential",
                    type: "application/x-ndjson")
            }
            _ = try await caller.sendJSON(.post, "/v1/traces", key: TestServer.key(.recorder), spans)
            _ = try await caller.sendJSON(
                .post, "/api/reporting/1/events", key: TestServer.key(.recorder),
                #"[{"type":"serviceinvoker.request","id":"confidential"}]"#)
        }
        let logged = lines.withLock { $0 }
        let told = logged.filter { $0.hasPrefix("warning records were rejected ") }
        let ingest = told.filter { $0.contains("route=/v1/ingest") }
        #expect(ingest.count == 2)
        for part in [
            "code=MISSING_FIELD", "field=connector_identifier", "record=2", "rejected=2", "request_id=", "key=",
        ] {
            #expect(ingest.allSatisfy { $0.contains(part) }, "\(part): \(ingest)")
        }
        #expect(told.count { $0.contains("route=/v1/traces") && $0.contains("field=connectorlog.team_id") } == 1)
        #expect(told.count { $0.contains("route=/api/reporting/1/events") } == 1)
        #expect(!told.joined().contains("confidential"))
    }

    @Test func documentsEachOfItsMetrics() async throws {
        try await TestServer().run { caller async throws in
            _ = try await caller.get("/healthz")
            let text = try await caller.get("/metrics", key: TestServer.owner).text
            let names = text.matches(of: #/# TYPE ([a-z_]+) /#).map { String($0.1) }
            #expect(Set(names) == Set(MetricName.all.map(\.name)))
            for metric in MetricName.all { #expect(text.contains("# HELP \(metric.name) \(metric.help)\n")) }
        }
    }

    /// A log line tells of a request what may be told.
    @Test func logsOneLineARequestWithoutItsSecrets() async throws {
        let lines = Mutex<[String]>([])
        let recorder = LineRecorder { line in lines.withLock { $0.append(line) } }
        var logger = Logger(label: "test", factory: { _ in recorder })
        logger.logLevel = .info
        try await TestServer(logger: logger).run { caller async throws in
            _ = try await caller.get("/v1/teams/1/logs?text=confidential&event=%zz")
        }
        let line = try #require(lines.withLock { $0.first { $0.hasPrefix("info request ") } })
        #expect(line.contains("route=/v1/teams/{team_id}/logs"))
        #expect(line.contains("status=400"))
        #expect(line.contains("key=key_viewer"))
        let all = lines.withLock { $0.joined() }
        #expect(!all.contains("confidential"))
        #expect(!all.contains(TestServer.key(.viewer)))
    }

    @Test func logsWhyTheServerFailed() async throws {
        let lines = Mutex<[String]>([])
        let recorder = LineRecorder { line in lines.withLock { $0.append(line) } }
        let server = try await TestServer(
            logger: Logger(label: "test", factory: { _ in recorder }),
            wrap: { _ in FailingReader(error: StoreError(.damaged, "in block 17")) })
        let answer = try await server.run { try await $0.get("/v1/teams/1/logs") }
        let requestID = try #require(answer.header("X-Request-Id"))
        let line = try #require(lines.withLock { $0.first { $0.hasPrefix("error request failed ") } })
        #expect(line.contains("request_id=\(requestID)"))
        #expect(line.contains("cause=damaged: in block 17"))
    }
}

/// A log handler that hands each line on as text: level, message, metadata.
struct LineRecorder: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    let write: @Sendable (String) -> Void

    init(write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
        write("\(event.level) \(event.message) " + values.joined(separator: " "))
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}

@Suite("The metrics registry")
struct MetricsRegistryTests {
    @Test func writesEveryKind() {
        let registry = MetricsRegistry()
        Counter(label: "jobs.done", dimensions: [("kind", "a\"b\\c\nd")], factory: registry).increment(by: 3)
        Meter(label: "depth", factory: registry).set(1.5)
        CoreMetrics.Timer(label: "wait", factory: registry).recordNanoseconds(2_000_000)
        Recorder(label: "size", dimensions: [], aggregate: true, factory: registry).record(5)
        let text = PrometheusText.write(registry.snapshot())
        #expect(text.contains("jobs_done_total{kind=\"a\\\"b\\\\c\\nd\"} 3\n"))
        #expect(text.contains("# TYPE depth gauge\ndepth 1.5\n"))
        #expect(text.contains("wait_seconds_bucket{le=\"0.001\"} 0\n"))
        #expect(text.contains("wait_seconds_bucket{le=\"0.0025\"} 1\n"))
        #expect(text.contains("wait_seconds_bucket{le=\"+Inf\"} 1\nwait_seconds_sum 0.002\nwait_seconds_count 1\n"))
        #expect(text.contains("size_bucket{le=\"4\"} 0\nsize_bucket{le=\"16\"} 1\n"))
    }

    @Test func givesTheSameSeriesForTheSameLabels() {
        let registry = MetricsRegistry()
        for labels in [[("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]] {
            Counter(label: "x", dimensions: labels, factory: registry).increment()
        }
        #expect(PrometheusText.write(registry.snapshot()).contains("x_total{a=\"1\",b=\"2\"} 2\n"))
    }

    @Test func keepsABoundedNumberOfSeries() {
        let registry = MetricsRegistry(limit: 10)
        for index in 0..<100 {
            Counter(label: "x", dimensions: [("n", String(index))], factory: registry).increment()
        }
        let families = registry.snapshot()
        #expect(families.first { $0.name == "x_total" }?.samples.count == 10)
        #expect(
            families.first { $0.name == "connectorlog_metrics_dropped_series" }?.samples.first?.value == .number(90))
    }
}
