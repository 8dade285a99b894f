/// A compression that can be undone, so that what is in a body can be looked at.
package enum BodyCoding: Sendable {
    /// RFC 1952.
    case gzip
    /// RFC 1950, or, as some senders write it, RFC 1951 alone.
    case deflate
    /// RFC 8878.
    case zstd
}

/// Undoes compression. Ingest has one; Core knows none.
package protocol BodyDecompressing: Sendable {
    /// Appends what `bytes` means to `output`. False when it is no such coding, when it ends early though it is not cut, or
    /// when it means more than `limit` bytes.
    func decompress(
        _ bytes: UnsafeRawBufferPointer, _ coding: BodyCoding, isCut: Bool, limit: Int, into output: inout ByteScratch
    ) -> Bool
}

/// What may be done with a body's bytes as they are.
package enum BodyContent {
    case readable
    case compressed(BodyCoding)
    /// Nobody can say what is in it: an archive, encrypted, a coding that is not known here.
    case opaque

    /// By its first bytes, and by what its headers say where these say nothing. A text is what it is: clients that
    /// decompress a body leave the header as it was.
    init(_ body: EntryDraft.Body, headers: [EntryDraft.Header]) {
        self =
            if let content = Self.byBeginning(body.bytes) {
                content
            } else if body.isBinary, !Self.isText(body.bytes) {
                Self.byHeaders(headers)
            } else {
                .readable
            }
    }

    private static let opaqueBeginnings: [[UInt8]] = [
        Array("BZh".utf8), [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], [0x04, 0x22, 0x4D, 0x18], [0x50, 0x4B, 0x03, 0x04],
        [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], Array("Rar!".utf8), [0x1F, 0x9D], Array("Salted__".utf8),
        Array("%PDF-".utf8), Array("-----BEGIN PGP MESSAGE-----".utf8), Array("age-encryption.org/".utf8),
    ]

    private static func byBeginning(_ bytes: UnsafeRawBufferPointer) -> BodyContent? {
        guard let first = bytes.first else { return .readable }
        switch first {
        case 0x1F where bytes.starts(with: [0x1F, 0x8B, 0x08] as [UInt8]): return .compressed(.gzip)
        case 0x28 where bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD] as [UInt8]): return .compressed(.zstd)
        default: return opaqueBeginnings.contains { $0[0] == first && bytes.starts(with: $0) } ? .opaque : nil
        }
    }

    private static func byHeaders(_ headers: [EntryDraft.Header]) -> BodyContent {
        for header in headers {
            if isName(header.name, "content-encoding") {
                // Those of which the beginnings were not there, whoever sent the body has undone.
                let codings = String(decoding: header.value, as: UTF8.self).lowercased()
                    .split { $0 == "," || $0 == " " }.filter { !["identity", "gzip", "x-gzip", "zstd"].contains($0) }
                if codings.contains(where: { $0 != "deflate" }) { return .opaque }
                if !codings.isEmpty { return .compressed(.deflate) }
            } else if isName(header.name, "content-type") {
                let type = String(decoding: header.value.prefix(40), as: UTF8.self).lowercased()
                let isEncrypted = ["application/pkcs7", "application/x-pkcs7", "application/pgp", "application/jose"]
                    .contains { type.hasPrefix($0) }
                if isEncrypted { return .opaque }
            }
        }
        return .readable
    }

    private static func isName(_ name: UnsafeRawBufferPointer, _ expected: StaticString) -> Bool {
        name.count == expected.utf8CodeUnitCount
            && (0..<name.count).allSatisfy { name[$0].asciiLowercased == expected.utf8Start[$0] }
    }

    /// UTF-8 without control characters but blanks.
    package static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let span = Span<UInt8>(_unsafeElements: bytes.assumingMemoryBound(to: UInt8.self))
        guard (try? UTF8Span(validating: span)) != nil else { return false }
        return bytes.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
}
