import CoreMetrics
import Logging
import Synchronization

/// What a recorder logs and counts.
final class CapturedReports: Sendable {
    struct Line: Equatable {
        var message: String
        var metadata: [String: String]
    }

    private let lines = Mutex<[Line]>([])
    private let totals = Mutex<[String: Int64]>([:])

    var log: [Line] { lines.withLock { $0 } }
    /// By label and dimensions, as `name{reason=buffer_full}`.
    var counters: [String: Int64] { totals.withLock { $0.filter { $0.value != 0 } } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(reports: self) }
    }

    var metrics: any MetricsFactory { Factory(reports: self) }

    private struct Handler: LogHandler {
        let reports: CapturedReports
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = Line(message: "\(event.message)", metadata: (event.metadata ?? [:]).mapValues { "\($0)" })
            reports.lines.withLock { $0.append(line) }
        }
    }

    private final class Total: CounterHandler {
        let name: String
        let reports: CapturedReports

        init(name: String, reports: CapturedReports) {
            (self.name, self.reports) = (name, reports)
        }

        func increment(by amount: Int64) { reports.totals.withLock { $0[name, default: 0] += amount } }
        func reset() { reports.totals.withLock { $0[name] = 0 } }
    }

    private struct Factory: MetricsFactory {
        let reports: CapturedReports

        func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
            let names = dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
            return Total(name: "\(label){\(names)}", reports: reports)
        }
        func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
            NOOPMetricsHandler.instance
        }
        func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
            NOOPMetricsHandler.instance
        }
        func destroyCounter(_ handler: any CounterHandler) {}
        func destroyRecorder(_ handler: any RecorderHandler) {}
        func destroyTimer(_ handler: any TimerHandler) {}
    }
}
