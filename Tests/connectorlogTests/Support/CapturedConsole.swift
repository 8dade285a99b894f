import Synchronization

@testable import connectorlog

/// A console that remembers what was written to it.
final class CapturedConsole: Sendable {
    private let written = Mutex<(output: String, error: String)>(("", ""))

    var output: String { written.withLock { $0.output } }
    var error: String { written.withLock { $0.error } }

    func console(output: Console.Surface = .plain, error: Console.Surface = .plain) -> Console {
        Console(output: output, error: error) { stream, text in
            self.written.withLock { written in
                switch stream {
                case .output: written.output += text
                case .error: written.error += text
                }
            }
        }
    }
}
