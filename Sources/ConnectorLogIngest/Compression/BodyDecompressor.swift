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
        case .gzip: return inflate(bytes, .gzip, isCut, limit, &output)
        case .deflate:
            if inflate(bytes, .zlib, isCut, limit, &output) { return true }
            output.removeAll(keepingFirst: start)
            return inflate(bytes, .raw, isCut, limit, &output)
        case .zstd:
            guard
                var decompressor = ZstdDecompressor(
                    outputBytes: Self.outputBytes, windowLog: Decompressor.contentWindowLog)
            else { return false }
            var rest = bytes
            do throws(IngestError) {
                while let piece = try decompressor.next(&rest) {
                    output.append(piece)
                    guard output.count - start <= limit else { return false }
                }
                if !isCut { try decompressor.finish() }
                return output.count > start
            } catch {
                return false
            }
        }
    }

    private func inflate(
        _ bytes: UnsafeRawBufferPointer, _ format: GzipDecompressor.Format, _ isCut: Bool, _ limit: Int,
        _ output: inout ByteScratch
    ) -> Bool {
        guard var decompressor = GzipDecompressor(outputBytes: Self.outputBytes, format: format) else { return false }
        let start = output.count
        var rest = bytes
        do throws(IngestError) {
            while let piece = try decompressor.next(&rest) {
                output.append(piece)
                guard output.count - start <= limit else { return false }
            }
            if !isCut { try decompressor.finish() }
            return output.count > start
        } catch {
            return false
        }
    }
}
