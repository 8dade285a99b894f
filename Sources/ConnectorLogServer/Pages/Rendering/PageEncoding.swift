import CZlib
import Hummingbird

/// How a page goes over the wire: most of it are rows that resemble each other.
///
/// Compressed pages hold a form's token beside what a reader searched for, which lets an attacker who can make a reader's
/// browser ask again and again guess by lengths what stays the same (BREACH). The session's cookie is SameSite=Strict, so
/// that no other site can; hosts of the same site could, so that a form's token is another text in every page.
enum PageEncoding: Sendable {
    case identity
    case gzip

    /// Shorter texts gain nothing.
    private static let minimumBytes = 1024

    init(_ request: Request) {
        self = Self.takesGzip(request.headers[.acceptEncoding] ?? "") ? .gzip : .identity
    }

    /// RFC 9110, section 12.5.3: a weight of 0 refuses.
    static func takesGzip(_ accepted: String) -> Bool {
        accepted.split(separator: ",").contains { coding in
            let parts = coding.split(separator: ";").map(\.trimmed)
            guard let name = parts.first?.lowercased(), name == "gzip" || name == "x-gzip" else { return false }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            return weight.map { $0 > 0 } ?? true
        }
    }

    /// The bytes to send, and the value of `Content-Encoding`.
    func encoded(_ bytes: [UInt8], level: Int32 = 4) -> (bytes: [UInt8], contentEncoding: String?) {
        guard case .gzip = self, bytes.count >= Self.minimumBytes, let packed = Self.gzip(bytes, level: level) else {
            return (bytes, nil)
        }
        return (packed, "gzip")
    }

    /// RFC 1952. Nil without memory for it.
    static func gzip(_ bytes: [UInt8], level: Int32) -> [UInt8]? {
        var stream = z_stream()
        let windowBits: Int32 = 15 + 16
        guard
            deflateInit2_(
                &stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        let bound = Int(deflateBound(&stream, UInt(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                // The bound is never too small.
                deflate(&stream, Z_FINISH)
            }
            count = output.count - Int(stream.avail_out)
        }
    }
}
