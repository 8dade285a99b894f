import ConnectorLogAPI
import ConnectorLogCore
import Crypto

/// A place in a list to go on from.
enum CursorPosition: Hashable, Sendable {
    case entry(PagePosition)
    case named(NamedPosition)
}

/// Cursors as clients see them: opaque, signed, and good only for the list that gave them.
///
/// The bytes behind the base64url text: the version (1), the kind (1 or 2), the time in microseconds (8 bytes, big
/// endian), then the id (16 bytes) or the name (UTF-8), then the first 16 bytes of HMAC-SHA256 over all that and the
/// list's fingerprint.
struct CursorCodec: Sendable {
    private static let version: UInt8 = 1
    private static let macBytes = 16
    /// What `openapi.yaml` says of a cursor's length, and room for a name of 255 characters of 4 bytes.
    static let maximumCharacters = 2048

    private let key: SymmetricKey

    init(signingKey: [UInt8]) {
        key = DerivedKey.make(from: signingKey, purpose: "connectorlog cursor 1")
    }

    /// - Parameter fingerprint: what makes the list the one it is: route, team and filters.
    func encode(_ position: CursorPosition, fingerprint: [UInt8]) -> String {
        var bytes: [UInt8] = [Self.version]
        switch position {
        case .entry(let position):
            bytes.append(1)
            Self.append(UInt64(bitPattern: position.time.microseconds), to: &bytes)
            Self.append(position.id.high, to: &bytes)
            Self.append(position.id.low, to: &bytes)
        case .named(let position):
            bytes.append(2)
            Self.append(UInt64(bitPattern: position.time.microseconds), to: &bytes)
            bytes += Array(position.name.utf8)
        }
        let mac = HMAC<SHA256>.authenticationCode(for: bytes + fingerprint, using: key)
        return Base64.encodeURLSafe(bytes + mac.prefix(Self.macBytes))
    }

    /// Throws `.invalidCursor` when the cursor was not given here for this list.
    func decode(_ text: String, fingerprint: [UInt8]) throws(APIError) -> CursorPosition {
        guard text.utf8.count <= Self.maximumCharacters, let bytes = Base64.decodeURLSafe(text),
            let position = position(in: bytes, fingerprint: fingerprint)
        else {
            throw APIError(.invalidCursor, "cursor is none that this list gave, with these filters")
        }
        return position
    }

    private func position(in bytes: [UInt8], fingerprint: [UInt8]) -> CursorPosition? {
        let payload = Array(bytes.dropLast(Self.macBytes))
        guard payload.count >= 10, payload[0] == Self.version else { return nil }
        let mac = HMAC<SHA256>.authenticationCode(for: payload + fingerprint, using: key)
        guard Self.isEqual(bytes.suffix(Self.macBytes), Array(mac.prefix(Self.macBytes))) else { return nil }
        let time = Timestamp(microseconds: Int64(bitPattern: Self.word(in: payload, at: 2)))
        switch payload[1] {
        case 1 where payload.count == 26:
            let id = EntryID(high: Self.word(in: payload, at: 10), low: Self.word(in: payload, at: 18))
            return .entry(PagePosition(time: time, id: id))
        case 2:
            guard let name = String(validating: payload[10...], as: UTF8.self) else { return nil }
            return .named(NamedPosition(time: time, name: name))
        default:
            return nil
        }
    }

    /// In time that does not depend on where they differ.
    private static func isEqual(_ a: ArraySlice<UInt8>, _ b: [UInt8]) -> Bool {
        a.count == b.count && zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }

    private static func word(in bytes: [UInt8], at offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
