import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// What a team adds to the rules that hold for all.
@Suite
struct TeamRulesTests {
    private func book(_ fill: (inout TeamRedactionRules) -> Void) throws -> RedactionBook {
        let book = Fixtures.redactionBook()
        var rules = TeamRedactionRules()
        fill(&rules)
        try book.setRules(rules, team: 1)
        return book
    }

    @Test func namesOfTheTeamSayCredential() throws {
        let book = try book {
            $0.names = ["X-Acme-Ticket", "badge"]
            $0.exceptions = ["session_token"]
        }
        let text = #"{"acme":1,"xAcmeTicket":"a1","badge":"b2","badges":"c3","sessionToken":"d4","token":"e5"}"#
        #expect(
            Redacted(text, book: book).text
                == #"{"acme":1,"xAcmeTicket":"[redacted]","badge":"[redacted]","badges":"c3","sessionToken":"d4","token":"[redacted]"}"#
        )
        #expect(Redacted("badge=b2&session_token=d4", .uri, book: book).text == "badge=[redacted]&session_token=d4")
    }

    @Test func expressionsGoWithWhatTheirGroupMatches() throws {
        let book = try book {
            $0.patterns = [
                TeamRedactionRules.Pattern(name: "order", expression: "ORD-[0-9]{8}"),
                TeamRedactionRules.Pattern(name: "seat", expression: "seat (\\w+)"),
            ]
        }
        let redacted = Redacted("ORD-12345678, ORD-1234567, seat 14a", book: book)
        #expect(redacted.text == "[redacted], ORD-1234567, seat [redacted]")
        #expect(
            redacted.redactions == [
                Redaction(rule: .pattern, field: "field.order", count: 1),
                Redaction(rule: .pattern, field: "field.seat", count: 1),
            ])
    }

    @Test func pathsGoWithTheirValues() throws {
        let book = try book { $0.jsonPaths = ["$.customer.vat", "$..birthday", "$.ids[*]"] }
        let text = #"{"customer":{"vat":"DE1","name":"n"},"a":[{"birthday":19700101}],"ids":[1,"x",{"y":2}]}"#
        let redacted = Redacted(text, book: book)
        #expect(
            redacted.text
                == #"{"customer":{"vat":"[redacted]","name":"n"},"a":[{"birthday":"[redacted]"}],"ids":["[redacted]","[redacted]","[redacted]"]}"#
        )
        #expect(redacted.redactions.map(\.field) == ["field.$.customer.vat", "field.$..birthday", "field.$.ids[*]"])
        #expect(redacted.redactions.map(\.count) == [1, 1, 3])
    }

    @Test func personalDataGoesWhereTheTeamAsksForIt() throws {
        let text =
            "ann.bee@mail.example, +49 30 1234567, GB82 WEST 1234 5698 7654 32, GB83WEST12345698765432, 2026-11-01"
        #expect(Redacted(text).text == text)
        #expect(try Redacted(text, book: book { $0.removesEmails = true }).text.hasPrefix("[redacted], +49"))
        let all = try book {
            ($0.removesEmails, $0.removesPhoneNumbers, $0.removesIBANs) = (true, true, true)
        }
        let redacted = Redacted(text, book: all)
        #expect(redacted.text == "[redacted], [redacted], [redacted], GB83WEST12345698765432, 2026-11-01")
        #expect(redacted.redactions.map(\.rule) == [.email, .phoneNumber, .iban])
    }

    @Test func rulesOfOneTeamAreNotAnothers() throws {
        let book = Fixtures.redactionBook()
        var rules = TeamRedactionRules()
        rules.names = ["badge"]
        try book.setRules(rules, team: 2)
        #expect(Redacted("badge=b2", .uri, book: book).text == "badge=b2")
    }

    @Test func saysWhatIsWrongAndKeepsWhatHeld() throws {
        let book = try book { $0.names = ["badge"] }
        func expectRefusal(of field: String, _ spoil: (inout TeamRedactionRules) -> Void) {
            var rules = TeamRedactionRules()
            spoil(&rules)
            let error = #expect(throws: RedactionRulesError.self) { try book.setRules(rules, team: 1) }
            #expect(error?.field == field)
        }
        expectRefusal(of: "names[1]") { $0.names = ["abc", "a-b"] }
        expectRefusal(of: "exceptions[0]") { $0.exceptions = ["a"] }
        expectRefusal(of: "patterns[0].expression") {
            $0.patterns = [TeamRedactionRules.Pattern(name: "x", expression: "(a")]
        }
        expectRefusal(of: "json_paths[0]") { $0.jsonPaths = ["customer"] }
        #expect(Redacted("badge=b2", .uri, book: book).text == "badge=[redacted]")
    }

    @Test func aTryChangesNothing() throws {
        let book = Fixtures.redactionBook()
        var rules = TeamRedactionRules()
        rules.names = ["badge"]
        let policy = try book.policy(team: 1, connector: nil, with: rules)
        var output = ByteScratch()
        var workspace = RedactionWorkspace()
        Array("badge=b2".utf8).withUnsafeBytes {
            TextRedactor(policy: policy).redact($0, context: .uri, field: "uri", into: &output, &workspace)
        }
        #expect(String(decoding: output.bytes, as: UTF8.self).withPlainPlaceholders == "badge=[redacted]")
        #expect(Redacted("badge=b2", .uri, book: book).text == "badge=b2")
    }
}
