import CZstd

/// Decompresses Zstandard (RFC 8878) piece by piece; several frames one behind the other count as one (section 3).
struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer
    private let output: UnsafeMutableRawBufferPointer
    /// Whether a frame has begun and not ended.
    private var isWithinFrame = false
    private var hasFrame = false
    /// Whether the last call filled `output`, so that more may wait inside.
    private var isFull = false

    /// Nil when there is no memory for it.
    init?(outputBytes: Int, windowLog: Int32) {
        guard let context = ZSTD_createDCtx() else { return nil }
        guard ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLog)) == 0 else {
            ZSTD_freeDCtx(context)
            return nil
        }
        self.context = context
        output = .allocate(byteCount: outputBytes, alignment: 16)
    }

    deinit {
        ZSTD_freeDCtx(context)
        output.deallocate()
    }

    /// The next piece of what `input` means; takes the bytes that it needed off. The piece is good until the next call.
    /// Nil when `input` is used up.
    mutating func next(_ input: inout UnsafeRawBufferPointer) throws(IngestError) -> UnsafeRawBufferPointer? {
        while !input.isEmpty || isFull {
            var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
            var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let result = ZSTD_decompressStream(context, &target, &source)
            guard ZSTD_isError(result) == 0 else {
                throw IngestError(.invalidEncoding, "this is no zstd data, or its window is too large")
            }
            input = UnsafeRawBufferPointer(rebasing: input[source.pos...])
            isFull = target.pos == target.size
            // With no input and no output nothing was begun.
            if source.pos > 0 || target.pos > 0 {
                hasFrame = true
                isWithinFrame = result != 0
            }
            if target.pos > 0 { return UnsafeRawBufferPointer(rebasing: output[..<target.pos]) }
        }
        return nil
    }

    /// Throws when the data ended within a frame, or there was none.
    func finish() throws(IngestError) {
        guard hasFrame, !isWithinFrame else { throw IngestError(.invalidEncoding, "the zstd data ends early") }
    }
}
