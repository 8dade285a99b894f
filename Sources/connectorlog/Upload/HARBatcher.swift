import ConnectorLogCore
import ConnectorLogIngest

/// Cuts the bytes of a source into batches.
protocol SourceBatcher {
    /// How far the source was read, in the unit of `IngestBatch.end`.
    var end: UInt64 { get }
    mutating func feed(_ bytes: [UInt8]) throws -> [LineBatcher.Output]
    /// Call at the source's end; the rest.
    mutating func finish() throws -> [LineBatcher.Output]
}

extension LineBatcher: SourceBatcher {}

/// Cuts an HTTP Archive into small ones of whole entries, each a batch. No more of the archive is held than one batch and
/// one entry. Batches count entries where those of lines count bytes: an archive that was written anew, with more entries
/// behind the old ones, is cut as before.
final class HARBatcher: SourceBatcher {
    private static let head = Array(
        #"{"log":{"version":"1.2","creator":{"name":"connectorlog ingest","version":"1"},"entries":["#.utf8)
    private static let tail = Array("]}}".utf8)

    private let limits: LineBatcher.Limits
    private var cuts: Set<UInt64>
    private var splitter: HARSplitter
    /// The entries of the batch being filled, with commas between them.
    private var entries: [UInt8] = []
    private var count = 0
    /// Entries before the batch.
    private var sent = 0

    /// - Parameter cuts: numbers of entries behind which no batch goes on: `cuts` of what `finish` gave earlier,
    ///   and `cutsAtDamage` of what `feed` gave.
    init(limits: LineBatcher.Limits, cuts: [UInt64] = []) {
        self.limits = limits
        self.cuts = Set(cuts)
        splitter = HARSplitter(entryBytes: limits.lineBytes)
    }

    var end: UInt64 { UInt64(splitter.count) }

    /// Throws `IngestError` when this is no archive.
    func feed(_ bytes: [UInt8]) throws -> [LineBatcher.Output] {
        var outputs: [LineBatcher.Output] = []
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while let piece = try splitter.next(&rest) { take(piece, into: &outputs) }
        }
        return outputs
    }

    func finish() throws -> [LineBatcher.Output] {
        var outputs: [LineBatcher.Output] = []
        if let piece = try splitter.last() { take(piece, into: &outputs) }
        flush(into: &outputs)
        return outputs
    }

    private func take(_ piece: SplitPiece, into outputs: inout [LineBatcher.Output]) {
        switch piece {
        case .line(let number, let entry):
            if count > 0, entries.count + entry.count >= limits.bytes { flush(into: &outputs) }
            if count > 0 { entries.append(UInt8(ascii: ",")) }
            entries.append(contentsOf: entry)
            count += 1
            if count == limits.lines || entries.count >= limits.bytes || cuts.contains(UInt64(number)) {
                flush(into: &outputs)
            }
        case .tooLong(let number):
            flush(into: &outputs)
            outputs.append(.oversizedEntry(number: number))
            sent = number
        case .broken(let number, let error):
            flush(into: &outputs)
            outputs.append(.brokenEntry(number: number, error))
        }
    }

    private func flush(into outputs: inout [LineBatcher.Output]) {
        guard count > 0 else { return }
        outputs.append(
            .batch(
                IngestBatch(
                    firstLine: sent + 1, lineCount: count, offset: UInt64(sent), end: UInt64(sent + count),
                    bytes: Self.head + entries + Self.tail)))
        sent += count
        count = 0
        entries.removeAll(keepingCapacity: entries.capacity <= 2 * limits.bytes)
    }
}
