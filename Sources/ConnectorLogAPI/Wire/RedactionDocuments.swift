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
