import ConnectorLogCore
import Synchronization

/// Counts what has been read and sent, and draws a line of it on a terminal, a few times a second.
final class ProgressMeter: Sendable {
    private static let microsecondsBetweenDrawings: Int64 = 100_000

    private struct State {
        var readBytes: [String: Int] = [:]
        var sentLines = 0
        var noun = UploadFormat.Kind.lines.noun
        var isWaiting = false
        var hasToldOfWaiting = false
        var lastDrawing: Timestamp?
    }

    /// Nil when any source's size is unknown.
    private let totalBytes: Int?
    private let started: Timestamp
    private let now: @Sendable () -> Timestamp
    /// Nil off a terminal: nothing is drawn.
    private let width: Int?
    private let draw: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(
        totalBytes: Int?, width: Int?, now: @escaping @Sendable () -> Timestamp,
        draw: @escaping @Sendable (String) -> Void
    ) {
        self.totalBytes = totalBytes
        self.width = width
        self.now = now
        self.draw = draw
        started = now()
    }

    func noteRead(bytes: Int, of source: String) {
        update { $0.readBytes[source] = bytes }
    }

    /// - Parameter noun: what `lines` are.
    func noteSent(lines: Int, noun: String = UploadFormat.Kind.lines.noun) {
        update {
            $0.sentLines += lines
            $0.noun = noun
            $0.isWaiting = false
        }
    }

    /// - Parameter reason: is written the first time, also off a terminal: a run that waits for minutes must not look as if
    ///   it hung.
    func noteWaiting(_ reason: String) {
        let isFirst = state.withLock { state in
            defer { state.hasToldOfWaiting = true }
            return !state.hasToldOfWaiting
        }
        if isFirst { draw((width == nil ? "" : "\r\u{1B}[K") + reason + "\n") }
        update { $0.isWaiting = true }
    }

    /// Takes the drawn line off the terminal.
    func finish() {
        let wasDrawn = state.withLock { $0.lastDrawing != nil }
        if wasDrawn { draw("\r\u{1B}[K") }
    }

    private func update(_ change: (inout State) -> Void) {
        let time = now()
        let line: ProgressLine? = state.withLock { state in
            change(&state)
            guard width != nil else { return nil }
            if let last = state.lastDrawing,
                time.microseconds - last.microseconds < Self.microsecondsBetweenDrawings
            {
                return nil
            }
            state.lastDrawing = time
            return ProgressLine(
                readBytes: state.readBytes.values.reduce(0, +), totalBytes: totalBytes, sentLines: state.sentLines,
                noun: state.noun,
                microseconds: time.microseconds - started.microseconds, isWaiting: state.isWaiting)
        }
        if let line, let width { draw("\r" + line.text(width: width) + "\u{1B}[K") }
    }
}

/// What the progress line says at one moment.
struct ProgressLine: Equatable, Sendable {
    private static let barWidth = 24

    var readBytes: Int
    var totalBytes: Int?
    var sentLines: Int
    var noun = UploadFormat.Kind.lines.noun
    var microseconds: Int64
    var isWaiting: Bool

    /// At most `width` - 1 characters: a full line would wrap.
    func text(width: Int) -> String {
        var parts: [String] = []
        if let totalBytes, totalBytes > 0 {
            let filled = min(readBytes, totalBytes) * Self.barWidth / totalBytes
            let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barWidth - filled)
            parts.append("[\(bar)] \(min(readBytes, totalBytes) * 100 / totalBytes) %")
        }
        parts.append("\(sentLines) \(noun)")
        if microseconds > 0 { parts.append("\(Int64(sentLines) * 1_000_000 / microseconds) a second") }
        if isWaiting { parts.append("waiting for the server") }
        return parts.joined(separator: "  ").cut(to: max(width - 1, 1))
    }
}
