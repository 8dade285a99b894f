import Foundation

/// Where a command writes, and what it may know of the terminal. Passed in, so that tests read what people would see.
struct Console: Sendable {
    enum Stream: Sendable {
        case output
        case error
    }

    /// What a stream is connected to.
    struct Surface: Sendable {
        /// Columns of the terminal; nil when the stream is a file or a pipe, which have no width.
        var width: Int?
        var hasColor: Bool

        static let plain = Surface(width: nil, hasColor: false)
    }

    var output: Surface
    var error: Surface
    private let write: @Sendable (Stream, String) throws -> Void

    init(output: Surface, error: Surface, write: @escaping @Sendable (Stream, String) throws -> Void) {
        (self.output, self.error, self.write) = (output, error, write)
    }

    /// Writes a line to standard output: what the command was asked for.
    func say(_ line: String) throws(CommandFailure) {
        try emit(line + "\n", to: .output)
    }

    /// Writes a line to standard error: what people should know beside it.
    func tell(_ line: String) throws(CommandFailure) {
        try emit(line + "\n", to: .error)
    }

    func emit(_ text: String, to stream: Stream) throws(CommandFailure) {
        do {
            try write(stream, text)
        } catch {
            throw CommandFailure(.ioError, "cannot write to the standard \(stream == .output ? "output" : "error")")
        }
    }
}

extension Console {
    /// `NO_COLOR` (no-color.org), when set and not empty, turns colours off, and so does `TERM=dumb`.
    static func hasColor(environment: [String: String]) -> Bool {
        environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }

    /// The console of this process.
    static func standard(environment: [String: String]) -> Console {
        let wantsColor = hasColor(environment: environment)
        func surface(of descriptor: Int32) -> Surface {
            guard isatty(descriptor) == 1 else { return .plain }
            return Surface(width: terminalWidth(of: descriptor) ?? 80, hasColor: wantsColor)
        }
        return Console(output: surface(of: STDOUT_FILENO), error: surface(of: STDERR_FILENO)) { stream, text in
            let handle: FileHandle = stream == .output ? .standardOutput : .standardError
            try handle.write(contentsOf: Data(text.utf8))
        }
    }

    private static func terminalWidth(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
