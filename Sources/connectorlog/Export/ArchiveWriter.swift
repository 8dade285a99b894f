import ConnectorLogCore
import ConnectorLogIngest

/// Makes one HTTP Archive of several that come one after the other, entry by entry: of none more is held than one entry.
final class ArchiveWriter {
    private static let head = Array(
        #"{"log":{"version":"1.2","creator":{"name":"connectorlog","version":"1"},"entries":["#.utf8)

    private let write: ([UInt8]) throws(CommandFailure) -> Void
    private var splitter = ArchiveWriter.makeSplitter()
    private var hasHead = false
    private var hasPageBegun = false
    /// Entries so far.
    private(set) var count = 0

    init(_ write: @escaping ([UInt8]) throws(CommandFailure) -> Void) {
        self.write = write
    }

    /// Takes the next bytes of the archive that is being read.
    func take(_ bytes: [UInt8]) throws {
        if !bytes.isEmpty { hasPageBegun = true }
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while let piece = try next(&rest) { try take(piece) }
        }
    }

    /// The archive that was being read is whole, or this throws.
    func endPage() throws {
        // An answer without content is none, whatever its status.
        guard hasPageBegun else { throw Self.damaged }
        hasPageBegun = false
        do {
            if let piece = try splitter.last() { try take(piece) }
        } catch is IngestError {
            throw Self.damaged
        }
        splitter = Self.makeSplitter()
    }

    func finish() throws(CommandFailure) {
        try write((hasHead ? [] : Self.head) + Array("]}}\n".utf8))
    }

    /// What the server stored it may give away, also where it would not take it again.
    private static func makeSplitter() -> HARSplitter { HARSplitter(entryBytes: Limits.exportedEntryBytes) }

    private func next(_ rest: inout UnsafeRawBufferPointer) throws -> SplitPiece? {
        do {
            return try splitter.next(&rest)
        } catch {
            throw Self.damaged
        }
    }

    private func take(_ piece: SplitPiece) throws(CommandFailure) {
        guard case .line(_, let entry) = piece else { throw Self.damaged }
        try write((hasHead ? Array(",\n".utf8) : Self.head) + entry)
        hasHead = true
        count += 1
    }

    private static let damaged = CommandFailure(.internalError, "the server's answer is no whole archive")
}
