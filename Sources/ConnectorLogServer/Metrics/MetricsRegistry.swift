package import CoreMetrics
import Synchronization

/// Keeps the process's metrics in memory for `/metrics`: a factory for swift-metrics with a bounded number of series.
///
/// Names become Prometheus names: characters that these do not have become `_`, counters end in `_total`, and timers
/// become histograms in seconds that end in `_seconds`.
package final class MetricsRegistry: MetricsFactory, Sendable {
    /// Past it, further series are counted and not kept.
    package static let maximumSeries = 4096

    struct SeriesID: Hashable, Sendable {
        var name: String
        var labels: [MetricLabel]
    }

    private struct Contents {
        var kinds: [String: MetricName.Kind] = [:]
        var series: [SeriesID: MetricSeries] = [:]
        var dropped = 0
    }

    private let contents = Mutex(Contents())
    private let limit: Int

    package init(limit: Int = MetricsRegistry.maximumSeries) {
        self.limit = limit
    }

    private func series(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricName.Kind, bounds: [Double] = []
    ) -> MetricSeries {
        let id = SeriesID(
            name: PrometheusText.name(label, kind: kind, isTimer: bounds == HistogramBounds.seconds),
            labels: dimensions.map { MetricLabel(name: PrometheusText.name($0.0), value: $0.1) }
                .sorted { $0.name < $1.name })
        return contents.withLock { contents in
            if let known = contents.series[id], contents.kinds[id.name] == kind { return known }
            let made = MetricSeries(bounds: bounds)
            guard contents.series.count < limit, contents.kinds[id.name, default: kind] == kind else {
                contents.dropped += 1
                return made
            }
            contents.kinds[id.name] = kind
            contents.series[id] = made
            return made
        }
    }

    // MARK: - MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate
            ? series(label, dimensions, .histogram, bounds: HistogramBounds.sizes) : series(label, dimensions, .gauge)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram, bounds: HistogramBounds.seconds)
    }

    // Series stay: a counter that vanishes and comes back looks like a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    // MARK: - Reading

    /// All metrics as they stand, by name, and each name's series by labels.
    package func snapshot() -> [MetricFamily] {
        let (series, kinds, dropped) = contents.withLock { ($0.series, $0.kinds, $0.dropped) }
        let help = Dictionary(uniqueKeysWithValues: MetricName.all.map { ($0.name, $0.help) })
        var families = Dictionary(grouping: series, by: \.key.name).map { name, series in
            MetricFamily(
                name: name, kind: kinds[name] ?? .gauge, help: help[name],
                samples: series.map { MetricSample(labels: $0.key.labels, value: $0.value.value) }
                    .sorted { $0.labels.lexicographicallyPrecedes($1.labels) })
        }
        let droppedSeries = MetricName.droppedSeries
        families.append(
            MetricFamily(
                name: droppedSeries.name, kind: droppedSeries.kind, help: droppedSeries.help,
                samples: [MetricSample(labels: [], value: .number(Double(dropped)))]))
        return families.sorted { $0.name < $1.name }
    }
}

package struct MetricLabel: Hashable, Comparable, Sendable {
    package var name: String
    package var value: String

    package static func < (a: MetricLabel, b: MetricLabel) -> Bool {
        (a.name, a.value) < (b.name, b.value)
    }
}

/// All series of one name.
package struct MetricFamily: Sendable {
    package var name: String
    package var kind: MetricName.Kind
    package var help: String?
    package var samples: [MetricSample]
}

package struct MetricSample: Sendable {
    package var labels: [MetricLabel]
    package var value: MetricSeries.Value
}
