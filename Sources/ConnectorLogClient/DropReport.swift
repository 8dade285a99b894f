import CoreMetrics
import Logging
import Synchronization

/// Tells of drops: at once in a metric, and in the log at most once a minute.
final class DropReport: Sendable {
    private struct State {
        var drops: [ConnectorLogRecorder.DropReason: Int] = [:]
        /// About one of them.
        var detail: [String: String] = [:]
        var lastLine: Duration?
        var lastRetryLine: Duration?
    }

    private static let interval = Duration.seconds(60)

    private let state = Mutex(State())
    private let counters: [ConnectorLogRecorder.DropReason: Counter]
    private let uptime: @Sendable () -> Duration
    private let logger: Logger

    init(logger: Logger, metrics: any MetricsFactory, uptime: @escaping @Sendable () -> Duration) {
        (self.logger, self.uptime) = (logger, uptime)
        counters = Dictionary(
            uniqueKeysWithValues: ConnectorLogRecorder.DropReason.allCases.map { reason in
                (
                    reason,
                    Counter(
                        label: "connectorlog_client_dropped_total", dimensions: [("reason", reason.rawValue)],
                        factory: metrics)
                )
            })
    }

    /// - Parameter detail: names and values for the log, about the last one: what the server said.
    func dropped(
        _ reason: ConnectorLogRecorder.DropReason, _ count: Int = 1, detail: [String: String] = [:]
    ) {
        guard count > 0 else { return }
        counters[reason]?.increment(by: count)
        state.withLock { state in
            state.drops[reason, default: 0] += count
            state.detail.merge(detail) { _, last in last }
        }
        writeLine()
    }

    /// Logs the drops that no line has told yet, if the last line is old enough.
    /// - Parameter isLast: there will be no later one.
    func writeLine(isLast: Bool = false) {
        let now = uptime()
        let told = state.withLock { state -> State? in
            let isDue = state.lastLine.map { now - $0 >= Self.interval } ?? true
            guard !state.drops.isEmpty, isDue || isLast else { return nil }
            defer { state = State(lastLine: now, lastRetryLine: state.lastRetryLine) }
            return state
        }
        guard let told else { return }
        var metadata = told.detail.mapValues { Logger.MetadataValue.string($0) }
        for (reason, count) in told.drops { metadata[reason.rawValue] = .stringConvertible(count) }
        logger.warning("Connector Log records were dropped", metadata: metadata)
    }

    /// The server did not take a batch, which will be sent again.
    /// - Parameter reason: without anything that a request or an answer holds.
    func retrying(after reason: String) {
        let now = uptime()
        let isDue = state.withLock { state in
            let isDue = state.lastRetryLine.map { now - $0 >= Self.interval } ?? true
            if isDue { state.lastRetryLine = now }
            return isDue
        }
        guard isDue else { return }
        logger.warning("Connector Log does not take records, trying again", metadata: ["reason": "\(reason)"])
    }
}
