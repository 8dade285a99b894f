import CoreMetrics
import Synchronization

/// One series: a number, or a histogram when it has bounds.
package final class MetricSeries: Sendable {
    package enum Value: Hashable, Sendable {
        case number(Double)
        /// `counts` has one element more than `bounds`: what lies above them all.
        case histogram(bounds: [Double], counts: [Int], sum: Double)
    }

    private struct State {
        var number = 0.0
        var counts: [Int]
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: upper bounds of the histogram's buckets, inclusive, rising; empty for a plain number.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: bounds.isEmpty ? [] : Array(repeating: 0, count: bounds.count + 1)))
    }

    package var value: Value {
        state.withLock { state in
            bounds.isEmpty
                ? .number(state.number) : .histogram(bounds: bounds, counts: state.counts, sum: state.number)
        }
    }

    private func observe(_ value: Double) {
        guard !bounds.isEmpty else { return replace(value) }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.number += value
        }
    }

    private func replace(_ value: Double) {
        state.withLock { $0.number = value }
    }

    private func add(_ amount: Double) {
        state.withLock { $0.number += amount }
    }
}

extension MetricSeries: CounterHandler, FloatingPointCounterHandler {
    package func increment(by amount: Int64) { add(Double(amount)) }
    package func increment(by amount: Double) { add(amount) }
    package func reset() { replace(0) }
}

extension MetricSeries: MeterHandler, RecorderHandler, TimerHandler {
    package func set(_ value: Int64) { replace(Double(value)) }
    package func set(_ value: Double) { replace(value) }
    package func decrement(by amount: Double) { add(-amount) }
    package func record(_ value: Int64) { observe(Double(value)) }
    package func record(_ value: Double) { observe(value) }
    package func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1e9) }
}

/// Upper bounds of buckets.
enum HistogramBounds {
    /// 250 microseconds to 30 seconds.
    static let seconds: [Double] = [
        0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    /// Counts and bytes: powers of four, up to a gigabyte.
    static let sizes: [Double] = (0...15).map { Double(1 << (2 * $0)) }
}
