import ConnectorLogCore

/// Draws how far a long command has come on a terminal, a few times a second; elsewhere nothing.
final class StepMeter {
    private static let microsecondsBetweenDrawings: Int64 = 100_000
    private static let barWidth = 24

    private let console: Console
    private let label: String
    private let now: @Sendable () -> Timestamp
    private var lastDrawing: Timestamp?

    init(_ label: String, console: Console, now: @escaping @Sendable () -> Timestamp) {
        (self.label, self.console, self.now) = (label, console, now)
    }

    func note(_ done: Int, of all: Int) {
        guard let width = console.error.width, all > 0 else { return }
        let time = now()
        if let last = lastDrawing, time.microseconds - last.microseconds < Self.microsecondsBetweenDrawings { return }
        lastDrawing = time
        let filled = min(done, all) * Self.barWidth / all
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barWidth - filled)
        let line = "[\(bar)] \(min(done, all) * 100 / all) %  \(done) of \(all) \(label)".cut(to: max(width - 1, 1))
        // A terminal that is gone is no reason to end.
        try? console.emit("\r\(line)\u{1B}[K", to: .error)
    }

    /// Takes the drawn line off the terminal.
    func finish() {
        if lastDrawing != nil { try? console.emit("\r\u{1B}[K", to: .error) }
    }
}
