import ConnectorLogCore
import ConnectorLogIngest
import Logging
import ServiceLifecycle
import Synchronization

/// Stores calls behind their backs: they wait in memory, within the budget of ingest, until the store has taken them,
/// several at once. What finds no room is not recorded, and counted.
final class CallRecorder: Sendable {
    /// Calls that are stored at once.
    private static let mostAtOnce = 2048
    /// Bytes of calls that are stored at once.
    private static let mostBytesAtOnce = 8 << 20
    /// Calls wait for others, so that many reach the disk together: as long, in so many steps, or until somebody waits for
    /// a record.
    private static let patience = (step: Duration.milliseconds(5), steps: 4)
    /// How long what waits is tried when the server stops.
    private static let patienceAtEnd = Duration.seconds(10)

    private struct Waiting {
        var call: RecordedCall
        var hold: AdmissionHold
        var bytes: Int
        var whenStored: (@Sendable (Bool) -> Void)?
    }

    private struct State {
        var waiting: [Waiting] = []
        /// Somebody waits to hear of one of them.
        var isAwaited = false
        /// The store did not take what it was given last.
        var isFailing = false
        /// And that was told.
        var isTold = false
        /// The server stops: nothing more is stored.
        var isEnded = false
    }

    private let pipeline: IngestPipeline
    private let door: any InvokerDoor
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(pipeline: IngestPipeline, door: any InvokerDoor, clock: any Clock<Duration>, logger: Logger) {
        (self.pipeline, self.door, self.clock, self.logger) = (pipeline, door, clock, logger)
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether calls would be recorded now.
    var isRecording: Bool { state.withLock { !$0.isFailing } && pipeline.hold(1 << 20) != nil }

    /// - Parameter whenStored: called from any thread, once it is known whether the call is on disk.
    func take(_ call: RecordedCall, whenStored: (@Sendable (Bool) -> Void)? = nil) {
        let bytes = call.byteCount
        guard let hold = pipeline.hold(bytes) else {
            drop(1, because: "there is no memory for them (--ingest-memory)")
            whenStored?(false)
            return
        }
        let isFirst: Bool? = state.withLock { state in
            guard !state.isEnded else { return nil }
            state.waiting.append(Waiting(call: call, hold: hold, bytes: bytes, whenStored: whenStored))
            if whenStored != nil { state.isAwaited = true }
            return state.waiting.count == 1
        }
        guard let isFirst else {
            drop(1, because: "the server stops")
            whenStored?(false)
            return
        }
        if isFirst { signal.yield() }
    }

    /// Runs until the server stops, and stores what came until then.
    func run() async {
        await cancelWhenGracefulShutdown { [self] in
            for await _ in signals { await storeAll(patience: nil) }
        }
        await end()
    }

    private func waitForOthers() async {
        for _ in 0..<Self.patience.steps {
            let isReady = state.withLock { state in
                state.waiting.isEmpty || state.isAwaited || state.waiting.count >= Self.mostAtOnce
            }
            if isReady { return }
            guard (try? await clock.sleep(for: Self.patience.step)) != nil else { return }
        }
    }

    /// Stores what there is, as far as the store takes it in time; what comes later is dropped.
    func end() async {
        await storeAll(patience: Self.patienceAtEnd)
        let left = state.withLock { state in
            state.isEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in left { waiting.whenStored?(false) }
        if !left.isEmpty { drop(left.count, because: "the store did not take them before the server stopped") }
    }

    /// - Parameter patience: how long a store that fails is waited for; nil waits for ever.
    private func storeAll(patience: Duration?) async {
        var waited = Duration.zero
        var delay = Duration.milliseconds(100)
        while true {
            if patience == nil { await waitForOthers() }
            var batch = next()
            guard !batch.isEmpty else { return }
            var calls = CallBatch(pipeline)
            for waiting in batch { calls.append(waiting.call) }
            do {
                try await calls.store()
                noteTaken()
                door.noteCalls(stored: batch.count)
                for waiting in batch { waiting.whenStored?(true) }
                delay = .milliseconds(100)
            } catch {
                tell(error)
                // Who waits is told at once; the records wait, and show when the store is well again.
                for index in batch.indices {
                    batch[index].whenStored?(false)
                    batch[index].whenStored = nil
                }
                state.withLock { state in
                    state.isFailing = true
                    state.waiting.insert(contentsOf: batch, at: 0)
                }
                waited += delay
                if let patience, waited > patience { return }
                if (try? await clock.sleep(for: delay)) == nil { return }
                delay = min(delay * 2, .seconds(5))
            }
        }
    }

    private func next() -> [Waiting] {
        state.withLock { state in
            var bytes = 0
            var count = 0
            while count < min(state.waiting.count, Self.mostAtOnce), bytes < Self.mostBytesAtOnce {
                bytes += state.waiting[count].bytes
                count += 1
            }
            defer {
                state.waiting.removeFirst(count)
                if state.waiting.isEmpty { state.isAwaited = false }
            }
            return Array(state.waiting[..<count])
        }
    }

    private func drop(_ count: Int, because reason: String) {
        door.noteCalls(dropped: count)
        logger.error("calls are not recorded", metadata: ["count": "\(count)", "cause": "\(reason)"])
    }

    private func noteTaken() {
        let wasTold = state.withLock { state in
            defer { (state.isFailing, state.isTold) = (false, false) }
            return state.isTold
        }
        if wasTold { door.noteStore(takesCalls: true) }
    }

    private func tell(_ error: any Error) {
        let isFirst = state.withLock { state in
            defer { state.isTold = true }
            return !state.isTold
        }
        guard isFirst else { return }
        door.noteStore(takesCalls: false)
        logger.error(
            "calls wait for the store",
            metadata: ["cause": "\((error as? StoreError)?.description ?? String(reflecting: type(of: error)))"])
    }
}

extension RecordedCall {
    /// About what it takes in memory until it is stored, with what is made of it on the way.
    fileprivate var byteCount: Int {
        let headers = Self.byteCount(requestHeaders) + Self.byteCount(responseHeaders)
        return 2048 + 2 * (headers + (requestBody?.bytes.count ?? 0) + (responseBody?.bytes.count ?? 0))
    }

    private static func byteCount(_ headers: [HeaderField]) -> Int {
        headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 64 }
    }
}
