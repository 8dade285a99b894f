import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// Rules that do not hold yet, over entries that are stored.
@Suite struct RuleTrialTests {
    private static let time = Timestamp(microseconds: 1_748_779_240_000_000)

    private func entry(_ connector: String = "crm", _ fill: (inout LogEntry) -> Void = { _ in }) -> LogEntry {
        var entry = LogEntry(
            summary: EntrySummary(
                id: EntryID(high: 1, low: 1), teamID: 1, logTime: Self.time, connectorIdentifier: connector,
                outcome: .ok))
        fill(&entry)
        return entry
    }

    private func body(_ text: String, isTruncated: Bool = false) -> Body {
        Body(bytes: Array(text.utf8), isBinary: false, originalSize: text.utf8.count, isTruncated: isTruncated)
    }

    private func run(
        _ entries: [LogEntry], book: RedactionBook = Fixtures.redactionBook(),
        _ fill: (inout TeamRedactionRules) -> Void
    ) throws -> RuleTrialResult {
        var rules = TeamRedactionRules()
        fill(&rules)
        var trial = try book.trial(of: rules, team: 1)
        for entry in entries { trial.read(entry) }
        return trial.result
    }

    @Test func countsEveryRuleAlsoThoseThatFindNothing() throws {
        let entries = [
            entry {
                $0.summary.uri = "/orders?ticket=t-1&ref=ORD-12345678"
                $0.requestHeaders = [HeaderField(name: "X-Acme-Ticket", value: "t-2")]
                $0.responseBody = body(
                    #"{"mail":"a@example.com","ids":[{"vat":"DE1"},{"vat":2}],"n":"ORD-00000001 ORD-00000002"}"#)
            },
            entry { $0.summary.errorMessage = "order ORD-99999999 of +4915112345678" }, entry(),
        ]
        let result = try run(entries) {
            $0.names = ["ticket", "x_acme_ticket", "badge"]
            $0.patterns = [.init(name: "order", expression: "ORD-[0-9]{8}"), .init(name: "none", expression: "zzz")]
            $0.jsonPaths = ["$..vat", "$.no"]
            $0.removesEmails = true
            $0.removesPhoneNumbers = true
            $0.connectorsWithoutBodies = ["other"]
        }
        #expect(
            result.rules.map { "\($0.member.rawValue) \($0.name) \($0.finds) \($0.entries)" } == [
                "names ticket 1 1", "names x_acme_ticket 1 1", "names badge 0 0", "patterns order 4 2",
                "patterns none 0 0", "json_paths $..vat 2 1", "json_paths $.no 0 0", "personal_data email 1 1",
                "personal_data phone 1 1", "keep_no_bodies other 0 0",
            ])
        #expect(result.entriesRead == 3)
        #expect(result.entriesChanged == 2)
        #expect(result.standingRules.isEmpty)
        #expect(result.bytesRead > 150)
    }

    @Test func showsEachRulesOwnFindInItsSurroundings() throws {
        let text = #"{"order":"ORD-12345678","mail":"someone@example.com","vat":[1,2],"end":true}"#
        let result = try run([entry { $0.responseBody = body(text) }]) {
            $0.names = ["vat"]
            $0.patterns = [.init(name: "order", expression: "ORD-[0-9]{8}")]
            $0.removesEmails = true
        }
        let examples = Dictionary(grouping: result.examples, by: \.name).mapValues { $0[0] }
        let order = try #require(examples["order"])
        #expect(order.receipt == Redaction(rule: .pattern, field: "response_body.order", count: 1))
        #expect(order.excerpt.lead == #"{"order":""#)
        #expect(order.excerpt.removed == "ORD-12345678")
        #expect(order.excerpt.replacement == Fixtures.placeholder(of: "ORD-12345678", team: 1))
        #expect(order.excerpt.trail == #"","mail":"someone@example.com","vat":[1,…"#)
        #expect(examples["email"]?.excerpt.removed == "someone@example.com")
        // An array becomes a text, with quotes.
        let array = try #require(examples["vat"]?.excerpt)
        #expect(array.removed == "[1,2]")
        #expect(array.replacement.withPlainPlaceholders == #""[redacted]""#)
        #expect(array.trail == #","end":true}"#)
        #expect(array.after.withPlainPlaceholders.hasSuffix(#","vat":"[redacted]","end":true}"#))
        #expect(examples["order"]?.entryID == EntryID(high: 1, low: 1))
    }

    @Test func cutsExcerptsAtCharacters() throws {
        let long = String(repeating: "é", count: 100)
        let result = try run([entry { $0.responseBody = body("\(long)<\(long)>\(long)") }]) {
            $0.patterns = [.init(name: "p", expression: "<[^>]*>")]
        }
        let excerpt = try #require(result.examples.first?.excerpt)
        #expect(excerpt.lead == "…" + String(repeating: "é", count: 20))
        #expect(excerpt.removed == "<" + String(repeating: "é", count: 39) + "…")
        #expect(excerpt.trail == String(repeating: "é", count: 20) + "…")
    }

    /// What goes may begin as its placeholder does, be the end of the text, or stand beside another that goes.
    @Test(arguments: [
        ("a [secretive] b", "\\[secretive\\]", "a |[secretive]| b"), ("a ORD", "ORD", "a |ORD|"),
        ("ORD", "ORD", "|ORD|"), ("ORDORD b", "ORD", "|ORDORD b|"),
        ("é [secret:abcdef] ORD", "ORD", "é [secret:abcdef] |ORD|"),
    ])
    func findsWhatGoes(_ text: String, _ expression: String, _ parts: String) throws {
        let result = try run([entry { $0.summary.event = text }]) {
            $0.patterns = [.init(name: "p", expression: expression)]
        }
        let excerpt = try #require(result.examples.first?.excerpt)
        #expect("\(excerpt.lead)|\(excerpt.removed)|\(excerpt.trail)" == parts)
        #expect(excerpt.before == text)
    }

    @Test func aWordHasAnotherInItsPlace() throws {
        let result = try run([entry("ORD-1234")]) { $0.patterns = [.init(name: "p", expression: "ORD")] }
        let excerpt = try #require(result.examples.first?.excerpt)
        #expect(excerpt.before == "ORD-1234")
        #expect(excerpt.after.wholeMatch(of: /secret-[0-9a-z]{6}/) != nil)
    }

    @Test func bodiesOfAConnectorGoWhole() throws {
        let entries = [
            entry("payroll") {
                $0.requestBody = body("salary 1")
                $0.responseBody = body("ORD-12345678")
            },
            entry("crm") { $0.responseBody = body("salary 2") }, entry("payroll") { $0.requestBody = body("") },
        ]
        let result = try run(entries) {
            $0.connectorsWithoutBodies = ["payroll"]
            $0.patterns = [.init(name: "order", expression: "ORD-[0-9]{8}")]
        }
        #expect(result.rules.map(\.finds) == [0, 2])
        #expect(result.entriesChanged == 1)
        #expect(
            result.examples.map(\.receipt) == [
                Redaction(rule: .bodyNotKept, field: "request_body", count: 1),
                Redaction(rule: .bodyNotKept, field: "response_body", count: 1),
            ])
        #expect(result.examples[0].excerpt.before == "salary 1")
        #expect(result.examples[0].excerpt.after.isEmpty)
    }

    /// What is found anyway is told apart, and an example does not show a value that is known by now.
    @Test func tellsStandingRulesApart() throws {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array("hunter2-hunter2".utf8))], team: 1, connector: "crm")
        let text = "hunter2-hunter2 and ORD-12345678"
        let entries = [entry { $0.responseBody = body(text) }, entry("other") { $0.responseBody = body(text) }]
        let result = try run(entries, book: book) {
            $0.patterns = [.init(name: "order", expression: "ORD-[0-9]{8}")]
        }
        #expect(result.standingRules == [.init(rule: .knownSecret, finds: 1, entries: 1)])
        #expect(result.entriesChanged == 2)
        #expect(result.examples.count == 2)
        #expect(result.examples[0].excerpt.before.withPlainPlaceholders == "[redacted] and ORD-12345678")
        #expect(result.examples[1].excerpt.before == text)
        // Only a standing rule finds something: the tried ones change nothing.
        #expect(try run(entries, book: book) { $0.names = ["ticket"] }.entriesChanged == 0)
    }

    /// Also where a body goes whole.
    @Test func showsNoKnownSecretOfABodyThatIsNotKept() throws {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array("hunter2-hunter2".utf8))], team: 1, connector: nil)
        let result = try run([entry("payroll") { $0.responseBody = body("salary hunter2-hunter2") }], book: book) {
            $0.connectorsWithoutBodies = ["payroll"]
        }
        #expect(result.rules.map(\.finds) == [1])
        #expect(result.examples.map(\.excerpt.before.withPlainPlaceholders) == ["salary [redacted]"])
        #expect(result.examples.map(\.excerpt.after) == [""])
        #expect(result.standingRules == [.init(rule: .knownSecret, finds: 1, entries: 1)])
    }

    @Test func examplesShowWhatExceptionsKeep() throws {
        let text = "token=a1b2&n=ORD-12345678"
        let result = try run([entry { $0.summary.event = text }]) {
            $0.exceptions = ["token"]
            $0.patterns = [.init(name: "order", expression: "ORD-[0-9]{8}")]
        }
        #expect(result.examples.map(\.excerpt.before) == [text])
        #expect(result.examples.map(\.excerpt.after.withPlainPlaceholders) == ["token=a1b2&n=[redacted]"])
    }

    @Test func makesNoExamplesWhenTimeIsUp() throws {
        var rules = TeamRedactionRules()
        rules.patterns = [.init(name: "order", expression: "ORD-[0-9]{8}")]
        var trial = try Fixtures.redactionBook().trial(of: rules, team: 1)
        for hasTime in [false, true] {
            trial.read(entry { $0.summary.event = "ORD-12345678" }, hasTime: { hasTime })
            #expect(trial.result.examples.isEmpty == !hasTime)
        }
        #expect(trial.result.rules.map(\.finds) == [2])
    }

    @Test func placeholdersAreNoFinds() throws {
        let result = try run([
            entry { $0.responseBody = body(#"{"ticket":"[secret:k3f9c2]","vat":"[secret:k3f9c2]"}"#) }
        ]) {
            $0.names = ["ticket"]
            $0.jsonPaths = ["$.vat"]
        }
        #expect(result.rules.map(\.finds) == [0, 0])
        #expect(result.entriesChanged == 0)
    }

    @Test func aNameIsKnownBehindItsEscapes() throws {
        let result = try run([entry { $0.summary.uri = "/x?%74icket=a1&TICKET=b2" }]) { $0.names = ["ticket"] }
        #expect(result.rules.map(\.finds) == [2])
        #expect(result.standingRules.isEmpty)
    }

    @Test(arguments: [(30, RuleTrial.examples), (10, 10 * RuleTrial.examplesOfRule)])
    func keepsFewExamples(ofRules count: Int, _ kept: Int) throws {
        let text = (0..<count).map { "k\($0)=v" }.joined(separator: "&")
        let result = try run((0..<9).map { _ in entry { $0.summary.uri = "/?" + text } }) {
            $0.patterns = (0..<count).map { .init(name: "p\($0)", expression: "k\($0)=v\\b") }
        }
        #expect(result.examples.count == kept)
        let counts = Dictionary(grouping: result.examples, by: \.name).mapValues(\.count)
        #expect(counts.values.allSatisfy { $0 <= RuleTrial.examplesOfRule })
        #expect(result.rules.allSatisfy { $0.finds == 9 && $0.entries == 9 })
    }

    @Test func leavesTheBookAsItIs() throws {
        let book = Fixtures.redactionBook()
        _ = try run([entry { $0.summary.event = "ORD-12345678" }], book: book) {
            $0.patterns = [.init(name: "order", expression: "ORD-[0-9]{8}")]
        }
        #expect(book.policy(team: 1, connector: "crm").redacted("ORD-12345678") == "ORD-12345678")
    }

    @Test func saysWhatIsWrongWithRules() throws {
        let error = #expect(throws: RedactionRulesError.self) {
            try run([]) { $0.patterns = [.init(name: "a", expression: "a"), .init(name: "b", expression: "(")] }
        }
        #expect(error?.field == "patterns[1].expression")
    }

    @Test func keepsNothingOfATextOfAConnectorWithoutBodies() throws {
        var rules = TeamRedactionRules()
        rules.connectorsWithoutBodies = ["payroll"]
        var trial = try Fixtures.redactionBook().trial(of: rules, team: 1)
        let gone = trial.redacted("salary", connector: "payroll")
        #expect(gone.text.isEmpty && gone.receipt == [Redaction(rule: .bodyNotKept, field: "text", count: 1)])
        #expect(trial.redacted("salary", connector: "crm").text == "salary")
        #expect(trial.redacted("salary", connector: nil).text == "salary")
    }

    @Test func redactsATextOfOnesOwn() throws {
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array("hunter2-hunter2".utf8))], team: 1, connector: "crm")
        var rules = TeamRedactionRules()
        rules.exceptions = ["token"]
        rules.names = ["ticket"]
        var trial = try book.trial(of: rules, team: 1)
        let text = "ticket=a b&token=c&x=hunter2-hunter2"
        #expect(
            trial.redacted(text, connector: nil).text.withPlainPlaceholders
                == "ticket=[redacted] b&token=c&x=hunter2-hunter2")
        let known = trial.redacted("ticket=a&token=c&x=hunter2-hunter2", connector: "crm")
        #expect(known.text.withPlainPlaceholders == "ticket=[redacted]&token=c&x=[redacted]")
        #expect(Set(known.receipt.map(\.field)) == ["text.ticket", "text"])
    }
}
