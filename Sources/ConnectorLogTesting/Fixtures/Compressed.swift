internal import CZlib
internal import CZstd

/// Bodies compressed for tests.
package enum Compressed {
    package static func gzip(_ text: String) -> [UInt8] { gzip(Array(text.utf8)) }
    package static func gzip(_ bytes: [UInt8]) -> [UInt8] { deflated(bytes, windowBits: 15 + 16) }

    /// With the frame of RFC 1950.
    package static func deflate(_ bytes: [UInt8]) -> [UInt8] { deflated(bytes, windowBits: 15) }

    /// Without any frame.
    package static func rawDeflate(_ bytes: [UInt8]) -> [UInt8] { deflated(bytes, windowBits: -15) }

    private static func deflated(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let count = output.withUnsafeMutableBufferPointer { output in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                CZlib.deflate(&stream, Z_FINISH)
                return output.count - Int(stream.avail_out)
            }
        }
        return Array(output.prefix(count))
    }

    package static func zstd(_ text: String, windowLog: Int32? = nil) -> [UInt8] {
        zstd(Array(text.utf8), windowLog: windowLog)
    }

    package static func zstd(_ bytes: [UInt8], windowLog: Int32? = nil) -> [UInt8] {
        let context = ZSTD_createCCtx()
        defer { ZSTD_freeCCtx(context) }
        if let windowLog {
            ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, windowLog)
            // Without the size in the header the window stands there as asked for.
            ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        }
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count) + 64)
        let count = output.withUnsafeMutableBytes { output in
            bytes.withUnsafeBytes { input in
                var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
                var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                // Two steps, so that the size is not known in advance and the window is not shrunk to it.
                ZSTD_compressStream2(context, &target, &source, ZSTD_e_continue)
                while ZSTD_compressStream2(context, &target, &source, ZSTD_e_end) != 0 {}
                return target.pos
            }
        }
        return Array(output.prefix(count))
    }
}
