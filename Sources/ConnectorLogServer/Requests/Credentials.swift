import ConnectorLogAPI

/// What an `Authorization` field holds.
enum Credentials: Equatable {
    /// An API key: behind `Bearer` or alone, or as the password of `Basic` (RFC 7617), whose user may be anything.
    case key(String)
    /// An access token (`AccessTokens`), which has two dots that no API key has.
    case token(String)

    /// Longer fields are not looked at: a key has 47 characters, a token some 300, and a user's name its room.
    static let maximumBytes = 1024

    /// Nil when the field holds neither. Schemes in either case (RFC 9110, section 11.1).
    init?(field: String) {
        guard field.utf8.count <= Self.maximumBytes else { return nil }
        let parts = field.split(separator: " ")
        switch parts.count {
        case 1: self = .key(String(parts[0]))
        case 2 where parts[0].lowercased() == "bearer":
            self = parts[1].contains(".") ? .token(String(parts[1])) : .key(String(parts[1]))
        case 2 where parts[0].lowercased() == "basic":
            guard let pair = BasicCredentials(encoded: parts[1]) else { return nil }
            self = .key(pair.password)
        default: return nil
        }
    }
}

/// The user and the password of the scheme `Basic` (RFC 7617, section 2).
struct BasicCredentials: Equatable {
    var user: String
    var password: String

    /// Nil when the text is no base64 of UTF-8 with a colon, the first of which ends the user's name.
    init?(encoded: some StringProtocol) {
        guard let bytes = Base64.decode(encoded), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        user = String(text[..<colon])
        password = String(text[text.index(after: colon)...])
    }

    /// Of an `Authorization` field; nil when it is of another scheme.
    init?(field: String) {
        let parts = field.split(separator: " ")
        guard field.utf8.count <= Credentials.maximumBytes, parts.count == 2, parts[0].lowercased() == "basic" else {
            return nil
        }
        self.init(encoded: parts[1])
    }
}
