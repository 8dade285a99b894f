/// The rules by which a value is taken for a secret. Raw values are part of the stored format, names of the API.
package enum RedactionRule: UInt8, Sendable, CaseIterable {
    /// A header whose name says credential.
    case header = 1
    /// A query parameter, form field or `name=value` pair whose name says credential.
    case parameter = 2
    /// A JSON member, at any depth, whose name says credential.
    case jsonKey = 3
    /// `Bearer` credentials (RFC 6750, section 2.1).
    case bearer = 4
    /// `Basic` credentials (RFC 7617).
    case basic = 5
    /// The user information of a URL (RFC 3986, section 3.2.1).
    case userInfo = 6

    package var name: String {
        switch self {
        case .header: "header"
        case .parameter: "parameter"
        case .jsonKey: "json_key"
        case .bearer: "bearer"
        case .basic: "basic"
        case .userInfo: "user_info"
        }
    }

    /// What stands where a secret was.
    package static let placeholder: StaticString = "[redacted]"
}
