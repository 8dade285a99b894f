import ConnectorLogCore

/// Cuts a stream of bytes into batches of whole lines. Where a batch ends depends on the lines alone, never on how the
/// bytes arrived: a second run over the same source makes the same batches.
struct LineBatcher {
    enum Output: Equatable, Sendable {
        case batch(IngestBatch)
        /// A line longer than the server takes; it is not sent, and not held in memory either.
        case oversizedLine(number: Int)
    }

    struct Limits: Sendable {
        var lines = 1_000
        /// A batch holds at most this many bytes, unless its one line is longer.
        var bytes = 1 << 20
        var lineBytes = ConnectorLogCore.Limits.lineBytes
    }

    private let limits: Limits
    /// The lines of the batch being filled, and behind them the line that has no end yet.
    private var buffer: [UInt8] = []
    /// Where in `buffer` the unfinished line begins, and how far it has been searched for its end.
    private var lineStart = 0
    private var searched = 0
    private var lineCount = 0
    private var hasContent = false
    private var firstLine = 1
    private var offset: UInt64 = 0
    private var isSkippingLine = false

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    mutating func feed(_ bytes: some Collection<UInt8>) -> [Output] {
        var outputs: [Output] = []
        buffer.append(contentsOf: bytes)
        while let end = endOfLine() { endLine(at: end, into: &outputs) }
        if buffer.count - lineStart > limits.lineBytes || isSkippingLine { dropUnfinishedLine(into: &outputs) }
        return outputs
    }

    /// The rest: the last batch, and the last line though no line feed ends it.
    mutating func finish() -> [Output] {
        var outputs: [Output] = []
        if lineStart < buffer.count || isSkippingLine { endLine(at: buffer.count, into: &outputs) }
        flush(into: &outputs)
        return outputs
    }

    /// The index just behind the next line feed.
    private mutating func endOfLine() -> Int? {
        let found = buffer[searched...].withUnsafeBufferPointer { $0.firstIndex(of: UInt8(ascii: "\n")) }
        guard let found else {
            searched = buffer.count
            return nil
        }
        searched += found + 1
        return searched
    }

    private mutating func endLine(at end: Int, into outputs: inout [Output]) {
        let length = end - lineStart
        if isSkippingLine || length > limits.lineBytes {
            if !isSkippingLine { flush(into: &outputs) }
            outputs.append(.oversizedLine(number: firstLine))
            isSkippingLine = false
            discard(length)
            firstLine += 1
            return
        }
        if end > limits.bytes, lineStart > 0 { flush(into: &outputs) }
        let line = buffer[lineStart..<lineStart + length]
        hasContent = hasContent || !line.allSatisfy { $0 <= UInt8(ascii: " ") }
        lineStart += length
        lineCount += 1
        if lineCount == limits.lines || lineStart >= limits.bytes { flush(into: &outputs) }
    }

    /// Keeps nothing of a line that is too long already, but remembers to skip to its end.
    private mutating func dropUnfinishedLine(into outputs: inout [Output]) {
        if !isSkippingLine { flush(into: &outputs) }
        isSkippingLine = true
        discard(buffer.count - lineStart)
    }

    /// Ends the batch being filled. Blank lines alone are no batch: the server would have nothing to store.
    private mutating func flush(into outputs: inout [Output]) {
        if hasContent {
            let bytes = Array(buffer[..<lineStart])
            outputs.append(
                .batch(IngestBatch(firstLine: firstLine, lineCount: lineCount, offset: offset, bytes: bytes)))
        }
        firstLine += lineCount
        lineCount = 0
        hasContent = false
        let length = lineStart
        lineStart = 0
        discard(length)
    }

    private mutating func discard(_ length: Int) {
        buffer.removeSubrange(lineStart..<lineStart + length)
        searched = max(searched - length, lineStart)
        offset += UInt64(length)
    }
}
