import ConnectorLogCore
import Foundation
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Follows what other servers change of the catalog, on a connection and a thread of its own.
///
/// It waits for notifications, and asks for the versions in any case now and then: a notification may be lost with a
/// connection, or with a pooler between.
final class CatalogListener: Sendable {
    /// Milliseconds until the next connection is tried, so that a server that comes back finds its clients soon.
    private static let pause: Int32 = 500

    private struct State {
        var isStarted = false
        var isStopped = false
        var subscribers: [Int: AsyncStream<Void>.Continuation] = [:]
        var subscriptions = 0
    }

    private let configuration: PostgresConfiguration
    private let timing: PostgresTiming
    private let memory: CatalogMemory
    private let logger: Logger
    private let state = Mutex(State())
    /// What is written to it ends a wait.
    private let alarm = Pipe()
    private let hasEnded = DispatchSemaphore(value: 0)

    init(_ configuration: PostgresConfiguration, timing: PostgresTiming, memory: CatalogMemory, logger: Logger) {
        var configuration = configuration
        // A connection that does not answer is left before keys are older than they may be.
        configuration.statementTimeout = 1500
        configuration.answerGrace = 500
        configuration.connectTimeout = 2
        (self.configuration, self.timing) = (configuration, timing)
        (self.memory, self.logger) = (memory, logger)
    }

    func start(from versions: CatalogLoad.Versions) {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if isFirst { Thread.detachNewThread { [self] in follow(from: versions) } }
    }

    /// - Parameter waits: until the thread has ended.
    func stop(waits: Bool) {
        let (isRunning, subscribers) = state.withLock { state in
            defer { (state.isStopped, state.subscribers) = (true, [:]) }
            return (state.isStarted && !state.isStopped, state.subscribers)
        }
        for subscriber in subscribers.values { subscriber.finish() }
        if !isRunning { return }
        alarm.fileHandleForWriting.write(Data([1]))
        if waits { hasEnded.wait() }
    }

    // MARK: - The thread

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func follow(from versions: CatalogLoad.Versions) {
        defer { hasEnded.signal() }
        var known = versions
        var wasLost = false
        while !isStopped {
            do {
                let connection = try PostgresConnection.open(configuration, at: "listening")
                defer { connection.close() }
                if timing.listens { try connection.listen(to: CatalogLoad.channel) }
                if wasLost { logger.info("the catalog follows PostgreSQL again") }
                wasLost = false
                while !isStopped {
                    try update(&known, connection)
                    _ = try connection.waitForNotification(milliseconds: timing.interval, alarm: alarmDescriptor)
                }
            } catch {
                if !wasLost {
                    logger.warning(
                        "the catalog cannot follow PostgreSQL: keys stay as they are known",
                        metadata: ["cause": "\(error)"])
                }
                wasLost = true
                pause()
            }
        }
    }

    private var alarmDescriptor: Int32 { alarm.fileHandleForReading.fileDescriptor }

    private func pause() {
        var descriptor = pollfd(fd: alarmDescriptor, events: Int16(POLLIN), revents: 0)
        poll(&descriptor, 1, Self.pause)
    }

    private func update(_ known: inout CatalogLoad.Versions, _ connection: PostgresConnection) throws {
        let versions = try CatalogLoad.versions(connection)
        if versions.keys > memory.version {
            let load = try CatalogLoad(connection)
            memory.load(load.keys, teams: load.teams, version: load.versions.keys)
        }
        if versions.secrets != known.secrets {
            let subscribers = state.withLock { $0.subscribers.values }
            for subscriber in subscribers { subscriber.yield() }
        }
        known = versions
    }

    // MARK: - Secrets

    /// Changes that nobody looked at yet are one.
    func secretChanges() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            if state.isStopped { return nil as Int? }
            state.subscriptions += 1
            state.subscribers[state.subscriptions] = continuation
            return state.subscriptions
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.subscribers.removeValue(forKey: number) }
        }
        return stream
    }
}
