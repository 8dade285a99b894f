/// What the server takes in one line; past it, it would refuse the whole line. Texts are counted in Unicode scalars.
enum FlatFormLimits {
    static let connector = 100
    static let method = 32
    /// Ids and names.
    static let name = 255
    static let uri = 8192
    static let message = 16_384
    /// Fields of one message's headers.
    static let headerFields = 256
    /// Bytes of the names and values of one message's headers.
    static let headerBytes = 65_536
    static let attributeMembers = 64
    static let attributeBytes = 8192
    /// Of those, what is kept for the attribute that names what was left out.
    static let noteBytes = 192
    /// The largest size of a body: what every reader of JSON's numbers has exactly.
    static let bodySize = 1 << 53
    /// A day.
    static let duration = Duration.seconds(86_400)
    /// A time further ahead would be refused, in seconds. An hour less than the server's, for clocks that differ.
    static let secondsAhead = 82_800.0
    /// Two bodies of so many bytes, escaped or in base64, fit into a line of 4 MiB beside everything else.
    static let bodyBytes = 768 << 10
}

extension String {
    /// At most `limit` Unicode scalars.
    func cut(to limit: Int) -> String {
        // A scalar has a byte at least.
        guard utf8.count > limit else { return self }
        return String(unicodeScalars.prefix(limit))
    }

    /// As ids and names are taken: cut, and without U+0000.
    var asName: String {
        let text = utf8.contains(0) ? filter { $0 != "\0" } : self
        return text.cut(to: FlatFormLimits.name)
    }

    /// Nil when it is none that the server takes: a token (RFC 9110, section 5.6.2).
    var asMethod: String? {
        guard 1...FlatFormLimits.method ~= utf8.count, utf8.allSatisfy(\.isTokenByte) else { return nil }
        return self
    }

    /// Another character than the server takes becomes `-`; an empty identifier `unknown`.
    var asConnector: String {
        guard !isEmpty else { return "unknown" }
        return String(
            unicodeScalars.prefix(FlatFormLimits.connector).map { scalar in
                scalar.isASCII && UInt8(scalar.value).isIdentifierByte ? Character(scalar) : "-"
            })
    }

    /// Nil when it is none that the server takes: so many hexadecimal digits, not all of them 0.
    func asHexadecimal(digits: Int) -> String? {
        let isTaken = utf8.count == digits && utf8.allSatisfy(\.isHexadecimalDigit) && contains { $0 != "0" }
        return isTaken ? lowercased() : nil
    }
}

extension UInt8 {
    fileprivate var isIdentifierByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    fileprivate var isTokenByte: Bool {
        isIdentifierByte || "!#$%&'*+.^`|~".utf8.contains(self)
    }

    fileprivate var isHexadecimalDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
