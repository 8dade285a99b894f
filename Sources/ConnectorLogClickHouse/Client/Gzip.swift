internal import CZlib
import NIOCore

/// RFC 1952, by zlib.
enum Gzip {
    /// Little time for most of what can be had: inserts are waited for.
    private static let level: Int32 = 1
    /// Of the window, with the frame of gzip.
    private static let windowBits: Int32 = 15 + 16

    static func compressed(_ bytes: ByteBuffer) -> ByteBuffer {
        var stream = z_stream()
        deflateInit2_(
            &stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var output = ByteBuffer()
        let bound = Int(deflateBound(&stream, UInt(bytes.readableBytes)))
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { output in
            bytes.withUnsafeReadableBytes { input in
                // zlib does not write to it.
                stream.next_in = UnsafeMutablePointer(
                    mutating: input.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(bound)
                CZlib.deflate(&stream, Z_FINISH)
                return bound - Int(stream.avail_out)
            }
        }
        return output
    }
}
