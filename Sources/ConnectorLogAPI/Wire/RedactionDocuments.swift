package import ConnectorLogCore

/// Writes a team's rules, as `GET` and `PUT /v1/teams/{t}/redaction` answer them.
extension TeamRedactionRules: JSONWritable {
    package func write(to json: inout JSONWriter) {
        func write(_ texts: [String], to json: inout JSONWriter) {
            json.array { json in
                for text in texts { json.write(text) }
            }
        }
        json.object { json in
            json.name("names")
            write(names, to: &json)
            json.name("exceptions")
            write(exceptions, to: &json)
            json.member("patterns", patterns)
            json.name("json_paths")
            write(jsonPaths, to: &json)
            json.name("personal_data")
            json.object {
                $0.member("email", removesEmails)
                $0.member("phone", removesPhoneNumbers)
                $0.member("iban", removesIBANs)
            }
            json.name("keep_no_bodies")
            write(connectorsWithoutBodies, to: &json)
        }
    }
}

extension TeamRedactionRules.Pattern: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("expression", expression)
        }
    }
}

/// A team's rules as a client reads them.
package struct RedactionRulesDocument: Decodable, Equatable, Sendable {
    package struct Pattern: Decodable, Equatable, Sendable {
        package var name: String
        package var expression: String
    }

    package struct PersonalData: Decodable, Equatable, Sendable {
        package var email: Bool
        package var phone: Bool
        package var iban: Bool
    }

    package var names: [String]
    package var exceptions: [String]
    package var patterns: [Pattern]
    package var jsonPaths: [String]
    package var personalData: PersonalData
    /// Identifiers of connectors.
    package var keepNoBodies: [String]

    private enum CodingKeys: String, CodingKey {
        case names, exceptions, patterns
        case jsonPaths = "json_paths"
        case personalData = "personal_data"
        case keepNoBodies = "keep_no_bodies"
    }
}
