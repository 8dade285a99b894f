package import ConnectorLogCore

/// One line of a receipt as pages show it: the rule, what it means, where, how often.
package struct ReceiptRow: Hashable, Sendable {
    package let rule: String
    package let meaning: String
    package let field: String
    package let count: String

    package init(_ redaction: Redaction) {
        rule = redaction.rule.name.replacing("_", with: " ")
        meaning = redaction.rule.meaning
        field = redaction.field
        count = DisplayNumber.grouped(redaction.count)
    }
}

extension RedactionRule {
    /// A sentence for who reads a record and knows none of the rules.
    package var meaning: String {
        switch self {
        case .header: "The header’s name says credential: its value was removed."
        case .parameter: "The name of a query parameter or form field says credential: its value was removed."
        case .jsonKey: "The name of a JSON member says credential: its value was removed."
        case .bearer: "Bearer credentials were removed."
        case .basic: "Basic credentials were removed."
        case .userInfo: "The user name and password in a URL were removed."
        case .knownSecret: "A registered secret stood here, in one of the encodings that docs list, and went."
        case .webToken: "A JSON web token was removed."
        case .privateKey: "A private key was removed."
        case .vendorToken: "A token of a form that its vendor documents was removed."
        case .paymentCard: "The number of a payment card was removed."
        case .email: "An e-mail address was removed, as the team’s rules ask for."
        case .phoneNumber: "A telephone number was removed, as the team’s rules ask for."
        case .iban: "An IBAN was removed, as the team’s rules ask for."
        case .pattern: "An expression of the team’s rules matched: what it matched was removed."
        case .jsonPath: "A JSON path of the team’s rules led here: its value was removed."
        case .bodyNotKept: "The team’s rules keep no bodies of this connector: the whole body was left out."
        case .unsafeBody: "Nobody could say what is in this body, so it was left out as a whole."
        case .decompressed: "Nothing was removed by this: the body came compressed, and is kept decompressed."
        case .secondLook: "A second look found what the first had left, so the whole field was left out."
        case .xmlElement: "The name of an XML element says credential: its text was removed."
        }
    }
}
