/// The body's content coding undone, piece by piece.
struct Decompressor: ~Copyable {
    /// Decompressed bytes that are made at once, whatever their number in all: this bounds what a gzip bomb can do.
    private static let outputBytes = 131_072

    private var gzip: GzipDecompressor?
    private var zstd: ZstdDecompressor?
    private let encoding: IngestFormat.Encoding

    init(_ encoding: IngestFormat.Encoding) {
        self.encoding = encoding
        gzip = encoding == .gzip ? GzipDecompressor(outputBytes: Self.outputBytes) : nil
        zstd = encoding == .zstd ? ZstdDecompressor(outputBytes: Self.outputBytes) : nil
    }

    /// Memory in use. The window of zstd is taken from the system at once, but only fills with what was decompressed.
    func byteCount(received: Int) -> Int {
        switch encoding {
        case .identity: 0
        case .gzip: Self.outputBytes + 1 << 15
        case .zstd: Self.outputBytes + min(received, 1 << ZstdDecompressor.windowLog)
        }
    }

    /// The next piece of what `input` means; takes the bytes that it needed off. The piece is good until the next call.
    /// Nil when `input` is used up.
    mutating func next(_ input: inout UnsafeRawBufferPointer) throws(IngestError) -> UnsafeRawBufferPointer? {
        switch encoding {
        case .identity:
            guard !input.isEmpty else { return nil }
            defer { input = UnsafeRawBufferPointer(rebasing: input[input.count...]) }
            return input
        case .gzip:
            guard gzip != nil else { throw Self.noMemory }
            return try gzip?.next(&input)
        case .zstd:
            guard zstd != nil else { throw Self.noMemory }
            return try zstd?.next(&input)
        }
    }

    /// Throws when the data ended early.
    func finish() throws(IngestError) {
        switch encoding {
        case .identity: break
        case .gzip: try gzip?.finish()
        case .zstd: try zstd?.finish()
        }
    }

    private static let noMemory = IngestError(.overloaded, "no memory for a decompressor")
}
