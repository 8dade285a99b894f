import CZstd

/// Decompresses zstd (RFC 8878), any number of frames one behind the other.
final class ZstdDecoder: SourceDecoder {
    private static let pieceBytes = 256 << 10

    private let context: OpaquePointer
    private var input: [UInt8] = []
    private var consumed = 0
    /// Whether a full piece may have left decompressed bytes behind.
    private var mayHoldMore = false
    private(set) var isComplete = false

    init() throws(SourceDamage) {
        guard let context = ZSTD_createDCtx() else { throw SourceDamage() }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    func take(_ input: [UInt8]) { (self.input, consumed) = (input, 0) }

    func next() throws(SourceDamage) -> [UInt8]? {
        while consumed < input.count || mayHoldMore {
            var status = 0
            let piece = input.withUnsafeBufferPointer { input in
                [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { output, count in
                    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: consumed)
                    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                    status = ZSTD_decompressStream(context, &target, &source)
                    consumed = source.pos
                    count = target.pos
                }
            }
            guard ZSTD_isError(status) == 0 else { throw SourceDamage() }
            isComplete = status == 0
            mayHoldMore = piece.count == Self.pieceBytes && status != 0
            if !piece.isEmpty { return piece }
        }
        return nil
    }
}
