import Configuration
import ConnectorLogAPI
import ConnectorLogBlockStore
import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogSecrets
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import Logging
import Synchronization
import Testing

@testable import connectorlog

/// The whole server over a socket, with the store in memory: what `serve --sample` shows at first sight.
@Suite(.timeLimit(.minutes(3))) struct SampleTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static let untilCancelled: @Sendable () async -> Void = {
        for await _ in AsyncStream<Never>.makeStream().stream {}
    }

    /// Runs the server until the sample is recorded, and returns what it told.
    private func serveSample(_ store: InMemoryStore) async throws -> [ServerRun.Event] {
        var configuration = try await ServeConfiguration.load(
            from: SettingSources(flags: [.port: .int(0), .sample: .bool(true)]))
        configuration.server.host = "127.0.0.1"
        let (events, told) = AsyncStream<ServerRun.Event>.makeStream()
        let masterKey = try #require(MasterKey(bytes: Array(repeating: 5, count: 32)))
        let vault = try await SecretVault.open(
            catalog: store, masterKey: masterKey, randomBytes: ServerDependencies.systemRandomBytes)
        let run = ServerRun(
            configuration: configuration,
            store: OpenStore(
                log: store, catalog: store, maintain: Self.untilCancelled, isReady: { true },
                close: { () async throws(StoreError) in }),
            vault: vault, signingKey: Array(repeating: 7, count: 32), now: { SystemTime.now }, clock: RecordingClock(),
            metrics: MetricsRegistry(), logger: quiet, sampleTimeout: .milliseconds(150),
            tell: { told.yield($0) })
        return try await withThrowingTaskGroup(of: [ServerRun.Event].self) { group in
            group.addTask {
                // Cancelled below; how it says so does not matter.
                try? await run.run(signals: [])
                told.finish()
                return []
            }
            group.addTask {
                var all: [ServerRun.Event] = []
                for await event in events {
                    all.append(event)
                    if case .sampleRecorded = event { break }
                }
                return all
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if !result.isEmpty { return result }
            }
            return []
        }
    }

    private func makeStore() async throws -> InMemoryStore {
        let store = InMemoryStore(now: { SystemTime.now })
        _ = try await store.createTeam(name: "default", id: 1, at: SystemTime.now)
        return store
    }

    private func entries(_ store: InMemoryStore) async throws -> [LogEntry] {
        var entries: [LogEntry] = []
        for summary in try await store.entries(EntryQuery(teamID: 1, order: .oldestFirst, limit: 1000)).rows {
            entries.append(try #require(try await store.entry(team: 1, id: summary.id)))
        }
        return entries
    }

    @Test func showsThreeRunsOfRealCallsWithTheirFaults() async throws {
        let store = try await makeStore()
        let events = try await serveSample(store)
        guard case .listening(let url)? = events.first else { return #expect(Bool(false), "it did not listen") }
        #expect(events.last == .sampleRecorded(page: "\(url)/teams/1/states/\(SampleFlow.failed.stateID)/log"))

        var statuses: [String: FlowState.Status] = [:]
        for flow in SampleFlow.all {
            statuses[flow.name] = try await store.state(team: 1, id: flow.stateID)?.status
        }
        #expect(statuses == ["Sync contacts nightly": .done, "Approve invoice": .failed, "Import orders": .inProgress])

        let entries = try await entries(store)
        #expect(
            entries.map(\.summary.status) == [200, 200, 429, 200, 200, 200, 404, 422, 500, 200, 200, nil, nil])
        #expect(entries.suffix(2).map(\.summary.errorName) == ["TimeoutError", "ConnectionRefusedError"])
        let limited = try #require(entries.first { $0.summary.status == 429 })
        #expect(limited.responseHeaders.contains(HeaderField(name: "Retry-After", value: "1")))
        #expect(entries.allSatisfy { $0.summary.status == nil || $0.responseBody?.bytes.isEmpty == false })
        #expect(entries.allSatisfy { ($0.summary.durationMicroseconds ?? 0) > 0 })
        var query = EntryQuery(teamID: 1)
        query.requestID = "erp-90003"
        #expect(try await store.entries(query).rows.map(\.status) == [422])

        let faults = try await store.faults(FaultQuery(teamID: 1, order: .oldestFirst)).rows
        #expect(faults.map(\.name) == ["Data Save Fault", "Service Invoke Fault", "Bad Gateway"])
        #expect(faults.map(\.statusCode) == [422, 500, 502])
        let failed = try #require(try await store.state(team: 1, id: SampleFlow.failed.stateID))
        #expect(failed.calls == 4)
        #expect(failed.faults == 2)
    }

    @Test func noCredentialOfTheSampleIsStored() async throws {
        let store = try await makeStore()
        _ = try await serveSample(store)
        let secrets = [
            "sample-access-token-1b9d", "c2FtcGxlLXVzZXI6c2FtcGxlLXBhc3N3b3Jk", "sample-shop-key-77aa",
            "sample-client-secret", "sample-carrier-password",
        ]
        for entry in try await entries(store) {
            let texts = [entry.summary.uri, entry.requestBody?.text, entry.responseBody?.text].compactMap(\.self)
            let fields = (entry.requestHeaders + entry.responseHeaders).map(\.value)
            for secret in secrets { #expect(!(texts + fields).contains { $0.contains(secret) }) }
        }
        #expect(try await entries(store).contains { !$0.receipt.isEmpty })
    }

    @Test func secondStartDoublesNothing() async throws {
        let store = try await makeStore()
        _ = try await serveSample(store)
        let first = try await entries(store)
        #expect(first.count == 13)
        _ = try await serveSample(store)
        #expect(try await entries(store) == first)
    }

    @Test func startThatWasCutShortGoesOnWhereItStopped() async throws {
        let store = try await makeStore()
        _ = try await serveSample(store)
        let partial = try await makeStore()
        let flow = SampleFlow.all[0]
        try await ingest(
            #"{"type":"state","state_id":"\#(flow.stateID)","flow_id":"\#(flow.flowID)","status":"done"}"#,
            into: partial)
        _ = try await serveSample(partial)
        #expect(try await entries(partial).count == 13 - flow.calls.count)
    }

    private func ingest(_ line: String, into store: InMemoryStore) async throws {
        let pipeline = IngestPipeline(writer: store, book: Fixtures.redactionBook(), now: { SystemTime.now })
        var session = pipeline.makeSession(
            format: IngestFormat(media: .json, encoding: .identity),
            caller: IngestCaller(defaultTeam: 1, identity: "test", refusal: { _ in nil }))
        try feed(line, to: &session)
        _ = try await session.finish(idempotencyKey: nil, encodeAnswer: { _ in [] })
    }

    private func feed(_ line: String, to session: inout IngestSession) throws {
        try Array(line.utf8).withUnsafeBytes { try session.feed($0) }
    }

    @Test func keyOfTheSampleIsRevokedAfterwards() async throws {
        let store = try await makeStore()
        _ = try await serveSample(store)
        #expect(try await store.keys(team: 1).isEmpty)
    }
}
