import ConnectorLogIngest

/// The bytes of a file turned into the bytes of its lines, a bounded piece at a time: a small file may hold gigabytes.
struct SourceDecoder: ~Copyable {
    /// Bytes that suffice to tell how a file is compressed.
    static let magicLength = 4

    private var decompressor: Decompressor
    private var input: [UInt8] = []
    private var consumed = 0

    /// - Parameter magic: what the file begins with.
    init(magic: [UInt8]) {
        let encoding: IngestFormat.Encoding =
            if magic.starts(with: [0x1F, 0x8B]) {
                // RFC 1952, section 2.3.1.
                .gzip
            } else if magic.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
                // RFC 8878, section 3.1.1.
                .zstd
            } else if magic.starts(with: [0x78]), magic.count > 1, (0x7800 + Int(magic[1])) % 31 == 0 {
                // RFC 1950, section 2.2; no text of JSON begins with x.
                .deflate
            } else {
                .identity
            }
        decompressor = Decompressor(encoding, windowLog: Decompressor.fileWindowLog)
    }

    /// Hands over the next bytes of the file. Only when `next` has nothing left.
    mutating func take(_ input: [UInt8]) { (self.input, consumed) = (input, 0) }

    /// The next piece, or nil when more input is needed.
    mutating func next() throws -> [UInt8]? {
        let input = input
        return try input.withUnsafeBytes { bytes in
            var rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
            let piece = try decompressor.next(&rest).map { Array($0) }
            consumed = bytes.count - rest.count
            return piece
        }
    }

    /// Throws when the file ended too early.
    func finish() throws { try decompressor.finish() }
}
