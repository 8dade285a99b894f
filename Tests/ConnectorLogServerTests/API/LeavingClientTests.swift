import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import HummingbirdTesting
import Synchronization
import Testing

@Suite("Clients that are slow or leave", .timeLimit(.minutes(1)))
struct LeavingClientTests {
    private static func request(_ path: String, _ fields: String = "") -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: \(TestServer.key(.viewer))\r\n\(fields)\r\n".utf8)
    }

    /// The connection is closed after the answer, since the body of the request is not read to its end.
    @Test(arguments: [1 << 18, 1 << 20, 16 << 20])
    func anAnswerIsNotCutThoughTheConnectionIsClosedBehindIt(_ size: Int) async throws {
        var server = try await TestServer(wrap: { _ in ScriptedReader(bodyBytes: size) })
        server.settings.idleSeconds = 15
        try await server.run(.live) { caller async throws in
            let text = try await RawConnection.flood(
                Self.request(
                    "/v1/teams/1/logs/019aa2c1-7e5b-7000-8000-0123456789ab", "Content-Length: 999999999999\r\n"),
                with: Array(repeating: 0x20, count: 65_536), readingAfter: .seconds(4),
                port: try #require(caller.client.port))
            #expect(text.utf8.count > size)
            #expect(RawAnswer.all(in: text).map(\.status) == [200])
        }
    }

    @Test(arguments: ["/v1/teams/1/logs", "/v1/teams/1/faults"])
    func workForAClientThatLeftIsStopped(_ path: String) async throws {
        let reader = ScriptedReader()
        let server = try await TestServer(wrap: { _ in reader })
        try await server.run(.live) { caller async throws in
            try await RawConnection.leave(Self.request(path), port: try #require(caller.client.port)) {
                await reader.began()
            }
            await reader.cancelled()
            #expect(!Task.isCancelled, "the store was not told")
            #expect(try await caller.get("/healthz").status == 200)
        }
    }

    /// Of what comes with a body only this is worth nothing without its answer.
    @Test func aTrialForAClientThatLeftIsStopped() async throws {
        let reader = ScriptedReader()
        let server = try await TestServer(wrap: { _ in reader })
        try await server.run(.live) { caller async throws in
            let body = #"{"rules":{}}"#
            let request =
                "POST /v1/teams/1/redaction/try HTTP/1.1\r\nHost: a\r\nAuthorization: \(TestServer.key(.admin))\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            try await RawConnection.leave(Array(request.utf8), port: try #require(caller.client.port)) {
                await reader.began()
            }
            await reader.cancelled()
            #expect(!Task.isCancelled, "the store was not told")
        }
    }

    @Test func workForAClientThatStaysIsNotStopped() async throws {
        let reader = ScriptedReader(endsAfter: .milliseconds(200))
        let server = try await TestServer(wrap: { _ in reader })
        try await server.run(.live) { caller async throws in
            let port = try #require(caller.client.port)
            let text = try await RawConnection.exchange(
                Self.request("/v1/teams/1/logs") + Self.request("/v1/teams/1/logs"), answers: 2, port: port)
            #expect(RawAnswer.all(in: text).map(\.status) == [200, 200], "\(text)")
            // Telling that nothing more will be sent is not leaving.
            // The answer has a second from then on, which a busy machine may not have.
            var half = ""
            for _ in 0..<5 where RawAnswer.all(in: half).map(\.status) != [200] {
                half = try await RawConnection.exchange(
                    Self.request("/v1/teams/1/logs"), closingOutput: true, port: port)
            }
            #expect(RawAnswer.all(in: half).map(\.status) == [200], "\(half)")
        }
    }
}

/// A store that works until it is cancelled, or for some time.
private final class ScriptedReader: LogReader {
    private struct Flags {
        var hasBegun = false
        var isCancelled = false
    }

    private let flags = Mutex(Flags())
    private let bodyBytes: Int
    private let time: Duration

    init(bodyBytes: Int = 0, endsAfter time: Duration = .seconds(50)) {
        (self.bodyBytes, self.time) = (bodyBytes, time)
    }

    func began() async { await wait { $0.hasBegun } }
    func cancelled() async { await wait { $0.isCancelled } }

    private func wait(_ condition: @Sendable (Flags) -> Bool) async {
        while !flags.withLock({ condition($0) }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
    }

    private func work() async throws(StoreError) {
        flags.withLock { $0.hasBegun = true }
        do {
            try await Task.sleep(for: time)
        } catch {
            flags.withLock { $0.isCancelled = true }
            throw StoreError(.failed, "cancelled")
        }
    }

    func entry(team: Int64, id: EntryID) async throws(StoreError) -> LogEntry? {
        var sample = SampleEntry(team: team, at: Timestamp(microseconds: 1_700_000_000_000_000))
        sample.uri = "https://api.example/"
        var entry = sample.stored(id: id)
        entry.responseBody = Body(
            bytes: Array(repeating: 0x61, count: bodyBytes), isBinary: false, originalSize: bodyBytes,
            isTruncated: false)
        return entry
    }
    func entries(_ query: EntryQuery) async throws(StoreError) -> Page<EntrySummary> {
        try await work()
        return Page(rows: [], next: nil)
    }
    func faults(_ query: FaultQuery) async throws(StoreError) -> Page<RootFault> {
        try await work()
        return Page(rows: [], next: nil)
    }
    func fault(team: Int64, id: EntryID) async throws(StoreError) -> RootFault? { nil }
    func flows(_ query: FlowQuery) async throws(StoreError) -> NamedPage<FlowSummary> { throw Self.none }
    func states(_ query: StateQuery) async throws(StoreError) -> NamedPage<FlowState> { throw Self.none }
    func state(team: Int64, id: String) async throws(StoreError) -> FlowState? { nil }
    func outcomes(_ query: OutcomeQuery) async throws(StoreError) -> [OutcomeBucket] { throw Self.none }
    func launches(_ query: LaunchQuery) async throws(StoreError) -> [FlowLaunches] { throw Self.none }
    func faultCounts(_ query: FaultCountQuery) async throws(StoreError) -> [Int] { throw Self.none }
    func statistics(_ query: CallStatisticsQuery) async throws(StoreError) -> CallStatistics { throw Self.none }
    func counts(_ query: EntryCountQuery) async throws(StoreError) -> EntryCounts { throw Self.none }

    private static let none = StoreError(.failed, "not asked for")
}
