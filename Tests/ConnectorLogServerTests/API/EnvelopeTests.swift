import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import HTTPTypes
import Testing

@Suite("Every failure is the one envelope")
struct EnvelopeTests {
    @Test(
        arguments: [
            (HTTPRequest.Method.get, "/v1/nothing", 404, "NOT_FOUND"),
            (.get, "/v1/teams/1/logs/no-id", 404, "NOT_FOUND"),
            (.get, "/v1/teams/1/logs/019aa2c1-7e5b-7000-8000-0123456789ab", 404, "NOT_FOUND"),
            (.get, "/v1/teams/1/faults/019aa2c1-7e5b-7000-8000-0123456789ab", 404, "NOT_FOUND"),
            (.get, "/v1/teams/1/states/none", 404, "NOT_FOUND"),
            (.get, "/v1/teams/1/states/none/logs", 404, "NOT_FOUND"),
            (.get, "/v1/teams/1/states/none/faults", 404, "NOT_FOUND"),
            (.get, "/v1/teams/1/connector_builder/connectors/none", 404, "NOT_FOUND"),
            (.get, "/v1/teams/1/connector_builder/connectors/none/logs", 404, "NOT_FOUND"),
            (.get, "/v1/teams/1/connector_builder/connectors/none/secrets", 403, "FORBIDDEN"),
            (.get, "/v1/teams/1/connector_builder/connectors/a%20b", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/2/logs", 403, "FORBIDDEN"),
            (.get, "/v1/teams/77/logs", 403, "FORBIDDEN"),
            (.get, "/v1/teams/0/logs", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/-1/logs", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/x/logs", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/01/logs", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/9223372036854775808/logs", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/1/states/%zz", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/1/states/%ff", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/1/states/%2", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/%/logs", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/1/logs?event=%f", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/1/logs?event=%ff", 400, "BAD_REQUEST"),
            (.get, "/v1/teams/1/logs?a=1&%f=1", 400, "BAD_REQUEST"),
            (.delete, "/v1/teams/1/logs", 405, "METHOD_NOT_ALLOWED"),
            (.get, "/v1/ingest", 405, "METHOD_NOT_ALLOWED"),
            (.patch, "/healthz", 405, "METHOD_NOT_ALLOWED"),
            (.options, "/v1/teams", 405, "METHOD_NOT_ALLOWED"),
        ] as [(HTTPRequest.Method, String, Int, String)])
    func answers(_ method: HTTPRequest.Method, _ path: String, _ status: Int, _ code: String) async throws {
        let answer = try await TestServer().run { try await $0.send(method, path) }
        #expect(answer.status == status)
        #expect(answer.errorCode == code)
        #expect(answer.header("X-RateLimit-Limit") != nil)
        #expect(answer.header("X-RateLimit-Remaining") != nil)
    }

    @Test func saysWhichMethodsThePathHas() async throws {
        let answer = try await TestServer().run { try await $0.send(.put, "/v1/teams/1") }
        #expect(answer.header("Allow") == "DELETE, GET, HEAD, PATCH")
    }

    @Test func refusesAPathThatIsTooLong() async throws {
        let path = "/v1/teams/1/states/" + String(repeating: "a", count: ServerSettings.targetBytes)
        let answer = try await TestServer().run { try await $0.get(path) }
        #expect(answer.status == 400)
        #expect(answer.errorCode == "BAD_REQUEST")
    }

    @Test func takesOverTheClientsRequestID() async throws {
        try await TestServer().run { caller async throws in
            let name = try #require(HTTPField.Name("X-Request-Id"))
            let taken = try await caller.send(.get, "/v1/none", headers: [name: "my-request_17"])
            #expect(taken.errorCode == "NOT_FOUND")
            #expect(taken.header("X-Request-Id") == "my-request_17")
            for bad in ["short", "with space in it", String(repeating: "a", count: 65), "quote\"quote\""] {
                let made = try await caller.send(.get, "/v1/none", headers: [name: bad])
                #expect(made.errorCode == "NOT_FOUND")
                #expect(made.header("X-Request-Id") != bad)
            }
        }
    }

    @Test func setsTheSecurityHeadersOnEveryAnswer() async throws {
        try await TestServer().run { caller async throws in
            for path in ["/healthz", "/v1/none", "/v1/teams/1/logs", "/openapi.yaml"] {
                let answer = try await caller.get(path)
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
                #expect(answer.header("Referrer-Policy") == "no-referrer")
                #expect(answer.header("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'")
                #expect(answer.header("Cache-Control") == "no-store")
                #expect(answer.header("X-Request-Id") != nil)
            }
        }
    }

    @Test func answersHEADWithTheHeadersOfGETAndNoContent() async throws {
        try await TestServer().run { caller async throws in
            let get = try await caller.get("/v1/teams/1/logs")
            let head = try await caller.send(.head, "/v1/teams/1/logs")
            #expect(head.status == 200)
            #expect(head.bytes.isEmpty)
            #expect(head.header("Content-Length") == get.header("Content-Length"))
            let missing = try await caller.send(.head, "/v1/none")
            #expect(missing.status == 404)
            #expect(missing.bytes.isEmpty)
        }
    }

    @Test(arguments: [
        (StoreError.Code.failed, 500, "INTERNAL_SERVER_ERROR"), (.damaged, 500, "INTERNAL_SERVER_ERROR"),
        (.overloaded, 503, "SERVICE_UNAVAILABLE"), (.closed, 503, "SERVICE_UNAVAILABLE"),
        (.full, 507, "INSUFFICIENT_STORAGE"), (.newer, 500, "INTERNAL_SERVER_ERROR"),
    ])
    func tellsNothingOfWhyTheStoreFailed(_ failure: StoreError.Code, _ status: Int, _ code: String) async throws {
        let server = try await TestServer(wrap: { _ in FailingReader(error: StoreError(failure, "in block 17")) })
        let answer = try await server.run { try await $0.get("/v1/teams/1/logs") }
        #expect(answer.status == status)
        #expect(answer.errorCode == code)
        #expect(!answer.text.contains("17"))
        #expect((answer.header("Retry-After") != nil) == (status == 503 || status == 507))
    }
}

/// A store whose every answer is an error.
struct FailingReader: LogReader {
    let error: StoreError

    func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry? { throw error }
    func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> { throw error }
    func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault? { throw error }
    func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault> { throw error }
    func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> { throw error }
    func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> { throw error }
    func state(team: Int64, id: String) async throws(StoreError) -> FlowState? { throw error }
    func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket] { throw error }
    func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] { throw error }
    func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int] { throw error }
    func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics { throw error }
    func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts { throw error }
}
