/// The content coding of a body, or the compression of a file, undone piece by piece.
package struct Decompressor: ~Copyable {
    /// RFC 9659: content coding `zstd` needs no window beyond 8 MiB, so that a decoder may refuse more.
    package static let contentWindowLog: Int32 = 23
    /// 128 MiB: what the zstd program takes unless told otherwise.
    package static let fileWindowLog: Int32 = 27

    /// Decompressed bytes that are made at once, whatever their number in all: this bounds what a gzip bomb can do.
    private static let outputBytes = 131_072

    private var gzip: GzipDecompressor?
    private var zstd: ZstdDecompressor?
    private let encoding: IngestFormat.Encoding
    private let windowLog: Int32

    /// - Parameter windowLog: the binary logarithm of the most bytes that zstd may look back: this bounds its memory.
    package init(_ encoding: IngestFormat.Encoding, windowLog: Int32 = Self.contentWindowLog) {
        self.encoding = encoding
        self.windowLog = windowLog
        gzip =
            switch encoding {
            case .gzip: GzipDecompressor(outputBytes: Self.outputBytes)
            case .deflate: GzipDecompressor(outputBytes: Self.outputBytes, format: .zlib)
            case .identity, .zstd: nil
            }
        zstd = encoding == .zstd ? ZstdDecompressor(outputBytes: Self.outputBytes, windowLog: windowLog) : nil
    }

    /// Memory in use. The window of zstd is taken from the system at once, but only fills with what was decompressed.
    func byteCount(received: Int) -> Int {
        switch encoding {
        case .identity: 0
        case .gzip, .deflate: Self.outputBytes + 1 << 15
        case .zstd: Self.outputBytes + min(received, 1 << Int(windowLog))
        }
    }

    /// The next piece of what `input` means; takes the bytes that it needed off. The piece is good until the next call.
    /// Nil when `input` is used up.
    package mutating func next(_ input: inout UnsafeRawBufferPointer) throws(IngestError) -> UnsafeRawBufferPointer? {
        switch encoding {
        case .identity:
            guard !input.isEmpty else { return nil }
            defer { input = UnsafeRawBufferPointer(rebasing: input[input.count...]) }
            return input
        case .gzip, .deflate:
            guard gzip != nil else { throw Self.noMemory }
            return try gzip?.next(&input)
        case .zstd:
            guard zstd != nil else { throw Self.noMemory }
            return try zstd?.next(&input)
        }
    }

    /// Throws when the data ended early.
    package func finish() throws(IngestError) {
        switch encoding {
        case .identity: break
        case .gzip, .deflate: try gzip?.finish()
        case .zstd: try zstd?.finish()
        }
    }

    private static let noMemory = IngestError(.overloaded, "no memory for a decompressor")
}
