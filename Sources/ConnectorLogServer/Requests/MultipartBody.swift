import ConnectorLogAPI
import ConnectorLogCore

/// The parts of a `multipart/form-data` body (RFC 7578, RFC 2046 section 5.1.1).
///
/// Clients of the compatible API send `boundary=+++`, unquoted, which RFC 2045 does not allow: any boundary of 1...70 bytes
/// is taken. A part ends only at CRLF, two hyphens and the boundary, followed by what may follow it.
struct MultipartBody {
    struct Part {
        var name: String
        var content: ArraySlice<UInt8>
    }

    let parts: [Part]

    /// Throws 400 when the body is not of this form.
    init(_ bytes: [UInt8], boundary: String) throws(APIError) {
        guard (1...70).contains(boundary.utf8.count) else {
            throw APIError(.badRequest, "the boundary of multipart/form-data has 1 to 70 characters")
        }
        let delimiter = Array("\r\n--".utf8) + Array(boundary.utf8)
        // The first delimiter may stand at the very beginning; what is before it does not count.
        guard
            var (_, position, isLast) = bytes.starts(with: delimiter.dropFirst(2))
                ? Self.delimiterEnd(in: bytes, behind: delimiter.count - 2).map({ (0, $0.end, $0.isLast) })
                : Self.next(delimiter, in: bytes, from: 0)
        else { throw Self.malformed }
        var parts: [Part] = []
        while !isLast {
            guard let (end, next, last) = Self.next(delimiter, in: bytes, from: position) else { throw Self.malformed }
            parts.append(try Self.part(bytes[position..<end]))
            (position, isLast) = (next, last)
        }
        self.parts = parts
    }

    private static let malformed = APIError(.badRequest, "the body is no multipart/form-data with this boundary")

    /// Where the next delimiter begins and where the part behind it does.
    private static func next(
        _ delimiter: [UInt8], in bytes: [UInt8], from start: Int
    ) -> (begin: Int, end: Int, isLast: Bool)? {
        var position = start
        while let found = bytes[position...].firstIndex(of: 0x0D) {
            if bytes[found...].starts(with: delimiter),
                let (end, isLast) = delimiterEnd(in: bytes, behind: found + delimiter.count)
            {
                return (found, end, isLast)
            }
            position = found + 1
        }
        return nil
    }

    /// Behind a boundary come two hyphens, or spaces and CRLF; anything else is content that looks like one.
    private static func delimiterEnd(in bytes: [UInt8], behind position: Int) -> (end: Int, isLast: Bool)? {
        var position = position
        if bytes[position...].starts(with: [0x2D, 0x2D]) { return (position + 2, true) }
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
        // The CRLF stays: it may be the end of the part's empty header as well.
        return bytes[position...].starts(with: [0x0D, 0x0A]) ? (position, false) : nil
    }

    /// `bytes` begins with the CRLF behind the delimiter.
    private static func part(_ bytes: ArraySlice<UInt8>) throws(APIError) -> Part {
        var rest = bytes.dropFirst(2)
        var name: String?
        while true {
            guard let end = rest.firstIndex(of: 0x0D), rest[end...].starts(with: [0x0D, 0x0A]),
                let line = String(validating: rest[..<end], as: UTF8.self)
            else { throw malformed }
            rest = rest[(end + 2)...]
            if line.isEmpty { break }
            if line.lowercased().hasPrefix("content-disposition:") {
                name = MediaType(field: String(line.dropFirst(20))).parameters["name"]
            }
        }
        guard let name else { throw malformed }
        return Part(name: name, content: rest)
    }
}
