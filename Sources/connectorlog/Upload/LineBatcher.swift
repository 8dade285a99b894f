import ConnectorLogCore
import ConnectorLogIngest

/// Cuts a stream of bytes into batches of whole lines. Where a batch ends depends on the lines alone, never on how the
/// bytes arrived: a second run over the same source makes the same batches, also when the source has grown and the second
/// run is told where the first one ended.
struct LineBatcher {
    enum Output: Equatable, Sendable {
        case batch(IngestBatch)
        /// A line longer than the server takes; it is not sent, and not held in memory either.
        case oversizedLine(number: Int)
        /// The same of an archive's entry.
        case oversizedEntry(number: Int)
        /// From this entry on the archive is none; what is behind it cannot be found.
        case brokenEntry(number: Int, LineError)

        /// Where a batch begins and ends. Before its beginning there may be blank lines, which are in no batch.
        var cuts: [UInt64] {
            if case .batch(let batch) = self { [batch.offset, batch.end] } else { cutsAtDamage }
        }

        /// Where batches end, full or not, because of an entry that is in none. When that one is mended nothing in the
        /// archive tells that they ended there.
        var cutsAtDamage: [UInt64] {
            switch self {
            case .oversizedEntry(let number): [UInt64(number - 1), UInt64(number)]
            case .brokenEntry(let number, _): [UInt64(number - 1)]
            case .batch, .oversizedLine: []
            }
        }
    }

    struct Limits: Sendable {
        var lines = 1_000
        /// A batch holds at most this many bytes, unless its one line is longer.
        var bytes = 1 << 20
        var lineBytes = ConnectorLogCore.Limits.lineBytes
        var archiveEntryBytes = ConnectorLogCore.Limits.archiveEntryBytes
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

    /// How many bytes were fed.
    var end: UInt64 { offset + UInt64(buffer.count) }

    /// Ascending.
    private var cuts: ArraySlice<UInt64>

    /// - Parameter cuts: places behind which no batch goes on: `cuts` of what `finish` gave earlier.
    init(limits: Limits = Limits(), cuts: [UInt64] = []) {
        self.limits = limits
        self.cuts = cuts.sorted()[...]
    }

    mutating func feed(_ bytes: some Collection<UInt8>) -> [Output] {
        var outputs: [Output] = []
        buffer.append(contentsOf: bytes)
        while let end = endOfLine() { endLine(at: end, into: &outputs) }
        if buffer.count - lineStart > limits.lineBytes || isSkippingLine { dropUnfinishedLine(into: &outputs) }
        return outputs
    }

    /// The rest: the last batch, and the last line though no line feed ends it. That one goes alone, since it may be only
    /// the beginning of a line: rejected now, it must not keep the others from being recognised when it is whole.
    mutating func finish() -> [Output] {
        var outputs: [Output] = []
        if lineStart < buffer.count { flush(into: &outputs) }
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
        let passesCut = passesCut(within: length)
        if lineCount == limits.lines || lineStart >= limits.bytes || passesCut { flush(into: &outputs) }
    }

    /// Whether a cut lies within the line of so many bytes that was just added, or at its end.
    private mutating func passesCut(within length: Int) -> Bool {
        let end = offset + UInt64(lineStart)
        let passed = cuts.prefix { $0 <= end }
        cuts = cuts.dropFirst(passed.count)
        return passed.last.map { $0 > end - UInt64(length) } ?? false
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
            var bytes = buffer[..<lineStart]
            if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            outputs.append(
                .batch(
                    IngestBatch(
                        firstLine: firstLine, lineCount: lineCount, offset: offset, end: offset + UInt64(lineStart),
                        bytes: Array(bytes))))
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
