import ConnectorLogIngest
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
    private let spans: OTLPCounters
    private let logRecords: OTLPCounters

    private let boomiEvents: [BoomiEventKind: BoomiCounters]
    private let boomiCalls: CallCounters
    private let storedCalls: Counter
    private let droppedCalls: Counter

    private struct BoomiCounters {
        var taken: Counter
        var skipped: Counter
        var rejected: Counter
    }

    private struct CallCounters {
        var both: Counter
        var request: Counter
        var answer: Counter
        var damaged: Counter
    }

    private struct OTLPCounters {
        var stored: Counter
        var repeated: Counter
        var skipped: Counter
        var rejected: Counter
    }

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
        storedCalls = counter(.invokerCalls, [("result", "stored")])
        droppedCalls = counter(.invokerCalls, [("result", "dropped")])
        func otlpCounters(_ signal: String) -> OTLPCounters {
            func counter(_ result: String) -> Counter {
                Counter(
                    label: MetricName.otlpRecords.name, dimensions: [("signal", signal), ("result", result)],
                    factory: registry)
            }
            return OTLPCounters(
                stored: counter("stored"), repeated: counter("repeated"), skipped: counter("skipped"),
                rejected: counter("rejected"))
        }
        spans = otlpCounters("traces")
        logRecords = otlpCounters("logs")
        func boomiCounters(_ kind: BoomiEventKind) -> BoomiCounters {
            func events(_ result: String) -> Counter {
                counter(.boomiEvents, [("type", kind.rawValue), ("result", result)])
            }
            return BoomiCounters(
                taken: events("taken"), skipped: events("skipped"), rejected: events("rejected"))
        }
        boomiEvents = Dictionary(uniqueKeysWithValues: BoomiEventKind.allCases.map { ($0, boomiCounters($0)) })
        boomiCalls = CallCounters(
            both: counter(.boomiCalls, [("parts", "both")]), request: counter(.boomiCalls, [("parts", "request")]),
            answer: counter(.boomiCalls, [("parts", "answer")]), damaged: counter(.boomiCalls, [("parts", "damaged")]))
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

    func noteCalls(stored: Int) {
        storedCalls.increment(by: stored)
    }

    func noteCalls(dropped: Int) {
        droppedCalls.increment(by: dropped)
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

    func noteBoomi(_ outcome: BoomiOutcome) {
        for (kind, counts) in outcome.counts {
            boomiEvents[kind]?.taken.increment(by: counts.taken)
            boomiEvents[kind]?.skipped.increment(by: counts.skipped)
            boomiEvents[kind]?.rejected.increment(by: counts.rejected)
        }
    }

    func noteBoomi(_ outcome: CallJoiner.Outcome) {
        boomiCalls.both.increment(by: outcome.joined)
        boomiCalls.request.increment(by: outcome.requestsAlone)
        boomiCalls.answer.increment(by: outcome.answersAlone)
        boomiCalls.damaged.increment(by: outcome.damaged)
    }

    func noteOTLP(_ outcome: OTLPOutcome, signal: OTLPSignal) {
        let counters = signal == .traces ? spans : logRecords
        counters.stored.increment(by: outcome.stored)
        counters.repeated.increment(by: outcome.repeated)
        counters.skipped.increment(by: outcome.skipped)
        counters.rejected.increment(by: outcome.rejected)
    }
}

extension Duration {
    fileprivate var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
