import CZlib

/// Decompresses gzip (RFC 1952), any number of members one behind the other.
final class GzipDecoder: SourceDecoder {
    private static let pieceBytes = 256 << 10

    private let stream: UnsafeMutablePointer<z_stream>
    private var input: [UInt8] = []
    private var consumed = 0
    /// Whether a member has ended and no byte of another has come.
    private(set) var isComplete = false

    init() throws(SourceDamage) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for the gzip wrapper (zlib manual, inflateInit2).
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw SourceDamage()
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    func take(_ input: [UInt8]) { (self.input, consumed) = (input, 0) }

    func next() throws(SourceDamage) -> [UInt8]? {
        while consumed < input.count {
            if isComplete {
                guard inflateReset(stream) == Z_OK else { throw SourceDamage() }
                isComplete = false
            }
            let (piece, status) = inflatePiece()
            switch status {
            case Z_STREAM_END: isComplete = true
            case Z_OK, Z_BUF_ERROR: break
            default: throw SourceDamage()
            }
            if !piece.isEmpty { return piece }
        }
        // All input is taken, but a full piece may have left decompressed bytes behind.
        guard !isComplete, !input.isEmpty else { return nil }
        let (piece, status) = inflatePiece()
        if status == Z_STREAM_END { isComplete = true }
        return piece.isEmpty ? nil : piece
    }

    private func inflatePiece() -> ([UInt8], Int32) {
        var status: Int32 = Z_OK
        let piece = input.withUnsafeMutableBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { output, count in
                stream.pointee.next_in = input.baseAddress.map { $0 + consumed }
                stream.pointee.avail_in = UInt32(input.count - consumed)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                status = inflate(stream, Z_NO_FLUSH)
                consumed = input.count - Int(stream.pointee.avail_in)
                count = output.count - Int(stream.pointee.avail_out)
            }
        }
        return (piece, status)
    }
}
