/// What a team adds to the rules that hold for all.
package struct TeamRedactionRules: Hashable, Sendable {
    /// A regular expression: what its group, or all of it, matches goes. `name` is what receipts say.
    package struct Pattern: Hashable, Sendable {
        package var name: String
        package var expression: String

        package init(name: String, expression: String) {
            (self.name, self.expression) = (name, expression)
        }
    }

    /// Names that say credential, beside `CredentialNames`; and names that do not, whatever the list says.
    package var names: [String] = []
    package var exceptions: [String] = []
    package var patterns: [Pattern] = []
    /// Paths of RFC 9535, as far as `JSONPath` has them, of values in every text that is JSON.
    package var jsonPaths: [String] = []
    package var removesEmails = false
    package var removesPhoneNumbers = false
    package var removesIBANs = false
    /// Identifiers of connectors of whose calls no body is kept.
    package var connectorsWithoutBodies: [String] = []

    package init() {}
}
