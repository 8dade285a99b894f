package import ConnectorLogCore

/// Decompresses the bodies of calls, so that redaction sees what is in them.
package struct BodyDecompressor: BodyDecompressing {
    package init() {}

    private static let outputBytes = 1 << 16

    package func decompress(
        _ bytes: UnsafeRawBufferPointer, _ coding: BodyCoding, isCut: Bool, limit: Int, into output: inout ByteScratch
    ) -> Bool {
        let start = output.count
        switch coding {
        case .gzip:
            return read(bytes, GzipDecompressor(outputBytes: Self.outputBytes), isCut, limit, &output)
        case .deflate:
            let framed = GzipDecompressor(outputBytes: Self.outputBytes, format: .zlib)
            if read(bytes, framed, isCut, limit, &output) { return true }
            output.removeAll(keepingFirst: start)
            let bare = GzipDecompressor(outputBytes: Self.outputBytes, format: .raw)
            return read(bytes, bare, isCut, limit, &output)
        case .zstd:
            let zstd = ZstdDecompressor(outputBytes: Self.outputBytes, windowLog: Decompressor.contentWindowLog)
            return read(bytes, zstd, isCut, limit, &output)
        }
    }

    private func read<Pieces: PieceDecompressor & ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, _ pieces: consuming Pieces?, _ isCut: Bool, _ limit: Int,
        _ output: inout ByteScratch
    ) -> Bool {
        guard var pieces else { return false }
        let start = output.count
        var rest = bytes
        do throws(IngestError) {
            while let piece = try pieces.next(&rest) {
                output.append(piece)
                guard output.count - start <= limit else { return false }
            }
            if !isCut { try pieces.finish() }
            return output.count > start
        } catch {
            return false
        }
    }
}

/// What undoes a compression piece by piece.
private protocol PieceDecompressor: ~Copyable {
    /// The next piece of what `input` means, good until the next call; nil when `input` is used up.
    mutating func next(_ input: inout UnsafeRawBufferPointer) throws(IngestError) -> UnsafeRawBufferPointer?
    /// Throws when the data ended early.
    func finish() throws(IngestError)
}

extension GzipDecompressor: PieceDecompressor {}
extension ZstdDecompressor: PieceDecompressor {}
