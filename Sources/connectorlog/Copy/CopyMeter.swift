import ConnectorLogCore
import Synchronization

/// Draws how far a copy has come on a terminal, a few times a second; elsewhere nothing.
final class CopyMeter: Sendable {
    private static let microsecondsBetweenDrawings: Int64 = 100_000

    private struct State {
        var phase: StoreCopy.Step.Phase?
        /// Of the phase, and what was done then.
        var started: (at: Timestamp, rows: Int)?
        var lastDrawing: Timestamp?
    }

    private let console: Console
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(console: Console, now: @escaping @Sendable () -> Timestamp) {
        (self.console, self.now) = (console, now)
    }

    func note(_ step: StoreCopy.Step) {
        guard let width = console.error.width else { return }
        let time = now()
        let line: CopyProgressLine? = state.withLock { state in
            if state.phase != step.phase { (state.phase, state.started) = (step.phase, (time, step.rows)) }
            if let last = state.lastDrawing, time.microseconds - last.microseconds < Self.microsecondsBetweenDrawings {
                return nil
            }
            state.lastDrawing = time
            let start = state.started ?? (time, step.rows)
            return CopyProgressLine(
                step: step, rowsOfRun: step.rows - start.rows, microseconds: time.microseconds - start.at.microseconds)
        }
        // A terminal that is gone is no reason to end.
        if let line { try? console.emit("\r\(line.text(width: width))\u{1B}[K", to: .error) }
    }

    /// Takes the drawn line off the terminal.
    func finish() {
        if state.withLock({ $0.lastDrawing != nil }) { try? console.emit("\r\u{1B}[K", to: .error) }
    }
}

/// What the line says at one moment: `[####----] 42 %  copying entries  420 of 1000 rows  84 a second`.
struct CopyProgressLine: Sendable {
    private static let barWidth = 24

    var step: StoreCopy.Step
    /// What this run did, which may have gone on behind another.
    var rowsOfRun: Int
    var microseconds: Int64

    /// At most `width` - 1 characters: a full line would wrap.
    func text(width: Int) -> String {
        let (done, all) = (min(step.rows, step.total), max(step.total, 1))
        let filled = done * Self.barWidth / all
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barWidth - filled)
        let what = step.phase == .copying ? "copying" : "comparing"
        var parts = [
            "[\(bar)] \(done * 100 / all) %", "\(what) \(step.kind.name)", "\(step.rows) of \(step.total) rows",
        ]
        if microseconds > 0, rowsOfRun > 0 {
            parts.append("\(Int64(rowsOfRun) * 1_000_000 / microseconds) a second")
        }
        return parts.joined(separator: "  ").cut(to: max(width - 1, 1))
    }
}
