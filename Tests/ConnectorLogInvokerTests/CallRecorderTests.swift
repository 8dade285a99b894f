import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import HTTPTypes
import Logging
import NIOCore
import Synchronization
import Testing

@testable import ConnectorLogInvoker

/// Calls whose store is well, fails, or comes too late.
@Suite(.timeLimit(.minutes(1))) struct CallRecorderTests {
    private static func call(_ id: String, body: Int = 0) -> RecordedCall {
        var call = RecordedCall(
            teamID: 1, connector: "crm", startedAt: .epoch, method: "GET", uri: "https://api.example.com/")
        call.requestID = id
        call.responseBody = .init(bytes: [UInt8](repeating: 0x61, count: body), size: body)
        return call
    }

    private let writer = ScriptedWriter()
    private let door = CountingDoor()

    private func recorder(memory: Int = 256 << 20, clock: some Clock<Duration> = HastyClock()) -> CallRecorder {
        var limits = IngestLimits()
        limits.bytesInFlight = memory
        return CallRecorder(
            pipeline: IngestPipeline(
                writer: writer, book: Fixtures.redactionBook(), limits: limits, now: { .epoch }),
            door: door, clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs the recorder until `body` has returned, and then to its end.
    private func run(_ recorder: CallRecorder, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    @Test func callsAreStoredOnce() async throws {
        let recorder = recorder()
        try await run(recorder) {
            for number in 0..<100 { recorder.take(Self.call("r-\(number)")) }
            await writer.until(stored: 100)
        }
        #expect(writer.ids.sorted() == (0..<100).map { "r-\($0)" }.sorted())
        #expect(door.counts == .init(stored: 100, dropped: 0))
    }

    /// A transaction for each call would keep the disk busy with little.
    @Test func callsWaitALittleForOthers() async throws {
        let clock = CountingClock()
        let recorder = recorder(clock: clock)
        clock.atFirstSleep { recorder.take(Self.call("r-2")) }
        try await run(recorder) {
            recorder.take(Self.call("r-1"))
            await writer.until(stored: 2)
        }
        #expect(writer.batches == [2])
        #expect(clock.sleeps == 4)
    }

    @Test func whoWaitsForARecordWaitsForNobodyElse() async throws {
        let clock = CountingClock()
        let recorder = recorder(clock: clock)
        try await run(recorder) { #expect(await recorder.stores(Self.call("r-1"))) }
        #expect(clock.sleeps == 0)
    }

    @Test func whatComesBeforeTheEndIsStored() async throws {
        let recorder = recorder()
        recorder.take(Self.call("r-1"))
        try await run(recorder) {}
        #expect(writer.ids == ["r-1"])
    }

    @Test func aStoreThatFailsIsTriedAgain() async throws {
        writer.fail(times: 3)
        let recorder = recorder()
        try await run(recorder) {
            recorder.take(Self.call("r-1"))
            await writer.until(stored: 1)
        }
        #expect(writer.ids == ["r-1"])
        #expect(door.counts == .init(stored: 1, dropped: 0))
        #expect(door.tidings == [false, true])
    }

    /// Its record waits, shows when the store is well again, and until then nobody else comes in who would wait.
    @Test func whoWaitsIsToldAtOnceThatTheStoreFails() async throws {
        writer.fail(times: 3)
        let recorder = recorder()
        try await run(recorder) {
            #expect(await recorder.stores(Self.call("r-1")) == false)
            await writer.until(stored: 1)
            while !recorder.isRecording { await Task.yield() }
            #expect(await recorder.stores(Self.call("r-2")))
        }
        #expect(writer.ids == ["r-1", "r-2"])
        #expect(door.counts == .init(stored: 2, dropped: 0))
    }

    @Test func whatFindsNoMemoryIsDroppedAndCounted() async {
        let recorder = recorder(memory: 1 << 16)
        #expect(!recorder.isRecording)
        #expect(await recorder.stores(Self.call("r-1", body: 1 << 16)) == false)
        #expect(door.counts == .init(stored: 0, dropped: 1))
    }

    /// A store that never gets well does not keep the server from its end.
    @Test func whatTheStoreDoesNotTakeBeforeTheEndIsDroppedAndCounted() async throws {
        writer.fail(times: .max)
        let recorder = recorder()
        recorder.take(Self.call("r-1"))
        // As at a graceful end: what is cancelled would not wait for the store at all.
        await Task { await recorder.end() }.value
        #expect(door.counts == .init(stored: 0, dropped: 1))
        recorder.take(Self.call("r-2"))
        #expect(door.counts == .init(stored: 0, dropped: 2))
        #expect(await recorder.stores(Self.call("r-3")) == false)
    }
}

extension CallRecorder {
    fileprivate func stores(_ call: RecordedCall) async -> Bool {
        await withCheckedContinuation { continuation in
            take(call) { continuation.resume(returning: $0) }
        }
    }
}

/// Keeps the request ids of what it is given, after it has failed as often as it was told to.
private final class ScriptedWriter: LogWriter {
    private struct Contents {
        var ids: [String] = []
        var batches: [Int] = []
        var failures = 0
    }

    private let contents = Mutex(Contents())
    private let (appends, appended) = AsyncStream<Void>.makeStream()

    var ids: [String] { contents.withLock { $0.ids } }
    /// How many each time that they were stored.
    var batches: [Int] { contents.withLock { $0.batches } }

    func fail(times: Int) { contents.withLock { $0.failures = times } }

    func until(stored count: Int) async {
        var steps = appends.makeAsyncIterator()
        while ids.count < count { await steps.next() }
    }

    func append(
        _ batch: consuming RedactedBatch, idempotency: IdempotentAnswer?
    ) async throws(StoreError) -> AppendResult {
        let ids = (0..<batch.entries.count).compactMap { batch.entries[.requestID].string($0) }
        let fails = contents.withLock { contents in
            guard contents.failures == 0 else {
                contents.failures -= 1
                return true
            }
            contents.ids += ids
            contents.batches.append(ids.count)
            return false
        }
        appended.yield()
        if fails { throw StoreError(.full, "no disk") }
        return .stored
    }
}

private final class CountingDoor: InvokerDoor {
    struct Counts: Equatable {
        var stored = 0
        var dropped = 0
    }

    private let state = Mutex(Counts())
    private let told = Mutex<[Bool]>([])

    var counts: Counts { state.withLock { $0 } }
    /// Whether the store takes calls, each time that was told.
    var tidings: [Bool] { told.withLock { $0 } }

    func noteCalls(stored: Int) { state.withLock { $0.stored += stored } }
    func noteCalls(dropped: Int) { state.withLock { $0.dropped += dropped } }
    func noteStore(takesCalls: Bool) { told.withLock { $0.append(takesCalls) } }

    // Nobody comes in here.
    func admissionInMemory(_ path: InvokerPath, key: String?) -> InvokerAdmission? { nil }
    func admit(
        _ path: InvokerPath, key: String?, request: HTTPRequest, channel: any Channel
    ) async throws(InvokerRefusal) -> InvokerAdmission { throw InvokerRefusal(.notFound, "nobody is let in") }
    func requestID(of request: HTTPRequest) -> String { "req_test" }
    func answer(_ refusal: InvokerRefusal, requestID: String) -> (head: HTTPResponse, body: ByteBuffer) {
        (HTTPResponse(status: .notFound), ByteBuffer())
    }
    func note(
        requestID: String, method: HTTPRequest.Method, status: Int, key: String?, duration: TimeAmount, isCall: Bool
    ) {}
}

/// A clock whose sleeps end at once.
private struct HastyClock: Clock {
    var now: ContinuousClock.Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// A clock whose sleeps end at once, and are counted.
private final class CountingClock: Clock {
    private struct State {
        var sleeps = 0
        var first: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var now: ContinuousClock.Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }
    var sleeps: Int { state.withLock { $0.sleeps } }

    func atFirstSleep(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.first = body } }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        let first = state.withLock { state in
            state.sleeps += 1
            defer { state.first = nil }
            return state.first
        }
        first?()
    }
}
