import CoreMetrics
import Synchronization

/// Counts what the server does. Handlers are made once for each combination of labels.
final class ServerMetrics: Sendable {
    private struct RequestLabels: Hashable {
        var route: String
        var method: String
        var status: Int
    }

    private struct RequestHandlers {
        var count: Counter
        var duration: CoreMetrics.Timer
    }

    private let registry: MetricsRegistry
    private let requests = Mutex<[RequestLabels: RequestHandlers]>([:])
    private let failedAuthentications: Counter
    private let acceptedLines: Counter
    private let rejectedLines: Counter
    private let ingestBytes: Counter
    private let secondLooks: Counter

    init(registry: MetricsRegistry) {
        self.registry = registry
        func counter(_ metric: MetricName, _ dimensions: [(String, String)] = []) -> Counter {
            Counter(label: metric.name, dimensions: dimensions, factory: registry)
        }
        failedAuthentications = counter(.failedAuthentications)
        acceptedLines = counter(.ingestLines, [("result", "accepted")])
        rejectedLines = counter(.ingestLines, [("result", "rejected")])
        ingestBytes = counter(.ingestBytes)
        secondLooks = counter(.secondLook)
    }

    /// - Parameters:
    ///   - route: the route's template, or a word from a closed set.
    ///   - method: from a closed set.
    func noteRequest(route: String, method: String, status: Int, duration: Duration) {
        let labels = RequestLabels(route: route, method: method, status: status)
        let handlers = requests.withLock { requests in
            if let known = requests[labels] { return known }
            let made = makeHandlers(for: labels)
            requests[labels] = made
            return made
        }
        handlers.count.increment()
        handlers.duration.recordNanoseconds(duration.wholeNanoseconds)
    }

    private func makeHandlers(for labels: RequestLabels) -> RequestHandlers {
        let dimensions = [("route", labels.route), ("method", labels.method)]
        return RequestHandlers(
            count: Counter(
                label: MetricName.requests.name, dimensions: dimensions + [("status", String(labels.status))],
                factory: registry),
            duration: CoreMetrics.Timer(
                label: MetricName.requestDuration.name, dimensions: dimensions, factory: registry))
    }

    func noteFailedAuthentication() {
        failedAuthentications.increment()
    }

    func noteSecondLook() {
        secondLooks.increment()
    }

    func noteIngest(bytes: Int) {
        ingestBytes.increment(by: bytes)
    }

    func noteIngest(accepted: Int, rejected: Int) {
        acceptedLines.increment(by: accepted)
        rejectedLines.increment(by: rejected)
    }
}

extension Duration {
    fileprivate var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
