public import AsyncHTTPClient
import CoreMetrics
public import Logging
public import ServiceLifecycle
import Synchronization

/// Keeps records in a bounded buffer, and sends them to a Connector Log server in the background.
///
/// ``record(_:)-(ConnectorLogEntry)`` neither waits nor throws: when the server is slow or away, records are sent again,
/// and once the buffer is full new ones are dropped. What is dropped is counted by reason in ``statistics`` and in the
/// metric `connectorlog_client_dropped_total`, and logged at most once a minute.
///
/// ```swift
/// let recorder = ConnectorLogRecorder(
///     configuration: try .init(baseURL: "https://connectorlog.example.com", apiKey: key))
/// let group = ServiceGroup(services: [recorder, server], logger: logger)
/// try await group.run()
/// ```
///
/// Services shut down in the reverse of their order: put the recorder in front of those whose calls it records, and it is
/// there until they have ended. Where there is no service group, use
/// ``with(configuration:httpClient:logger:_:)``.
public final class ConnectorLogRecorder: Service {
    let configuration: Configuration
    let surroundings: Surroundings
    private let credentialHeaders: CredentialHeaders
    let buffer: Mutex<RecordBuffer>
    let report: DropReport
    private let source: TransportSource
    /// An element says: send what there is. It ends when there will be no more records.
    let signals = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let closing = AsyncStream<Never>.makeStream()
    private let hasRun = Atomic(false)

    /// Metrics go where the metrics system is bootstrapped to by now.
    ///
    /// - Parameters:
    ///   - configuration: where to send to, and how much may wait.
    ///   - httpClient: what batches are sent with, as for a proxy or a certificate authority of one's own. Nil lets the
    ///     recorder have one of its own while it runs, which follows no redirects.
    ///   - logger: is told of drops and of a server that does not answer, never of what is recorded.
    public convenience init(
        configuration: Configuration, httpClient: HTTPClient? = nil,
        logger: Logger = Logger(label: "ConnectorLogClient")
    ) {
        self.init(
            configuration: configuration, source: .http(httpClient), logger: logger,
            metrics: MetricsSystem.factory, surroundings: .system)
    }

    init(
        configuration: Configuration, source: TransportSource, logger: Logger, metrics: any MetricsFactory,
        surroundings: Surroundings
    ) {
        (self.configuration, self.source, self.surroundings) = (configuration, source, surroundings)
        credentialHeaders = CredentialHeaders(configuration.credentialHeaders)
        buffer = Mutex(RecordBuffer(configuration))
        report = DropReport(logger: logger, metrics: metrics, uptime: surroundings.uptime)
    }

    /// What became of the records so far.
    public var statistics: Statistics { buffer.withLock { $0.statistics } }

    /// How many bytes of a body are kept.
    var bodyBytes: Int { min(max(0, configuration.bodyBytes), FlatFormLimits.bodyBytes) }

    /// Takes a call to be sent. Returns at once, whatever state the server is in. What its context leaves open, the current
    /// one says.
    public func record(_ entry: ConnectorLogEntry) {
        var entry = entry
        entry.context = entry.context.over(.current)
        recordAsIs(entry)
    }

    /// Of a call that may have begun in another context than the current one.
    func recordAsIs(_ entry: ConnectorLogEntry) {
        var entry = entry
        entry.removeCredentials(in: credentialHeaders)
        entry.requestBody?.cut(to: bodyBytes)
        entry.responseBody?.cut(to: bodyBytes)
        entry.leaveOutWhatIsTooLong()
        entry.time = entry.time ?? surroundings.now()
        append(.entry(entry))
    }

    /// Takes a root fault to be sent. Returns at once. What its context leaves open, the current one says.
    public func record(_ fault: ConnectorLogFault) {
        var fault = fault
        fault.removeCredentials(in: credentialHeaders)
        fault.responseBody?.cut(to: bodyBytes)
        fault.leaveOutWhatIsTooLong()
        fault.time = fault.time ?? surroundings.now()
        fault.context = fault.context.over(.current)
        append(.fault(fault))
    }

    /// Takes the change of a run to be sent. Returns at once.
    public func record(_ change: ConnectorLogStateChange) {
        var change = change
        change.removeCredentials()
        change.leaveOutWhatIsTooLong()
        change.updatedAt = change.updatedAt ?? surroundings.now()
        append(.state(change))
    }

    private func append(_ record: Record) {
        switch buffer.withLock({ $0.append(record) }) {
        case .admitted: break
        case .full: signals.continuation.yield()
        case .dropped(let reason): report.dropped(reason)
        }
    }

    /// Sends records until graceful shutdown, then what is left, for ``Configuration/shutdownTimeout`` at most. When its
    /// task is cancelled, it ends without sending the rest.
    ///
    /// Throws ``ConnectorLogAlreadyRun`` when it has been called before.
    public func run() async throws {
        guard hasRun.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else {
            throw ConnectorLogAlreadyRun()
        }
        await withGracefulShutdownHandler {
            await source.use(configuration, surroundings) { await self.send(over: $0) }
        } onGracefulShutdown: {
            self.finish()
        }
        finish()
        abandonRest()
    }

    /// Records from now on are dropped; those before are sent, and then ``run()`` returns.
    func finish() {
        buffer.withLock { $0.close() }
        signals.continuation.finish()
        closing.continuation.finish()
    }
}

/// A recorder runs once.
public struct ConnectorLogAlreadyRun: Error, Hashable {}
