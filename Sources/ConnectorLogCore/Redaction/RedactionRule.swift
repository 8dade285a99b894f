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
    /// A value that is registered as a secret, in whatever encoding.
    case knownSecret = 7
    /// A JSON web token (RFC 7519).
    case webToken = 8
    /// A private key in PEM (RFC 7468).
    case privateKey = 9
    /// A token with the fixed beginning that its vendor documents.
    case vendorToken = 10
    /// The number of a payment card.
    case paymentCard = 11
    /// An e-mail address, a telephone number, an IBAN: where the team asked for it.
    case email = 12
    case phoneNumber = 13
    case iban = 14
    /// A regular expression of the team's.
    case pattern = 15
    /// A JSON path of the team's.
    case jsonPath = 16
    /// All of a body: the connector keeps none.
    case bodyNotKept = 17
    /// All of a body: it could not be read to the end, so that nobody can say what is in it.
    case unsafeBody = 18
    /// Not a redaction: the body was decompressed, and is kept so.
    case decompressed = 19
    /// A field in which the second look found what the first one had left.
    case secondLook = 20
    /// The text between an XML element's tags whose name says credential.
    case xmlElement = 21

    package init?(name: some Sequence<UInt8>) {
        guard let rule = Self.allCases.first(where: { $0.name.utf8.elementsEqual(name) }) else { return nil }
        self = rule
    }

    package var name: String {
        switch self {
        case .header: "header"
        case .parameter: "parameter"
        case .jsonKey: "json_key"
        case .bearer: "bearer"
        case .basic: "basic"
        case .userInfo: "user_info"
        case .knownSecret: "known_secret"
        case .webToken: "web_token"
        case .privateKey: "private_key"
        case .vendorToken: "vendor_token"
        case .paymentCard: "payment_card"
        case .email: "email"
        case .phoneNumber: "phone_number"
        case .iban: "iban"
        case .pattern: "pattern"
        case .jsonPath: "json_path"
        case .bodyNotKept: "body_not_kept"
        case .unsafeBody: "unsafe_body"
        case .decompressed: "decompressed"
        case .secondLook: "second_look"
        case .xmlElement: "xml_element"
        }
    }
}
