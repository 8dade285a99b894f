import CZlib

/// Decompresses gzip (RFC 1952) or zlib (RFC 1950) piece by piece; several members one behind the other count as one
/// (RFC 1952, section 2.2).
struct GzipDecompressor: ~Copyable {
    /// zlib keeps a pointer to its stream, so that the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private let name: String
    /// Whether a member has begun and not ended.
    private var isWithinMember = false
    private var hasMember = false

    /// The frame around the compressed data, as zlib's `windowBits` asks for it: 15 bits of window in all.
    enum Format: Int32 {
        case gzip = 31
        /// RFC 1950.
        case zlib = 15
        /// RFC 1951, with no frame.
        case raw = -15
    }

    /// Nil when there is no memory for it.
    init?(outputBytes: Int, format: Format = .gzip) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = inflateInit2_(stream, format.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            stream.deallocate()
            return nil
        }
        self.stream = stream
        // As Content-Encoding calls them.
        name = format == .gzip ? "gzip" : "deflate"
        output = .allocate(byteCount: outputBytes, alignment: 16)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// The next piece of what `input` means; takes the bytes that it needed off. The piece is good until the next call.
    /// Nil when `input` is used up.
    mutating func next(_ input: inout UnsafeRawBufferPointer) throws(IngestError) -> UnsafeRawBufferPointer? {
        while true {
            if !isWithinMember {
                guard !input.isEmpty else { return nil }
                if hasMember { inflateReset(stream) }
                isWithinMember = true
                hasMember = true
            }
            let count = min(input.count, Int(UInt32.max))
            // zlib does not write to its input.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(count)
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let result = inflate(stream, Z_NO_FLUSH)
            input = UnsafeRawBufferPointer(rebasing: input[(count - Int(stream.pointee.avail_in))...])
            let written = output.count - Int(stream.pointee.avail_out)
            switch result {
            case Z_STREAM_END: isWithinMember = false
            // Z_BUF_ERROR says that all input is used and nothing came of it.
            case Z_OK, Z_BUF_ERROR: break
            default: throw IngestError(.invalidEncoding, "this is no \(name) data")
            }
            if written > 0 { return UnsafeRawBufferPointer(rebasing: output[..<written]) }
            if isWithinMember, input.isEmpty { return nil }
        }
    }

    /// Throws when the data ended within a member, or there was none.
    func finish() throws(IngestError) {
        guard hasMember, !isWithinMember else { throw IngestError(.invalidEncoding, "the \(name) data ends early") }
    }
}
